#pragma once
// The weights that turn n consecutive increments of a map into the first n terms of its logarithm.
//
//     log(1 + Delta) y_0 = sum_{k=1..n} ((-1)^(k+1) / k) Delta^k y_0 + ... = sum_{i<n} w_i (y_{i+1} - y_i) + ...
//     w_i = (-1)^i sum_{k=i+1..n} C(k-1, i) / k
//
// They are the derivative at t = 0 of the polynomial through n + 1 points, written in its increments: they add up to 1.
// Source: the Newton series of the logarithm of the shift operator (Hairer, Lubich, Wanner IX for its use).
// Cost: n^2 additions. They grow like 2^n / n and alternate in sign, which is what rounding is multiplied by.

#include <drift/core/types.hpp>

namespace drift::flows {

/// w_0 ... w_{n-1}
template <class R>
Vector<R> logarithm_weights(int n) {
  Vector<R> w = Vector<R>::Zero(n);
  Vector<R> binomial = Vector<R>::Zero(n);  // C(k-1, i), row after row of Pascal's triangle
  for (int k = 1; k <= n; ++k) {
    for (int i = k - 1; i > 0; --i) binomial[i] += binomial[i - 1];
    binomial[0] = R(1);
    for (int i = 0; i < k; ++i) w[i] += binomial[i] / R(k);
  }
  for (int i = 1; i < n; i += 2) w[i] = -w[i];
  return w;
}

}  // namespace drift::flows
