#!/bin/bash
# The benchmarks: installs what is missing (Debian 12, as root or with sudo), builds the preset benchmark, measures, makes the tables.
#
#   ./benchmarks/run.sh                       everything, about ten minutes; results in benchmarks/results
#   ./benchmarks/run.sh --quick               a small run in less than a minute after the build; results in build/output/benchmarks
#   ./benchmarks/run.sh --clang               built by clang++-19, with the preset benchmark-clang
#   ./benchmarks/run.sh --name NAME           names the result files; default: <processor>-<compiler>-<date>
#   PYTHON=... ./benchmarks/run.sh            the Python whose PyTorch and JAX are the peers; default python3
#   ./benchmarks/run.sh --no-peers            without them
#
# Other work on the machine widens the spread of every ratio: run it on a quiet one. README.md has the method.
set -euo pipefail
exec < /dev/null
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages=(g++ cmake ninja-build libeigen3-dev libfmt-dev nlohmann-json3-dev gnuplot-nox)

say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

quick=()
peers=yes
compiler=g++
preset=benchmark
results=$checkout/benchmarks/results
name=
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) quick=(--quick); results=$checkout/build/output/benchmarks ;;
    --clang) compiler=clang++-19; preset=benchmark-clang; packages+=(clang-19) ;;
    --no-peers) peers=no ;;
    --name) [[ $# -gt 1 ]] || fail "--name needs a name"; name=$2; shift ;;
    --help | -h) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) fail "there is no option $1 (--help says which there are)" ;;
  esac
  shift
done

# shellcheck source=../tests/support/install.sh
source "$checkout/tests/support/install.sh"
install_missing "${packages[@]}"

say "Building with $compiler (-O3 -march=native) in build/$preset"
cd "$checkout"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset "$preset" && cmake --build --preset "$preset"; } > "$log" 2>&1; then
  cat "$log" >&2
  fail "the build failed; its output is above"
fi
programs=$checkout/build/$preset/benchmarks

if [[ -z $name ]]; then
  processor=$(sed -n 's/([A-Z]*)//g; s/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  name=$(printf '%s-%s-%s' "$processor" "$compiler" "$(date -u +%F)" | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z0-9.+-')
fi
mkdir -p "$results"
files=("$results/$name.json")

say "Measuring drift"
"$programs/drift_benchmark" "${quick[@]}" --out "${files[0]}"

python=${PYTHON:-python3}
if [[ $peers == yes ]]; then
  if ! "$python" -c 'import numpy' 2> /dev/null || ! { "$python" -c 'import torch' || "$python" -c 'import jax'; } 2> /dev/null; then
    say "No peers: $python has no numpy, or neither PyTorch nor JAX (README.md says how to get them)"
  else
    for threads in 1 2; do
      say "Measuring drift and its peers, threads: $threads"
      "$python" "$checkout/benchmarks/peer.py" "${quick[@]}" --threads "$threads" \
        --library "$programs/libdrift_benchmark.so" --out "$results/$name-peers-$threads.json"
      files+=("$results/$name-peers-$threads.json")
    done
  fi
fi

say "Tables and figures"
"$programs/drift_benchmark_report" "${files[@]}"
