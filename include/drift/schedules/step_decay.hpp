#pragma once
// StepDecay: a rate that falls by a factor every so many steps.
//
//     h_i = initial factor^floor(i / every),      i = 0 at the first step
//
//     Momentum{.learning_rate = StepDecay{.initial = 1e-1, .factor = 0.5, .every = 200}}
//
// The power is made by multiplications, so that it has the same bits everywhere.
// Cost: a few multiplications. Failure: a rate that has underflowed (after 300 decays by 10) throws in the step that it is for.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>

namespace drift {

struct StepDecay {
  /// The rate of the first `every` steps. Above 0, finite.
  double initial = 0;

  /// By what the rate is multiplied. Above 0, at most 1.
  double factor = 0.1;

  /// Steps between two decays. 1 or above.
  Index every = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("initial", self.initial);
    visit("factor", self.factor);
    visit("every", self.every);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require_positive(initial, "initial");
    require(factor > 0 && factor <= 1, "factor", factor, "above 0 and at most 1");
    require(every >= 1, "every", every, "1 or above");
  }

  template <Point E>
  double rate(Index iteration, const E& /*e*/) const {
    double h = initial, power = factor;  // factor^1, ^2, ^4, ...
    for (Index decays = iteration / every; decays > 0; decays /= 2) {
      if (decays % 2 == 1) h *= power;
      power *= power;
    }
    return h;
  }
};

}  // namespace drift
