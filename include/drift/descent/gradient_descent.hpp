#pragma once
// GradientDescent: the optimiser whose drift all this is about.
//
//     theta' = theta - h grad E(theta)
//
//     GradientDescent{.learning_rate = 1e-3}              a number: float, double, long double, multiprecision
//     GradientDescent{.learning_rate = DriftAdjusted{}}   a Schedule: anything with rate(iteration, e)
//
// On a quadratic the component along an eigenvalue lambda is multiplied by 1 - h lambda: it shrinks for 0 < h lambda < 2.
//
// Cost: nothing beyond the point's gradient and what the schedule pushes. No memory; complex states too.
// Failure: as descent/learning_rate.hpp says of bad rates.

#include <drift/core/concepts.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>

namespace drift {

template <class S = double>
struct GradientDescent {
  /// A number above 0 and finite, or a Schedule.
  S learning_rate;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("learning_rate", self.learning_rate);
  }

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
