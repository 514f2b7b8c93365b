#pragma once
// GradientDescent: the optimiser whose drift all this is about.
//
//     theta' = theta - h grad E(theta)
//
//     GradientDescent{.learning_rate = 1e-3}              a number: float, double, long double, multiprecision
//     GradientDescent{.learning_rate = DriftAdjusted{}}   a Schedule: anything with rate(iteration, e)
//
// An optimiser is a plain value that says how one step is made; what it does not know is the problem, the parameters
// and how long to go on. Used by descent::step (one step as a function), descent::advance (one step of a RunState) and
// minimise.
//
// OPTIMISER: what these ask of it (o the optimiser, theta a Vector<S>, m its memory, e the Point at theta)
//
//   valid expression                    gives       meaning
//   o.validate()                        void        throws InvalidArgument that names the setting out of its bounds
//   o.start(theta)                      the memory  what it carries from step to step beside the parameters (a
//                                                   velocity, moments), a plain value, as it is before the first step;
//                                                   NoMemory if there is nothing
//   o.at_rest(m)                        bool        with this memory a zero gradient would leave theta where it is
//   o.advance(theta, m, iteration, e)   Real<S>     makes the step: changes theta and m, returns the rate it used, NaN
//                                                   where the point or its curvature is not finite
//
// A schedule's rate that is not a finite number above 0 at a finite point throws InvalidArgument that names
// learning_rate and the iteration. Cost: nothing beyond the point's gradient and what the schedule pushes.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>

#include <concepts>
#include <limits>
#include <string>
#include <utility>

namespace drift {

namespace descent {

/// The memory of an optimiser that has none.
struct NoMemory {};

/// The scalar of the state of a Point.
template <class E>
using ScalarOfPoint = ScalarOf<decltype(std::declval<E&>().state())>;

template <class O, class E>
concept Optimiser = Point<E> && std::copyable<O> &&
                    requires(O& o, const O& settings, Vector<ScalarOfPoint<E>>& theta, Index iteration, E& e) {
                      settings.validate();
                      { settings.at_rest(settings.start(theta)) } -> std::convertible_to<bool>;
                      requires requires(decltype(settings.start(theta)) memory) {
                        { o.advance(theta, memory, iteration, e) } -> std::convertible_to<Real<ScalarOfPoint<E>>>;
                      };
                    };

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
void validate_rate(const L& learning_rate) {
  if constexpr (ConstantRate<L>) {
    require_positive(learning_rate, "learning_rate");
  } else if constexpr (requires { learning_rate.validate(); }) {
    learning_rate.validate();
  }
}

/// The rate at the point e, above 0 and finite. NaN where e has no rate because its gradient, or the product H g, is
/// not finite.
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
      if (!good(h)) {  // whose fault is it: the schedule's, or did the run come to where the curvature is not finite?
        e.rewind(0);
        const R curvature = norm_of(e.push(e.gradient()));
        e.rewind(0);
        if (!isfinite(curvature)) return std::numeric_limits<R>::quiet_NaN();
      }
    }
  }
  if (!good(h)) reject("learning_rate at iteration " + std::to_string(iteration), h, "a finite number above 0");
  return h;
}

}  // namespace descent

template <class S = double>
struct GradientDescent {
  /// A number above 0 and finite, or a Schedule.
  S learning_rate;

  void validate() const { descent::validate_rate(learning_rate); }

  template <class T>
  descent::NoMemory start(const Vector<T>& /*theta*/) const {
    return {};
  }

  bool at_rest(descent::NoMemory /*memory*/) const { return true; }

  template <class T, Point E>
    requires descent::LearningRate<S, E>
  Real<T> advance(Vector<T>& theta, descent::NoMemory /*memory*/, Index iteration, E& e) {
    const Real<T> h = descent::rate_at(learning_rate, iteration, e);
    theta -= T(h) * e.gradient();
    return h;
  }
};

}  // namespace drift
