#pragma once
// gauss_legendre<R>(n): nodes and weights of the Gauss-Legendre rule on [0, 1].
//
//     int_0^1 f(s) ds  =  sum_i weights[i] f(nodes[i]),      exact for polynomials of degree up to 2n - 1
//
//     const auto rule = calculus::gauss_legendre<double>(8);
//     double sum = 0;
//     for (Index i = 0; i < 8; ++i) sum += rule.weights[i] * std::exp(rule.nodes[i]);      // e - 1, to rounding
//
// For analytic f the error falls like rho^(-2n): e^(-x s) with |x| below 10 is integrated to double's rounding by 16 nodes.
//
// Source: Golub & Welsch, Math. Comp. 23 (1969) 221-230, for the rule; the nodes are here the zeros of the Legendre polynomial
//   P_n(2s - 1) by Newton's method from cos(pi (i + 3/4) / (n + 1/2)), the weights 1 / ((1 - x^2) P_n'(x)^2), x = 2s - 1.
// Shapes: n nodes, ascending, inside (0, 1), symmetric about 1/2; n weights, positive, of sum 1. Accuracy: a few epsilon for any
// real R. Cost: O(n^2). Errors: n outside 1 to 200 throws InvalidArgument.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <cmath>

namespace drift::calculus {

template <class R>
struct QuadratureRule {
  Vector<R> nodes;
  Vector<R> weights;
};

namespace detail {

template <class R>
struct LegendreValue {
  R value;  ///< P_n(x)
  R slope;  ///< P_n'(x)
};

/// By the three-term recurrence; |x| < 1.
template <class R>
LegendreValue<R> legendre(Index n, const R& x) {
  R previous(1), value = x;
  for (Index k = 2; k <= n; ++k) {
    const R next = (R(2 * k - 1) * x * value - R(k - 1) * previous) / R(k);
    previous = value;
    value = next;
  }
  return {value, R(n) * (previous - x * value) / (R(1) - x * x)};
}

}  // namespace detail

template <class R>
QuadratureRule<R> gauss_legendre(Index n) {
  using std::abs;
  using std::acos;
  using std::cos;
  require(n >= 1 && n <= 200, "n", n, "1 to 200");
  QuadratureRule<R> rule{Vector<R>(n), Vector<R>(n)};
  const R pi = acos(R(-1));
  for (Index i = 0; 2 * i < n; ++i) {  // the zeros above 0, from the outermost inwards; the rest by symmetry
    const bool middle = 2 * i + 1 == n;
    R x = middle ? R(0) : R(cos(pi * (R(i) + R(0.75)) / (R(n) + R(0.5))));
    for (int newton = 0; newton < 50 && !middle; ++newton) {
      const auto p = detail::legendre(n, x);
      const R correction = p.value / p.slope;
      x -= correction;
      if (abs(correction) <= epsilon<R>()) break;
    }
    const R slope = detail::legendre(n, x).slope;
    rule.nodes[i] = (R(1) - x) / R(2);
    rule.nodes[n - 1 - i] = (R(1) + x) / R(2);
    rule.weights[i] = rule.weights[n - 1 - i] = R(1) / ((R(1) - x * x) * slope * slope);
  }
  return rule;
}

}  // namespace drift::calculus
