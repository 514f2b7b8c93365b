#pragma once
// borrowed_point(problem, theta): state, gradient and repeatable pushes from stage 0, for as long as the returned object lives.
//
// What the flows that need Hessian-vector products and nothing more are written against. Where the problem is expandable it is an
// Expansion out of the problem's pool, so that gradient and products share one evaluation of the primal and no memory is
// allocated after the first call; for a problem of tier 2 it is a HessianPoint.

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/point.hpp>

namespace drift::calculus {

/// Used like a pointer: p->gradient(), p->push(v), p->rewind(0).
template <SecondOrderProblem P, StateOver<ScalarOfProblem<P>> X>
  requires AcceptsScalar<P, ScalarOf<X>>
auto borrowed_point(const P& problem, const X& theta) {
  if constexpr (HasExpand<P, ScalarOf<X>>) {
    return borrow_expansion(problem, theta);
  } else {
    return Owned(HessianPoint<P>(problem, evaluated(theta)));
  }
}

}  // namespace drift::calculus
