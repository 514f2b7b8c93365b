#pragma once
// DriftAdjusted: the drift-adjusted learning rate (DAL-p), a rate without a parameter to tune.
//
//     h = min( 2 / (|H g| / |g|)^power, cap )
//
// To leading order one step of gradient descent drifts (h^2/2) |H g| away from the negative gradient flow. With power 1
// and no cap h is the rate at which that drift is as long as the step, h |g|. What is known about it:
//   * |H g| <= max|lambda| |g|, so h >= 2 / max|lambda|: never below the edge of stability, however curved the loss.
//     Equality exactly where g lies in the span of the eigenvectors whose |lambda| is maximal.
//   * So on a quadratic the component along the top eigenvector never shrinks, |1 - h lambda| >= 1: a run settles at
//     the edge of stability and gets no further than the loss' curvature falls. A cap below 2 / max|lambda| makes it
//     converge.
//   * The quadratic model of the loss never increases: its change is -h |g|^2 (1 - h g.Hg / (2 |g|^2)), and g.Hg <= |g|
//     |Hg|. The loss itself may.
//   * power other than 1 is not invariant to the scale of the loss: c E has the rate of E times c^-power, where a step
//     that moves as before needs c^-1. Below 1 it lengthens steps where |Hg| > |g| (and may then diverge) and shortens
//     them where |Hg| < |g|.
//   * The cap of 5 in the authors' code is theirs; there is none here unless it is asked for.
//
// Source: Rosca, arXiv 2310.14036 and 2302.01952 (DAL); the authors' dal.py (google-deepmind/discretisation_drift),
//         which takes a finite difference for H g: here the product is exact.
// Needs: a SecondOrderProblem (core/concepts.hpp). With less it does not compile; with_finite_differences(problem) on
//        request.
// Cost: one Hessian-vector product a step, at the point whose gradient the step uses.
// Failure: H g not finite gives NaN, upon which a run ends with Status::non_finite.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace drift {

struct DriftAdjusted {
  /// The exponent p of |Hg|/|g|. Above 0, finite; the thesis uses 1 and 1/2.
  double power = 1;

  /// No rate is above it. Above 0; infinity: no cap.
  double cap = std::numeric_limits<double>::infinity();

  /// The rate where H g = 0 with g != 0, or so nearly that the formula overflows: the loss is linear along g, and any
  /// step is free of drift. The cap bounds it too. Above 0, finite.
  double rate_if_flat = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("power", self.power);
    visit("cap", self.cap);
    visit("rate_if_flat", self.rate_if_flat);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require_positive(power, "power");
    require(cap > 0, "cap", cap, "a number above 0, or infinity");
    require_positive(rate_if_flat, "rate_if_flat");
  }

  /// The rate at the point e; the same at every iteration. May be asked again: it leaves e at stage 0.
  template <Point E>
    requires HasPush<E, ScalarOf<decltype(std::declval<E&>().state())>> && HasRewind<E>
  auto rate(Index /*iteration*/, E& e) const {
    using R = Real<ScalarOf<decltype(e.state())>>;
    using std::isfinite, std::pow;
    if (e.stage() != 0) e.rewind(0);
    const R curvature = norm_of(e.push(e.gradient()));
    e.rewind(0);
    if (!isfinite(curvature)) return std::numeric_limits<R>::quiet_NaN();

    R h = static_cast<R>(rate_if_flat);
    if (curvature > R(0)) {
      const R ratio = curvature / norm_of(e.gradient());
      const R adjusted = power == 1.0 ? R(R(2) / ratio) : R(R(2) / pow(ratio, static_cast<R>(power)));
      if (isfinite(adjusted)) h = adjusted;
    }
    return static_cast<double>(h) > cap ? static_cast<R>(cap) : h;  // compared as double: float may not hold the cap
  }
};

}  // namespace drift
