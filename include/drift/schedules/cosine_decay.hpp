#pragma once
// CosineDecay: a rate that falls along half a cosine, flat at both ends.
//
//     h_i = final + (initial - final) (1 + cos(pi i / iterations)) / 2      for i <= iterations, i = 0 at the first step
//     h_i = final                                                           afterwards
//
//     Adam{.learning_rate = CosineDecay{.initial = 1e-2, .iterations = 500}}
//
// A run of `iterations` steps uses i = 0 ... iterations - 1 and so never asks for the end: with final = 0 all its rates are
// above 0, the last one about initial (pi / (2 iterations))^2. Only a longer run meets the end; final = 0 is then no rate,
// and the step that it is for throws InvalidArgument.
//
// Source: Loshchilov & Hutter, arXiv 1608.03983, eq. 5, without restarts. Cost: a cosine, the same bits everywhere.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/trigonometry.hpp>

#include <cmath>

namespace drift {

struct CosineDecay {
  /// The rate of the first step. Above 0, finite.
  double initial = 0;

  /// The rate after `iterations` steps. 0 or above, finite; 0: the run ends there. Above `initial` the rate rises.
  double final = 0;

  /// Steps from initial to final. 1 or above.
  Index iterations = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("initial", self.initial);
    visit("final", self.final);
    visit("iterations", self.iterations);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require_positive(initial, "initial");
    require_not_negative(final, "final");
    require(iterations >= 1, "iterations", iterations, "1 or above");
  }

  template <Point E>
  double rate(Index iteration, const E& /*e*/) const {
    if (iteration >= iterations) {
      require(final > 0, "iteration", iteration,
              "below CosineDecay's iterations, where its rate is 0; or give it a final rate");
      return final;
    }
    // (1 + cos x) / 2 = sin^2((pi - x) / 2), which does not cancel near the end.
    const CosSin rest =
        cos_sin_of_turns(static_cast<double>(iterations - iteration) / static_cast<double>(iterations) / 4);
    return std::fma(initial * rest.sin, rest.sin, final * rest.cos * rest.cos);
  }
};

}  // namespace drift
