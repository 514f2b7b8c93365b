#pragma once
// differentiable(f, n): a callable becomes a Problem with every derivative, at real and at complex states.
//
//     struct Rosenbrock {
//       template <class T> T operator()(const Vector<T>& x) const { ... }
//     };
//     auto problem = differentiable(Rosenbrock{}, 2);
//
// The callable is written once for every number type T, from the operations listed in calculus/variable.hpp. It is recorded
// anew at every expansion point, so that its branches follow the values there; across a branch point the derivatives are
// those of the branch taken.
//
// Gives: tiers 1 to 4 (core/concepts.hpp). Cost: value 1 plain evaluation; gradient a few; stage k about k more.
// Errors: a state of the wrong length throws InvalidArgument; non-finite values pass through as they come.

#include <drift/calculus/expansion.hpp>
#include <drift/calculus/tape.hpp>

namespace drift {

namespace calculus {

/// A callable and the tape that it was last recorded on.
template <class F, class S>
class RecordedProgram {
 public:
  using Scalar = S;

  RecordedProgram(F f, Index dimension) : f_(std::move(f)), dimension_(dimension) {}

  Index dimension() const { return dimension_; }

  S start(const Vector<S>& theta, Vector<S>& gradient) {
    tape_.record_inputs(theta, inputs_);
    tape_.record_output(f_(inputs_));
    tape_.pull_back(first_stage, gradient);
    return tape_.output_value();
  }

  void advance(const Stage& stage, const Vector<S>& direction, bool, Vector<S>& gradient) {
    tape_.advance(stage, direction);
    tape_.pull_back(stage, gradient);
  }

 private:
  F f_;
  Index dimension_;
  Tape<S> tape_;
  Vector<Variable<S>> inputs_;
};

}  // namespace calculus

template <class F, class S = double>
class Differentiable {
 public:
  using Scalar = S;
  template <class T>
  using ExpansionOver = calculus::ProgramExpansion<calculus::RecordedProgram<F, T>>;

  Differentiable(F f, Index dimension) : f_(std::move(f)), dimension_(dimension) {
    require(dimension > 0, "dimension", dimension, "1 or more");
  }

  Index dimension() const { return dimension_; }

  template <StateOver<S> X>
  ScalarOf<X> value(const X& theta) const {
    require_size(theta, dimension_, "theta");
    if constexpr (is_complex<ScalarOf<X>>) {
      return borrow(theta)->value();
    } else {
      return f_(evaluated(theta));
    }
  }

  template <StateOver<S> X>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    return borrow(theta)->gradient();
  }

  template <StateOver<S> X>
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth = 0) const {
    using Program = calculus::RecordedProgram<F, ScalarOf<X>>;
    return {Program(f_, dimension_), theta, depth};
  }

  /// An expansion at theta out of a pool; what the free functions of calculus/derivatives.hpp work with.
  template <StateOver<S> X>
  auto borrow(const X& theta) const {
    return pool_.borrow(*this, theta);
  }

 private:
  F f_;
  Index dimension_;
  calculus::ExpansionPool<ExpansionOver<S>, ExpansionOver<Complex<S>>> pool_;
};

/// The callable f of n variables as a Problem over numbers of type S.
template <class S = double, class F>
  requires(std::invocable<const F&, const Vector<S>&>)
Differentiable<F, S> differentiable(F f, Index n) {
  using T =
      calculus::Variable<S>;  // a vector of these converts to one of plain numbers, so it is the result that tells
  static_assert(
      std::same_as<std::decay_t<std::invoke_result_t<const F&, const Vector<T>&>>, T>,
      "the callable must take a vector of every number type T, not of one, and return a T: [](const auto& x) { ... }, "
      "or template <class T> T operator()(const Vector<T>& x) const");
  return {std::move(f), n};
}

}  // namespace drift
