#pragma once
// losses::cosine(n): the washboard, whose curvature changes sign at every quarter turn.
//
//     E(x) = sum_i cos(x_i)
//
//     auto problem = losses::cosine();                // n = 1
//
// Minima: every x_i an odd multiple of pi, E = -n. Spectrum: -cos(x_i), one eigenvalue for each coordinate, 1 at the
// minima.
//
// Gives: tiers 1 to 4, nestable. Cost: n cosines a value. Errors: n below 1: InvalidArgument.

#include <drift/calculus/differentiable.hpp>

namespace drift::losses {

/// The callable, for use within a loss of one's own.
struct Cosine {
  template <class T>
  T operator()(const Vector<T>& x) const {
    using std::cos;
    T sum(0);
    for (Index i = 0; i < x.size(); ++i) sum += cos(x[i]);
    return sum;
  }
};

template <class S = double>
Differentiable<Cosine, S> cosine(Index n = 1) {
  require(n >= 1, "n", n, "1 or more");
  return differentiable<S>(Cosine{}, n);
}

}  // namespace drift::losses
