#pragma once
// The page to read first: what drift asks of a loss, a field, a step, a schedule and an observer, from the weakest
// requirement to the strongest. Everything is a value with named members; nothing is inherited. A class that lacks a
// member is refused by the named sub-concept of that member, so that the compiler's error says what is missing.
//
// PROBLEM: a loss E(theta) to be minimised
//
//   tier  concept                 valid expression (p const, theta and v Vector<P::Scalar>)  gives                   cost
//   1     Problem                 P::Scalar                                                  float, double, ...
//                                 p.dimension()                                              Index n
//                                 p.value(theta)                                             Scalar E(theta)         1 value
//                                 p.gradient(theta)                                          Vector of n             1 gradient
//   2     SecondOrderProblem      p.hessian_vector_product(theta, v)                         Vector of n, H v        2-3 gradients
//   3     ExpandableProblem       p.expand(theta)                                            an Expansion            see below
//   4     HolomorphicProblem      p.expand(z), z a Vector<std::complex<Scalar>>              an Expansion            4 x real
//
// A tier-3 problem is also tier 2: what p.hessian_vector_product would give is expand(theta).push(v). Models (tests/core/
// concepts_page_test.cpp compiles and uses them):
//
//     struct Bowl {                                                        // tier 1: E = |theta|^2 / 2
//       using Scalar = double;
//       Index dimension() const { return 2; }
//       double value(const Vector<double>& theta) const { return theta.squaredNorm() / 2; }
//       Vector<double> gradient(const Vector<double>& theta) const { return theta; }
//     };
//
//     struct CurvedBowl : Bowl {                                           // tier 2
//       Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const { return v; }
//     };
//
//     template <class S>
//     struct BowlExpansion {                       // the gradient is theta, so its coefficient k is the curve's
//       std::deque<Vector<S>> curve;               // a deque: references stay valid while it grows
//       const Vector<S>& state() const { return curve[0]; }
//       S value() const { return curve[0].cwiseProduct(curve[0]).sum() / S(2); }
//       const Vector<S>& gradient() const { return curve[0]; }
//       const Vector<S>& push(const Vector<S>& v) { return curve.emplace_back(v); }
//       const Vector<S>& push_zero() { return push(Vector<S>::Zero(curve[0].size())); }
//       void rewind(Index k) { curve.resize(static_cast<std::size_t>(k) + 1); }
//       Index stage() const { return static_cast<Index>(curve.size()) - 1; }
//       void move_to(const Vector<S>& theta) { curve = {theta}; }
//     };
//     struct ExpandableBowl : Bowl {                                       // tier 3; with both overloads tier 4
//       BowlExpansion<double> expand(const Vector<double>& theta) const { return {{theta}}; }
//       BowlExpansion<std::complex<double>> expand(const Vector<std::complex<double>>& z) const { return {{z}}; }
//     };
//
// What needs what:
//   tier 1  descent, minimise, flows::negative_gradient, modified<1>, flows::map_logarithm, one_step_error
//   tier 2  hessian, flows::modified<2>, drift-adjusted rates, flows::principal at real states (dense or Krylov)
//   tier 3  third_derivative, directional derivatives of any order, flows::modified<n>
//   tier 4  flows::principal at complex states, that is past h lambda = 1
// Nothing is silently replaced by finite differences; with_finite_differences(p) lifts tier 1 to tier 2 on request.
//
// EXPANSION: the Taylor coefficients of the gradient along a curve theta_0 + theta_1 t + theta_2 t^2 + ...
//
//   expression          gives                                                                       cost, in gradients of a network
//   e.state()           theta_0
//   e.value()           E(theta_0)
//   e.gradient()        coefficient 0, the gradient                                                 1, paid by expand
//   e.push(theta_k)     coefficient k of grad E(curve), k = 1, 2, ... in turn: H theta_1, ...       about k + 1/2
//   e.push_zero()       the same for theta_k = 0, without the products of the zero direction        less
//   e.rewind(k)         forgets what was pushed after stage k, so that many curves share a start    0
//   e.move_to(theta)    starts anew at another point, in the same workspace                         1
//                       (the library's own also take Wanted::products, calculus/expansion.hpp: where no gradient is wanted)
//   e.stage()           the last stage present: 0 after expand, move_to and rewind(0)
//
// Stage k depends on stages below k only, so theta_k may be computed from what earlier pushes returned. The references that
// push and gradient return stay valid and unchanged until that stage is pushed again, and may be given back to push.
//
// FINITE SUM: a loss that is a mean over examples, of which a step may see some
//
//   s.examples()        Index N                        s.dimension(), S::Scalar      as of a Problem
//   s.batch(examples)   the Problem that is the mean over these examples, a std::vector<Index> of numbers 0 to N - 1; each counts as
//                       often as it stands there
//   s.expand_batch(theta, examples)    optional: an Expansion of it with e.move_to(theta, other_examples), so that batches share memory
//
// nn::supervised is a Problem and a FiniteSum. train takes one, with a STREAM: a value whose next() gives the examples of the
// next batch (data/minibatches.hpp).
//
// POINT: what a Schedule sees of a Problem. e.state(), e.value(), e.gradient(), and as many pushes as the tier has: none (1),
// one from stage 0, repeatable after rewind(0) (2), any number (3). Also the gradient elsewhere, without leaving: e.gradient_at(theta) (1, 2),
// or there and back with e.move_to(theta) (3): so schedules/by_differences.hpp gives a point of tier 1 a push.
//
// VECTOR FIELD  f(theta) -> Vector, the right-hand side of theta' = f(theta). It may return complex numbers at a real state
//               (flows::principal does); the integrator then works in complex numbers. f.dimension() where it is known.
//               SteppedField: also f.step_time(), the time that one step of what the flow models takes: h, or 1 for a map's flow.
// UPDATE        step(theta) -> Vector of the same type: one step of an optimiser or of play. A lambda must say so,
//               [=](const Vector<double>& x) -> Vector<double> { return x - h * g(x); }: without the return type it would return an
//               Eigen expression that refers to temporaries, and is refused. The same holds for fields and for a problem's members.
// SCHEDULE      s.rate(iteration, e) -> Scalar, the learning rate; the first iteration is 0, e is the current Point.
// OBSERVER      observer(...) -> void or Next; called once per accepted step. A wrong signature does not compile.

