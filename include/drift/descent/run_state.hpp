#pragma once
// RunState: all that a run of an optimiser is, between two steps, as one plain value; advance makes one step of it.
//
//     auto state = descent::run_state(x, Adam{}, data::minibatches(fit.examples(), {.batch_size = 32}, Random(seed)));
//     for (int k = 0; k < 100; ++k) {
//       auto outcome = descent::advance(state, fit.batch(state.stream.next()));    // the problem may be another at every step
//       if (outcome.ended) break;
//     }
//
// Copy it and the copy goes on as the original does, bit for bit: nothing else is remembered between steps. minimise and
// train are loops over it. advance takes a Problem, or the Point of one (point_at), which keeps its workspace from step to step.
// Its fields (core/fields.hpp) are what a checkpoint holds.
//
// Failure: where no step can be made, or it would lead to a NaN or an infinity, the state stays as it was and the
// outcome says why: stationary (zero gradient, optimiser at rest) or non_finite. With minibatches a zero gradient is
// the batch's only, and the caller may well go on. A parameter vector of the wrong length and a bad rate throw
// InvalidArgument, the state as it was.
// Cost of a step: that of the optimiser, and a copy of parameters and memory.

#include <drift/calculus/point.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/random.hpp>
#include <drift/core/status.hpp>
#include <drift/descent/optimiser.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace drift::descent {

/// S is the scalar of the parameters, O the optimiser, Stream where a run's batches or noise come from.
template <class S, class O, class Stream = Random>
struct RunState {
  Vector<S> parameters;       ///< theta
  O optimiser;                ///< its settings and its schedule
  MemoryOf<O, S> memory;      ///< what the optimiser carries from step to step
  Stream stream;              ///< for whoever draws batches or noise: train, or you; nothing here draws from it
  Index iteration = 0;        ///< steps made
  Real<S> rate = Real<S>(0);  ///< learning rate of the last step; 0 before the first

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("parameters", self.parameters);
    visit("optimiser", self.optimiser);
    visit("memory", self.memory);
    visit("stream", self.stream);
    visit("iteration", self.iteration);
    visit("rate", self.rate);
  }
};

/// The state before the first step. Throws InvalidArgument where the optimiser's settings are out of bounds.
template <VectorExpression X, class O, class Stream = Random>
RunState<ScalarOf<X>, O, Stream> run_state(const X& start, O optimiser, Stream stream = Stream(0)) {
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
template <class State, class S>
std::optional<Status> obstacle(const State& state, const Height<S>& height) {
  if (!state.parameters.allFinite() || !height.finite()) return Status::non_finite;
  if (height.gradient_norm == Real<S>(0) && state.optimiser.at_rest(state.memory)) return Status::stationary;
  return std::nullopt;
}

/// A step made aside: it counts once all is known to be finite where it leads.
template <class S, class O>
struct Attempt {
  Vector<S> parameters;
  O optimiser;
  MemoryOf<O, S> memory;
  Real<S> rate;

  template <class Stream>
  explicit Attempt(const RunState<S, O, Stream>& state)
      : parameters(state.parameters), optimiser(state.optimiser), memory(state.memory), rate(state.rate) {}

  /// The step from the state, at whose parameters `e` is. False where it leads to a number that is not finite.
  template <class Stream, class E>
  bool make(const RunState<S, O, Stream>& state, E& e) {
    parameters = state.parameters;
    optimiser = state.optimiser;
    memory = state.memory;
    rate = optimiser.advance(parameters, memory, state.iteration, e);
    return parameters.allFinite();
  }

  /// Makes it the state's.
  template <class Stream>
  void commit(RunState<S, O, Stream>& state) {
    std::swap(state.parameters, parameters);
    std::swap(state.optimiser, optimiser);
    std::swap(state.memory, memory);
    state.rate = rate;
    ++state.iteration;
  }
};

template <class O, class E>
constexpr void require_fit() {
  static_assert(Optimiser<O, E>,
                "the optimiser does not fit the problem. A learning rate that pushes, such as DriftAdjusted, needs a "
                "SecondOrderProblem (core/concepts.hpp): give the problem hessian_vector_product, or use "
                "with_finite_differences(problem). What an optimiser must have is listed in descent/optimiser.hpp");
}

}  // namespace detail

/// One step from the point e of the problem of the moment. e is moved to state.parameters if it is elsewhere, and is
/// still there afterwards: at the start of the step.
template <class S, class O, class Stream, Point E>
StepOutcome<S> advance(RunState<S, O, Stream>& state, E& e) {
  detail::require_fit<O, E>();
  if (e.state().size() != state.parameters.size() || e.state() != state.parameters) e.move_to(state.parameters);
  const auto height = detail::height_of(e);
  StepOutcome<S> outcome{detail::obstacle(state, height), height.value, height.gradient_norm, Real<S>(0)};
  if (outcome.ended) return outcome;
  detail::Attempt<S, O> step(state);
  if (!step.make(state, e)) {
    outcome.ended = Status::non_finite;
    return outcome;
  }
  step.commit(state);
  outcome.rate = state.rate;
  return outcome;
}

/// The same with a workspace of its own.
template <class S, class O, class Stream, Problem P>
  requires AcceptsScalar<P, S>
StepOutcome<S> advance(RunState<S, O, Stream>& state, const P& problem) {
  auto e = point_at(problem, state.parameters);
  return advance(state, e);
}

}  // namespace drift::descent
