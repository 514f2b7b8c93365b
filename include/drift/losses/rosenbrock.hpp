#pragma once
// losses::rosenbrock(n, a, b): the curved valley, in any dimension n >= 2.
//
//     E(x) = sum_{i=0}^{n-2}  b (x_{i+1} - x_i^2)^2 + (a - x_i)^2
//
//     auto problem = losses::rosenbrock();            // n = 2, a = 1, b = 100
//     auto problem = losses::rosenbrock<float>(10);
//
// Minima: for n = 2 the one minimum (a, a^2), E = 0; for a = 1 the point (1, ..., 1), E = 0, in every dimension, with a
// second, local minimum near (-1, 1, ..., 1) from n = 4 on. Spectrum for n = 2 at the minimum: the Hessian is
// [[2 + 8 b a^2, -4 a b], [-4 a b, 2 b]], of determinant 4 b: 0.4 and 1001.6 for the defaults.
//
// Source: Rosenbrock, The Computer Journal 3 (1960) 175-184. Gives: tiers 1 to 4, nestable. Cost: O(n) a value.
// Errors: n below 2, a or b not finite: InvalidArgument.

#include <drift/calculus/differentiable.hpp>

namespace drift::losses {

/// The callable, for use within a loss of one's own. S is the number type of the constants.
template <class S = double>
struct Rosenbrock {
  S a = S(1);
  S b = S(100);

  template <class T>
  T operator()(const Vector<T>& x) const {
    T sum(0);
    for (Index i = 0; i + 1 < x.size(); ++i) {
      const T along = T(a) - x[i];
      const T across = x[i + 1] - x[i] * x[i];
      sum += along * along + T(b) * (across * across);
    }
    return sum;
  }
};

template <class S = double>
Differentiable<Rosenbrock<S>, S> rosenbrock(Index n = 2, std::type_identity_t<S> a = S(1),
                                            std::type_identity_t<S> b = S(100)) {
  using std::isfinite;
  require(n >= 2, "n", n, "2 or more");
  require(isfinite(a), "a", a, "finite");
  require(isfinite(b), "b", b, "finite");
  return differentiable<S>(Rosenbrock<S>{a, b}, n);
}

}  // namespace drift::losses
