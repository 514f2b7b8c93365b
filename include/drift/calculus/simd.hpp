#pragma once
// Vectors of numbers that one instruction works on, for the few loops that a compiler does not vectorise well by itself: the
// kernels of a network's products (calculus/kernels.hpp) and the elementary functions of arrays (calculus/array_functions.hpp).
//
//     using V = Simd<double>;                 // as wide as the target's registers: 8 doubles with AVX-512, 4 with AVX, 2 with SSE2
//     V x = load<V>(p);  x = x * x + V{} + 1.0;  store(p, x);
//
// They are the vector extensions that g++ and clang share: +, -, *, /, comparisons and ?: work elementwise on every target, and
// products that are added become fused multiply-adds where the target has them. Simd<S, n> has n numbers whatever the target has;
// Simd<S, 1> is S itself, so that one text also serves the rest of an array.
//
// The width follows from the compiler's flags: units of one program that are compiled for different targets must not share code
// of these headers, as with Eigen.

#include <drift/core/types.hpp>

#include <cstdint>
#include <cstring>

namespace drift::calculus {

/// Numbers that loops over whole vectors are written for: the others (long double, complex, multiprecision) go through Eigen.
template <class S>
inline constexpr bool has_simd = std::same_as<S, float> || std::same_as<S, double>;

#if defined(__AVX512F__)
inline constexpr Index simd_bytes = 64;
#elif defined(__AVX__)
inline constexpr Index simd_bytes = 32;
#else
inline constexpr Index simd_bytes = 16;
#endif

/// How many numbers a full vector has.
template <class S>
inline constexpr Index simd_width = simd_bytes / static_cast<Index>(sizeof(S));

namespace detail {

template <class S, Index n>
struct SimdType {
  // NOLINTNEXTLINE(modernize-use-using): `using` takes no such attribute
  typedef S type __attribute__((vector_size(n * sizeof(S))));
};
template <class S>
struct SimdType<S, 1> {
  using type = S;
};

}  // namespace detail

template <class S, Index n = simd_width<S>>
using Simd = typename detail::SimdType<S, n>::type;

/// The vector that starts at p, aligned or not.
template <class V, class S>
V load(const S* p) {
  if constexpr (std::same_as<V, S>) {
    return *p;
  } else {
    V v;
    std::memcpy(&v, p, sizeof(V));
    return v;
  }
}

template <class V, class S>
void store(S* p, const V& v) {
  if constexpr (std::same_as<V, S>) {
    *p = v;
  } else {
    std::memcpy(p, &v, sizeof(V));
  }
}

/// S for V = Simd<S, n>.
template <class V>
struct SimdScalarOf {
  using type = V;
};
template <class V>
  requires requires { V{}[0]; }
struct SimdScalarOf<V> {
  using type = std::remove_cvref_t<decltype(V{}[0])>;
};
template <class V>
using SimdScalar = typename SimdScalarOf<V>::type;

/// How many numbers V has.
template <class V>
// NOLINTNEXTLINE(bugprone-sizeof-expression): V may be the number itself
inline constexpr auto simd_size = static_cast<Index>(sizeof(V) / sizeof(SimdScalar<V>));

/// Unsigned integers of the numbers' size, as many as V has: std::bit_cast goes from one to the other.
template <class V>
using SimdBits = Simd<std::conditional_t<sizeof(SimdScalar<V>) == 4, std::uint32_t, std::uint64_t>, simd_size<V>>;

/// n times the number c. (c - 0 is c for every c, as 0 + c is not for -0: compilers need no instruction for it.)
template <class V>
[[gnu::always_inline]] inline V broadcast(SimdScalar<V> c) {
  return c - V{};
}

/// body.operator()<V>(i) for the vectors V that n numbers consist of, each beginning at number i: full ones first, then shorter
/// ones, and single numbers, V = S, for what is left. Where S has no vectors all are single numbers.
///
///     for_each_simd<S>(n, [&]<class V>(Index i) { store(y + i, V(load<V>(x + i) * c)); });
template <class S, Index width = simd_width<S>, class Body>
[[gnu::always_inline]] inline void for_each_simd(Index n, const Body& body, Index i = 0) {
  if constexpr (has_simd<S> && width * static_cast<Index>(sizeof(S)) >= 16) {
    for (; i + width <= n; i += width) body.template operator()<Simd<S, width>>(i);
    for_each_simd<S, width / 2>(n, body, i);
  } else {
    for (; i < n; ++i) body.template operator()<S>(i);
  }
}

}  // namespace drift::calculus
