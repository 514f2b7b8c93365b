#pragma once
// RMSProp: each parameter's gradient over the root of its running mean square.
//
//     s' = d s + (1 - d) g^2,      theta' = theta - h g / (sqrt(s') + epsilon),      per parameter; s = 0 before the first step
//     centred:  m' = d m + (1 - d) g,      theta' = theta - h g / (sqrt(s' - m'^2) + epsilon)
//
//     RMSProp{.learning_rate = 1e-3}
//
// Epsilon stands outside the root, as in PyTorch (TensorFlow's and Graves' stand inside: sqrt(s + epsilon)). No bias
// correction: under a constant gradient the first step is h / sqrt(1 - d) long (3.2 h at d = 0.9), later ones approach h;
// centred, the first is h / sqrt(d (1 - d)), and the later ones grow like d^(-t/2) until epsilon stops them at
// h |g| / epsilon. At a constant rate it does not settle: in a quadratic's minimum each parameter ends up going back and
// forth between +h / 2 and -h / 2, whatever the curvature (not centred). Let the rate fall.
//
// Source: Hinton, Neural networks for machine learning, lecture 6e (2012); centred: Graves, arXiv 1308.0850, eq. 38-45,
//         with epsilon moved.
// Memory: one vector, two when centred. Real scalars only. Cost: one root and one division a parameter.
// Failure: a square that overflows (|g| above 1e154, in float 1e19) makes the step not finite, not zero. Rates as
// descent/learning_rate.hpp says.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>

#include <limits>

namespace drift {

namespace descent {

/// The memory of RMSProp.
template <class T>
struct MeanSquare {
  Vector<T> square;  ///< s
  Vector<T> mean;    ///< m; of length 0 unless centred

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("square", self.square);
    visit("mean", self.mean);
  }
};

}  // namespace descent

template <class S = double>
struct RMSProp {
  /// A number above 0 and finite, or a Schedule.
  S learning_rate;

  /// d, what is left of the mean square after a step. 0 or above, below 1; the average is over about 1 / (1 - d) steps.
  double decay = 0.9;

  /// Bounds the step where gradients vanish: far below them it does nothing. Above 0, finite; in the problem's precision
  /// not below its smallest normal number.
  double epsilon = 1e-8;

  /// Divide by the standard deviation instead of the root mean square.
  bool centred = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("learning_rate", self.learning_rate);
    visit("decay", self.decay);
    visit("epsilon", self.epsilon);
    visit("centred", self.centred);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    descent::validate_rate(learning_rate);
    descent::require_fraction(decay, "decay");
    require_positive(epsilon, "epsilon");
  }

  template <class T>
    requires(!is_complex<T>)
  descent::MeanSquare<T> start(const Vector<T>& theta) const {
    return {Vector<T>::Zero(theta.size()), Vector<T>::Zero(centred ? theta.size() : 0)};
  }

  template <class T>
  bool at_rest(const descent::MeanSquare<T>& /*memory*/) const {
    return true;
  }

  template <class T, Point E>
    requires(!is_complex<T> && descent::LearningRate<S, E>)
  T advance(Vector<T>& theta, descent::MeanSquare<T>& memory, Index iteration, E& e) {
    T h = descent::rate_at(learning_rate, iteration, e);
    const T d = static_cast<T>(decay), fresh = T(1) - d, floor = descent::epsilon_in<T>(epsilon);
    const Vector<T>& gradient = e.gradient();
    const auto g = gradient.array();
    memory.square.array() = d * memory.square.array() + fresh * g.square();
    if (!memory.square.allFinite()) h = std::numeric_limits<T>::quiet_NaN();  // g / infinity would silently stand still
    if (!centred) {
      theta.array() -= h * g / (memory.square.array().sqrt() + floor);
      return h;
    }
    memory.mean.array() = d * memory.mean.array() + fresh * g;
    // Rounding may take a variance of zero below it.
    theta.array() -= h * g / ((memory.square.array() - memory.mean.array().square()).max(T(0)).sqrt() + floor);
    return h;
  }
};

}  // namespace drift
