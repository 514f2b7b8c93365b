#pragma once
// descent::step(problem, optimiser): one step of an optimiser as an Update, a function of all that a step changes.
//
//     auto step = descent::step(problem, GradientDescent{.learning_rate = h});
//     Vector<double> next = step(x);              // theta -> theta'; any Eigen expression: step(2 * x)
//     Vector<std::complex<double>> w = step(z);   // complex states where the problem is holomorphic
//
//     auto heavy = descent::step(problem, Momentum{.learning_rate = h});
//     Vector<double> z = heavy.start(x);          // (theta, velocity) before the first step
//     z = heavy(z);                               // (theta', v')
//     heavy.parameters(z)                         // theta'
//
//     auto field = flows::map_logarithm<4>(step);
//
// STATE    Of an optimiser without memory: theta. With memory: theta, then the numbers of the memory's fields
//          (core/fields.hpp) in their order, a wrapped optimiser's where it is named; scratch is left out. What has no such
//          numbers, for example the std::variant of OptimiserChoice, does not compile. dimension() is the length of it all.
// TIME     An Update does not know how often it was called, so a schedule is asked for the iteration given here (0 unless said
//          otherwise) at every call, with a fresh copy of the optimiser: the same state always gives the same next one. (Adam's
//          bias correction is part of its memory and so of the state: its map is the same at every step.)
// FLOWS    map_logarithm supposes a map near the identity. With memory a map is as far from it as memory fades in a step,
//          whatever the rate: with momentum beta one root is near beta, and the field's error falls like (1 - beta)^n / n only.
//
// Returns a value that holds the problem and the optimiser; const, re-entrant, nothing dangles.
// Cost: one gradient (with E where the problem is not expandable), and what the schedule pushes.
// Failure: a setting out of bounds throws InvalidArgument here, where the step is made; a vector of the wrong length in
// the call. At a state where E is not finite the result is not finite either. A zero gradient stays where it is, unless
// memory or weight decay moves on.

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/point.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/fields.hpp>
#include <drift/descent/optimiser.hpp>
#include <drift/descent/run_state.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace drift::descent {

namespace detail {

/// Calls visit(number) or visit(vector) for everything that a memory over numbers S consists of, in order.
template <class S, class T, class Visit>
void visit_numbers(T& value, const Visit& visit) {
  using Value = std::remove_const_t<T>;
  if constexpr (std::same_as<Value, S> || std::same_as<Value, Real<S>> || std::same_as<Value, Vector<S>>) {
    visit(value);
  } else if constexpr (HasFields<T>) {
    visit_fields(value, [&](std::string_view, auto& field) { visit_numbers<S>(field, visit); });
  } else {
    static_assert(
        std::is_empty_v<Value>,
        "no step as one vector: a memory must consist of numbers, Vectors and values with fields. With another, "
        "such as an OptimiserChoice's, use descent::advance");
  }
}

template <class S>
Index size_of(const Vector<S>& vector) {
  return vector.size();
}
template <class S>
Index size_of(const S& /*number*/) {
  return 1;
}

template <class S, class Memory>
Index numbers_in(const Memory& memory) {
  Index count = 0;
  visit_numbers<S>(memory, [&](const auto& part) { count += size_of(part); });
  return count;
}

/// Sets the memory's numbers to those of `state` from `next` on. Returns where they end.
template <class S, class Memory>
Index read_numbers(const Vector<S>& state, Index next, Memory& memory) {
  visit_numbers<S>(memory, [&]<class Part>(Part& part) {
    if constexpr (std::same_as<Part, Vector<S>>) {
      part = state.segment(next, part.size());
    } else if constexpr (std::same_as<Part, S>) {
      part = state[next];
    } else {
      part = Eigen::numext::real(state[next]);
    }
    next += size_of(part);
  });
  return next;
}

/// Sets the numbers of `state` from `next` on to the memory's. Returns where they end.
template <class S, class Memory>
Index write_numbers(const Memory& memory, Index next, Vector<S>& state) {
  visit_numbers<S>(memory, [&]<class Part>(const Part& part) {
    if constexpr (std::same_as<Part, Vector<S>>) {
      state.segment(next, part.size()) = part;
    } else {
      state[next] = part;
    }
    next += size_of(part);
  });
  return next;
}

/// One step from theta. Where nothing would move no rate is asked for.
template <class O, class S, class Memory, class E>
void step_with(O& optimiser, Vector<S>& theta, Memory& memory, Index iteration, E& e) {
  const bool zero_gradient = (e.gradient().array() == S(0)).all();
  if (zero_gradient && numbers_in<S>(memory) == 0 && optimiser.at_rest(memory)) return;
  optimiser.advance(theta, memory, iteration, e);
}

}  // namespace detail

