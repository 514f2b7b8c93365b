#pragma once
// Optimisers: what a class must have so that descent::step, descent::advance, minimise and train can use it.
//
// An optimiser is a plain value that says how one step is made; what it does not know is the problem, the parameters
// and how long to go on. GradientDescent, Momentum, Nesterov, RMSProp and Adam are optimisers; GradientClipping and
// DecoupledWeightDecay wrap another one and are optimisers too; OptimiserChoice is whichever a program picks at run time.
//
// OPTIMISER (o the optimiser, theta a Vector<S>, m its memory, e the Point at theta)
//
//   valid expression                    gives       meaning
//   o.validate()                        void        throws InvalidArgument that names the setting out of its bounds
//   o.start(theta)                      the memory  what it carries from step to step beside the parameters (a
//                                                   velocity, moments), as it is before the first step; NoMemory if
//                                                   there is nothing
//   o.at_rest(m)                        bool        with this memory a zero gradient would leave theta where it is
//   o.advance(theta, m, iteration, e)   Real<S>     makes the step: changes theta and m, returns the rate it used, NaN
//                                                   where the point or its curvature is not finite (and then makes theta
//                                                   not finite). e stays where it is: e.state() is still the old theta
//
// The optimiser and its memory are plain values with fields (core/fields.hpp) or empty. A checkpoint stores them, and
// descent::step makes one vector of the memory's numbers. Without fields a class of your own still runs; it is those two
// that then do not compile. Memory outside the fields is scratch (descent/scratch.hpp).
//
//     struct SignDescent {                                     // theta' = theta - h sign(g)
//       double learning_rate;
//       void validate() const { require_positive(learning_rate, "learning_rate"); }
//       descent::NoMemory start(const Vector<double>&) const { return {}; }
//       bool at_rest(descent::NoMemory) const { return true; }
//       template <Point E>
//       double advance(Vector<double>& theta, descent::NoMemory, Index, E& e) {
//         theta -= learning_rate * e.gradient().cwiseSign();
//         return learning_rate;
//       }
//     };

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/descent/learning_rate.hpp>

#include <concepts>
#include <limits>
#include <string_view>
#include <utility>

namespace drift::descent {

/// The memory of an optimiser that has none.
struct NoMemory {};

/// What an optimiser carries beside parameters that are a Vector<S>.
template <class O, class S>
using MemoryOf = decltype(std::declval<const O&>().start(std::declval<const Vector<S>&>()));

template <class O, class E>
concept Optimiser = Point<E> && std::copyable<O> &&
                    requires(O& o, const O& settings, Vector<ScalarOfPoint<E>>& theta, Index iteration, E& e) {
                      settings.validate();
                      { settings.at_rest(settings.start(theta)) } -> std::convertible_to<bool>;
                      requires requires(decltype(settings.start(theta)) memory) {
                        { o.advance(theta, memory, iteration, e) } -> std::convertible_to<Real<ScalarOfPoint<E>>>;
                      };
                    };

/// The parameters may be a Vector<S>: an optimiser that takes roots of squares, such as Adam, has no complex ones.
template <class O, class S>
concept StartsOver = requires(const O& optimiser, const Vector<S>& theta) { optimiser.start(theta); };

/// Throws InvalidArgument unless 0 <= value < 1: what is left of a running mean after a step.
inline void require_fraction(double value, std::string_view argument) {
  require(value >= 0 && value < 1, argument, value, "0 or above and below 1");
}

/// epsilon as a T above 0, so that nothing over (0 + epsilon) is 0 / 0 in a precision that does not hold it.
template <class T>
T epsilon_in(double epsilon) {
  const T value = static_cast<T>(epsilon), least = (std::numeric_limits<T>::min)();
  return value < least ? least : value;
}

}  // namespace drift::descent
