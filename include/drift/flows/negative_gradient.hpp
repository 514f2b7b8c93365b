#pragma once
// The negative gradient flow of a problem, the continuous time that gradient descent is usually compared with.
//
//     theta' = -grad E(theta)
//
// One step of gradient descent with learning rate h leaves it by (h^2/2) H grad E + O(h^3); the modified flows
// (flows/modified.hpp) take that drift into the field. It belongs to no learning rate, so it has no step_time(): integrate it for a
// time, or follow flows::modified<1>(problem, h) in steps.
//
// Source: thesis arXiv 2310.14036; order 1 of the modified equation, Hairer, Lubich, Wanner, Geometric Numerical Integration, IX.
// Shapes: state and field of problem.dimension(). States are real; complex ones where the problem is holomorphic.
// Needs: tier 1. Cost: one gradient. Errors: a state of the wrong length throws InvalidArgument.

#include <drift/calculus/derivatives.hpp>

namespace drift::flows {

template <class P>
class NegativeGradient {
 public:
  using Scalar = ScalarOfProblem<P>;

  explicit NegativeGradient(P problem) : problem_(std::move(problem)) {}

  const P& problem() const { return problem_; }
  Index dimension() const { return problem_.dimension(); }

  /// -grad E(theta)
  template <StateOver<Scalar> X>
    requires AcceptsScalar<P, ScalarOf<X>>
  Vector<ScalarOf<X>> operator()(const X& theta) const {
    return -drift::gradient(problem_, theta);
  }

 private:
  P problem_;
};

/// theta' = -grad E(theta)
template <Problem P>
NegativeGradient<P> negative_gradient(P problem) {
  return NegativeGradient<P>(std::move(problem));
}

}  // namespace drift::flows
