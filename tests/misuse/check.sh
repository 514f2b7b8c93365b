#!/bin/sh
# check.sh <program.cpp> <drift's include folder> <Eigen's> <compiler>...: each compiler must refuse the program, and the first 15
# lines of what it says must match every extended regular expression that the program gives in lines `// expect: regex`.
# A program named ok_* must compile instead: the controls, which show that the others fail for their misuse and not for a broken
# include path.
set -u
program=$1
drift=$2
eigen=$3
shift 3
failed=0
expectations=$(sed -n 's|^// expect: ||p' "$program")

for compiler in "$@"; do
  output=$(LC_ALL=C "$compiler" -std=c++20 -fsyntax-only -I"$drift" -isystem "$eigen" "$program" 2>&1 < /dev/null)
  code=$?
  echo "$(basename "$compiler"): exit code $code"
  printf '%s\n' "$output" | head -n 15 | cut -c -400
  case $(basename "$program") in
    ok_*)
      if [ "$code" -ne 0 ]; then
        echo "FAILED: this control must compile"
        failed=1
      fi
      continue
      ;;
  esac
  if [ "$code" -eq 0 ]; then
    echo "FAILED: this misuse compiles"
    failed=1
  fi
  if [ -z "$expectations" ]; then
    echo "FAILED: the program has no line '// expect: regex'"
    failed=1
  fi
  while IFS= read -r expectation; do
    if [ -n "$expectation" ] && ! printf '%s\n' "$output" | head -n 15 | grep -Eq -- "$expectation"; then
      echo "FAILED: the first 15 lines do not match: $expectation"
      failed=1
    fi
  done << end
$expectations
end
done
exit $failed
