#pragma once
// train(sum, run_state, options, observers...): steps of an optimiser on one minibatch after another.
//
//     auto fit = nn::supervised(net, losses::softmax_cross_entropy(), X, labels, {.threads = 2});
//     auto batches = data::minibatches(fit.examples(), {.batch_size = 32}, Random(seed).split("batches"));
//     auto start = descent::run_state(theta0, Adam{.learning_rate = 1e-3}, batches);
//     auto run = train(fit, start, {.iterations = 20 * batches.batches_per_epoch()}, history, early_stopping);
//     auto longer = train(fit, run.run_state, {.iterations = 2000});          // goes on: the bits of 2000 at once
//
//     step k:   B = stream.next(),   theta' = optimiser(theta; E_B),   E_B = mean over the examples in B of E_i
//
// The rate of a schedule that looks at the loss, such as DriftAdjusted, sees the step's own batch: gradient and Hessian-vector product
// are those of the same examples.
//
// sum        a FiniteSum (core/concepts.hpp): nn::supervised, or a class of your own with examples() and batch(examples).
// run_state  parameters, optimiser and a BatchStream: a plain value, which is all that the run is.
// observers  as in minimise (descent/run.hpp). What they see as value and gradient_norm is E_B and |grad E_B| where the step began; the
//            whole loss is theirs to evaluate when they want to know it.
// returns    a Run, with status
//            reached_end          the asked-for iterations are done
//            diverged             the norm exceeds divergence_radius; that state is returned
//            non_finite           E_B, its gradient or the step is NaN or infinite; the state before that step is returned. Its batch
//                                 was drawn: the stream is one ahead
//            stopped_by_observer, observer_failed (run.failure is what it said)
// A batch whose gradient is exactly zero is a step like any other for an optimiser with memory, which moves or fades; without memory
// nothing moves, the step counts and its rate is 0. value and gradient_norm of a Run that made no step are NaN.
// Misuse (wrong size, option, setting or index out of bounds) throws InvalidArgument.
//
// Cost: one gradient of a batch a step, and what the schedule pushes. No allocation from the second step on where the sum has
// expand_batch and batches are of one size.

#include <drift/calculus/point.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/status.hpp>
#include <drift/descent/run.hpp>
#include <drift/descent/run_state.hpp>

#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace drift {

struct TrainOptions {
  /// The run ends when this many steps were made, those of the RunState it starts from included. 0 or above.
  Index iterations = 1000;

  /// Diverged when the Euclidean norm of the state exceeds this. Above 0; infinity switches the test off.
  double divergence_radius = 1e12;

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require(iterations >= 0, "iterations", iterations, "0 or above");
    require(divergence_radius > 0, "divergence_radius", divergence_radius, "a number above 0, or infinity");
  }
};

namespace descent::detail {

template <class F>
concept HasExpandBatch =
    requires(const F& sum, const Vector<ScalarOfProblem<F>>& theta, const std::vector<Index>& batch) {
      sum.expand_batch(theta, batch).move_to(theta, batch);
    };

/// The point of a minibatch's loss, in one workspace where the sum has one.
template <class F, class S>
auto batch_point(const F& sum, const Vector<S>& theta, const std::vector<Index>& batch) {
  if constexpr (HasExpandBatch<F>) {
    return sum.expand_batch(theta, batch);
  } else {
    return point_at(sum.batch(batch), theta);
  }
}

template <class F, class E, class S>
void move_to_batch(const F& sum, std::optional<E>& e, const Vector<S>& theta, const std::vector<Index>& batch) {
  if constexpr (HasExpandBatch<F>) {
    if (e) {
      e->move_to(theta, batch);
      return;
    }
  }
  e.emplace(batch_point(sum, theta, batch));
}

}  // namespace descent::detail

template <FiniteSum F, class O, BatchStream Stream, class... Observers>
  requires(MinimiseObserver<Observers, ScalarOfProblem<F>, O, Stream> && ...)
Run<ScalarOfProblem<F>, O, Stream> train(const F& sum, descent::RunState<ScalarOfProblem<F>, O, Stream> state,
                                         const TrainOptions& options = {}, Observers&&... observers) {
  using S = ScalarOfProblem<F>;
  using E = decltype(descent::detail::batch_point(sum, state.parameters, state.stream.next()));
  descent::detail::require_fit<O, E>();
  options.validate();
  state.optimiser.validate();
  require_size(state.parameters, sum.dimension(), "parameters", "the sum's dimension");
  if constexpr (requires { state.stream.examples(); }) {
    require(state.stream.examples() == sum.examples(), "examples of the stream", state.stream.examples(),
            std::to_string(sum.examples()) + ", those of the sum");
  }

  std::optional<E> e;
  descent::detail::Height<S> height{std::numeric_limits<S>::quiet_NaN(), std::numeric_limits<S>::quiet_NaN()};
  descent::detail::Attempt<S, O> step(state);
  descent::Iteration<S> seen;
  Index evaluations = 0;
  std::string failure;

  const auto outside = [&] { return static_cast<double>(norm_of(state.parameters)) > options.divergence_radius; };
  const auto go = [&] {
    if (!state.parameters.allFinite()) return Status::non_finite;
    if (outside()) return Status::diverged;
    while (state.iteration < options.iterations) {
      descent::detail::move_to_batch(sum, e, state.parameters, state.stream.next());
      ++evaluations;
      height = descent::detail::height_of(*e);
      if (!height.finite()) return Status::non_finite;
      if (height.gradient_norm == S(0) && std::is_empty_v<descent::MemoryOf<O, S>>) {
        state.rate = S(0);  // nothing would move, and no schedule is asked for a rate that does not matter
        ++state.iteration;
      } else {
        if (!step.make(state, *e)) return Status::non_finite;
        step.commit(state);
      }
      const Answers answers = descent::detail::tell_all(seen, state, height, observers...);
      failure = answers.failure;
      if (outside()) return Status::diverged;
      if (const auto ended = answers.ended()) return *ended;
    }
    return Status::reached_end;
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

}  // namespace drift
