#pragma once
// Velocity: the memory of Momentum and Nesterov, one vector as long as the parameters, zero before the first step.

#include <drift/core/types.hpp>

namespace drift::descent {

template <class T>
struct Velocity {
  Vector<T> velocity;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("velocity", self.velocity);
  }

  bool zero() const { return (velocity.array() == T(0)).all(); }
};

}  // namespace drift::descent
