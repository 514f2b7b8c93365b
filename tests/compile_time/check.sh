#!/bin/bash
# check.sh <g++> <drift's include folder> <Eigen's>: user time of compiling section_4.cpp, the code of the README's and design's pages, in units of
# eigensolver.cpp. Interleaved rounds, best of each, because other work on the machine only ever adds time.
set -u
compiler=$1
drift=$2
eigen=$3
folder=$(dirname "$0")
limit=4
rounds=3
export LC_ALL=C TIMEFORMAT=%U

if [ ! -e "$folder/section_4.cpp" ]; then
  echo "there is no $folder/section_4.cpp"
  exit 1
fi

user_time() {
  local errors
  errors=$(mktemp)
  if ! { time "$compiler" -std=c++20 -O2 -I"$drift" -isystem "$eigen" -c "$1" -o /dev/null 2> "$errors"; } 2>&1; then
    cat "$errors" >&2
    rm -f "$errors"
    return 1
  fi
  rm -f "$errors"
}

smaller() { awk -v a="$1" -v b="$2" 'BEGIN { print (a < b ? a : b) }'; }

best_section=1e9
best_solver=1e9
for ((round = 1; round <= rounds; ++round)); do
  solver=$(user_time "$folder/eigensolver.cpp") || exit 1
  section=$(user_time "$folder/section_4.cpp") || exit 1
  echo "round $round: section_4.cpp $section s, eigensolver.cpp $solver s"
  best_section=$(smaller "$best_section" "$section")
  best_solver=$(smaller "$best_solver" "$solver")
done

awk -v a="$best_section" -v b="$best_solver" -v limit="$limit" 'BEGIN {
  printf "section_4.cpp / eigensolver.cpp = %.2f / %.2f s = %.2f, must be <= %g\n", a, b, a / b, limit
  exit !(a / b <= limit)
}'
