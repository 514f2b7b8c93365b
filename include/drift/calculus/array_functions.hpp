#pragma once
// Elementary functions of arrays of float or double, many numbers at a time, with the slopes that the series of
// calculus/elementary.hpp start from:
//
//     set_exp(n, x, y)                            y = e^x
//     set_log(n, x, y)                            y = log x
//     set_tanh(n, x, y, slope)                    y = tanh x,             slope = 1 - y^2
//     set_logistic(n, x, y, slope)                y = 1 / (1 + e^-x),     slope = y (1 - y)
//     set_softplus(n, x, y, slope, curvature)     y = log(1 + e^x),       slope = logistic x,   curvature = slope (1 - slope)
//
// and simd_exp, simd_log, ... of one vector (calculus/simd.hpp) or one plain number, for loops that do more.
//
// Equations: with k the integer next to x / log 2 and r = x - k log 2, so |r| <= log(2)/2,
//
//     e^x = 2^k (1 + p),   p = e^r - 1 = r + r^2 Q(r).
//
// Everything that saturates is written in e = e^-|x| <= 1, from which nothing cancels and nothing overflows:
//
//     tanh |x| = (1 - E) / (1 + E),  E = e^-2|x|,  1 - E = (1 - 2^k) - 2^k p,  slope = (1 + tanh |x|)^2 E
//     small = e / (1 + e) = logistic(-|x|),  1 - small = logistic |x|,  slope = small (1 - small)
//     softplus x = max(x, 0) + log(1 + e)
//     log m = f - w (f - w^2 L(w^2)),   f = m - 1, w = f / (2 + f) = tanh(log(m) / 2),   m in [sqrt(1/2), sqrt(2)]
//
// Q and L are the polynomials with the smallest largest error relative to e^r - 1 and log m, by Remez's algorithm in 60 digits,
// rounded to float and double: error 2^-61.7 and 2^-59.5 (double), 2^-31.9 and 2^-30.2 (float) before that rounding.
// Source: Cody & Waite, Software Manual for the Elementary Functions (1980), for the reduction by log 2 in two parts.
//
// Accuracy, as measured at 10^7 points over the whole range, in units in the last place, denormal numbers included: exp 1.0,
// log 1.3, tanh 1.98 (just above 0.5, where the sum of all roundings could reach 2.1), logistic 1.8, softplus 1.7; slopes of
// tanh 4.2, logistic 2.9, curvature of softplus 2.9. NaN gives NaN, +-inf and +-0 what the limit is. A number gives the same
// bits wherever it stands in an array, whatever n. Units compiled with and without fused multiply-adds may differ in the last
// bits.
// Cost: 28 vector instructions for exp, 35 to 40 with one division for tanh and logistic, 50 with two for softplus.
// Errors: none are reported. An output may be x itself; outputs must not overlap x or one another in any other way.

#include <drift/calculus/simd.hpp>

#include <array>
#include <bit>
#include <limits>
#include <numbers>

