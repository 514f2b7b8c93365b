#pragma once
// Nesterov: momentum whose gradient is taken where the velocity is about to lead.
//
//     v' = beta v - h grad E(theta),      theta' = theta + beta v' - h grad E(theta),      v = 0 before the first step
//
//     Nesterov{.learning_rate = 1e-2, .momentum = 0.9}
//
// One gradient a step, at theta: the parameters here are the look-ahead points y_t of the textbook's two sequences
//
//     x_{t+1} = y_t - h grad E(y_t),      y_{t+1} = x_{t+1} + beta (x_{t+1} - x_t),      x_0 = y_0
//
// with theta = y_t and v = x_t - x_{t-1}, so that x_t = theta - beta v. (Also of the form v' = beta v - h grad E(x + beta v),
// x' = x + v'.) This holds for rates that change, too. PyTorch's nesterov = True is the same at a constant rate.
//
// On a quadratic the component along lambda has the roots of r^2 - (1 + beta)(1 - h lambda) r + beta (1 - h lambda) = 0:
// stable if and only if 0 < h lambda < 2 (1 + beta) / (1 + 2 beta), which is below gradient descent's 2 and the heavy ball's
// 2 (1 + beta). An uncapped drift-adjusted rate, 2 / max|lambda| or more, is above it: such a run diverges. Give
// DriftAdjusted a cap, or use Momentum. The effective rate in a long valley is h / (1 - beta).
//
// Source: Nesterov, Soviet Math. Dokl. 27 (1983), 372-376; Sutskever et al., ICML 2013.
// Memory: one vector. Cost: that of GradientDescent. Complex states too. Failure: as descent/learning_rate.hpp says.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>
#include <drift/descent/velocity.hpp>

namespace drift {

template <class S = double>
struct Nesterov {
  /// A number above 0 and finite, or a Schedule.
  S learning_rate;

  /// beta, what is left of the velocity after a step. 0 or above, below 1; 0 is gradient descent.
  double momentum = 0.9;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("learning_rate", self.learning_rate);
    visit("momentum", self.momentum);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    descent::validate_rate(learning_rate);
    descent::require_fraction(momentum, "momentum");
  }

  template <class T>
  descent::Velocity<T> start(const Vector<T>& theta) const {
    return {Vector<T>::Zero(theta.size())};
  }

  template <class T>
  bool at_rest(const descent::Velocity<T>& memory) const {
    return momentum == 0 || memory.zero();
  }

  template <class T, Point E>
    requires descent::LearningRate<S, E>
  Real<T> advance(Vector<T>& theta, descent::Velocity<T>& memory, Index iteration, E& e) {
    const Real<T> h = descent::rate_at(learning_rate, iteration, e);
    const T beta = T(Real<T>(momentum));
    memory.velocity *= beta;
    memory.velocity -= T(h) * e.gradient();
    theta += beta * memory.velocity - T(h) * e.gradient();
    return h;
  }
};

}  // namespace drift
