#pragma once
// gradient_norm(problem): the squared norm of a problem's gradient, R(theta) = |grad E(theta)|^2, as a Problem.
//
//     grad R = 2 H grad E            Hess R v = 2 (D^3E[grad E, v, .] + H H v)
//
// problem + (h/4) * gradient_norm(problem) is the loss whose gradient flow is the order-2 modified flow of gradient descent
// with rate h; with -h/4 it cancels that drift.
// Source: Barrett & Dherin, Implicit Gradient Regularization (arXiv 2009.11162); thesis arXiv 2310.14036.
//
// Exact at every order: along a curve, grad E(theta(t) + e g(theta(t))) has 2 R's gradient as its e-part, so an Expansion of R
// is an Expansion of E with one infinitesimal e beside t (calculus/stage.hpp), whose direction at stage (k, e) is the
// gradient coefficient that stage k returned. It nests: gradient_norm(problem + a * gradient_norm(problem)) works.
//
// Needs: a tier-2 problem for value and gradient; its Hessian-vector product tier 3; to be expandable itself, an expand that
// takes a depth (NestableProblem), as all of the library's own problems have. Cost: a gradient of R is a gradient and a
// Hessian-vector product of E; stage k costs about four times stage k of E.

#include <drift/calculus/algebra.hpp>

namespace drift {

namespace calculus {

template <class P, class S>
class GradientNormProgram {
 public:
  using Scalar = S;

  GradientNormProgram(P problem, int depth) : problem_(std::move(problem)), depth_(depth) {}

  Index dimension() const { return problem_.dimension(); }

  S start(const Vector<S>& theta, Vector<S>& gradient) {
    if (inner_) {
      inner_->move_to(theta);
    } else {
      inner_.emplace(problem_.expand(theta, depth_ + 1));
    }
    const Vector<S>& g = inner_->gradient();
    gradient = S(2) * inner_->push(g);
    return g.cwiseProduct(g).sum();
  }

  // Stage m here is stage 2 m of the inner expansion, and stage 2 m + 1 its product with the infinitesimal.
  void advance(const Stage&, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    const Vector<S>& g = is_zero ? inner_->push_zero() : inner_->push(direction);
    gradient = S(2) * inner_->push(g);
  }

  void rewind(Index stage) { inner_->rewind(2 * stage + 1); }

 private:
  P problem_;
  int depth_;
  std::optional<decltype(std::declval<const P&>().expand(std::declval<const Vector<S>&>(), 1))> inner_;
};

}  // namespace calculus

namespace regularisers {

template <SecondOrderProblem P>
class GradientNorm {
 public:
  using Scalar = ScalarOfProblem<P>;
  template <class T>
  using ExpansionOver = calculus::ProgramExpansion<calculus::GradientNormProgram<P, T>>;

  explicit GradientNorm(P problem) : problem_(std::move(problem)) {}

  Index dimension() const { return problem_.dimension(); }

  template <StateOver<Scalar> X>
  ScalarOf<X> value(const X& theta) const {
    const Vector<ScalarOf<X>> g = drift::gradient(problem_, theta);
    return g.cwiseProduct(g).sum();
  }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    using S = ScalarOf<X>;
    if constexpr (HasExpand<P, S>) {
      auto e = calculus::borrow_expansion(problem_, theta);
      return S(2) * e->push(e->gradient());
    } else {
      return S(2) * drift::hessian_vector_product(problem_, theta, drift::gradient(problem_, theta));
    }
  }

  Vector<Scalar> hessian_vector_product(const Vector<Scalar>& theta, const Vector<Scalar>& v) const
    requires ExpandableProblem<P>
  {
    const Vector<Scalar> g = drift::gradient(problem_, theta);
    const Vector<Scalar> hv = drift::hessian_vector_product(problem_, theta, v);
    return Scalar(2) * (third_derivative(problem_, theta, g, v) + drift::hessian_vector_product(problem_, theta, hv));
  }

  template <StateOver<Scalar> X>
    requires NestableProblem<P, ScalarOf<X>>
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth = 0) const {
    return {calculus::GradientNormProgram<P, ScalarOf<X>>(problem_, depth), theta, depth};
  }

  template <StateOver<Scalar> X>
    requires NestableProblem<P, ScalarOf<X>>
  auto borrow(const X& theta) const {
    return pool_.borrow(*this, theta);
  }

 private:
  P problem_;
  using ComplexState = std::conditional_t<NestableProblem<P, Complex<Scalar>>, Complex<Scalar>, Scalar>;
  std::conditional_t<NestableProblem<P>, calculus::ExpansionPool<ExpansionOver<Scalar>, ExpansionOver<ComplexState>>,
                     calculus::NoPool>
      pool_;
};

/// |grad E|^2 (no factor 1/2) of a problem.
template <SecondOrderProblem P>
GradientNorm<P> gradient_norm(P problem) {
  return GradientNorm<P>(std::move(problem));
}

}  // namespace regularisers
}  // namespace drift
