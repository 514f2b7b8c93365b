#pragma once
// Adam: a running mean of the gradient over the root of a running mean of its square, both freed of their start at zero.
//
//     m' = b1 m + (1 - b1) g          p' = b1 p      p = b1^t after t steps
//     s' = b2 s + (1 - b2) g^2        q' = b2 q      q = b2^t
//     theta' = theta - h (m' / (1 - p')) / (sqrt(s' / (1 - q')) + epsilon)               per parameter
//
//     Adam{}                                                          the paper's settings, h = 1e-3
//     Adam{.learning_rate = CosineDecay{.initial = 1e-2, .iterations = 500}}
//     DecoupledWeightDecay{.optimiser = Adam{}, .weight_decay = 1e-2}    AdamW
//
// Epsilon stands outside the root and after the bias correction: algorithm 1 of the paper, and PyTorch. (TensorFlow uses the
// epsilon-hat of the paper's section 2: h sqrt(1 - q) / (1 - p) m / (sqrt(s) + epsilon-hat), which damps the early steps
// more.) What is known about it:
//   * The first step is -h g / (|g| + epsilon): h sign(g). Under a constant gradient every step is.
//   * Where epsilon is small the steps do not depend on the scale of the loss; where it is large the method is momentum
//     with b1 = dampening and rate h / epsilon, up to the bias correction.
//   * The products p and q are part of the memory, so that the step is a function of (theta, memory) alone: the same at
//     every t, smooth where every s is above 0. descent::step gives that map.
//   * A drift-adjusted rate is the rate of plain descent; nothing is known that would make it this method's.
//
// Source: Kingma & Ba, arXiv 1412.6980, algorithm 1.
// Memory: two vectors, two numbers. Real scalars only. Cost: one root and one division a parameter, no power.
// Failure: a square that overflows (|g| above 1e154, in float 1e19) makes the step not finite, not zero. Rates as
// descent/learning_rate.hpp says.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>

#include <limits>

namespace drift {

namespace descent {

/// The memory of Adam.
template <class T>
struct Moments {
  Vector<T> first;   ///< m
  Vector<T> second;  ///< s
  T first_product;   ///< p = first_decay^t
  T second_product;  ///< q = second_decay^t

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("first", self.first);
    visit("second", self.second);
    visit("first_product", self.first_product);
    visit("second_product", self.second_product);
  }
};

}  // namespace descent

template <class S = double>
struct Adam {
  /// A number above 0 and finite, or a Schedule.
  S learning_rate = descent::rate_unless_given<S>(1e-3);

  /// b1, what is left of the mean gradient after a step. 0 or above, below 1.
  double first_decay = 0.9;

  /// b2, what is left of the mean square after a step. 0 or above, below 1.
  double second_decay = 0.999;

  /// Bounds the step where gradients vanish: far below them it does nothing. Above 0, finite; in the problem's precision
  /// not below its smallest normal number.
  double epsilon = 1e-8;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("learning_rate", self.learning_rate);
    visit("first_decay", self.first_decay);
    visit("second_decay", self.second_decay);
    visit("epsilon", self.epsilon);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    descent::validate_rate(learning_rate);
    descent::require_fraction(first_decay, "first_decay");
    descent::require_fraction(second_decay, "second_decay");
    require_positive(epsilon, "epsilon");
  }

  template <class T>
    requires(!is_complex<T>)
  descent::Moments<T> start(const Vector<T>& theta) const {
    return {Vector<T>::Zero(theta.size()), Vector<T>::Zero(theta.size()), T(1), T(1)};
  }

  template <class T>
  bool at_rest(const descent::Moments<T>& memory) const {
    return first_decay == 0 || (memory.first.array() == T(0)).all();
  }

  template <class T, Point E>
    requires(!is_complex<T> && descent::LearningRate<S, E>)
  T advance(Vector<T>& theta, descent::Moments<T>& memory, Index iteration, E& e) {
    T h = descent::rate_at(learning_rate, iteration, e);
    const T b1 = static_cast<T>(first_decay), b2 = static_cast<T>(second_decay);
    const Vector<T>& gradient = e.gradient();
    const auto g = gradient.array();
    memory.first.array() = b1 * memory.first.array() + (T(1) - b1) * g;
    memory.second.array() = b2 * memory.second.array() + (T(1) - b2) * g.square();
    memory.first_product *= b1;
    memory.second_product *= b2;
    if (!memory.second.allFinite()) h = std::numeric_limits<T>::quiet_NaN();  // m / infinity would silently stand still
    const T scale = h / (T(1) - memory.first_product), correction = T(1) / (T(1) - memory.second_product);
    theta.array() -=
        scale * memory.first.array() / ((correction * memory.second.array()).sqrt() + descent::epsilon_in<T>(epsilon));
    return h;
  }
};

}  // namespace drift