namespace drift::calculus {

/// A function and its derivatives at the numbers of one vector.
template <class V>
struct ValueAndSlope {
  V value, slope;
};
template <class V>
struct ValueSlopeAndCurvature {
  V value, slope, curvature;
};

namespace detail {

/// What floating-point numbers S are made of.
template <class S>
struct Format {
  using Limits = std::numeric_limits<S>;
  static constexpr int fraction_bits = Limits::digits - 1;
  static constexpr int bias = Limits::max_exponent - 1;  ///< the bits of 2^k are (k + bias) << fraction_bits
  static constexpr S power(int k) {                      ///< 2^k, for normal results
    using Bits = SimdBits<S>;
    return std::bit_cast<S>(static_cast<Bits>(static_cast<Bits>(k + bias) << fraction_bits));
  }
  // log 2 = high + low; k * high is exact for every exponent k, denormal ones included.
  // NOLINTNEXTLINE(modernize-use-std-numbers)
  static constexpr S log2_high = sizeof(S) == 4 ? S(0x1.62e4p-1) : S(0x1.62e42fefa38p-1);
  static constexpr S log2_low = sizeof(S) == 4 ? S(0x1.7f7d1cp-20) : S(0x1.ef35793c7673p-45);
};

/// -|x|
template <class V>
[[gnu::always_inline]] inline V minus_abs(const V& x) {
  return std::bit_cast<V>(std::bit_cast<SimdBits<V>>(x) | std::bit_cast<SimdBits<V>>(-V{}));
}

// What bounds the speed is how long one vector's chain of dependent instructions is: a processor looks only some hundred
// instructions ahead for others to do meanwhile. Hence polynomials in pairs (Estrin), a third of the depth of Horner's scheme,
// and below factors that are at hand early gathered apart from those that come late.

/// Q(r) = (e^r - 1 - r) / r^2 for |r| <= log(2)/2
template <class V>
[[gnu::always_inline]] inline V exp_polynomial(const V& r, const V& r2) {
  using S = SimdScalar<V>;
  const V r4 = r2 * r2;
  if constexpr (sizeof(S) == 4) {
    const V q01 = S(0x1p-1) + r * S(0x1.555554p-3);
    const V q23 = S(0x1.5554bp-5) + r * S(0x1.11118ap-7);
    const V q45 = S(0x1.6d7348p-10) + r * S(0x1.a032d4p-13);
    return (q01 + r2 * q23) + r4 * q45;
  } else {
    const V q01 = S(0x1p-1) + r * S(0x1.5555555555559p-3);
    const V q23 = S(0x1.555555555553ep-5) + r * S(0x1.111111110f673p-7);
    const V q45 = S(0x1.6c16c16c1f27cp-10) + r * S(0x1.a01a01b001f7fp-13);
    const V q67 = S(0x1.a01a017b5cb12p-16) + r * S(0x1.71ddf7fe4c8e7p-19);
    const V q89 = S(0x1.27e5369d2e8d5p-22) + r * S(0x1.af5f689cc0673p-26);
    return (q01 + r2 * q23) + r4 * ((q45 + r2 * q67) + r4 * (q89 + r2 * S(0x1.1ee88533c2072p-29)));
  }
}

/// f - w^2 L(w^2), where w = f / (2 + f): w times it is f - log(1 + f), for 1 + f in [sqrt(1/2), sqrt(2)].
template <class V>
[[gnu::always_inline]] inline V log_factor(const V& f, const V& w) {
  using S = SimdScalar<V>;
  const V v = w * w, v2 = v * v;
  if constexpr (sizeof(S) == 4) {
    return f - v * ((S(0x1.55557ap-1) + v * S(0x1.995ebp-2)) + v2 * S(0x1.31e464p-2));
  } else {
    const V l01 = S(0x1.5555555555593p-1) + v * S(0x1.999999997fc65p-2);
    const V l23 = S(0x1.24924942072a7p-2) + v * S(0x1.c71c51f4f3e5bp-3);
    const V l45 = S(0x1.74664395a8259p-3) + v * S(0x1.39a136080ccb5p-3);
    return f - v * ((l01 + v2 * l23) + (v2 * v2) * (l45 + v2 * S(0x1.2f0b102ac3e28p-3)));
  }
}

/// e^x = 2^halvings scale (1 + p). Where that is `tiny`, of denormal size or not far from it, scale is too large by a factor of
/// 2^shift, so that results are rounded once, by the multiplication at the end that undoes it. Even so a tiny e^x is nothing
/// beside 1.
template <class V>
struct Exponential {
  using S = SimdScalar<V>;
  static constexpr int shift = sizeof(S) == 4 ? 32 : 64;

  V high, low, scale;  ///< r = high - low, and high is exact
  decltype(V{} < V{}) tiny;

