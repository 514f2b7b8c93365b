#pragma once
// expect(holds, what): says what did not hold, and counts it.

#include <cstdio>

inline int failures = 0;

inline void expect(bool holds, const char* what) {
  if (holds) return;
  ++failures;
  std::printf("did not hold: %s\n", what);
}
