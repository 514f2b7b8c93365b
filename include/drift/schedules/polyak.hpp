#pragma once
// Polyak: the step that would reach the minimum's height if the loss were its tangent.
//
//     h = min( factor (E - minimum) / |g|^2, cap )
//
//     minimise(problem, x, GradientDescent{.learning_rate = Polyak{.minimum = 0}}, {.target_value = 0})
//     train(fit, start, {.iterations = 500}, ...)       // with GradientDescent{.learning_rate = Polyak{.cap = 1}}: SPS_max
//
// What is known about it:
//   * E convex, minimum = E(theta*): |theta' - theta*|^2 <= |theta - theta*|^2 - factor (2 - factor) (E - E*)^2 / |g|^2. So no
//     step with a factor below 2 leads away from a minimiser, however curved or kinked E is.
//   * On a quadratic along one eigenvector h = factor / (2 lambda): factor 1 halves theta, factor 2 finds the minimum.
//   * It needs no curvature, but the minimum's height: 0 for least squares that can be solved and networks that can fit their
//     data. With one too low by d the run does not settle: on a parabola it is then Newton's method for theta^2 = -2 d /
//     lambda, which jumps about, mostly where E - E* is of the size of d and now and then far away. A cap bounds the jumps.
//   * On minibatches E is the batch's. `minimum` must be a lower bound of each batch's loss.
//   * c E, with c minimum, has the rate of E divided by c: the steps do not depend on the units of E, if the cap allows.
//
// Source: Polyak, Introduction to Optimization (1987), 5.3.2; on minibatches Loizou et al., arXiv 2002.10542 (SPS_max; its c is
//         1 / factor, its gamma_b is cap).
// Needs: a Problem of tier 1, real states. Cost: none beyond the gradient.
// Failure: E below `minimum` by more than rounding (sqrt(epsilon) |minimum|) throws InvalidArgument in that step: it is no
//          lower bound. At E = minimum with g != 0 the rate is the smallest number above 0: nothing moves; minimise's
//          target_value ends the run there.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/descent/learning_rate.hpp>

#include <cmath>
#include <limits>
#include <sstream>

namespace drift {

struct Polyak {
  /// E*, the loss at its minimum, or a lower bound of it. Finite.
  double minimum = 0;

  /// Above 0, finite; below 2 for the guarantee on convex losses.
  double factor = 1;

  /// No rate is above it. Above 0; infinity: no cap.
  double cap = std::numeric_limits<double>::infinity();

  /// The rate where g = 0, or so nearly that the formula overflows, as at a saddle. The cap bounds it too. Above 0, finite.
  double rate_if_flat = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("minimum", self.minimum);
    visit("factor", self.factor);
    visit("cap", self.cap);
    visit("rate_if_flat", self.rate_if_flat);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require(std::isfinite(minimum), "minimum", minimum, "a finite number");
    require_positive(factor, "factor");
    require(cap > 0, "cap", cap, "a number above 0, or infinity");
    require_positive(rate_if_flat, "rate_if_flat");
  }

  template <Point E>
    requires(!is_complex<descent::ScalarOfPoint<E>>)
  auto rate(Index iteration, const E& e) const {
    using R = descent::ScalarOfPoint<E>;
    using std::isfinite;
    const R height = e.value() - static_cast<R>(minimum);
    require_above_minimum(iteration, height);
    const R norm = norm_of(e.gradient());
    const R adjusted =
        height / norm / norm * static_cast<R>(factor);  // |g|^2 would leave the range of numbers before |g|
    const R least = (std::numeric_limits<R>::min)();
    const R h = norm == R(0) || !isfinite(adjusted) ? R(rate_if_flat) : adjusted < least ? least : adjusted;
    return descent::capped(h, cap);
  }

 private:
  template <class R>
  void require_above_minimum(Index iteration, const R& height) const {
    using std::abs, std::sqrt;
    if (!(height < -sqrt(epsilon<R>()) * abs(static_cast<R>(minimum)))) return;
    std::ostringstream expectation;
    expectation << "a lower bound of E, which is below it by " << -height << " at iteration " << iteration;
    reject("minimum", minimum, expectation.str());
  }
};

}  // namespace drift
