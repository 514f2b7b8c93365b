#!/bin/bash
# All tests, as CI runs them: installs what is missing (Debian 12, as root or with sudo), builds with all cores, runs CTest once.
#
#   ./tests/run.sh                     everything; ends with CTest's summary and its exit code
#   ./tests/run.sh -R flows            arguments are CTest's: here only the tests whose name matches
#
# A test program that was built can also be run alone: build/test/tests/flows_test --help
set -euo pipefail
exec < /dev/null
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages=(g++ cmake ninja-build libeigen3-dev libfmt-dev libcli11-dev gnuplot-nox zlib1g-dev
          catch2 libboost-dev libspectra-dev nlohmann-json3-dev clang-19 libclang-rt-19-dev clang-format-19 clang-tidy-19
          ccache)

say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# shellcheck source=support/install.sh
source "$checkout/tests/support/install.sh"
install_missing "${packages[@]}"

# Precompiled headers are cached only when ccache may overlook their timestamps.
launcher=
if command -v ccache > /dev/null; then
  launcher=ccache
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  export CCACHE_BASEDIR=$checkout CCACHE_NOHASHDIR=1
fi

cd "$checkout"
say "Building in build/test"
cmake --preset test -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" > /dev/null || fail "configuring failed; the reason is above"
# A failure here is not the end: the test `build` fails with it, and the other tests still tell what they know.
cmake --build --preset test -- -k 0 || true

say "Testing"
exec ctest --preset test --parallel "$(nproc)" "$@"
