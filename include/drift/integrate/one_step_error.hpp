#pragma once
// one_step_error(flow, step, x): how far is the flow, after the time of one step, from where the step goes?
//
//     |phi(x) - step(x)|,    phi the solution of theta' = flow(theta) at time flow.step_time(), from x
//
//     const auto step = descent::step(problem, GradientDescent{.learning_rate = h});
//     auto d = one_step_error(flows::modified<3>(problem, h), step, x);
//     d.norm;             // O(h^4)
//     d.status;           // whether the flow got there
//
// For gradient descent this is the discretisation drift of one iterate. The step may be any callable theta -> Vector;
// the flow needs a step_time(): modified<1> is the negative gradient flow with one. A complex flow is compared with the
// real iterate as a complex vector, and also by its real part.
//
// Cost: one step, and the integration: about 6 to 60 evaluations of the flow. Its default tolerances, unlike
// integrate's, are close to double's rounding (relative 1e-13, absolute 1e-15), since the error of an order-n flow
// falls with h^(n+1).
// Failure: a flow that does not reach the end (Status) or a step that is not finite gives the norm infinity, and says
// which.
// Errors: as integrate; a step that returns another length throws InvalidArgument.

#include <drift/integrate/follow.hpp>

#include <limits>

namespace drift {

template <class S>
struct OneStepError {
  Real<S> norm = Real<S>(0);       ///< |flow_state - next|; infinity where flow or step did not end at a finite state
  Real<S> real_norm = Real<S>(0);  ///< |Re flow_state - next|: the same number for a real flow
  Vector<S> difference;            ///< flow_state - next
  Vector<S> flow_state;  ///< where the flow is after step_time(); elsewhere on the way if it did not get there
  Vector<S> next;        ///< step(x)
  Status status = Status::reached_end;  ///< of the flow; non_finite also where the step is not finite
};

/// Options are those of integrate.
template <class Flow, class Step, VectorExpression X>
  requires SteppedField<const Flow&, typename X::Scalar> && Update<Step, typename X::Scalar>
OneStepError<FieldScalar<const Flow&, typename X::Scalar>> one_step_error(
    const Flow& flow, const Step& step, const X& x,
    const IntegrateOptions& options = {.relative_tolerance = 1e-13, .absolute_tolerance = 1e-15}) {
  using Start = typename X::Scalar;
  using S = FieldScalar<const Flow&, Start>;
  const Vector<Start>& start = evaluated(x);
  const Vector<Start> next = step(start);
  require_size(next, start.size(), "step(x)", "that of x");
  Solution<S> path = follow(flow, start, 1, options);

  OneStepError<S> result;
  result.status = path.status;
  result.next = next.template cast<S>();
  result.flow_state = std::move(path.state);
  result.difference = result.flow_state - result.next;
  if (!next.allFinite()) result.status = Status::non_finite;
  if (result.status == Status::reached_end || result.status == Status::stationary) {
    result.norm = norm_of(result.difference);
    result.real_norm = norm_of(Vector<Real<S>>(result.difference.real()));
  } else {
    result.norm = result.real_norm = std::numeric_limits<Real<S>>::infinity();
  }
  return result;
}

}  // namespace drift
