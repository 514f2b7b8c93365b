#include <drift/calculus/simd.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

namespace calculus = drift::calculus;
using calculus::Simd, calculus::SimdBits, calculus::SimdScalar;
using drift::Index;

TEMPLATE_TEST_CASE("vectors have the target's width, and one number is itself", "[simd]", float, double) {
  using S = TestType;
  using V = Simd<S>;
  STATIC_REQUIRE(sizeof(V) == calculus::simd_width<S> * sizeof(S));
  STATIC_REQUIRE(calculus::simd_size<V> == calculus::simd_width<S>);
  STATIC_REQUIRE(calculus::simd_size<S> == 1);
  STATIC_REQUIRE(std::is_same_v<Simd<S, 1>, S>);
  STATIC_REQUIRE(std::is_same_v<SimdScalar<V>, S>);
  STATIC_REQUIRE(std::is_same_v<SimdScalar<S>, S>);
  STATIC_REQUIRE(sizeof(SimdBits<V>) == sizeof(V));
  STATIC_REQUIRE(sizeof(SimdBits<S>) == sizeof(S));
  STATIC_REQUIRE(calculus::has_simd<S>);
  STATIC_REQUIRE_FALSE(calculus::has_simd<long double>);
}

TEMPLATE_TEST_CASE("vectors are loaded from and stored to unaligned memory", "[simd]", float, double) {
  using S = TestType;
  using V = Simd<S>;
  constexpr std::size_t width = calculus::simd_width<S>;
  std::array<S, 3 * width> from{}, to{};
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = S(i + 1);
  for (std::size_t start = 0; start <= width; ++start) {
    to.fill(0);
    calculus::store(to.data() + start, calculus::load<V>(from.data() + start));
    for (std::size_t i = 0; i < to.size(); ++i) CHECK(to[i] == (i >= start && i < start + width ? from[i] : S(0)));
  }
}

TEMPLATE_TEST_CASE("vectors compute elementwise", "[simd]", float, double) {
  using S = TestType;
  using V = Simd<S>;
  constexpr Index width = calculus::simd_width<S>;
  V x{};
  for (Index i = 0; i < width; ++i) x[i] = S(i) - S(0.5);
  const V y = x * x + S(1), root = x > V{} ? y : -y;
  const V back = std::bit_cast<V>(std::bit_cast<SimdBits<V>>(x));
  for (Index i = 0; i < width; ++i) {
    const S v = S(i) - S(0.5);
    CHECK(y[i] == v * v + S(1));
    CHECK(root[i] == (v > 0 ? y[i] : -y[i]));
    CHECK(back[i] == v);
  }
}

TEMPLATE_TEST_CASE("broadcast keeps the number, the sign of zero included", "[simd]", float, double) {
  using S = TestType;
  using V = Simd<S>;
  for (S c : {S(0), -S(0), S(1.5), std::numeric_limits<S>::infinity(), -std::numeric_limits<S>::denorm_min()}) {
    const V v = calculus::broadcast<V>(c);
    for (Index i = 0; i < calculus::simd_width<S>; ++i) {
      CHECK(v[i] == c);
      CHECK(std::signbit(S(v[i])) == std::signbit(c));
    }
    CHECK(calculus::broadcast<S>(c) == c);
  }
}

TEMPLATE_TEST_CASE("for_each_simd visits every number once, single ones where S has no vectors", "[simd]", float,
                   double, long double) {
  using S = TestType;
  for (Index n = 0; n <= 50; ++n) {
    std::array<S, 64> visits{};
    Index widest = 0;
    calculus::for_each_simd<S>(n, [&]<class V>(Index i) {
      constexpr Index width = calculus::simd_size<V>;
      widest = std::max(widest, width);
      calculus::store(visits.data() + i, V(calculus::load<V>(visits.data() + i) + S(1)));
    });
    for (Index i = 0; i < 64; ++i) CHECK(visits[static_cast<std::size_t>(i)] == (i < n ? S(1) : S(0)));
    if (!calculus::has_simd<S>) CHECK(widest <= 1);
    if (n >= 16 && calculus::has_simd<S>) CHECK(widest == calculus::simd_width<S>);
  }
}
