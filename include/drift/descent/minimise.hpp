#pragma once
// minimise(problem, start, optimiser, options, observers...): steps of an optimiser until something ends the run.
//
//     auto run = minimise(problem, x, GradientDescent{.learning_rate = DriftAdjusted{}}, {.iterations = 500});
//     run.state, run.status, run.iterations, run.value, run.gradient_norm
//     auto longer = minimise(problem, run.run_state, {.iterations = 1000});   // goes on: the bits of 1000 at once
//     minimise(problem, x, optimiser, {}, [](const descent::Iteration<>& at) { ... at.value ... });
//
// start      any Eigen vector expression of the problem's dimension, or the RunState of an earlier run, whose
//            iterations count.
// observers  any number of callables of (const descent::Iteration<S>&), or of that and (const descent::RunState<S, O>&)
//            for those who save it (descent/run.hpp, descent/checkpoint.hpp), returning nothing or
//            Next. Each is called once after every step.
//            Next::stop ends the run once all were told. A wrong signature does not compile.
// returns    a Run. How it ended is a Status:
//            reached_end          the asked-for iterations are done
//            converged            gradient_tolerance or target_value is met, perhaps already at the start
//            stationary           the gradient is exactly zero and the optimiser at rest
//            diverged             the norm exceeds divergence_radius; that state is returned, or the one before if E is
//                                 not finite at it
//            non_finite           E, its gradient or the step is NaN or infinite; the last state where all was finite
//                                 is returned
//            stopped_by_observer  after a divergence in the same step: diverged
//            observer_failed      an observer threw; run.failure is what it said; likewise
// Misuse (wrong size, rate or option out of bounds) throws InvalidArgument before the first step; a schedule that gives
// a bad rate, in the step that it is for.
//
// Cost: iterations + 1 gradients, and what the schedule pushes; no allocation from the second step on beyond what a
// user's problem allocates.

#include <drift/calculus/point.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/status.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/run.hpp>
#include <drift/descent/run_state.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <utility>

namespace drift {

struct MinimiseOptions {
  /// The run ends when this many steps were made, those of the RunState it goes on from included. 0 or above.
  Index iterations = 1000;

  /// Converged when |grad E| is at most this. 0 or above, finite; 0: off (a gradient of exactly zero is stationary).
  double gradient_tolerance = 0;

  /// Converged when E is at most this. Any number; minus infinity: off.
  double target_value = -std::numeric_limits<double>::infinity();

  /// Diverged when the Euclidean norm of the state exceeds this. Above 0; infinity switches the test off.
  double divergence_radius = 1e12;

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require(iterations >= 0, "iterations", iterations, "0 or above");
    require_not_negative(gradient_tolerance, "gradient_tolerance");
    require(!std::isnan(target_value), "target_value", target_value, "a number, or minus infinity");
    require(divergence_radius > 0, "divergence_radius", divergence_radius, "a number above 0, or infinity");
  }
};

namespace descent::detail {

/// The loop of minimise.
template <class P, class S, class O, class Stream, class... Observers>
Run<S, O, Stream> run(const P& problem, RunState<S, O, Stream> state, const MinimiseOptions& options,
                      Observers&... observers) {
  options.validate();
  state.optimiser.validate();
  require_size(state.parameters, problem.dimension(), "start");
  auto e = point_at(problem, state.parameters);
  require_fit<O, decltype(e)>();
  Index evaluations = 1;
  auto height = height_of(e);
  Attempt<S, O> step(state);
  Iteration<S> seen;
  std::string failure;

  const auto outside = [&](const Vector<S>& theta) {
    return static_cast<double>(norm_of(theta)) > options.divergence_radius;
  };
  const auto converged = [&] {
    const double norm = static_cast<double>(height.gradient_norm);
    return (options.gradient_tolerance > 0 && norm <= options.gradient_tolerance) ||
           static_cast<double>(height.value) <= options.target_value;
  };
  const auto go = [&] {
    if (state.parameters.allFinite() && outside(state.parameters)) return Status::diverged;
    for (;;) {
      if (const auto ended = obstacle(state, height)) return *ended;
      if (converged()) return Status::converged;
      if (state.iteration >= options.iterations) return Status::reached_end;

      if (!step.make(state, e)) return Status::non_finite;
      e.move_to(step.parameters);
      ++evaluations;
      const auto next_height = height_of(e);
      const bool diverged = outside(step.parameters);
      if (!next_height.finite()) return diverged ? Status::diverged : Status::non_finite;
      step.commit(state);
      height = next_height;

      const Answers answers = tell_all(seen, state, height, observers...);
      failure = answers.failure;
      if (diverged) return Status::diverged;
      if (const auto ended = answers.ended()) return *ended;
    }
  };

  const Status status = go();
  return {.state = state.parameters,
          .status = status,
          .iterations = state.iteration,
          .value = height.value,
          .gradient_norm = height.gradient_norm,
          .rate = state.rate,
          .evaluations = evaluations,
          .failure = std::move(failure),
          .run_state = std::move(state)};
}

}  // namespace descent::detail

template <Problem P, VectorExpression X, class O, class... Observers>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>> && (MinimiseObserver<Observers, ScalarOfProblem<P>, O> && ...)
Run<ScalarOfProblem<P>, O> minimise(const P& problem, const X& start, O optimiser, const MinimiseOptions& options = {},
                                    Observers&&... observers) {
  return descent::detail::run(problem, descent::run_state(start, std::move(optimiser)), options, observers...);
}

/// Goes on from the state of an earlier run.
template <Problem P, class O, class Stream, class... Observers>
  requires(MinimiseObserver<Observers, ScalarOfProblem<P>, O, Stream> && ...)
Run<ScalarOfProblem<P>, O, Stream> minimise(const P& problem, descent::RunState<ScalarOfProblem<P>, O, Stream> state,
                                            const MinimiseOptions& options = {}, Observers&&... observers) {
  return descent::detail::run(problem, std::move(state), options, observers...);
}

}  // namespace drift
