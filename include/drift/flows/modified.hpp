#pragma once
// modified<n>(problem, h): the flow that gradient descent with learning rate h follows, to order n.
//
//     theta' = f_1 + h f_2 + ... + h^(n-1) f_n
//     f_1 = -g      f_2 = -H g / 2      f_3 = -(H H g / 3 + D^3E[g, g, .] / 12)      f_4 = -(1/12) H grad(g' H g) - (1/24) grad |H g|^2
//
// the backward error analysis of Euler's method on the negative gradient field, cut after n terms, with exact coefficients. One
// step of descent is time h: step_time(). The flow for that time misses the step by O(h^(n+1)); at a fixed time the error is
// O(h^n). n = 1 is the negative gradient flow, n = 2 the IGR flow, the gradient flow of E + (h/4) |g|^2.
//
// The series is asymptotic, not convergent: at a fixed h do not raise n once h |lambda| is not well below 1 (already the terms
// (h H)^(j-1) g / j need h |lambda| < 1). There the principal flow (flows/principal.hpp) sums those terms. A truncation can also
// look better than its order by chance, where f_(n+1) nearly vanishes. f_n is not a gradient in general for n >= 3.
//
// h = 0 is allowed and gives the negative gradient flow. There is no order 0.
//
// Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, IX; Barrett & Dherin arXiv 2009.11162 (n = 2); Rosca et al.
//   arXiv 2302.01952 (n = 3); the recipes for n = 3, 4, 5 and the Taylor logarithm beyond were derived for drift.
// Shapes: state and field of problem.dimension(). States are real; complex ones where the problem is holomorphic.
// Needs: tier 1 for n = 1, tier 2 for n = 2, tier 3 (problem.expand) beyond.
// Cost in gradients of a network: n = 1: 1; 2: 2 to 3; 3: 4 to 5; 4: 9 to 11; 5: 18 to 21; beyond about n^3 / 3.
// Errors: a negative or non-finite h throws InvalidArgument where the flow is made, a state of the wrong length at the call.
//   Non-finite derivatives give a non-finite field, which the integrator turns into a Status.

#include <drift/calculus/borrowed_point.hpp>
#include <drift/core/errors.hpp>
#include <drift/flows/logarithm_weights.hpp>

#include <utility>

namespace drift::flows {

/// f_1, ..., f_n as the columns of a dimension x n matrix, for any n >= 1.
///
/// The Taylor logarithm: n Euler steps y_{i+1} = y_i - t g(y_i) with the step size t as the variable of a power series, and the
/// logarithm of the step read off coefficient by coefficient,
///     f_m = - sum_{i<m} w_{i,m} [t^(m-1)] g(y_i(t)),       w_{.,m} = logarithm_weights(m).
/// Weights of order m, not n, serve f_m: the higher differences vanish identically there and would add nothing but rounding.
/// All curves share stage 0. Cost: n - 1 curves of n - 1 stages, about n^3 / 3 gradients.
/// Rounding: a few epsilon for f_1 to f_3; beyond, differences of order m of numbers that grow like m^m are taken: up to 1e3
/// epsilon for f_5, 1e4 for f_6, 1e6 for f_7. modified<n> with n <= 5 goes another way and has a few epsilon throughout.
template <ExpandableProblem P, StateOver<ScalarOfProblem<P>> X>
  requires HasExpand<P, ScalarOf<X>>
Matrix<ScalarOf<X>> modified_field_coefficients(const P& problem, const X& theta, int n) {
  using S = ScalarOf<X>;
  require(n >= 1, "n", n, "1 or more");
  auto e = calculus::borrow_expansion(problem, theta);
  const Vector<S>& g = e->gradient();
  const Index dimension = problem.dimension();

  Matrix<Real<S>> weights = Matrix<Real<S>>::Zero(n, n);  // column m - 1: those of f_m
  for (int m = 1; m <= n; ++m) weights.col(m - 1).head(m) = logarithm_weights<Real<S>>(m);

  Matrix<S> f = Matrix<S>::Zero(dimension, n);
  Matrix<S> curve = Matrix<S>::Zero(dimension, n);  // column k: coefficient k of y_i
  f.col(0) = -g;                                    // y_0 is constant: it has stage 0 only
  if (n > 1) curve.col(1) = -g;
  for (int i = 1; i < n; ++i) {
    e->rewind(0);
    const Vector<S>* previous = &g;
    for (int k = 1; k < n; ++k) {
      const bool is_zero = i == 1 && k > 1;  // y_1 = theta - t g is a straight line
      const Vector<S>& coefficient = is_zero ? e->push_zero() : e->push(curve.col(k));
      if (i <= k) f.col(k) -= S(weights(i, k)) * coefficient;
      curve.col(k) -= *previous;  // now of y_{i+1}
      previous = &coefficient;
    }
  }
  return f;
}

template <int n, class P>
class Modified {
 public:
  using Scalar = ScalarOfProblem<P>;
  static_assert(n >= 1, "modified<n> needs n >= 1, the number of terms of the field");
  static_assert(
      n < 2 || SecondOrderProblem<P>,
      "modified<2> needs problem.hessian_vector_product(theta, v), or problem.expand(theta) (core/concepts.hpp)");
  static_assert(n < 3 || ExpandableProblem<P>,
                "modified<n> with n >= 3 needs problem.expand(theta): an ExpandableProblem (core/concepts.hpp)");

