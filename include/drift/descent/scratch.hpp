#pragma once
// Scratch: a vector that an optimiser works in, kept in its memory so that no step but the first allocates. It is no part of
// the memory's value: not among its fields, and a copy starts with none (a copy over it leaves it as it is).

#include <drift/core/types.hpp>

namespace drift::descent {

template <class T>
struct Scratch {
  Vector<T> vector;

  Scratch() = default;
  ~Scratch() = default;
  Scratch(const Scratch& /*other*/) noexcept {}
  Scratch& operator=(const Scratch& /*other*/) noexcept {
    return *this;
  }  // NOLINT(*-self-assignment): nothing is copied
};

}  // namespace drift::descent
