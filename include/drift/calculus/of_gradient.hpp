#pragma once
// OfGradient: a function R of a problem's gradient field, as a Problem: what gradient norms and modified losses are made of.
//
//     R(theta) = r(g),  g = grad E(theta),      grad R = H w,   w = dr/dg        Hess R v = D^3E[w, v, .] + H w',  w' that of H v
//
// The rule says what r is, of a quadratic or linear one:
//     rule.value<S>(g)                     r(g)
//     rule.direction<S>(stage, g, w)       w becomes coefficient `stage` of dr/dg along a curve on which g is that of the gradient
//
// Exact at every order: beside the curve runs one infinitesimal, whose direction at stage k is the rule's; H w's coefficients are then
// what comes back (calculus/stage.hpp). It nests: a function of the gradient of a problem that has one in it works.
//
// Needs: a tier-2 problem for value and gradient; its Hessian-vector product tier 3; to be expandable itself, an expand that
// takes a depth (NestableProblem), as all of the library's own problems have. Cost: a gradient of R is a gradient and a
// Hessian-vector product of E; stage k costs about four times stage k of E.

#include <drift/calculus/algebra.hpp>
#include <drift/calculus/borrowed_point.hpp>

#include <optional>
#include <utility>

namespace drift::calculus {

/// Stages of a problem made of another's gradient field: R with grad R = H w. Beside the curve runs one infinitesimal, whose direction at
/// stage k is rule.direction(k, coefficient k of the gradient); H w's coefficients are then what comes back (stage.hpp).
template <class P, class Rule, class S>
class HessianTimesProgram {
 public:
  using Scalar = S;

  HessianTimesProgram(P problem, Rule rule, int depth)
      : problem_(std::move(problem)), rule_(std::move(rule)), depth_(depth) {}

  Index dimension() const { return problem_.dimension(); }

  S start(const Vector<S>& theta, Vector<S>& gradient) {
    if (inner_) {
      inner_->move_to(theta);
    } else {
      inner_.emplace(problem_.expand(theta, depth_ + 1));
    }
    stage_ = 0;
    const Vector<S>& g = inner_->gradient();
    push_rule(g, gradient);
    return rule_.template value<S>(g);
  }

  // Stage m here is stage 2 m of the inner expansion, and stage 2 m + 1 its product with the infinitesimal.
  void advance(const Stage&, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    ++stage_;
    const Vector<S>& g = is_zero ? inner_->push_zero() : inner_->push(direction);
    push_rule(g, gradient);
  }

  void rewind(Index stage) {
    stage_ = stage;
    inner_->rewind(2 * stage + 1);
  }

 private:
  void push_rule(const Vector<S>& g, Vector<S>& gradient) {
    rule_.template direction<S>(stage_, g, direction_);
    gradient = inner_->push(direction_);
  }

  P problem_;
  Rule rule_;
  int depth_;
  Index stage_ = 0;
  Vector<S> direction_;
  std::optional<decltype(std::declval<const P&>().expand(std::declval<const Vector<S>&>(), 1))> inner_;
};

/// A function of a problem's gradient, as a Problem.
template <SecondOrderProblem P, class Rule>
class OfGradient {
 public:
  using Scalar = ScalarOfProblem<P>;
  template <class T>
  using ExpansionOver = ProgramExpansion<HessianTimesProgram<P, Rule, T>>;

  OfGradient(P problem, Rule rule) : problem_(std::move(problem)), rule_(std::move(rule)) {}

  Index dimension() const { return problem_.dimension(); }

  template <StateOver<Scalar> X>
  ScalarOf<X> value(const X& theta) const {
    return rule_.template value<ScalarOf<X>>(drift::gradient(problem_, theta));
  }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    auto e = borrowed_point(problem_, theta);
    Vector<ScalarOf<X>> w;
    rule_.template direction<ScalarOf<X>>(0, e->gradient(), w);
    return e->push(w);
  }

  Vector<Scalar> hessian_vector_product(const Vector<Scalar>& theta, const Vector<Scalar>& v) const
    requires ExpandableProblem<P>
  {
    Vector<Scalar> w, change;
    rule_.template direction<Scalar>(0, drift::gradient(problem_, theta), w);
    rule_.template direction<Scalar>(1, drift::hessian_vector_product(problem_, theta, v), change);
    return third_derivative(problem_, theta, w, v) + drift::hessian_vector_product(problem_, theta, change);
  }

  template <StateOver<Scalar> X>
    requires NestableProblem<P, ScalarOf<X>>
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth = 0) const {
    return {HessianTimesProgram<P, Rule, ScalarOf<X>>(problem_, rule_, depth), theta, depth};
  }

  template <StateOver<Scalar> X>
    requires NestableProblem<P, ScalarOf<X>>
  auto borrow(const X& theta) const {
    return pool_.borrow(*this, theta);
  }

 private:
  P problem_;
  Rule rule_;
  using ComplexState = std::conditional_t<NestableProblem<P, Complex<Scalar>>, Complex<Scalar>, Scalar>;
  std::conditional_t<NestableProblem<P>, ExpansionPool<ExpansionOver<Scalar>, ExpansionOver<ComplexState>>, NoPool>
      pool_;
};

}  // namespace drift::calculus
