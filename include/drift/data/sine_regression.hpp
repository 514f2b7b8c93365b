#pragma once
// sine_regression: noisy values of a sine, the usual example of fitting a curve.
//
//     y = sin(2 pi frequency x) + noise N(0, 1),      x in [from, to]
//
//     auto train = data::sine_regression(10, Random(seed));                                    // x uniform in [0, 1)
//     auto curve = data::sine_regression(201, Random(seed), {.noise = 0, .spacing = data::Spacing::even});
//
//   spacing   x of example i
//   random    uniform in [from, to), independent; in the order drawn
//   even      from + (to - from) i / (examples - 1), both ends included; the middle for a single example
//
// Example i uses words 2 i (x, skipped where evenly spaced) and 2 i + 1 (noise) of the stream: with random spacing more
// examples of the same stream begin with the fewer; with either, another noise moves the same targets. Same bits under every
// compiler; computed in double and rounded to T.
// Source: Bishop, Pattern recognition and machine learning (2006), section 1.1 (10 examples, evenly spaced on [0, 1]).
// Failures: InvalidArgument for examples < 1 and for options outside their bounds.

#include <drift/core/errors.hpp>
#include <drift/core/random.hpp>
#include <drift/core/trigonometry.hpp>
#include <drift/core/types.hpp>
#include <drift/data/regression.hpp>

#include <cmath>
#include <concepts>

namespace drift::data {

enum class Spacing { random, even };

struct SineRegressionOptions {
  double noise = 0.1;    ///< standard deviation of a target, 0 or above
  double frequency = 1;  ///< periods of the sine in a unit of x, above 0
  double from = 0;       ///< least x
  double to = 1;         ///< largest x, above `from`
  Spacing spacing = Spacing::random;

  void validate() const {
    require_not_negative(noise, "noise");
    require_positive(frequency, "frequency");
    require(std::isfinite(from), "from", from, "a finite number");
    require(to > from && std::isfinite(to - from), "to", to, "above from, at a finite distance");
    require(std::isfinite(frequency * from) && std::isfinite(frequency * to), "frequency", frequency,
            "such that frequency from and frequency to are finite");
  }
};

/// One input and one target: both matrices are examples x 1.
template <std::floating_point T = double>
Regression<T> sine_regression(Index examples, Random random, const SineRegressionOptions& options = {}) {
  options.validate();
  require(examples >= 1, "examples", examples, "1 or above");
  Regression<T> regression{Matrix<T>(examples, 1), Matrix<T>(examples, 1)};
  for (Index i = 0; i < examples; ++i) {
    double x = random.uniform(options.from, options.to);
    if (options.spacing == Spacing::even) {
      const double along = examples == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(examples - 1);
      x = std::fma(options.to - options.from, along, options.from);
    }
    const double sine = cos_sin_of_turns(options.frequency * x).sin;
    regression.inputs(i, 0) = static_cast<T>(x);
    regression.targets(i, 0) = static_cast<T>(std::fma(options.noise, random.normal(), sine));
  }
  return regression;
}

}  // namespace drift::data
