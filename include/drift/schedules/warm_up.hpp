#pragma once
// WarmUp: another schedule's rates, or a number, approached in equal steps from near zero.
//
//     h_i = (i + 1) / iterations * (the schedule's rate at i)      for i < iterations, i = 0 at the first step
//     h_i = the schedule's rate at i                               afterwards
//
//     Adam{.learning_rate = WarmUp{.schedule = 1e-3, .iterations = 100}}
//     GradientDescent{.learning_rate = WarmUp{.schedule = DriftAdjusted{}, .iterations = 20}}
//     WarmUp{.schedule = CosineDecay{.initial = 1e-2, .iterations = 500}, .iterations = 50}
//
// The schedule inside is not shifted: it counts from the first step of the run, so a cosine over 500 steps ends with step
// 500, warmed up or not. The factor is 1 at i = iterations - 1: no jump.
//
// Source: Goyal et al., arXiv 1706.02677, section 2.2 (gradual warm-up). Cost: that of the schedule inside.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/learning_rate.hpp>

namespace drift {

template <class S>
struct WarmUp {
  /// A number above 0 and finite, or a Schedule.
  S schedule;

  /// Steps until the factor is 1. 1 or above.
  Index iterations = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("schedule", self.schedule);
    visit("iterations", self.iterations);
  }

  /// Throws InvalidArgument that names the first field out of its bounds, those of the schedule inside included.
  void validate() const {
    descent::validate_rate(schedule, "schedule");
    require(iterations >= 1, "iterations", iterations, "1 or above");
  }

  template <Point E>
    requires descent::LearningRate<S, E>
  auto rate(Index iteration, E& e) {
    using R = Real<descent::ScalarOfPoint<E>>;
    const R full = descent::unchecked_rate_at(schedule, iteration, e);
    if (iteration + 1 >= iterations) return full;
    return R(full * (static_cast<R>(iteration + 1) / static_cast<R>(iterations)));
  }
};

}  // namespace drift
