#pragma once
// Stopwatch: an observer that times a run.
//
//     descent::Stopwatch watch;
//     auto run = train(fit, start, {.iterations = 1000}, watch);
//     watch.seconds(), watch.seconds_per_step()
//
// Time runs from its making, or from start(), to the last step seen; other observers' time counts. In a checkpoint (its fields) the seconds
// before an interruption count, the pause does not. Steady clock.

#include <drift/core/types.hpp>
#include <drift/descent/run.hpp>

#include <chrono>

namespace drift::descent {

class Stopwatch {
 public:
  /// The time begins now; what was counted stays.
  void start() { last_ = Clock::now(); }

  template <class S>
  void operator()(const Iteration<S>& /*at*/) {
    const Clock::time_point now = Clock::now();
    seconds_ += std::chrono::duration<double>(now - last_).count();
    last_ = now;
    ++steps_;
  }

  double seconds() const { return seconds_; }
  Index steps() const { return steps_; }
  /// Mean; 0 before the first step.
  double seconds_per_step() const { return steps_ == 0 ? 0 : seconds_ / static_cast<double>(steps_); }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("seconds", self.seconds_);
    visit("steps", self.steps_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point last_ = Clock::now();
  double seconds_ = 0;
  Index steps_ = 0;
};

}  // namespace drift::descent