  [[gnu::always_inline]] V p() const {
    const V r = high - low, r2 = r * r;
    return r + r2 * exp_polynomial(r, r2);
  }
  /// Put together from high, not from the rounded r: two instructions more, a fifth of a unit less error.
  [[gnu::always_inline]] V accurate_p() const {
    const V r = high - low, r2 = r * r;
    return high + (r2 * exp_polynomial(r, r2) - low);
  }
  /// scale * (1 + p), rounded once
  [[gnu::always_inline]] V scaled() const { return scale + scale * p(); }
  /// `usual` and, where e^x is tiny, usual / 2^shift
  [[gnu::always_inline]] V undo(S usual) const {
    return tiny ? broadcast<V>(usual * Format<S>::power(-shift)) : broadcast<V>(usual);
  }
};

/// For x up to a little more than where e^x overflows: there 2^k can be too large where 2^k (1 + p) is not, hence `halvings`.
template <int halvings, class V>
[[gnu::always_inline]] inline Exponential<V> exponential(V x) {
  using S = SimdScalar<V>;
  using F = Format<S>;
  // Below this bound 4 e^x rounds to 0 as at it. The comparison lets NaN through, into r.
  const V lowest = broadcast<V>(sizeof(S) == 4 ? S(-106) : S(-748));
  const auto tiny = x < broadcast<V>(sizeof(S) == 4 ? S(-80) : S(-700));
  x = x < lowest ? lowest : x;

  // Numbers near 1.5 * 2^fraction_bits are the integers, so adding one of them rounds, and leaves k in the lowest bits;
  // this one has the bias of an exponent in it already.
  constexpr S usual = S(1.5) * F::power(F::fraction_bits) + S(F::bias - halvings);
  const V magic = tiny ? broadcast<V>(usual + S(Exponential<V>::shift)) : broadcast<V>(usual);
  const V shifted = x * std::numbers::log2e_v<S> + magic;
  const V scale = std::bit_cast<V>(std::bit_cast<SimdBits<V>>(shifted) << F::fraction_bits);

  const V k = shifted - magic;
  return {x - k * F::log2_high, k * F::log2_low, scale, tiny};
}

}  // namespace detail

template <class V>
  requires(!has_simd<V>)
[[gnu::always_inline]] inline V simd_exp(const V& x) {
  using S = SimdScalar<V>;
  const V highest = broadcast<V>(sizeof(S) == 4 ? S(89) : S(710));
  const auto e = detail::exponential<1>(V(x > highest ? highest : x));
  return e.scaled() * e.undo(2);
}

/// NaN for negative numbers, -inf for 0.
template <class V>
  requires(!has_simd<V>)
[[gnu::always_inline]] inline V simd_log(const V& x) {
  using S = SimdScalar<V>;
  using F = detail::Format<S>;
  using Bits = SimdBits<V>;
  using Limits = std::numeric_limits<S>;
  const auto denormal = x < broadcast<V>(Limits::min());
  const V normal = denormal ? x * F::power(Limits::digits) : x;

  // normal = 2^k m: what the exponent field holds once that of sqrt(1/2) has been made the bottom of its binade is k + bias.
  constexpr auto root = std::bit_cast<SimdBits<S>>(S(0.70710678118654752));
  constexpr auto one = std::bit_cast<SimdBits<S>>(S(1)),
                 integers = std::bit_cast<SimdBits<S>>(F::power(F::fraction_bits));
  constexpr auto fraction = static_cast<SimdBits<S>>(~SimdBits<S>(0)) >> (Limits::max_exponent == 128 ? 9 : 12);
  const Bits bits = std::bit_cast<Bits>(normal) + (one - root);
  const V m = std::bit_cast<V>((bits & fraction) + root);
  constexpr S zero = F::power(F::fraction_bits) + S(F::bias);  // what an exponent of 0 looks like
  const V k = std::bit_cast<V>((bits >> F::fraction_bits) | integers) -
              (denormal ? broadcast<V>(zero + S(Limits::digits)) : broadcast<V>(zero));

  const V f = m - S(1), w = f / (S(2) + f);
  const V finite = k * F::log2_high + (k * F::log2_low + (f - w * detail::log_factor(f, w)));
  const V infinity = broadcast<V>(Limits::infinity());
  const V outside = x == V{} ? -infinity : broadcast<V>(Limits::quiet_NaN());
  return x > V{} ? (x < infinity ? finite : x) : outside;
}

template <class V>
  requires(!has_simd<V>)
[[gnu::always_inline]] inline ValueAndSlope<V> simd_tanh(const V& x) {
  using S = SimdScalar<V>;
  using Bits = SimdBits<V>;
  const V a = detail::minus_abs(x);
  const auto parts = detail::exponential<0>(V(a + a));
  const V p = parts.accurate_p(), scale = parts.scale, e = scale + scale * p;
  // (1 - e) / (1 + e), each rounded once. In the numerator it matters that p is as small as x.
  const V value = ((S(1) - scale) - scale * p) / ((S(1) + scale) + scale * p);
  const V factor = S(0.5) + S(0.5) * value;
  return {std::bit_cast<V>(std::bit_cast<Bits>(value) | (std::bit_cast<Bits>(x) & std::bit_cast<Bits>(-V{}))),
          (factor * factor) * (e * parts.undo(4))};
}

template <class V>
  requires(!has_simd<V>)
[[gnu::always_inline]] inline ValueAndSlope<V> simd_logistic(const V& x) {
  using S = SimdScalar<V>;
  const auto parts = detail::exponential<0>(detail::minus_abs(x));
  const V e = parts.scaled();
  const V small = (e - e * (e / (S(1) + e))) * parts.undo(1);  // e / (1 + e) with less of its error where e is small
  const V large = S(1) - small;
  return {x < V{} ? small : large, small * large};
}

template <class V>
  requires(!has_simd<V>)
[[gnu::always_inline]] inline ValueSlopeAndCurvature<V> simd_softplus(const V& x) {
  using S = SimdScalar<V>;
  using F = detail::Format<S>;
  const auto parts = detail::exponential<0>(detail::minus_abs(x));
  const V e = parts.scaled(), undo = parts.undo(1);

  // log(1 + e) = log 2 + log(1 + (e - 1) / 2) for the larger e
  const auto upper = e > broadcast<V>(S(0.41421356237309505));
  const V f = upper ? S(0.5) * e - S(0.5) : e;

  const V w = f / (S(2) + f);
  const V low = (upper ? broadcast<V>(F::log2_low) : V{}), high = (upper ? broadcast<V>(F::log2_high) : V{});
  const V log1p = high + (f + (low - w * detail::log_factor(f, w)));

  const V small = (e - e * (e / (S(1) + e))) * undo;  // as in simd_logistic
  const V large = S(1) - small;
  return {(x > V{} ? x : V{}) + log1p * undo, x < V{} ? small : large, small * large};
}

// One number goes through a whole vector: compilers fuse multiplications and additions of plain numbers differently, and the
// same number has to give the same bits.

template <class S>
  requires has_simd<S>
[[gnu::always_inline]] inline S simd_exp(const S& x) {
  return simd_exp(broadcast<Simd<S>>(x))[0];
}

template <class S>
  requires has_simd<S>
[[gnu::always_inline]] inline S simd_log(const S& x) {
  return simd_log(broadcast<Simd<S>>(x))[0];
}

template <class S>
  requires has_simd<S>
[[gnu::always_inline]] inline ValueAndSlope<S> simd_tanh(const S& x) {
  const auto z = simd_tanh(broadcast<Simd<S>>(x));
  return {z.value[0], z.slope[0]};
}

template <class S>
  requires has_simd<S>
[[gnu::always_inline]] inline ValueAndSlope<S> simd_logistic(const S& x) {
  const auto z = simd_logistic(broadcast<Simd<S>>(x));
  return {z.value[0], z.slope[0]};
}

template <class S>
  requires has_simd<S>
[[gnu::always_inline]] inline ValueSlopeAndCurvature<S> simd_softplus(const S& x) {
  const auto z = simd_softplus(broadcast<Simd<S>>(x));
  return {z.value[0], z.slope[0], z.curvature[0]};
}

namespace detail {

/// outputs[i][j] = function(x[j])[i] for j < n. One loop with one text, so that every number meets the same instructions:
/// the rest of an array is its last full vector, part of it once more, and a shorter array is padded.
template <class S, std::size_t count, class Function>
[[gnu::always_inline]] inline void for_each_vector(Index n, const S* x, std::array<S*, count> outputs,
                                                   const Function& function) {
  using V = Simd<S>;
  constexpr Index width = simd_width<S>;
  if (n <= 0) return;
  std::array<std::array<S, width>, count + 1> padded{};
  const auto targets = outputs;
  const Index length = n < width ? width : n;
  if (n < width) {
    std::memcpy(padded[count].data(), x, static_cast<std::size_t>(n) * sizeof(S));
    x = padded[count].data();
    for (std::size_t i = 0; i < count; ++i) outputs[i] = padded[i].data();
  }
  const Index last = length - width;
  const V last_x = load<V>(x + last);  // before an output that is x overwrites part of it
  for (Index j = 0; j < length; j += width) {
    const bool in_full = j <= last;
    const Index at = in_full ? j : last;
    const std::array<V, count> results = function(in_full ? load<V>(x + j) : last_x);
    for (std::size_t i = 0; i < count; ++i) store(outputs[i] + at, results[i]);
  }
  if (n < width) {
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(targets[i], padded[i].data(), static_cast<std::size_t>(n) * sizeof(S));
    }
  }
}

}  // namespace detail

