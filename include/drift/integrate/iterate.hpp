#pragma once
// Repeats an Update: z -> update(z) -> update(update(z)) ..., until something ends the run.
//
//     z_{k+1} = update(z_k),    z_0 = start
//
//     auto run = iterate(games::alternating(game, {.phi = 0.1, .theta = 0.1}), z, {.iterations = 3000});
//     auto run = iterate(descent::step(problem, GradientDescent{.learning_rate = h}), x, {.divergence_radius = 1e3},
//                        [](const Iterate<double>& at) { ... at.iteration, at.state ... });
//     run.state, run.status, run.iterations, run.failure
//
//     auto play = games::on_batches(step, batches);               // draws a minibatch at every call
//     auto run = iterate(play, z, {.iterations = 1000});
//     auto longer = iterate(play, run.state, {.iterations = 500});   // goes on: the bits of 1500 at once
//
// update     any callable Vector<S> -> Vector<S>, const or not: a step, a play, a lambda. It is called where it is, not copied, so
//            what it remembers is in it afterwards. Where it also has `void advance(Vector<S>& z)`, which makes of z what the call
//            would return, that is used instead, and nothing is allocated but by the update itself. Where it has dimension(), the
//            start's length is checked against it.
// start      any Eigen vector expression of one or more components, real or complex.
// observers  any number of callables of (const Iterate<S>&), returning nothing or Next. Each is called once after every update (not
//            for the start, not for an update that is not finite). Next::stop ends the run once all were told. A wrong signature
//            does not compile.
// returns    an Iterated, with status
//            reached_end          the asked-for iterations are done. A fixed point is no end: the update may draw anew there
//            diverged             the norm exceeds divergence_radius, perhaps already at the start; that (finite) state is returned
//            non_finite           the update gave a NaN or infinity, and the state before is returned; an update that draws has
//                                 drawn for both. Or the start has one: the start, after 0 iterations
//            stopped_by_observer  after a divergence in the same update: diverged
//            observer_failed      an observer threw; run.failure is what it said; likewise
// Misuse (wrong size, option out of bounds, an update that changes the length) throws InvalidArgument. An exception of the update
// passes through.
//
// Source: plain iteration of a map. minimise and train (descent/) are the loops that also know a loss.
// Cost: one update an iteration, and one pass over the state for its norm. No allocation from the second one on where the update
// has advance.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/status.hpp>
#include <drift/core/types.hpp>

#include <concepts>
#include <string>
#include <utility>

namespace drift {

struct IterateOptions {
  /// The run ends after this many updates. 0 or above.
  Index iterations = 1000;

  /// Diverged when the Euclidean norm of the state exceeds this. Above 0; infinity switches the test off.
  double divergence_radius = 1e12;

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    require(iterations >= 0, "iterations", iterations, "0 or above");
    require(divergence_radius > 0, "divergence_radius", divergence_radius, "a number above 0, or infinity");
  }
};

/// What an observer sees after an update.
template <class S = double>
struct Iterate {
  Index iteration = 0;  ///< updates made by this call, this one included: 1 after the first
  Vector<S> state;      ///< that the update led to
};

/// How a run of iterate ended.
template <class S>
struct Iterated {
  Vector<S> state;                      ///< the last good state; finite unless the start was not
  Status status = Status::reached_end;  ///< why the run ended
  Index iterations = 0;                 ///< updates that led to `state`, those of this call
  std::string failure = {};             ///< what the observer that threw said; empty otherwise
};

/// An update that also works in place. U may be a reference, whose constness then counts.
template <class U, class S>
concept InPlaceUpdate = Update<U&, S> && requires(U& update, Vector<S>& z) {
  { update.advance(z) } -> std::same_as<void>;
};

namespace detail {

/// next = update(state).
template <class U, class S>
void update_into(Vector<S>& next, U& update, const Vector<S>& state) {
  if constexpr (InPlaceUpdate<U, S>) {
    next = state;
    update.advance(next);
  } else {
    next = update(state);
  }
  require_size(next, state.size(), "update(z)", "that of z");
}

}  // namespace detail

/// Repeats the update from `start`. The header says what each argument may be and how a run can end.
template <class U, VectorExpression X, class... Observers>
  requires Update<U&, ScalarOf<X>> && (Observer<Observers, Iterate<ScalarOf<X>>> && ...)
Iterated<ScalarOf<X>> iterate(U&& update, const X& start, const IterateOptions& options = {},
                              Observers&&... observers) {
  using S = ScalarOf<X>;
  static_assert(X::ColsAtCompileTime == 1, "the start must be a (column) vector");
  options.validate();
  require(start.size() > 0, "start", "of length 0", "a vector of length 1 or more");
  if constexpr (HasDimension<U>) {
    require_size(start, static_cast<Index>(update.dimension()), "start", "the update's dimension");
  }

  Iterate<S> at{.iteration = 0, .state = start};
  Vector<S> next;
  std::string failure;

  const auto outside = [&] { return static_cast<double>(norm_of(at.state)) > options.divergence_radius; };
  const auto go = [&] {
    if (!at.state.allFinite()) return Status::non_finite;
    if (outside()) return Status::diverged;
    while (at.iteration < options.iterations) {
      detail::update_into(next, update, at.state);
      if (!next.allFinite()) return Status::non_finite;
      at.state.swap(next);
      ++at.iteration;

      Answers answers;
      (answers.ask(observers, std::as_const(at)), ...);
      failure = std::move(answers.failure);
      if (outside()) return Status::diverged;
      if (const auto ended = answers.ended()) return *ended;
    }
    return Status::reached_end;
  };

  const Status status = go();
  return {.state = std::move(at.state), .status = status, .iterations = at.iteration, .failure = std::move(failure)};
}

}  // namespace drift