  Modified(P problem, const Scalar& h) : problem_(std::move(problem)), h_(h) { require_not_negative(h, "h"); }

  const P& problem() const { return problem_; }
  Index dimension() const { return problem_.dimension(); }

  /// h: one step of gradient descent.
  Scalar step_time() const { return h_; }

  template <StateOver<Scalar> X>
    requires AcceptsScalar<P, ScalarOf<X>>
  Vector<ScalarOf<X>> operator()(const X& theta) const {
    using S = ScalarOf<X>;
    if constexpr (n == 1) {  // NOLINT(bugprone-branch-clone): known to the compiler here, to the caller below
      return -drift::gradient(problem_, theta);
    } else if (h_ == Scalar(0)) {  // 1 / h occurs below
      return -drift::gradient(problem_, theta);
    } else if constexpr (n == 2) {
      auto e = calculus::borrowed_point(problem_, theta);
      const Vector<S>& g = e->gradient();
      return -g - (h_ / Scalar(2)) * e->push(g);
    } else if constexpr (n >= 6) {
      const Matrix<S> f = modified_field_coefficients(problem_, theta, n);
      Vector<S> field = f.col(n - 1);
      for (int m = n - 2; m >= 0; --m) field = f.col(m) + h_ * field;
      return field;
    } else if constexpr (n >= 3) {
      auto e = calculus::borrow_expansion(problem_, theta);
      return from_curves(*e);
    }
  }

 private:
  // The modified trajectory y satisfies y(t + h) - y(t) = -h g(y(t)), so its field is sum_k B_k h^k [t^k] of -g(y(t)) with
  // Bernoulli's numbers B_k: each term is a coefficient of g along a curve whose own coefficients come from the terms before it
  // (for n = 3 and 5 the curve is reversed, so that it starts with +g). The push in which a product
  // can ride along with a later one is what makes the recipes cheap.
  template <class E>
  auto from_curves(E& e) const -> std::decay_t<decltype(e.gradient())> {
    using V = std::decay_t<decltype(e.gradient())>;
    using R = Scalar;  // real, at complex states too
    const R& h = h_;
    const V& g = e.gradient();
    if constexpr (n == 3) {
      const V& hg = e.push(g);
      const V& c2 = e.push(R(2) * hg);  // 2 H H g + D^3E[g, g] / 2
      return -g - h * (hg / R(2) + (h / R(6)) * c2);
    } else if constexpr (n == 4) {
      // One sparse curve, theta + g t^2 + Hg t^3 + (...) t^5. With zero coefficients skipped a layer costs 34 matrix products,
      // against 45 for two dense curves; a program that skips nothing pays 21 units against 17.
      e.push_zero();
      const V& hg = e.push(g);
      const V& hhg = e.push(hg);
      const V& half_third = e.push_zero();  // D^3E[g, g] / 2
      const V& c5 = e.push(R(3) * hhg + R(2) * half_third);
      return -g - h * (hg / R(2) + h * (hhg / R(3) + half_third / R(6) + (h / R(12)) * c5));
    } else {
      const V& hg = e.push(g);
      const V a = e.push_zero();  // D^3E[g, g] / 2
      const V b = e.push_zero();  // D^4E[g, g, g] / 6
      e.rewind(1);
      const V hhg = (a - e.push(R(-2) * hg)) / R(2);
      const V r = R(3) * hhg + R(1.5) * a;
      const V d2 = e.push(-(R(9) * hhg + R(5.5) * a));
      const V x2 = e.push_zero();
      e.rewind(1);
      e.push_zero();
      const V& d1 = e.push(-r);
      // r / h is the product that the h^3 term still lacks; it rides along in the last push.
      const V& x1 = e.push(r / h - R(2) * d1 + (R(6) / R(5)) * d2);
      return -g - h * (hg / R(2) + h * (hhg / R(3) + a / R(6) - (h / R(24)) * (d2 - b + h * (x1 - x2 / R(5)))));
    }
  }

  P problem_;
  Scalar h_;
};

/// The n-term modified flow of gradient descent with learning rate h.
template <int n, Problem P>
Modified<n, P> modified(P problem, const std::type_identity_t<ScalarOfProblem<P>>& h) {
  return {std::move(problem), h};
}

}  // namespace drift::flows