template <Problem P, class O>
class Step {
 public:
  using Scalar = ScalarOfProblem<P>;

  Step(P problem, O optimiser, Index iteration)
      : problem_(std::move(problem)), optimiser_(std::move(optimiser)), iteration_(iteration) {
    detail::require_fit<O, decltype(point_at(problem_, std::declval<const Vector<Scalar>&>()))>();
    optimiser_.validate();
    require(iteration >= 0, "iteration", iteration, "0 or above");
    const Vector<Scalar> theta = Vector<Scalar>::Zero(problem_.dimension());
    memory_size_ = detail::numbers_in<Scalar>(optimiser_.start(theta));
  }

  /// The length of the state: parameters and memory.
  Index dimension() const { return problem_.dimension() + memory_size_; }

  const P& problem() const { return problem_; }
  const O& optimiser() const { return optimiser_; }

  /// The state before the first step.
  template <StateOver<Scalar> X>
    requires StartsOver<O, ScalarOf<X>>
  Vector<ScalarOf<X>> start(const X& theta) const {
    require_size(theta, problem_.dimension(), "theta");
    const auto& parameters = evaluated(theta);
    return joined(parameters, optimiser_.start(parameters));
  }

  /// theta of a state.
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> parameters(const X& state) const {
    require_state(state);
    return state.head(problem_.dimension());
  }

  template <StateOver<Scalar> X>
    requires StartsOver<O, ScalarOf<X>>
  Vector<ScalarOf<X>> operator()(const X& state) const {
    static_assert(AcceptsScalar<P, ScalarOf<X>>, "a complex state needs a HolomorphicProblem (core/concepts.hpp)");
    require_state(state);
    return from(evaluated(state));
  }

 private:
  template <class S>
  Vector<S> from(const Vector<S>& state) const {
    const Vector<S> theta = state.head(problem_.dimension());
    auto memory = optimiser_.start(theta);
    detail::read_numbers(state, theta.size(), memory);
    if constexpr (HasExpand<P, S>) {
      auto e = calculus::borrow_expansion(problem_, theta);
      return stepped(*e, theta, memory);
    } else {
      auto e = point_at(problem_, theta);
      return stepped(e, theta, memory);
    }
  }

  template <class S, class E, class Memory>
  Vector<S> stepped(E& e, Vector<S> theta, Memory& memory) const {
    O optimiser = optimiser_;
    detail::step_with(optimiser, theta, memory, iteration_, e);
    return joined(theta, memory);
  }

  template <class S, class Memory>
  Vector<S> joined(const Vector<S>& theta, const Memory& memory) const {
    Vector<S> state(dimension());
    state.head(theta.size()) = theta;
    detail::write_numbers(memory, theta.size(), state);
    return state;
  }

  template <class X>
  void require_state(const X& state) const {
    require_size(state, dimension(), memory_size_ == 0 ? "theta" : "state",
                 memory_size_ == 0 ? "the problem's dimension" : "parameters and memory, as start(theta) gives them");
  }

  P problem_;
  O optimiser_;
  Index iteration_;
  Index memory_size_ = 0;
};

template <Problem P, class O>
Step<P, O> step(P problem, O optimiser, Index iteration = 0) {
  return {std::move(problem), std::move(optimiser), iteration};
}

}  // namespace drift::descent
