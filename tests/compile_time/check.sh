#!/bin/bash
# check.sh <g++> <drift's include folder> <Eigen's>: user time of compiling what users write, in units of eigensolver.cpp:
#
#   network.cpp     a network of three layers, expansions to third order, minimise()          at most 2
#   section_4.cpp   everything on the README's and the design's pages in one unit, but for    at most 4
#   section_4_games.cpp   the design's page on games                                          at most 3
#   section_4_curvature.cpp   and that on curvature                                           at most 3
#
# Interleaved rounds, best of each, because other work on the machine only ever adds time.
set -u
compiler=$1
drift=$2
eigen=$3
folder=$(dirname "$0")
rounds=3
export LC_ALL=C TIMEFORMAT=%U

user_time() {
  local errors
  errors=$(mktemp)
  if ! { time "$compiler" -std=c++20 -O2 -I"$drift" -isystem "$eigen" -c "$folder/$1.cpp" -o /dev/null 2> "$errors"; } 2>&1; then
    cat "$errors" >&2
    rm -f "$errors"
    return 1
  fi
  rm -f "$errors"
}

declare -A best=([eigensolver]=1e9 [network]=1e9 [section_4]=1e9 [section_4_games]=1e9 [section_4_curvature]=1e9)
for ((round = 1; round <= rounds; ++round)); do
  for unit in eigensolver network section_4 section_4_games section_4_curvature; do
    seconds=$(user_time $unit) || exit 1
    echo "round $round: $unit.cpp $seconds s"
    best[$unit]=$(awk -v a="$seconds" -v b="${best[$unit]}" 'BEGIN { print (a < b ? a : b) }')
  done
done

code=0
for limit in "network 2" "section_4 4" "section_4_games 3" "section_4_curvature 3"; do
  read -r unit most <<< "$limit"
  awk -v unit="$unit" -v a="${best[$unit]}" -v b="${best[eigensolver]}" -v most="$most" 'BEGIN {
    printf "%s.cpp / eigensolver.cpp = %.2f / %.2f s = %.2f, must be <= %g\n", unit, a, b, a / b, most
    exit !(a / b <= most)
  }' || code=1
done
exit $code
