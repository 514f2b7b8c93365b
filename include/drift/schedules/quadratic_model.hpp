#pragma once
// QuadraticModel: the step along -g that minimises the loss' quadratic model.
//
//     E(theta - h g) ~ E - h |g|^2 + (h^2 / 2) g.H g,      least at      h = |g|^2 / g.H g      where g.H g > 0
//
//     GradientDescent{.learning_rate = QuadraticModel{}}
//     GradientDescent{.learning_rate = QuadraticModel{.cap = 5, .rate_if_not_convex = 0.01}}
//
// What is known about it:
//   * The model falls by |g|^4 / (2 g.H g). On a quadratic that is Cauchy's steepest descent: each gradient is orthogonal to
//     the one before, and E - E* shrinks in every step at least by ((lambda_max - lambda_min) / (lambda_max + lambda_min))^2.
//   * 1 / lambda_max <= h, and at least half the drift-adjusted rate of power 1, since g.H g <= |g| |H g|: 2 h is the largest
//     rate at which the model does not rise, and the drift-adjusted rate is at most that.
//   * Along a direction of negative curvature the model has no minimum: rate_if_not_convex is the step then. As g.H g goes
//     through 0 h is as large as you like: a cap bounds it.
//   * c E has the rate of E divided by c, where neither the cap nor rate_if_not_convex comes in.
//
// On minibatches g and H are those of the step's own batch.
//
// Source: Cauchy (1847); Nocedal & Wright, Numerical Optimization (2006), 3.3 (exact line search on a quadratic).
// Needs: a SecondOrderProblem (core/concepts.hpp), real states. With less it does not compile, but ByDifferences makes do with
//        tier 1.
// Cost: one Hessian-vector product a step. Failure: H g not finite gives NaN, upon which a run ends with Status::non_finite.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/descent/learning_rate.hpp>

#include <cmath>
#include <limits>

namespace drift {

struct QuadraticModel {
  /// No rate is above it. Above 0; infinity: no cap.
  double cap = std::numeric_limits<double>::infinity();

  /// The rate where g.H g <= 0, or so nearly that the formula overflows: what is left is a guess. The cap bounds it too. Above
  /// 0, finite.
  double rate_if_not_convex = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("cap", self.cap);
    visit("rate_if_not_convex", self.rate_if_not_convex);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require(cap > 0, "cap", cap, "a number above 0, or infinity");
    require_positive(rate_if_not_convex, "rate_if_not_convex");
  }

  /// The rate at the point e; the same at every iteration. May be asked again: it leaves e at stage 0.
  template <Point E>
    requires(!is_complex<descent::ScalarOfPoint<E>>) && HasPush<E, descent::ScalarOfPoint<E>> && HasRewind<E>
  auto rate(Index /*iteration*/, E& e) const {
    using R = descent::ScalarOfPoint<E>;
    using std::isfinite;
    if (e.stage() != 0) e.rewind(0);
    const Vector<R>& product = e.push(e.gradient());
    const R norm = norm_of(e.gradient());
    // Divided before it is multiplied: |g|^2 would leave the range of numbers before |g|.
    const R curvature = norm == R(0) ? R(0) : R((e.gradient() / norm).dot(product / norm));
    e.rewind(0);
    if (!isfinite(curvature)) return std::numeric_limits<R>::quiet_NaN();

    const R adjusted = R(1) / curvature;
    const R h = curvature > R(0) && isfinite(adjusted) ? adjusted : static_cast<R>(rate_if_not_convex);
    return descent::capped(h, cap);
  }
};

}  // namespace drift
