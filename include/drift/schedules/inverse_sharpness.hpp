#pragma once
// InverseSharpness: a rate in units of the inverse sharpness, whose largest Hessian eigenvalue is tracked along the run.
//
//     h = min( factor / lambda_max, cap ),      lambda_max the largest (algebraic) eigenvalue of the Hessian at theta
//
//     GradientDescent{.learning_rate = InverseSharpness{}}                          // 2 / lambda_max: the edge of stability
//     GradientDescent{.learning_rate = InverseSharpness{.factor = 1}}               // no component oscillates
//     Momentum{.learning_rate = InverseSharpness{.factor = 3}, .momentum = 0.9}     // its edge is 2 (1 + momentum)
//
// What is known about it:
//   * Gradient descent on a quadratic multiplies the component along the top eigenvector by 1 - factor: with factor 2 it
//     neither grows nor shrinks. Below 2 a run converges on every strictly convex quadratic, above 2 it diverges.
//   * The drift-adjusted rate of power 1 is never below 2 / max|lambda|, which is this rate where no eigenvalue is more
//     negative than the largest is positive.
//   * c E has the rate of E divided by c, where neither the cap nor rate_if_not_convex comes in.
//
// HOW IT IS TRACKED. The top eigenvector of the step before, and 1/1000 of noise so that an eigenvalue that overtakes the
// largest is found even from exactly orthogonal, start a Lanczos iteration of `pushes` products; the first step starts from
// noise alone, with first_pushes of them. An estimate is a Rayleigh quotient and so never above lambda_max (but for rounding):
// the rate is, if anything, too long. While the Hessian changes little from step to step the estimate improves, to six digits
// or more; after a sudden change it lags a few steps behind. On minibatches it follows the Hessians of the batches, each of
// which is seen once.
//
// A schedule sees the run's point and no Problem, so this is its own, small tracker; curvature/sharpness_tracker.hpp follows k
// pairs of a Problem with their residuals and is what to measure a run with.
//
// The eigenvector is part of the schedule's value and goes with it through copies and checkpoints, so that a run that is
// resumed has the bits of one that was not stopped. A state of another length starts it anew. descent::step, which remembers
// nothing, makes each rate from a fresh start.
//
// Source: Golub & Van Loan, Matrix Computations, 10.1 (Lanczos); Cohen et al., arXiv 2103.00065 (the edge of stability).
// Needs: a SecondOrderProblem (core/concepts.hpp), real states. With less it does not compile, but ByDifferences makes do with
//        tier 1.
// Cost: `pushes` Hessian-vector products a step, pushes + 4 vectors. Memory: one vector of doubles, whatever the problem's
//       numbers.
// Failure: a product that is not finite gives NaN, upon which a run ends with Status::non_finite.

#include <drift/calculus/krylov_space.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/random.hpp>
#include <drift/descent/learning_rate.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace drift {

struct InverseSharpness {
  /// The rate times lambda_max. Above 0, finite.
  double factor = 2;

  /// Hessian-vector products a step. 2 or above: one alone would not turn the eigenvector of the step before.
  Index pushes = 3;

  /// Those of the first step, and wherever there is no eigenvector yet. 1 or above.
  Index first_pushes = 20;

  /// No rate is above it. Above 0; infinity: no cap.
  double cap = std::numeric_limits<double>::infinity();

  /// The rate where lambda_max <= 0 (but for rounding): no direction is known to curve upwards. The cap bounds it too. Above 0,
  /// finite.
  double rate_if_not_convex = 1;

  /// Of the noise.
  std::uint64_t seed = 0;

  /// Of length 1, as the last step left it: not a setting. Empty before the first.
  Vector<double> eigenvector = {};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("factor", self.factor);
    visit("pushes", self.pushes);
    visit("first_pushes", self.first_pushes);
    visit("cap", self.cap);
    visit("rate_if_not_convex", self.rate_if_not_convex);
    visit("seed", self.seed);
    visit("eigenvector", self.eigenvector);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require_positive(factor, "factor");
    require(pushes >= 2, "pushes", pushes, "2 or above");
    require(first_pushes >= 1, "first_pushes", first_pushes, "1 or above");
    require(cap > 0, "cap", cap, "a number above 0, or infinity");
    require_positive(rate_if_not_convex, "rate_if_not_convex");
    require(eigenvector.allFinite(), "eigenvector", "not finite", "empty, or what a step left");
  }

  /// The rate at the point e, which it leaves at stage 0. The eigenvector is then that of e.
  template <Point E>
    requires(!is_complex<descent::ScalarOfPoint<E>>) && HasPush<E, descent::ScalarOfPoint<E>> && HasRewind<E>
  auto rate(Index iteration, E& e) {
    using R = descent::ScalarOfPoint<E>;
    using std::isfinite;
    if (e.stage() != 0) e.rewind(0);
    const bool known = eigenvector.size() == e.state().size();
    const Vector<R> start = start_at(iteration, e.state().size()).template cast<R>();
    const auto product = [&e](const Vector<R>& v, Vector<R>& result) {
      result = e.push(v);
      e.rewind(0);
    };
    const Index most = known ? pushes : first_pushes;
    calculus::KrylovSpace<R> space(product, start, norm_of(start), most);
    while (space.dimension() < most && space.finite() && !space.invariant()) space.extend();
    if (!space.finite()) return std::numeric_limits<R>::quiet_NaN();

    const auto ritz = calculus::ritz_pairs<R>(space.projected());
    const Index top = ritz.values.size() - 1;
    const Vector<R> turned = space.basis() * ritz.vectors.col(top);
    eigenvector = turned.template cast<double>();
    const R sharpness = ritz.values[top];
    const bool convex = sharpness > R(10) * epsilon<R>() * ritz.values.cwiseAbs().maxCoeff();
    const R adjusted = static_cast<R>(factor) / sharpness;
    const R h = convex && isfinite(adjusted) ? adjusted : static_cast<R>(rate_if_not_convex);
    return descent::capped(h, cap);
  }

 private:
  Vector<double> start_at(Index iteration, Index n) const {
    Random random = Random(seed).split("inverse sharpness").split(static_cast<std::uint64_t>(iteration));
    Vector<double> noise = random.uniform_vector<double>(n, -1, 1);
    if (eigenvector.size() != n) return noise;
    return eigenvector + (1e-3 / norm_of(noise)) * noise;
  }
};

}  // namespace drift
