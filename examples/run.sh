#!/bin/bash
# The main example, or the one named: installs what is missing (Debian 12, as root or with sudo), builds it for this machine, runs it.
#
#   ./examples/run.sh                              how_far_does_each_flow_drift
#   ./examples/run.sh <example> [arguments...]     another one; the arguments are the example's own (--help lists them)
set -euo pipefail
exec < /dev/null
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages=(g++ cmake ninja-build libeigen3-dev libfmt-dev libcli11-dev gnuplot-nox zlib1g-dev)

say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

names=$(cd "$checkout/examples" && find . -maxdepth 1 -name '*.cpp' -printf '%f\n' | sed 's/\.cpp$//' | sort)
example=how_far_does_each_flow_drift
if [[ $# -gt 0 && $1 != -* ]]; then
  example=$1
  shift
fi
if ! grep -qxF -- "$example" <<< "$names"; then
  fail "there is no example '$example'; there are: $(tr '\n' ' ' <<< "$names")"
fi

# shellcheck source=../tests/support/install.sh
source "$checkout/tests/support/install.sh"
install_missing "${packages[@]}"

say "Building $example (Release, -O3 -march=native) in build/release"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake -S "$checkout" --preset release && cmake --build "$checkout/build/release" --target "$example"; } > "$log" 2>&1; then
  cat "$log" >&2
  fail "the build failed; its output is above"
fi

say "Running $example $*"
cd "$checkout"
code=0
"build/release/examples/$example" "$@" || code=$?
if [[ $code -ne 0 ]]; then
  fail "$example ended with exit code $code"
fi
