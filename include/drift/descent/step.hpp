#pragma once
// descent::step(problem, optimiser): one step of an optimiser as an Update, a function theta -> theta'.
//
//     auto step = descent::step(problem, GradientDescent{.learning_rate = h});
//     Vector<double> next = step(x);              // any Eigen expression: step(2 * x)
//     Vector<std::complex<double>> w = step(z);   // complex states where the problem is holomorphic
//     auto field = flows::map_logarithm<4>(step);
//
// An Update does not know how often it was called, so a schedule is asked for the iteration given here (0 unless said
// otherwise) at every call, with a fresh copy of the schedule: the same theta always gives the same theta'.
//
// Returns a value that holds the problem and the optimiser; const, re-entrant, nothing dangles.
// Cost: one gradient (with E where the problem is not expandable), and what the schedule pushes.
// Failure: a bad rate throws InvalidArgument here, where the step is made; a vector of the wrong length in the call. At
// a state where E is not finite the result is not finite either; a zero gradient stays where it is.

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/point.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/run_state.hpp>

#include <type_traits>
#include <utility>

namespace drift::descent {

template <Problem P, class O>
class Step {
 public:
  using Scalar = ScalarOfProblem<P>;
  static_assert(
      std::is_empty_v<MemoryOf<O, Scalar>>,
      "a step theta -> theta' needs an optimiser without memory; use descent::advance on a RunState for this one");

  Step(P problem, O optimiser, Index iteration)
      : problem_(std::move(problem)), optimiser_(std::move(optimiser)), iteration_(iteration) {
    detail::require_fit<O, decltype(point_at(problem_, std::declval<const Vector<Scalar>&>()))>();
    optimiser_.validate();
    require(iteration >= 0, "iteration", iteration, "0 or above");
  }

  Index dimension() const { return problem_.dimension(); }
  const P& problem() const { return problem_; }
  const O& optimiser() const { return optimiser_; }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> operator()(const X& theta) const {
    static_assert(AcceptsScalar<P, ScalarOf<X>>, "a complex state needs a HolomorphicProblem (core/concepts.hpp)");
    if constexpr (HasExpand<P, ScalarOf<X>>) {
      auto e = calculus::borrow_expansion(problem_, theta);
      return from(*e);
    } else {
      auto e = point_at(problem_, theta);
      return from(e);
    }
  }

 private:
  template <class E>
  auto from(E& e) const {
    Vector<ScalarOfPoint<E>> theta = e.state();
    if ((e.gradient().array() == ScalarOfPoint<E>(0)).all()) return theta;  // no rate is asked for where none matters
    O optimiser = optimiser_;
    auto memory = optimiser.start(theta);
    optimiser.advance(theta, memory, iteration_, e);
    return theta;
  }

  P problem_;
  O optimiser_;
  Index iteration_;
};

template <Problem P, class O>
Step<P, O> step(P problem, O optimiser, Index iteration = 0) {
  return {std::move(problem), std::move(optimiser), iteration};
}

}  // namespace drift::descent
