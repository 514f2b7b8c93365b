#pragma once
// Random: an explicit stream of random numbers that is the same everywhere and can be put down and taken up again.
//
//     word j of the stream (seed, stream) = 64 bits of Philox4x32-10(counter = (j / 2, stream), key = seed)
//
// A Random is three numbers: seed, stream and position (how many words were drawn). It is copied, compared, written to
// and read from a text stream like any value, so a run that is resumed continues bit for bit. There is no hidden or
// global state: a function that needs random numbers takes a Random.
//
//     Random random(seed);
//     Random for_weights = random.split("weights");           // substreams: by name or by number
//     double u = for_weights.uniform();                       // in [0, 1)
//     Vector<float> x = for_weights.normal_vector<float>(10);
//
// What is drawn is a fixed function of the words, without libm: integer arithmetic, + - * / and sqrt (which IEEE 754
// rounds correctly) and an explicit fused multiply-add wherever a product is added to something, so that no compiler
// flag (short of -ffast-math) and no instruction set changes a bit. Every draw but below() uses exactly one word;
// below() uses one, and another with probability under n / 2^64. All number types draw from the same words: a
// uniform float is the truncated uniform double, a normal float the rounded normal double, so runs in different
// precisions start at the same point.
//
// Source: Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011 (Philox);
//         Wichura, Algorithm AS 241, Applied Statistics 37 (1988) 477-484 (the normal quantile PPND16).
// Cost: about 10 ns a word, 50 ns a normal number; period 2^64 words a stream.
// Failures: InvalidArgument for an empty interval, below(n) with n < 1, and a negative size.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <istream>
#include <iterator>
#include <limits>
#include <numbers>
#include <numeric>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drift {

/// Philox4x32-10: for each of the 2^64 keys a bijection of the 128-bit counter; least significant part first.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
  constexpr int rounds = 10;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

