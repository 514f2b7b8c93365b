#pragma once
// RunState: all that a run of an optimiser is, between two steps, as one plain value; advance makes one step of it.
//
//     auto state = descent::run_state(x, GradientDescent{.learning_rate = 1e-2}, Random(seed));
//     for (int k = 0; k < 100; ++k) {
//       auto batch = draw_batch(data, state.stream);                   // the problem may be another at every step
//       auto outcome = descent::advance(state, nn::supervised(net, loss, batch.inputs, batch.labels));
//       if (outcome.ended) break;
//     }
//
// Copy it and the copy goes on as the original does, bit for bit: nothing else is remembered between steps. minimise is
// a loop over it. advance takes a Problem, or the Point of one (point_at), which keeps its workspace from step to step.
//
// Failure: where no step can be made, or it would lead to a NaN or an infinity, the state stays as it was and the
// outcome says why: stationary (zero gradient, optimiser at rest) or non_finite. With minibatches a zero gradient is
// the batch's only, and the caller may well go on. A parameter vector of the wrong length and a bad rate throw
// InvalidArgument, the state as it was.
// Cost of a step: that of the optimiser, and a copy of the RunState.

#include <drift/calculus/point.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/random.hpp>
#include <drift/core/status.hpp>
#include <drift/descent/gradient_descent.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace drift::descent {

/// What an optimiser carries beside parameters that are a Vector<S>.
template <class O, class S>
using MemoryOf = decltype(std::declval<const O&>().start(std::declval<const Vector<S>&>()));

/// S is the scalar of the parameters, O the optimiser.
template <class S, class O>
struct RunState {
  Vector<S> parameters;       ///< theta
  O optimiser;                ///< its settings and its schedule
  MemoryOf<O, S> memory;      ///< what the optimiser carries from step to step
  Random stream;              ///< for whoever draws minibatches or noise; nothing here draws from it
  Index iteration = 0;        ///< steps made
  Real<S> rate = Real<S>(0);  ///< learning rate of the last step; 0 before the first
};

/// The state before the first step. Throws InvalidArgument where the optimiser's settings are out of bounds.
template <VectorExpression X, class O>
RunState<ScalarOf<X>, O> run_state(const X& start, O optimiser, Random stream = Random(0)) {
  optimiser.validate();
  auto memory = optimiser.start(evaluated(start));
  return {
      .parameters = start, .optimiser = std::move(optimiser), .memory = std::move(memory), .stream = std::move(stream)};
}

/// What advance found where it stood, and whether it moved.
template <class S>
struct StepOutcome {
  std::optional<Status> ended;  ///< why no step was made: stationary or non_finite. Empty when one was made
  S value;                      ///< E where the step starts
  Real<S> gradient_norm;        ///< |grad E| there
  Real<S> rate;                 ///< the learning rate used; 0 when no step was made
};

namespace detail {

template <class S>
struct Height {
  S value;
  Real<S> gradient_norm;

  bool finite() const { return (Eigen::numext::isfinite)(value) && (Eigen::numext::isfinite)(gradient_norm); }
};

/// Stable norm: close to a minimum |g|^2 underflows long before |g|.
template <class E>
Height<ScalarOfPoint<E>> height_of(const E& e) {
  return {e.value(), norm_of(e.gradient())};
}

/// Why the state cannot move from where the point has this height, if so.
template <class S, class O>
std::optional<Status> obstacle(const RunState<S, O>& state, const Height<S>& height) {
  if (!state.parameters.allFinite() || !height.finite()) return Status::non_finite;
  if (height.gradient_norm == Real<S>(0) && state.optimiser.at_rest(state.memory)) return Status::stationary;
  return std::nullopt;
}

/// Fills `next` with the state one step on; `e` is the point at state.parameters. False where that is not finite.
template <class S, class O, class E>
bool make_step(const RunState<S, O>& state, E& e, RunState<S, O>& next) {
  next = state;
  next.rate = next.optimiser.advance(next.parameters, next.memory, next.iteration, e);
  ++next.iteration;
  return next.parameters.allFinite();
}

template <class O, class E>
constexpr void require_fit() {
  static_assert(
      Optimiser<O, E>,
      "the optimiser does not fit the problem. A learning rate that pushes, such as DriftAdjusted, needs a "
      "SecondOrderProblem (core/concepts.hpp): give the problem hessian_vector_product, or use "
      "with_finite_differences(problem). What an optimiser must have is listed in descent/gradient_descent.hpp");
}

}  // namespace detail

/// One step from the point e of the problem of the moment. e is moved to state.parameters if it is elsewhere, and is
/// still there afterwards: at the start of the step.
template <class S, class O, Point E>
StepOutcome<S> advance(RunState<S, O>& state, E& e) {
  detail::require_fit<O, E>();
  if (e.state().size() != state.parameters.size() || e.state() != state.parameters) e.move_to(state.parameters);
  const auto height = detail::height_of(e);
  StepOutcome<S> outcome{detail::obstacle(state, height), height.value, height.gradient_norm, Real<S>(0)};
  if (outcome.ended) return outcome;
  RunState<S, O> next = state;
  if (!detail::make_step(state, e, next)) {
    outcome.ended = Status::non_finite;
    return outcome;
  }
  std::swap(state, next);
  outcome.rate = state.rate;
  return outcome;
}

/// The same with a workspace of its own.
template <class S, class O, Problem P>
  requires AcceptsScalar<P, S>
StepOutcome<S> advance(RunState<S, O>& state, const P& problem) {
  auto e = point_at(problem, state.parameters);
  return advance(state, e);
}

}  // namespace drift::descent
