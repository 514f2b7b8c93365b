#include <drift/core/random.hpp>
#include <drift/core/trigonometry.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

using drift::cos_sin_of_turns;
using drift::CosSin;
using drift::Random;

namespace {

/// |computed - exact| in units of the last place of a double as large as the exact value.
double ulps(double computed, long double exact) {
  const double size = std::abs(static_cast<double>(exact));
  const double unit = std::nextafter(size, std::numeric_limits<double>::infinity()) - size;
  return static_cast<double>(std::abs(static_cast<long double>(computed) - exact)) / unit;
}

/// The larger error of the two, against the library's long double functions at an angle of at most an eighth of a turn
/// from a multiple of a quarter: 2 pi x in long double is then as good as its 64 bits at cosine's and sine's zeros too.
double error_at(double turns) {
  const long double quarters = std::round(4 * static_cast<long double>(turns));
  const long double angle = 2 * std::numbers::pi_v<long double> * (static_cast<long double>(turns) - quarters / 4);
  const long double c = std::cos(angle), s = std::sin(angle);
  const auto [cos, sin] = cos_sin_of_turns(turns);
  switch (static_cast<int>(std::fmod(std::fmod(quarters, 4.0L) + 4, 4.0L))) {
    case 0: return std::max(ulps(cos, c), ulps(sin, s));
    case 1: return std::max(ulps(cos, -s), ulps(sin, c));
    case 2: return std::max(ulps(cos, -c), ulps(sin, -s));
    default: return std::max(ulps(cos, s), ulps(sin, -c));
  }
}

bool same(const CosSin& a, const CosSin& b) { return a.cos == b.cos && a.sin == b.sin; }

}  // namespace

TEST_CASE("Cosine and sine of turns agree with the library's in long double to 2 units in the last place") {
  double worst = 0;
  for (int i = -4000; i <= 4000; ++i) worst = std::max(worst, error_at(i / 2531.0));
  Random random(1);
  for (int i = 0; i < 20000; ++i) worst = std::max(worst, error_at(random.uniform(-2.0, 2.0)));
  CHECK(worst < 2);
}

TEST_CASE("Cosine and sine of turns keep their relative accuracy beside multiples of a quarter and an eighth") {
  double worst = 0;
  for (int eighths = -16; eighths <= 16; ++eighths) {
    const double at = eighths / 8.0;
    worst = std::max({worst, error_at(std::nextafter(at, 3.0)), error_at(std::nextafter(at, -3.0))});
    for (double distance = 0x1p-10; distance > 0x1p-50; distance /= 3)
      worst = std::max({worst, error_at(at + distance), error_at(at - distance)});
  }
  CHECK(worst < 2);
  const double tiny = std::numeric_limits<double>::min();
  CHECK(cos_sin_of_turns(tiny).sin == Approx(2 * std::numbers::pi * tiny).epsilon(1e-15));
  CHECK(cos_sin_of_turns(tiny).cos == 1);
}

TEST_CASE("Where cosine and sine are 0, 1 or -1 they are so exactly, and zeros have no sign") {
  const std::vector<CosSin> expected{{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  for (int quarters = -12; quarters <= 12; ++quarters) {
    const CosSin found = cos_sin_of_turns(quarters / 4.0);
    CHECK(same(found, expected[static_cast<std::size_t>((quarters + 12) % 4)]));
    CHECK_FALSE((found.cos == 0 && std::signbit(found.cos)));
    CHECK_FALSE((found.sin == 0 && std::signbit(found.sin)));
  }
  CHECK_FALSE(std::signbit(cos_sin_of_turns(-0.0).sin));
  // Every double from 2^52 on is a whole number of turns.
  for (const double whole : {0x1p52, 0x1p53 + 2, 1e300, -std::numeric_limits<double>::max()})
    CHECK(same(cos_sin_of_turns(whole), {1, 0}));
}

TEST_CASE("Symmetries hold to the bit: even and odd, a period of one turn, quarter turns exchange the two") {
  Random random(2);
  for (int i = 0; i < 2000; ++i) {
    // A multiple of 2^-40 below 1, to which whole numbers and quarters can be added without rounding.
    const double turns = std::ldexp(static_cast<double>(random.below(drift::Index{1} << 40)), -40);
    const auto [c, s] = cos_sin_of_turns(turns);
    REQUIRE(same(cos_sin_of_turns(-turns), {c, -s}));
    REQUIRE(same(cos_sin_of_turns(turns + 777), {c, s}));
    REQUIRE(same(cos_sin_of_turns(turns - 1), {c, s}));
    REQUIRE(same(cos_sin_of_turns(turns + 0.25), {-s, c}));
    REQUIRE(same(cos_sin_of_turns(0.5 - turns), {-c, s}));
  }
}

TEST_CASE("The squares of cosine and sine sum to one and angles add, to rounding") {
  Random random(3);
  double off_circle = 0, off_sum = 0;
  for (int i = 0; i < 2000; ++i) {
    const double a = random.uniform(), b = random.uniform();
    const auto [ca, sa] = cos_sin_of_turns(a);
    const auto [cb, sb] = cos_sin_of_turns(b);
    const auto [c, s] = cos_sin_of_turns(a + b);  // the sum is rounded: up to 2 pi 2^-53 of angle
    off_circle = std::max(off_circle, std::abs(ca * ca + sa * sa - 1));
    off_sum = std::max({off_sum, std::abs(ca * cb - sa * sb - c), std::abs(sa * cb + ca * sb - s)});
  }
  CHECK(off_circle < 1e-15);
  CHECK(off_sum < 2e-15);
}

TEST_CASE("An angle that is not finite has neither cosine nor sine") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const double bad : {inf, -inf, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(std::isnan(cos_sin_of_turns(bad).cos));
    CHECK(std::isnan(cos_sin_of_turns(bad).sin));
  }
}
