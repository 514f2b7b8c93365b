#pragma once
// Seconds, cores and the machine: what both the benchmark program and the library for peer.py need to time an operation.

#include <functional>
#include <string>
#include <vector>

namespace drift::benchmarks {

/// Seconds per run, of that many runs in a row.
double seconds_per_run(const std::function<void()>& run, long repetitions);

/// How many runs fill that time: 1 or more. Runs it twice, or more often where it is fast; the first makes the workspace.
long repetitions_for(const std::function<void()>& run, double seconds);

/// Keeps the calling thread on one core while it lives (the last that it may use: interrupts tend to go to the first), or, for more
/// threads than one, leaves it where it may be. Threads made meanwhile inherit it.
class OnCores {
 public:
  explicit OnCores(int threads);
  ~OnCores();
  OnCores(const OnCores&) = delete;
  OnCores& operator=(const OnCores&) = delete;

 private:
  std::vector<unsigned char> before_;  // the mask to go back to
};

/// Multiply-adds in independent chains of full vectors: as fast as the core can. flops is of one run.
struct Peak {
  double flops;
  std::function<void()> run;
};
Peak peak(const std::string& scalar);

/// What lscpu would say in a line or two.
struct Machine {
  std::string processor;
  std::string vector_extensions;
  std::string caches;
  unsigned cores;
  std::string kernel;
  double load;  ///< of the last minute
};
Machine machine();

}  // namespace drift::benchmarks
