#pragma once
// What descent's loops (minimise, train) tell their observers after every step, and what they return.
//
//     auto observer = [](const descent::Iteration<>& at) { fmt::print("{} {}\n", at.iteration, at.value); };
//     auto checkpoint = [](const descent::Iteration<>& at, const auto& run_state) { ... };     // for those who save it
//
// An observer returns nothing or a Next. One that throws ends the run with Status::observer_failed once all were told; the
// Run then has its message, and the state that the last step led to. Observers that take the run's state are told after the others, and
// not of a step at which one of those ended the run: a checkpoint then is from before, and what goes on from it comes to the same end.

#include <drift/core/concepts.hpp>
#include <drift/core/random.hpp>
#include <drift/core/status.hpp>
#include <drift/descent/run_state.hpp>

#include <string>

namespace drift {

namespace descent {

/// What an observer sees after a step. `value` and `gradient_norm` are those of the state that the step led to in minimise,
/// where they are known; in train, whose batch is another at every step, those of its batch where the step began.
template <class S = double>
struct Iteration {
  Index iteration = 0;     ///< steps made, this one included: 1 after the first
  Vector<S> state;         ///< that the step led to
  S value = S(0);          ///< E
  S gradient_norm = S(0);  ///< |grad E|
  S rate = S(0);           ///< the learning rate of the step that led there
};

}  // namespace descent

/// How a run ended, and all that is needed to go on. Number type S, optimiser O, Stream of batches or noise.
template <class S, class O, class Stream = Random>
struct Run {
  Vector<S> state;                            ///< the last good state; finite unless the start was not
  Status status = Status::reached_end;        ///< why the run ended
  Index iterations = 0;                       ///< steps that led to it, from the very start
  S value = S(0);                             ///< E, where Iteration says
  S gradient_norm = S(0);                     ///< |grad E|
  S rate = S(0);                              ///< learning rate of the last step; 0 before the first
  Index evaluations = 0;                      ///< gradients evaluated by this call
  std::string failure;                        ///< what the observer that threw said; empty otherwise
  descent::RunState<S, O, Stream> run_state;  ///< give it to minimise, train or descent::advance to go on
};

/// observer(iteration) or observer(iteration, run_state) -> void or Next.
template <class F, class S, class O, class Stream = Random>
concept MinimiseObserver =
    Observer<F, descent::Iteration<S>> || Observer<F, descent::Iteration<S>, descent::RunState<S, O, Stream>>;

namespace descent::detail {

/// The observers that look only.
template <class S, class F>
void tell(Answers& answers, F& observer, const Iteration<S>& iteration) {
  if constexpr (Observer<F, Iteration<S>>) answers.ask(observer, iteration);
}

/// Those that take the run's state, as one does that saves it.
template <class S, class State, class F>
void hand_over(Answers& answers, F& observer, const Iteration<S>& iteration, const State& state) {
  if constexpr (!Observer<F, Iteration<S>>) answers.ask(observer, iteration, state);
}

/// Tells all observers of the step that led to `state`. `seen` is scratch.
template <class S, class State, class... Observers>
Answers tell_all(Iteration<S>& seen, const State& state, const Height<S>& height, Observers&... observers) {
  Answers answers;
  if constexpr (sizeof...(Observers) > 0) {
    seen.iteration = state.iteration;
    seen.state = state.parameters;
    seen.value = height.value;
    seen.gradient_norm = height.gradient_norm;
    seen.rate = state.rate;
    (tell(answers, observers, seen), ...);
    if (!answers.ended()) (hand_over(answers, observers, seen, state), ...);
  }
  return answers;
}

}  // namespace descent::detail
}  // namespace drift
