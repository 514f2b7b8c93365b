#pragma once
// losses::quartic(n): a convex bowl that stiffens outwards.
//
//     E(x) = sum_i  x_i^2 / 2 + x_i^4 / 4
//
//     auto problem = losses::quartic();               // n = 1
//
// Minimum: 0, E = 0. Spectrum: 1 + 3 x_i^2, one eigenvalue for each coordinate, 1 at the minimum. Gradient descent with
// rate h goes monotonically where h (1 + x^2) < 1, oscillates beyond, and diverges from |x| > sqrt(2/h - 1).
//
// Gives: tiers 1 to 4, nestable. Cost: O(n) a value. Errors: n below 1: InvalidArgument.

#include <drift/calculus/differentiable.hpp>

namespace drift::losses {

/// The callable, for use within a loss of one's own.
struct Quartic {
  template <class T>
  T operator()(const Vector<T>& x) const {
    T sum(0);
    for (Index i = 0; i < x.size(); ++i) {
      const T square = x[i] * x[i];
      sum += square * (T(0.5) + T(0.25) * square);
    }
    return sum;
  }
};

template <class S = double>
Differentiable<Quartic, S> quartic(Index n = 1) {
  require(n >= 1, "n", n, "1 or more");
  return differentiable<S>(Quartic{}, n);
}

}  // namespace drift::losses
