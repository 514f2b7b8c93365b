#pragma once
// start_array<Function>(n, x, z, d, u): stage 0 of an elementary function (calculus/elementary.hpp) of n numbers: values z, slopes d
// and, where the function has one, the auxiliary u (null elsewhere). For float and double Exp, Tanh, Logistic and Softplus run on
// whole vectors (calculus/array_functions.hpp), within 2 units in the last place; the rest goes number by number.

#include <drift/calculus/array_functions.hpp>
#include <drift/calculus/elementary.hpp>

#include <algorithm>

namespace drift::calculus {

template <class Function, class S>
void start_array(Index n, const S* x, S* z, S* d, S* u) {
  if constexpr (has_simd<S> && std::same_as<Function, Exp>) {
    set_exp(n, x, z);
    std::copy(z, z + n, d);
  } else if constexpr (has_simd<S> && std::same_as<Function, Tanh>) {
    set_tanh(n, x, z, d);
  } else if constexpr (has_simd<S> && std::same_as<Function, Logistic>) {
    set_logistic(n, x, z, d);
  } else if constexpr (has_simd<S> && std::same_as<Function, Softplus>) {
    set_softplus(n, x, z, d, u);
  } else {
    S unused(0);
    for (Index i = 0; i < n; ++i) Function::start(x[i], z[i], d[i], u != nullptr ? u[i] : unused);
  }
}

}  // namespace drift::calculus
