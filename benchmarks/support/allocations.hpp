#pragma once
// How often and how much this program has allocated so far: its malloc counts (glibc; elsewhere both stay 0, and counts() says so).

namespace drift::benchmarks {

struct Allocations {
  long number;
  long bytes;
};
Allocations allocations();
bool counts_allocations();

}  // namespace drift::benchmarks
