#!/bin/sh
# lint.sh <clang-tidy> <Eigen's include folder>, from the top of the checkout: clang-tidy over all headers at once, through drift.hpp, report/
# and, where zlib is, data/gunzip.hpp.
set -u
unit=$(mktemp --suffix=.cpp) || exit 1
trap 'rm -f "$unit"' EXIT
{
  echo '#include <drift/drift.hpp>'
  printf '#if __has_include(<zlib.h>)\n#include <drift/data/gunzip.hpp>\n#endif\n'
  (cd include && find drift/report -name '*.hpp' 2>/dev/null | sed 's/.*/#include <&>/')
  echo 'int main() {}'
} > "$unit"
"$1" --quiet --config-file=.clang-tidy --header-filter="include/drift/.*" "$unit" -- \
  -std=c++20 -I"$PWD/include" -isystem "$2"
