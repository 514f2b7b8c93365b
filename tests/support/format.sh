#!/bin/sh
# format.sh <clang-format>, from the top of the checkout: every C++ file is as clang-format would write it.
# To make it so: find include tests examples benchmarks -name '*.?pp' | xargs clang-format-19 -i
set -u
folders=
for folder in include tests examples benchmarks; do
  if [ -d "$folder" ]; then folders="$folders $folder"; fi
done
# shellcheck disable=SC2086 # a list of folders
output=$(find $folders \( -name '*.hpp' -o -name '*.cpp' \) -print0 | xargs -0 "$1" --dry-run --Werror 2>&1)
code=$?
# file:line for each place that differs, and any complaint of the tools, without the excerpts.
printf '%s\n' "$output" | grep -E '(error|warning|xargs): ' | sed 's/:[0-9]*: error: code should be clang-formatted.*//' | uniq
exit $code
