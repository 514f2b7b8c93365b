#pragma once
// Elementary functions of plain numbers, so that a loss written once for every number type T can say exp(x), log1p(x),
// softplus(x) throughout under `using namespace drift`: logistic and softplus for every scalar, log1p for complex ones, and
// the standard ones for float and long double, which an unqualified call would otherwise convert to the C library's double.

#include <drift/core/types.hpp>

#include <cmath>
#include <concepts>

namespace drift {

template <std::floating_point T>
T exp(T x) {
  return std::exp(x);
}
template <std::floating_point T>
T log(T x) {
  return std::log(x);
}
template <std::floating_point T>
T log1p(T x) {
  return std::log1p(x);
}
template <std::floating_point T>
T sqrt(T x) {
  return std::sqrt(x);
}
template <std::floating_point T>
T sin(T x) {
  return std::sin(x);
}
template <std::floating_point T>
T cos(T x) {
  return std::cos(x);
}
template <std::floating_point T>
T tanh(T x) {
  return std::tanh(x);
}
template <std::floating_point T, class Number>
  requires std::is_arithmetic_v<Number>
T pow(T x, Number p) {
  return std::pow(x, static_cast<T>(p));
}

/// log(1 + z) without the cancellation of forming 1 + z; imaginary part in (-pi, pi].
template <class R>
std::complex<R> log1p(const std::complex<R>& z) {
  using drift::log1p;
  using std::abs;
  using std::atan2;
  using std::log;
  using std::log1p;
  const R x = z.real(), y = z.imag();
  const R huge = R(1) / epsilon<R>();
  if (abs(x) > huge || abs(y) > huge) return log(z);  // 1 does not count, and the squares could overflow
  const R square = x * (R(2) + x) + y * y;            // |1 + z|^2 - 1
  const R modulus = square > R(-0.5) ? log1p(square) : log((R(1) + x) * (R(1) + x) + y * y);
  return {modulus / R(2), atan2(y, R(1) + x)};
}

/// 1 / (1 + exp(-x)). Real x of any size gives a value in [0, 1].
template <class T>
T logistic(const T& x) {
  using std::exp;
  if (Eigen::numext::real(x) < Real<T>(0)) {
    const T e = exp(x);
    return e / (T(1) + e);
  }
  return T(1) / (T(1) + exp(-x));
}

/// log(1 + exp(x)), without overflow.
template <class T>
T softplus(const T& x) {
  using drift::log1p;
  using std::exp;
  using std::log1p;
  if (Eigen::numext::real(x) > Real<T>(0)) return x + log1p(exp(-x));
  return log1p(exp(x));
}

}  // namespace drift
