#pragma once
// map_logarithm<n>(step): the flow of ANY update theta -> theta', from n steps of it and nothing else.
//
//     f(theta) = sum_{k=1..n} ((-1)^(k+1) / k) Delta^k y_0 = sum_{i<n} w_i (y_{i+1} - y_i),      y_0 = theta, y_{i+1} = step(y_i)
//
// The flow of f for time 1 is one application of the step up to O(h^(n+1)), where h is the size of the step's move. For gradient
// descent with learning rate h it equals h * modified<n> up to O(h^(n+1)). It needs no derivatives, not even a loss: momentum at
// fixed velocity, games, Runge-Kutta steps and epochs are all steps. The update must be near the identity: a momentum method
// in (theta, v) is not, since it multiplies v by beta (descent/step.hpp says what remains).
//
// The series is asymptotic: at fixed large h raising n makes it worse, once h |lambda| is not well below 1.
// Rounding: about 2^n epsilon |theta|; the increments are formed first, so that nothing worse cancels.
//
// Source: derived for drift: the Newton series of the logarithm of the shift operator. Shapes: any length, the state gives it. Scalars: real, complex, multiprecision.
// Cost: n steps. Errors: a step that returns another length throws InvalidArgument.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/flows/logarithm_weights.hpp>

#include <utility>

namespace drift::flows {

template <int n, class Step>
class MapLogarithm {
 public:
  static_assert(n >= 1, "map_logarithm<n> needs n >= 1: it is made of n steps of the map");

  explicit MapLogarithm(Step step) : step_(std::move(step)) {}

  const Step& step() const { return step_; }

  /// One update of the map is time 1.
  double step_time() const { return 1.0; }

  /// Known where the step knows it; a bare lambda does not.
  Index dimension() const
    requires HasDimension<Step>
  {
    return step_.dimension();
  }

  template <VectorExpression X>
    requires Update<Step, ScalarOf<X>>
  Vector<ScalarOf<X>> operator()(const X& theta) const {
    using S = ScalarOf<X>;
    const Vector<Real<S>> weights = logarithm_weights<Real<S>>(n);
    Vector<S> y = theta;
    Vector<S> field = Vector<S>::Zero(y.size());
    for (int i = 0; i < n; ++i) {
      Vector<S> next = step_(std::as_const(y));
      require_size(next, y.size(), "step(theta)", "that of theta");
      field += S(weights[i]) * (next - y);
      y.swap(next);
    }
    return field;
  }

 private:
  Step step_;
};

/// The order-n flow of an update, from n updates.
template <int n, class Step>
MapLogarithm<n, Step> map_logarithm(Step step) {
  return MapLogarithm<n, Step>(std::move(step));
}

}  // namespace drift::flows
