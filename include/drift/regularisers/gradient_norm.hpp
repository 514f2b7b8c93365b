#pragma once
// gradient_norm(problem): the squared norm of a problem's gradient, R(theta) = |grad E(theta)|^2, as a Problem.
//
//     grad R = 2 H grad E            Hess R v = 2 (D^3E[grad E, v, .] + H H v)
//
// problem + (h/4) * gradient_norm(problem) is the loss whose gradient flow is the order-2 modified flow of gradient descent
// with rate h; with -h/4 it cancels that drift.
// Source: Barrett & Dherin, Implicit Gradient Regularization (arXiv 2009.11162); thesis arXiv 2310.14036.
//
// Exact at every order, and it nests (calculus/of_gradient.hpp): gradient_norm(problem + a * gradient_norm(problem)) works.
//
// Needs: a tier-2 problem for value and gradient; its Hessian-vector product tier 3; to be expandable itself a NestableProblem, as all of
// the library's own are. Cost: a gradient of R is a gradient and a Hessian-vector product of E; stage k costs about four times stage k of E.

#include <drift/calculus/of_gradient.hpp>

#include <utility>

namespace drift::regularisers {

/// R = g . g: grad R = H (2 g).
struct GradientNormRule {
  template <class S>
  S value(const Vector<S>& g) const {
    return g.cwiseProduct(g).sum();
  }
  template <class S>
  void direction(Index /*stage*/, const Vector<S>& g, Vector<S>& w) const {
    w = S(2) * g;
  }
};

template <SecondOrderProblem P>
using GradientNorm = calculus::OfGradient<P, GradientNormRule>;

/// |grad E|^2 (no factor 1/2) of a problem.
template <SecondOrderProblem P>
GradientNorm<P> gradient_norm(P problem) {
  return {std::move(problem), GradientNormRule{}};
}

}  // namespace drift::regularisers
