#pragma once
// Vectors that a scheme of play works in, so that its steps allocate nothing after the first.

#include <drift/core/pool.hpp>
#include <drift/core/types.hpp>

#include <array>
#include <cstddef>

namespace drift::games {

/// Sets of `count` vectors, of scalar S or of the complex of it. Copies share them; threads borrow each a set of their own.
template <class S, std::size_t count>
class Workspaces {
  template <class T>
  using Set = std::array<Vector<T>, count>;

 public:
  template <class T>
  auto borrow() const {
    const auto make = [] { return Set<T>(); };
    const auto reuse = [](Set<T>&) {};
    if constexpr (is_complex<T>) {
      return complex_.borrow(make, reuse);
    } else {
      return real_.borrow(make, reuse);
    }
  }

 private:
  Pool<Set<S>> real_;
  Pool<Set<Complex<S>>> complex_;
};

}  // namespace drift::games
