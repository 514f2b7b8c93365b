#pragma once
// cos_sin_of_turns: cosine and sine of an angle in turns, the same bits under every compiler, flag and library.
//
//     cos = cos(2 pi turns), sin = sin(2 pi turns)
//
//     const auto [c, s] = cos_sin_of_turns(0.125);     // 45 degrees
//
// For angles that are drawn or spaced over a circle: std::cos and std::sin differ between C libraries, and a fraction of a turn
// is reduced without error, where 2 pi x would be rounded first. Integer parts and quarters of a turn are split off exactly;
// what is left, at most an eighth of a turn, goes through Taylor polynomials in explicit fused multiply-adds.
//
// Accuracy: within 2 units in the last place of either result, near its zeros too; exactly 0, 1 or -1 where these are the
// values, and every zero is +0. Exactly even and odd (but for the sign of a zero), and of period 1.
// Cost: about 20 fused multiply-adds. Failures: none; NaN where turns is not finite.

#include <drift/core/random.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace drift {

struct CosSin {
  double cos;
  double sin;
};

inline CosSin cos_sin_of_turns(double turns) {
  if (!std::isfinite(turns)) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan};
  }
  // Both differences are exact (Sterbenz).
  const double fraction = turns - std::round(turns);        // in [-1/2, 1/2]
  const double quarters = std::round(4 * fraction);         // -2, ..., 2
  const double rest = std::fma(-0.25, quarters, fraction);  // in [-1/8, 1/8]

  // (-1)^k (2 pi)^n / n! for n = 3, 5, ..., 17 and n = 2, 4, ..., 16: the first term left out is below 1/30 of an ulp.
  static constexpr std::array<double, 8> odd{-41.341702240399760234,  81.605249276075054203,  -76.705859753061385842,
                                             42.058693944897653145,   -15.094642576822990392, 3.8199525848482821277,
                                             -0.71812230177850051223, 0.10422916220813984117};
  static constexpr std::array<double, 8> even{-19.739208802178717238, 64.939394022668291491,  -85.456817206693727736,
                                              60.244641371876660363,  -26.426256783374397453, 7.9035363713184688042,
                                              -1.7143907110886720654, 0.28200596845579121507};
  constexpr double two_pi = 2 * std::numbers::pi;
  constexpr double two_pi_tail = 2.4492935982947064e-16;  // 2 pi - two_pi
  const double square = rest * rest;
  const double s = std::fma(two_pi, rest, rest * std::fma(square, detail::horner(odd, square), two_pi_tail));
  const double c = std::fma(square, detail::horner(even, square), 1.0);

  // 0 - x instead of -x: zeros stay +0.
  if (quarters == 0) return {c, s};
  if (quarters == 1) return {0 - s, c};
  if (quarters == -1) return {s, 0 - c};
  return {0 - c, 0 - s};
}

}  // namespace drift