// noinline: a program has each of these once, whatever number of places call it.

template <class S>
  requires has_simd<S>
[[gnu::noinline]] void set_exp(Index n, const S* x, S* y) {
  detail::for_each_vector(n, x, std::array{y}, [](const auto& v) { return std::array{simd_exp(v)}; });
}

template <class S>
  requires has_simd<S>
[[gnu::noinline]] void set_log(Index n, const S* x, S* y) {
  detail::for_each_vector(n, x, std::array{y}, [](const auto& v) { return std::array{simd_log(v)}; });
}

template <class S>
  requires has_simd<S>
[[gnu::noinline]] void set_tanh(Index n, const S* x, S* y, S* slope) {
  detail::for_each_vector(n, x, std::array{y, slope}, [](const auto& v) {
    const auto z = simd_tanh(v);
    return std::array{z.value, z.slope};
  });
}

template <class S>
  requires has_simd<S>
[[gnu::noinline]] void set_logistic(Index n, const S* x, S* y, S* slope) {
  detail::for_each_vector(n, x, std::array{y, slope}, [](const auto& v) {
    const auto z = simd_logistic(v);
    return std::array{z.value, z.slope};
  });
}

template <class S>
  requires has_simd<S>
[[gnu::noinline]] void set_softplus(Index n, const S* x, S* y, S* slope, S* curvature) {
  detail::for_each_vector(n, x, std::array{y, slope, curvature}, [](const auto& v) {
    const auto z = simd_softplus(v);
    return std::array{z.value, z.slope, z.curvature};
  });
}

}  // namespace drift::calculus
