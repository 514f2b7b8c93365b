#pragma once
// Momentum: the heavy ball.
//
//     v' = beta v - (1 - dampening) h grad E(theta),      theta' = theta + v',      v = 0 before the first step
//
//     Momentum{.learning_rate = 1e-2, .momentum = 0.9}
//     Momentum{.learning_rate = DriftAdjusted{}, .momentum = 0.9, .dampening = 0.9}
//
// The rate stands inside the velocity: a rate that changes leaves the velocity gathered so far alone. PyTorch's SGD has
// b' = beta b + g, theta' = theta - h b', which is the same at a constant rate but scales the whole velocity when h
// changes; its dampening spares the first step, ours does not.
//
// What is known about it (d = dampening):
//   * In a long valley the velocity gathers: the effective rate is h (1 - d) / (1 - beta). With d = beta it is h again.
//   * On a quadratic the component along lambda follows the 2x2 map of (theta, v) with roots
//     r = (s +- sqrt(s^2 - 4 beta)) / 2, s = 1 + beta - (1 - d) h lambda. It is stable if and only if
//     0 < (1 - d) h lambda < 2 (1 + beta), and oscillates where |s| < 2 sqrt(beta).
//   * Once the transients beta^t are gone, and for (1 - d) h lambda << (1 - beta)^2, it follows, with k = (1 - d) h, the
//     negative gradient flow of E + k (1 + beta) / (4 (1 - beta)^2) |grad E|^2, sped up by 1 / (1 - beta), to O(k^2):
//     (change of theta per step) / k = -g / (1 - beta) - k (1 + beta) / (2 (1 - beta)^3) H g, as a flow.
//   * A drift-adjusted rate h_t goes into the velocity as it is. Where g lies along the top eigenvector h_t = 2 / lambda,
//     below the edge here, 2 (1 + beta) / lambda: the top component shrinks, as it never does in plain descent. Seen on
//     quadratics, not proved: for beta up to 0.9 a run then converges without a cap, its rate often settling just below
//     2 (1 + beta) / max|lambda|, where the top component shrinks as slowly as the flattest; at beta = 0.99 some diverge. A
//     cap of 2 / max|lambda| or less makes the rate the cap, and stable. dampening = momentum gives the variant
//     with (1 - beta) h_t.
//
// Source: Polyak, USSR Comput. Math. Math. Phys. 4 (1964), 1-17; the modified loss derived for drift.
// Memory: one vector. Cost: that of GradientDescent. Complex states too. Failure: as descent/learning_rate.hpp says.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>
#include <drift/descent/velocity.hpp>

namespace drift {

template <class S = double>
struct Momentum {
  /// A number above 0 and finite, or a Schedule.
  S learning_rate;

  /// beta, what is left of the velocity after a step. 0 or above, below 1; 0 is gradient descent.
  double momentum = 0.9;

  /// How much of each new gradient is held back. 0 or above, below 1; equal to `momentum` the velocity is an average.
  double dampening = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("learning_rate", self.learning_rate);
    visit("momentum", self.momentum);
    visit("dampening", self.dampening);
  }

  /// Throws InvalidArgument that names the first field out of its bounds.
  void validate() const {
    descent::validate_rate(learning_rate);
    descent::require_fraction(momentum, "momentum");
    descent::require_fraction(dampening, "dampening");
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
    using R = Real<T>;
    const R h = descent::rate_at(learning_rate, iteration, e);
    memory.velocity *= T(R(momentum));
    memory.velocity -= T((R(1) - R(dampening)) * h) * e.gradient();
    theta += memory.velocity;
    return h;
  }
};

}  // namespace drift
