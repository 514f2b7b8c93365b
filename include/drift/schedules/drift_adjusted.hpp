#pragma once
// DriftAdjusted: the drift-adjusted learning rate (DAL-p), a rate without a parameter to tune.
//
//     h = min( 2 / (|H g| / |g|)^power, cap )      for start <= iteration < stop, fixed_rate before and after
//
//     GradientDescent{.learning_rate = DriftAdjusted{}}
//     GradientDescent{.learning_rate = DriftAdjusted{.cap = 5, .start = 100, .fixed_rate = 0.05}}
//     GradientDescent{.learning_rate = ByDifferences{.schedule = DriftAdjusted{}}}     // tier 1: H g as a difference
//     Momentum{.learning_rate = DriftAdjusted{}}                                       // descent/momentum.hpp on both variants
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
//     that moves as before needs c^-1. On E = lambda theta^2 / 2 a step multiplies theta by 1 - 2 lambda^(1 - power): with
//     power 1 by -1, whatever lambda; with power 1/2 a run diverges for every lambda above 1 and creeps where lambda is small,
//     with power 2 the reverse. So it lengthens steps below power 1 where |Hg| > |g|, and whether a run converges depends on
//     the units that E is measured in. A cap, in those units, is what bounds it.
//   * The cap of 5 in the authors' code is theirs; there is none here unless it is asked for.
//
// On minibatches g and H are those of the step's own batch.
//
// Source: Rosca, arXiv 2310.14036 and 2302.01952 (DAL); the authors' dal.py (google-deepmind/discretisation_drift), which
//         takes a forward difference for H g: here the product is exact, and the difference is ByDifferences
//         (schedules/by_differences.hpp). Its scaling_start < iteration < scaling_stop is start = scaling_start + 1 here.
// Needs: a SecondOrderProblem (core/concepts.hpp). With less it does not compile, but ByDifferences makes do with tier 1.
// Cost: one Hessian-vector product a step, at the point whose gradient the step uses; none outside start ... stop.
// Failure: H g not finite gives NaN, upon which a run ends with Status::non_finite.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/descent/learning_rate.hpp>

#include <cmath>
#include <limits>
#include <string>
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

  /// The first iteration that is adjusted. 0 or above.
  Index start = 0;

  /// The first iteration after `start` that is no longer adjusted. Above `start`; the largest Index: never.
  Index stop = std::numeric_limits<Index>::max();

  /// The rate before `start` and from `stop` on, whatever the cap. Above 0 and finite where there are such iterations; 0: none
  /// given.
  double fixed_rate = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("power", self.power);
    visit("cap", self.cap);
    visit("rate_if_flat", self.rate_if_flat);
    visit("start", self.start);
    visit("stop", self.stop);
    visit("fixed_rate", self.fixed_rate);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require_positive(power, "power");
    require(cap > 0, "cap", cap, "a number above 0, or infinity");
    require_positive(rate_if_flat, "rate_if_flat");
    require(start >= 0, "start", start, "0 or above");
    require(stop > start, "stop", stop, "above start, which is " + std::to_string(start));
    if (start > 0 || stop < std::numeric_limits<Index>::max()) {
      require_positive(fixed_rate, "fixed_rate");
    } else {
      require_not_negative(fixed_rate, "fixed_rate");
    }
  }

  /// The rate at the point e. May be asked again: it leaves e at stage 0.
  template <Point E>
    requires HasPush<E, ScalarOf<decltype(std::declval<E&>().state())>> && HasRewind<E>
  auto rate(Index iteration, E& e) const {
    using R = Real<ScalarOf<decltype(e.state())>>;
    using std::isfinite, std::pow;
    if (iteration < start || iteration >= stop) return static_cast<R>(fixed_rate);
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
    return descent::capped(h, cap);
  }
};

}  // namespace drift