#include <drift/core/status.hpp>
#include <drift/core/types.hpp>

#include <concepts>
#include <utility>
#include <vector>

namespace drift {

template <class P>
using ScalarOfProblem = typename std::decay_t<P>::Scalar;

template <class P>
concept HasScalar = requires { typename std::decay_t<P>::Scalar; };

template <class P>
concept HasDimension = requires(const P& p) {
  { p.dimension() } -> std::convertible_to<Index>;
};

template <class P>
concept HasValue = HasScalar<P> && requires(const P& p, const Vector<ScalarOfProblem<P>>& theta) {
  { p.value(theta) } -> std::convertible_to<ScalarOfProblem<P>>;
};

/// A vector or matrix with numbers of its own. An Eigen expression, such as a lambda without a return type gives for
/// `return x - h * g;`, would refer to temporaries that are gone: write `-> Vector<double>`.
template <class V>
concept PlainVector = std::derived_from<std::remove_cvref_t<V>, Eigen::PlainObjectBase<std::remove_cvref_t<V>>>;

/// A vector of numbers of type S and no other: Eigen would silently make a complex vector of a real one, and in a concept also the
/// reverse, so that a problem for real states would seem to take complex ones.
template <class V, class S>
concept VectorOver = PlainVector<V> && std::convertible_to<V, const Vector<S>&> && std::same_as<ScalarOf<V>, S>;

template <class P>
concept HasGradient = HasScalar<P> && requires(const P& p, const Vector<ScalarOfProblem<P>>& theta) {
  { p.gradient(theta) } -> VectorOver<ScalarOfProblem<P>>;
};

/// Tier 1: value and gradient.
template <class P>
concept Problem = HasScalar<P> && HasDimension<P> && HasValue<P> && HasGradient<P> && std::copy_constructible<P>;

template <class P>
concept HasHessianVectorProduct = HasScalar<P> && requires(const P& p, const Vector<ScalarOfProblem<P>>& v) {
  { p.hessian_vector_product(v, v) } -> VectorOver<ScalarOfProblem<P>>;
};

template <class E, class S>
concept HasState = requires(const E& e) {
  { e.state() } -> VectorOver<S>;
};

template <class E, class S>
concept HasExpansionValue = requires(const E& e) {
  { e.value() } -> std::convertible_to<S>;
};

template <class E, class S>
concept HasExpansionGradient = requires(const E& e) {
  { e.gradient() } -> VectorOver<S>;
};

template <class E, class S>
concept HasPush = requires(E& e, const Vector<S>& v) {
  { e.push(v) } -> VectorOver<S>;
};

template <class E, class S>
concept HasPushZero = requires(E& e) {
  { e.push_zero() } -> VectorOver<S>;
};

template <class E>
concept HasRewind = requires(E& e, Index stage) {
  e.rewind(stage);
  { e.stage() } -> std::convertible_to<Index>;
};

template <class E, class S>
concept HasMoveTo = requires(E& e, const Vector<S>& theta) { e.move_to(theta); };

/// What p.expand(theta) must return; S is the scalar of the state.
template <class E, class S>
concept Expansion = HasState<E, S> && HasExpansionValue<E, S> && HasExpansionGradient<E, S> && HasPush<E, S> &&
                    HasPushZero<E, S> && HasRewind<E> && HasMoveTo<E, S> && std::move_constructible<E>;

/// What p.expand(theta) returns is for states of scalar S. That it is an Expansion is for require_expansion to say, by name.
template <class E, class S>
concept ExpandsOver = std::move_constructible<E> && (!requires(const E& e) { e.state(); } || HasState<E, S>);

template <class P, class S = ScalarOfProblem<P>>
concept HasExpand = HasScalar<P> && requires(const P& p, const Vector<S>& theta) {
  { p.expand(theta) } -> ExpandsOver<S>;
};

/// Names the member that an Expansion lacks. Whatever calls p.expand(theta) says it first.
template <class E, class S>
constexpr void require_expansion() {
  static_assert(HasState<E, S>, "what expand(theta) returns lacks `const Vector<S>& state() const`");
  static_assert(HasExpansionValue<E, S>, "what expand(theta) returns lacks `S value() const`");
  static_assert(HasExpansionGradient<E, S>, "what expand(theta) returns lacks `const Vector<S>& gradient() const`");
  static_assert(HasPush<E, S>, "what expand(theta) returns lacks `const Vector<S>& push(const Vector<S>& direction)`");
  static_assert(HasPushZero<E, S>, "what expand(theta) returns lacks `const Vector<S>& push_zero()`");
  static_assert(HasRewind<E>, "what expand(theta) returns lacks `void rewind(Index stage)` or `Index stage() const`");
  static_assert(HasMoveTo<E, S>, "what expand(theta) returns lacks `void move_to(const Vector<S>& theta)`");
}

template <class P>  // named, since g++ says of a bare disjunction only that no operand holds
concept HasHessianVectorProductOrExpand = HasHessianVectorProduct<P> || HasExpand<P>;

/// Tier 2: Hessian-vector products, by a member or through expand.
template <class P>
concept SecondOrderProblem = Problem<P> && HasHessianVectorProductOrExpand<P>;

/// Tier 3: every derivative, to any order.
template <class P>
concept ExpandableProblem = Problem<P> && HasExpand<P>;

/// Tier 4: the same at complex states.
template <class P>
concept HolomorphicProblem = ExpandableProblem<P> && HasExpand<P, std::complex<ScalarOfProblem<P>>>;

/// An expandable problem whose Expansion can carry first-order infinitesimals beside t: p.expand(theta, depth).
/// Regularisers made of a problem's own gradient need it to be expandable themselves (calculus/stage.hpp says how it works).
template <class P, class S = ScalarOfProblem<P>>
concept NestableProblem = ExpandableProblem<P> && requires(const P& p, const Vector<S>& theta) {
  { p.expand(theta, 1) } -> ExpandsOver<S>;
};

/// P can be worked with at states of scalar S: its own, or the complex of it where the problem is holomorphic.
template <class P, class S>
concept AcceptsScalar = Problem<P> && (std::same_as<S, ScalarOfProblem<P>> || HasExpand<P, S>);

/// A loss that is a mean over examples.
template <class F>
concept FiniteSum = HasScalar<F> && HasDimension<F> && requires(const F& sum, const std::vector<Index>& examples) {
  { sum.examples() } -> std::convertible_to<Index>;
  { sum.batch(examples) } -> Problem;
};

/// A seeded source of minibatches.
template <class B>
concept BatchStream = std::copyable<B> && requires(B& stream) {
  { stream.next() } -> std::convertible_to<const std::vector<Index>&>;
};

template <class F, class S>
concept VectorField = requires(const F& f, const Vector<S>& theta) {
  { f(theta) } -> PlainVector;
};

template <class F>
concept HasStepTime = requires(const F& f) { f.step_time(); };

/// A field with a clock: one step of what it models takes step_time().
template <class F, class S>
concept SteppedField = VectorField<F, S> && HasStepTime<F>;

template <class U, class S>
concept Update = requires(const U& step, const Vector<S>& theta) {
  { step(theta) } -> VectorOver<S>;
};

template <class E>
concept Point = requires(const E& e) {
  e.state();
  e.value();
  e.gradient();
};

template <class T, class E>
concept Schedule = requires(T& schedule, Index iteration, E& e) {
  { schedule.rate(iteration, e) } -> std::convertible_to<double>;
};

/// Callable with these arguments, answering nothing or a Next.
template <class O, class... Arguments>
concept Observer = std::invocable<O&, const Arguments&...> &&
                   (std::same_as<std::invoke_result_t<O&, const Arguments&...>, void> ||
                    std::convertible_to<std::invoke_result_t<O&, const Arguments&...>, Next>);

}  // namespace drift