namespace detail {

/// Philox on 64-bit halves; the result as two 64-bit words.
constexpr std::array<std::uint64_t, 2> philox_words(std::uint64_t low, std::uint64_t high, std::uint64_t key) {
  const auto lower = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  const auto upper = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
  const std::array<std::uint32_t, 4> block =
      philox4x32({lower(low), upper(low), lower(high), upper(high)}, {lower(key), upper(key)});
  return {block[0] | std::uint64_t{block[1]} << 32, block[2] | std::uint64_t{block[3]} << 32};
}

/// The polynomial with these coefficients (constant term first), by Horner's rule in explicit fused multiply-adds.
template <std::size_t size>
double horner(const std::array<double, size>& coefficients, double x) {
  double sum = coefficients[size - 1];
  for (std::size_t i = size - 1; i-- > 0;) sum = std::fma(sum, x, coefficients[i]);
  return sum;
}

/// log(x) of a positive normal double, to about an ulp where |log(x)| is not small; the same bits everywhere.
inline double reproducible_log(double x) {
  // x = 2^exponent * mantissa with mantissa in [1/sqrt(2), sqrt(2)), read off the bits.
  constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  double exponent = static_cast<double>(static_cast<std::int64_t>(bits >> 52) - 1023);
  double mantissa = std::bit_cast<double>((bits & fraction_mask) | std::uint64_t{1023} << 52);
  if (mantissa > std::numbers::sqrt2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  // log(mantissa) = 2 artanh(s); |s| <= 0.172, so that the first term left out is below 1e-18 relative to s.
  static constexpr std::array<double, 12> odd_reciprocals{1.,      1. / 3,  1. / 5,  1. / 7,  1. / 9,  1. / 11,
                                                          1. / 13, 1. / 15, 1. / 17, 1. / 19, 1. / 21, 1. / 23};
  const double s = (mantissa - 1) / (mantissa + 1);
  const double log_of_mantissa = 2 * s * horner(odd_reciprocals, s * s);
  return std::fma(exponent, std::numbers::ln2, log_of_mantissa);
}

/// Minus the standard normal quantile of `tail`, a probability in (0, 1/2); `centre` is 1/2 - tail, given separately
/// because the subtraction would lose its digits. Relative error about 1e-16. (Wichura 1988, PPND16)
inline double upper_normal_quantile(double centre, double tail) {
  if (centre <= 0.425) {
    static constexpr std::array<double, 8> numerator{
        3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
        4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static constexpr std::array<double, 8> denominator{1.0,
                                                       4.2313330701600911252e+1,
                                                       6.8718700749205790830e+2,
                                                       5.3941960214247511077e+3,
                                                       2.1213794301586595867e+4,
                                                       3.9307895800092710610e+4,
                                                       2.8729085735721942674e+4,
                                                       5.2264952788528545610e+3};
    const double r = std::fma(-centre, centre, 0.180625);
    return centre * horner(numerator, r) / horner(denominator, r);
  }
  const double r = std::sqrt(-reproducible_log(tail));
  if (r <= 5) {
    static constexpr std::array<double, 8> numerator{
        1.42343711074968357734e0, 4.63033784615654529590e0,  5.76949722146069140550e0,  3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr std::array<double, 8> denominator{1.0,
                                                       2.05319162663775882187e0,
                                                       1.67638483018380384940e0,
                                                       6.89767334985100004550e-1,
                                                       1.48103976427480074590e-1,
                                                       1.51986665636164571966e-2,
                                                       5.47593808499534494600e-4,
                                                       1.05075007164441684324e-9};
    return horner(numerator, r - 1.6) / horner(denominator, r - 1.6);
  }
  static constexpr std::array<double, 8> numerator{
      6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,  2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array<double, 8> denominator{1.0,
                                                     5.99832206555887937690e-1,
                                                     1.36929880922735805310e-1,
                                                     1.48753612908506148525e-2,
                                                     7.86869131145613259100e-4,
                                                     1.84631831751005468180e-5,
                                                     1.42151175831644588870e-7,
                                                     2.04426310338993978564e-15};
  return horner(numerator, r - 5) / horner(denominator, r - 5);
}

/// The normal number of a word: the top bit is its sign, the other 63 are its rank m: the absolute value has the upper
/// tail 1/2 - (m + 1/2) / 2^64. It does not decrease with m, is never zero, and at most 9.1.
inline double normal_of_word(std::uint64_t word) {
  constexpr double unit = 0x1p-65;
  const std::uint64_t odd = word << 1 | 1;  // 2 m + 1: the top bit falls out
  const double magnitude =
      upper_normal_quantile(static_cast<double>(odd) * unit, static_cast<double>(std::uint64_t{0} - odd) * unit);
  return word >> 63 != 0 ? -magnitude : magnitude;
}

/// The leading bits of a word as a number in [0, 1): as many as T has digits (24, 53, and 64 at most), so it is exact.
template <std::floating_point T>
T uniform_of_word(std::uint64_t word) {
  constexpr int digits = std::min(std::numeric_limits<T>::digits, 64);
  constexpr T unit = T(0.5) / static_cast<T>(std::uint64_t{1} << (digits - 1));
  return static_cast<T>(word >> (64 - digits)) * unit;
}

}  // namespace detail

class Random {
 public:
  using result_type = std::uint64_t;  ///< with min, max and operator() a generator for the standard library too

  explicit Random(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t position = 0)
      : seed_(seed), stream_(stream), position_(position) {}

  std::uint64_t seed() const { return seed_; }
  std::uint64_t stream() const { return stream_; }
  /// How many 64-bit words were drawn so far.
  std::uint64_t position() const { return position_; }

  /// The next 64 random bits.
  std::uint64_t bits() {
    const bool second_of_block = position_ % 2 != 0;
    if (!second_of_block || !block_is_current_) block_ = detail::philox_words(position_ / 2, stream_, seed_);
    ++position_;
    block_is_current_ = !second_of_block;
    return block_[second_of_block ? 1 : 0];
  }

  /// Moves on as if n words had been drawn; costs nothing.
  void skip(std::uint64_t n) {
    if (n == 0) return;
    position_ += n;
    block_is_current_ = false;
  }

  /// Substream number i: a fresh Random that depends on this one's seed and stream and on i, not on what was drawn.
  /// Substreams of different numbers, names and parents are independent (seed and stream are 128 bits of Philox).
  Random split(std::uint64_t i) const { return substream(i, 0x73706C69745F6978); }

  /// The substream with this name, so that adding another purpose does not change the draws of the present ones.
  Random split(std::string_view name) const {
    std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    return substream(hash, 0x73706C69745F6E61);
  }

  /// Uniform in [0, 1): a multiple of 2^-24 (float), 2^-53 (double) or 2^-64 (long double on x86).
  template <std::floating_point T = double>
  T uniform() {
    return detail::uniform_of_word<T>(bits());
  }

  /// Uniform in [lower, upper); lower < upper, both finite and so is their difference.
  template <std::floating_point T>
  T uniform(T lower, T upper) {
    require(std::isfinite(lower), "lower", lower, "finite");
    require(lower < upper && std::isfinite(upper - lower), "upper", upper, "above lower, at a finite distance");
    const T drawn = std::fma(upper - lower, uniform<T>(), lower);
    return drawn < upper ? drawn : std::nextafter(upper, lower);  // rounding could have reached the excluded end
  }

  /// Uniform over 0, ..., n - 1, without bias; n >= 1.
  Index below(Index n) {
    require(n >= 1, "n", n, "1 or above");
    const auto count = static_cast<std::uint64_t>(n);
    const std::uint64_t surplus =
        (std::uint64_t{0} - count) % count;  // 2^64 mod n: words that would favour some results
    std::uint64_t word = bits();
    while (word < surplus) word = bits();
    return static_cast<Index>(word % count);
  }

  /// Standard normal, by the inverse of the distribution function. Computed in double for every T: a long double has
  /// the double's digits.
  template <std::floating_point T = double>
  T normal() {
    return static_cast<T>(detail::normal_of_word(bits()));
  }

  /// +1 or -1 with equal probability.
  template <std::floating_point T = double>
  T sign() {
    return bits() >> 63 != 0 ? T(-1) : T(1);
  }

  /// n independent draws, in the order of the stream; n >= 0.
  template <std::floating_point T = double>
  Vector<T> normal_vector(Index n) {
    return matrix<T>(n, 1, "n", "columns", [this] { return normal<T>(); });
  }

  template <std::floating_point T = double>
  Vector<T> uniform_vector(Index n) {
    return matrix<T>(n, 1, "n", "columns", [this] { return uniform<T>(); });
  }

  template <std::floating_point T>
  Vector<T> uniform_vector(Index n, T lower, T upper) {
    return matrix<T>(n, 1, "n", "columns", [&, this] { return uniform<T>(lower, upper); });
  }

  template <std::floating_point T = double>
  Vector<T> sign_vector(Index n) {
    return matrix<T>(n, 1, "n", "columns", [this] { return sign<T>(); });
  }

  /// Filled column after column.
  template <std::floating_point T = double>
  Matrix<T> normal_matrix(Index rows, Index columns) {
    return matrix<T>(rows, columns, "rows", "columns", [this] { return normal<T>(); });
  }

  template <std::floating_point T = double>
  Matrix<T> uniform_matrix(Index rows, Index columns) {
    return matrix<T>(rows, columns, "rows", "columns", [this] { return uniform<T>(); });
  }

  /// Brings a random-access range (std::vector, Eigen vector) into random order; every order is equally likely.
  template <class Range>
  void shuffle(Range&& range) {
    using std::begin, std::end, std::swap;
    const auto first = begin(range);
    for (auto n = static_cast<Index>(end(range) - first); n > 1; --n) {
      const Index chosen = below(n);
      if (chosen != n - 1) std::iter_swap(first + chosen, first + (n - 1));
    }
  }

  /// 0, ..., n - 1 in random order; n >= 0.
  std::vector<Index> permutation(Index n) {
    require(n >= 0, "n", n, "0 or above");
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index{0});
    shuffle(order);
    return order;
  }

  std::uint64_t operator()() { return bits(); }
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }

  /// Equal when all further draws are.
  friend bool operator==(const Random& a, const Random& b) {
    return a.seed_ == b.seed_ && a.stream_ == b.stream_ && a.position_ == b.position_;
  }

  /// "seed stream position" in decimal, whatever the locale and the flags of the text stream.
  friend std::ostream& operator<<(std::ostream& out, const Random& random) {
    return out << std::to_string(random.seed_) + ' ' + std::to_string(random.stream_) + ' ' +
                      std::to_string(random.position_);
  }

  /// Reads what operator<< wrote; text of another form sets failbit and leaves `random` as it was.
  friend std::istream& operator>>(std::istream& in, Random& random) {
    std::array<std::uint64_t, 3> state{};
    for (std::uint64_t& number : state) {
      std::string word;
      in >> word;
      const char* const last = word.data() + word.size();
      const auto [stop, error] = std::from_chars(word.data(), last, number);
      if (error != std::errc{} || stop != last) {
        in.setstate(std::ios_base::failbit);
        return in;
      }
    }
    random = Random(state[0], state[1], state[2]);
    return in;
  }

 private:
  /// The key is tagged, so that a substream's seed is never a word that the stream itself hands out.
  Random substream(std::uint64_t i, std::uint64_t tag) const {
    const std::array<std::uint64_t, 2> identity = detail::philox_words(i, stream_, seed_ ^ tag);
    return Random(identity[0], identity[1]);
  }

  template <class T, class Draw>
  static Matrix<T> matrix(Index rows, Index columns, std::string_view rows_name, std::string_view columns_name,
                          Draw draw) {
    require(rows >= 0, rows_name, rows, "0 or above");
    require(columns >= 0, columns_name, columns, "0 or above");
    Matrix<T> drawn(rows, columns);
    for (Index column = 0; column < columns; ++column)
      for (Index row = 0; row < rows; ++row) drawn(row, column) = draw();
    return drawn;
  }

  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_;
  // The block of the word before `position_`, current when the word at `position_` is its second half. Not part of the
  // state: it follows from the three numbers above.
  std::array<std::uint64_t, 2> block_{};
  bool block_is_current_ = false;
};

}  // namespace drift
