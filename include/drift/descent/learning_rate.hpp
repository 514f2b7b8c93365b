#pragma once
// Learning rates: what may stand as .learning_rate in an optimiser, and how an optimiser asks for it.
//
//     descent::rate_at(learning_rate, iteration, e)     the rate of this step, checked
//
//   learning_rate   is
//   a number        the same rate at every step: float, double, long double, multiprecision
//   a Schedule      anything with rate(iteration, e), which sees the iteration, 0 at the first step, and the Point e at which
//                   the step starts: those of schedules/ or a class of your own
//
// Cost: nothing for a number; for a schedule a pass over the gradient, and what the schedule pushes.
// Failure: a rate that is not a finite number above 0 at a finite point throws InvalidArgument that names learning_rate
// and the iteration. Where the gradient or H g is not finite the rate is NaN, so that the step it makes is not finite
// either and a run ends with Status::non_finite.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/random.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace drift::descent {

/// The scalar of the state of a Point.
template <class E>
using ScalarOfPoint = ScalarOf<decltype(std::declval<E&>().state())>;

/// A rate that is the same at every step.
template <class L>
concept ConstantRate = std::numeric_limits<L>::is_specialized;

/// schedule.rate(iteration, e) is a number of the point's precision. (Schedule of core/concepts.hpp, multiprecision
/// included.)
template <class L, class E>
concept ScheduledRate = requires(L& schedule, Index iteration, E& e) {
  { schedule.rate(iteration, e) } -> std::convertible_to<Real<ScalarOfPoint<E>>>;
};

/// What may stand as .learning_rate at a point.
template <class L, class E>
concept LearningRate = ConstantRate<L> || ScheduledRate<L, E>;

/// Throws InvalidArgument unless the rate is a positive number, or a schedule whose own options are in order.
template <class L>
void validate_rate(const L& learning_rate, std::string_view name = "learning_rate") {
  if constexpr (ConstantRate<L>) {
    require_positive(learning_rate, name);
  } else if constexpr (requires { learning_rate.validate(); }) {
    learning_rate.validate();
  }
}

/// The rate of an optimiser that has one of its own: the number, or a schedule with its own settings.
template <class L>
L rate_unless_given(double rate) {
  if constexpr (ConstantRate<L>) {
    return static_cast<L>(rate);
  } else {
    return L{};
  }
}

/// What the number or the schedule says, unchecked: how a schedule that is made of others asks them.
template <class L, Point E>
  requires LearningRate<L, E>
Real<ScalarOfPoint<E>> unchecked_rate_at(L& learning_rate, Index iteration, E& e) {
  if constexpr (ConstantRate<L>) {
    return static_cast<Real<ScalarOfPoint<E>>>(learning_rate);
  } else {
    return static_cast<Real<ScalarOfPoint<E>>>(learning_rate.rate(iteration, e));
  }
}

/// Whether H g is finite, and H v for one random v, which meets every number in H. Leaves e at stage 0.
template <Point E>
  requires HasPush<E, ScalarOfPoint<E>>
bool curvature_is_finite(E& e) {
  using S = ScalarOfPoint<E>;
  const auto is_finite = [&e](const Vector<S>& v) {
    using std::isfinite;
    e.rewind(0);
    return isfinite(norm_of(e.push(v)));
  };
  const Vector<double> random = Random(0).normal_vector<double>(e.state().size());
  const Vector<S> v = (random / norm_of(random)).template cast<S>();
  const bool finite = is_finite(e.gradient()) && is_finite(v);
  e.rewind(0);
  return finite;
}

/// The rate h that a schedule found, or its cap where that is below. Compared as doubles: R may not hold the cap.
template <class R>
R capped(const R& h, double cap) {
  return static_cast<double>(h) > cap ? static_cast<R>(cap) : h;
}

/// The rate at the point e, above 0 and finite. NaN where e has no rate because its gradient, or its curvature, is not finite.
template <class L, Point E>
  requires LearningRate<L, E>
Real<ScalarOfPoint<E>> rate_at(L& learning_rate, Index iteration, E& e) {
  using R = Real<ScalarOfPoint<E>>;
  using std::isfinite;
  const auto good = [](const R& h) { return isfinite(h) && h > R(0); };
  R h(0);
  if constexpr (ConstantRate<L>) {
    h = static_cast<R>(learning_rate);
  } else {
    if (!e.gradient().allFinite()) return std::numeric_limits<R>::quiet_NaN();
    h = static_cast<R>(learning_rate.rate(iteration, e));
    if constexpr (requires { e.push(e.gradient()); }) {
      // Whose fault is it: the schedule's, or did the run come to where the curvature is not finite?
      if (!good(h) && !curvature_is_finite(e)) return std::numeric_limits<R>::quiet_NaN();
    }
  }
  if (!good(h)) reject("learning_rate at iteration " + std::to_string(iteration), h, "a finite number above 0");
  return h;
}

}  // namespace drift::descent
