#include <drift/core/random.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <locale>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using drift::Index;
using drift::Random;

namespace {

using Block = std::array<std::uint32_t, 4>;

/// The standard normal distribution function by libm, the independent route to what normal() inverts.
long double normal_distribution(long double x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; }

/// The largest distance between the empirical distribution and the given one, times sqrt(n).
template <class Distribution>
double kolmogorov_smirnov(std::vector<double> sample, Distribution distribution) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double p = distribution(sample[i]);
    distance = std::max({distance, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return distance * std::sqrt(n);
}

template <class Draw>
std::vector<double> draws(int n, Draw draw) {
  std::vector<double> sample(static_cast<std::size_t>(n));
  for (double& x : sample) x = static_cast<double>(draw());
  return sample;
}

/// Pearson's statistic, less its expectation (the number of cells less one), in standard deviations.
double chi_square_deviation(const std::vector<double>& observed, double expected) {
  double statistic = 0;
  for (const double count : observed) statistic += (count - expected) * (count - expected) / expected;
  const auto freedom = static_cast<double>(observed.size() - 1);
  return (statistic - freedom) / std::sqrt(2 * freedom);
}

double correlation(Random a, Random b, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += a.normal() * b.normal();
  return sum / std::sqrt(static_cast<double>(n));  // a standard normal number when a and b are independent
}

/// A checksum of the bits of the next n draws.
template <class Draw>
std::uint64_t checksum(int n, Draw draw) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (int i = 0; i < n; ++i) hash = (hash ^ std::bit_cast<std::uint64_t>(static_cast<double>(draw()))) * 0x100000001B3;
  return hash;
}

}  // namespace

TEST_CASE("Philox4x32-10 meets the known answers of Random123") {
  CHECK(drift::philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t ones = 0xffffffff;
  CHECK(drift::philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  const Block digits_of_pi{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
  CHECK(drift::philox4x32(digits_of_pi, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("A stream hands out the known answers, low word first, and then the next block") {
  Random zeros(0);
  CHECK(zeros.bits() == 0xe169c58d6627e8d5);
  CHECK(zeros.bits() == 0x9b00dbd8bc57ac4c);
  const Block next = drift::philox4x32({1, 0, 0, 0}, {0, 0});
  CHECK(zeros.bits() == (next[0] | std::uint64_t{next[1]} << 32));
  // Seed, stream and position are the key, the upper and twice the lower half of the counter.
  Random later(0x299f31d0a4093822, 0x0370734413198a2e, 2 * 0x05a308d3243f6a88);
  const Block block = drift::philox4x32({0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0});
  CHECK(later.bits() == (block[0] | std::uint64_t{block[1]} << 32));
}

TEST_CASE("The same seed gives these bits under every compiler and flag") {
  // Computed once (g++ 12 -O0; the single values confirmed by a separate program in Python); every build of this test
  // checks itself against them.
  Random random(2310);
  CHECK(random.bits() == 0x56fe5928ae5ff2a8);
  CHECK(std::bit_cast<std::uint64_t>(random.uniform()) == 0x3fed3fdfc3bec25b);
  CHECK(std::bit_cast<std::uint32_t>(random.uniform<float>()) == 0x3e910294);
  CHECK(std::bit_cast<std::uint64_t>(random.normal()) == 0x3fea83d8c51dbf11);
  CHECK(std::bit_cast<std::uint32_t>(random.normal<float>()) == 0xbec17a3e);
  CHECK(std::bit_cast<std::uint64_t>(random.uniform(-3.0, 0.1)) == 0xbff9ba6aa72432ff);
  CHECK(random.below(1000003) == 141089);
  CHECK(random.permutation(8) == std::vector<Index>{5, 7, 0, 6, 2, 3, 4, 1});
  CHECK(random.split(7).bits() == 0xef6b71dd2e2c763b);
  CHECK(random.split("weights").bits() == 0xcdfabf5a4442ca1a);

  CHECK(checksum(200000, [&] { return random.uniform(); }) == 0x710ec1938af5fdf4);
  CHECK(checksum(200000, [&] { return random.normal(); }) == 0x5a9d94695b7c5ccc);
  CHECK(checksum(200000, [&] { return random.normal<float>(); }) == 0x4a84caf532598c25);
  CHECK(checksum(200000, [&] { return random.uniform(-1.0 / 3, 0.7); }) == 0xa17744bbb6988246);
  // All three branches of the normal quantile, into the far tail.
  std::uint64_t word = 0;
  CHECK(checksum(63 * 64, [&] {
          const std::uint64_t step = word++;
          return drift::detail::normal_of_word(~std::uint64_t{0} << (step % 63) ^ step << 17);
        }) == 0x690445d80a02d5a2);
}

TEST_CASE("float, double and long double draw the same points") {
  const Random start(5);
  Random f = start, d = start, l = start;
  for (int i = 0; i < 1000; ++i) {
    const double uniform = d.uniform();
    CHECK(f.uniform<float>() == std::floor(uniform * 0x1p24) * 0x1p-24);
    CHECK(static_cast<double>(std::floor(l.uniform<long double>() * 0x1p53L) * 0x1p-53L) == uniform);
    const double normal = d.normal();
    CHECK(f.normal<float>() == static_cast<float>(normal));
    CHECK(l.normal<long double>() == static_cast<long double>(normal));
  }
  CHECK(f == d);
  CHECK(l == d);
}

TEST_CASE("A stream that was written, read and continued equals one that was not interrupted") {
  for (const int drawn : {0, 1, 2, 7}) {
    Random straight(99, 3);
    for (int i = 0; i < drawn; ++i) straight.bits();
    std::stringstream checkpoint;
    checkpoint << straight << " and more";
    Random resumed(0);
    checkpoint >> resumed;
    CHECK(resumed == straight);
    CHECK(resumed.position() == static_cast<std::uint64_t>(drawn));
    std::string rest;
    checkpoint >> rest;
    CHECK(rest == "and");
    for (int i = 0; i < 5; ++i) CHECK(resumed.bits() == straight.bits());
    CHECK(resumed == straight);
  }
}

TEST_CASE("The text of a stream does not depend on locale or flags and keeps 64-bit numbers") {
  struct Grouped : std::numpunct<char> {
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  const Random random(largest, 1234567, 7654321);
  std::stringstream text;
  text.imbue(std::locale(std::locale::classic(), new Grouped));
  text << std::hex << std::showbase << random;
  CHECK(text.str() == "18446744073709551615 1234567 7654321");
  Random read(0);
  text >> read;
  CHECK(read == random);
}

TEST_CASE("Text that is no state fails the text stream and leaves the Random alone") {
  for (const char* text : {"", "1 2", "1 2 x", "1 -2 3", "1 2 3.5", "1 2 18446744073709551616"}) {
    std::istringstream in(text);
    Random random(4, 5, 6);
    in >> random;
    CAPTURE(text);
    CHECK(in.fail());
    CHECK(random == Random(4, 5, 6));
  }
}

TEST_CASE("skip(n) is drawing n times, from any position") {
  for (const int before : {0, 1, 2, 3})
    for (const int n : {0, 1, 2, 3, 8, 1001}) {
      Random drawn(17), skipped(17);
      for (int i = 0; i < before; ++i) CHECK(drawn.bits() == skipped.bits());
      for (int i = 0; i < n; ++i) drawn.bits();
      skipped.skip(static_cast<std::uint64_t>(n));
      CHECK(skipped == drawn);
      CHECK(skipped.bits() == drawn.bits());
      CHECK(skipped.bits() == drawn.bits());
    }
}

TEST_CASE("Streams differ with seed, stream and position, and compare so") {
  CHECK(Random(1) == Random(1));
  CHECK(Random(1) != Random(2));
  CHECK(Random(1, 0) != Random(1, 1));
  CHECK(Random(1, 0, 0) != Random(1, 0, 1));
  CHECK(Random(1).bits() != Random(2).bits());
  CHECK(Random(1, 0).bits() != Random(1, 1).bits());
}

TEST_CASE("A substream does not depend on what was drawn from its parent") {
  Random parent(8);
  const Random by_number = parent.split(3), by_name = parent.split("data");
  parent.normal_vector(11);
  CHECK(parent.split(3) == by_number);
  CHECK(parent.split("data") == by_name);
  CHECK(parent.position() == 11);
}

TEST_CASE("Substreams of different numbers, names and parents are different and uncorrelated") {
  const Random parent(8);
  std::vector<Random> streams{parent, Random(9), Random(8, 1), Random(8).split(0).split(1), parent.split(1).split(0)};
  for (std::uint64_t i = 0; i < 5; ++i) streams.push_back(parent.split(i));
  for (const char* name : {"", "a", "b", "weights", "weights2"}) streams.push_back(parent.split(name));
  std::set<std::uint64_t> first_words;
  for (Random stream : streams) first_words.insert(stream.bits());
  CHECK(first_words.size() == streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(std::abs(correlation(streams[i], streams[j], 4000)) < 4.5);
  Random shifted = parent;
  shifted.skip(1);
  CHECK(std::abs(correlation(parent, shifted, 4000)) < 4.5);
}

TEST_CASE("Each of the 64 bits is set half of the time") {
  Random random(123);
  const int n = 40000;
  std::array<int, 64> set{};
  for (int i = 0; i < n; ++i) {
    const std::uint64_t word = random.bits();
    for (std::size_t b = 0; b < 64; ++b) set[b] += static_cast<int>(word >> b & 1);
  }
  for (const int count : set) CHECK(std::abs(count - n / 2) < 4.5 * std::sqrt(n) / 2);
}

TEMPLATE_TEST_CASE("Uniform numbers lie in [0, 1) and are uniform", "", float, double, long double) {
  Random random(1);
  const auto sample = draws(100000, [&] {
    const TestType x = random.uniform<TestType>();
    CHECK((x >= 0 && x < 1));
    return x;
  });
  CHECK(kolmogorov_smirnov(sample, [](double x) { return x; }) < 1.95);  // exceeded by chance once in 1000
  CHECK(drift::detail::uniform_of_word<TestType>(0) == 0);
  const TestType largest = drift::detail::uniform_of_word<TestType>(~std::uint64_t{0});
  CHECK(largest == 1 - std::numeric_limits<TestType>::epsilon() / 2);
}

TEST_CASE("Uniform numbers of an interval stay below its upper end, even where rounding would reach it") {
  Random random(2);
  const auto sample = draws(50000, [&] { return (random.uniform(-2.0, 3.0) + 2) / 5; });
  CHECK(kolmogorov_smirnov(sample, [](double x) { return x; }) < 1.95);
  const float above_one = std::nextafter(1.0f, 2.0f);
  for (int i = 0; i < 100; ++i) CHECK(random.uniform(1.0f, above_one) == 1.0f);
}

TEMPLATE_TEST_CASE("Normal numbers are normal in moments and distribution", "", float, double, long double) {
  Random random(3);
  const int n = 200000;
  const auto sample = draws(n, [&] { return random.normal<TestType>(); });
  std::array<double, 5> moment{};
  for (const double x : sample)
    for (int k = 1; k <= 4; ++k) moment[static_cast<std::size_t>(k)] += std::pow(x, k) / n;
  // Variances of the powers of a standard normal number: 1, 2, 15, 96.
  const double unit = 4 / std::sqrt(static_cast<double>(n));
  CHECK(std::abs(moment[1]) < unit);
  CHECK(std::abs(moment[2] - 1) < unit * std::sqrt(2.0));
  CHECK(std::abs(moment[3]) < unit * std::sqrt(15.0));
  CHECK(std::abs(moment[4] - 3) < unit * std::sqrt(96.0));
  CHECK(kolmogorov_smirnov(sample, [](double x) { return static_cast<double>(normal_distribution(x)); }) < 1.95);
}

TEST_CASE("The tails of normal numbers are as heavy as they must be") {
  Random random(4);
  const int n = 1000000;
  std::array<int, 5> beyond{};
  for (int i = 0; i < n; ++i) {
    const double size = std::abs(random.normal());
    for (std::size_t k = 1; k < beyond.size(); ++k) beyond[k] += size > static_cast<double>(k) ? 1 : 0;
  }
  for (std::size_t k = 1; k < beyond.size(); ++k) {
    const double expected = n * 2 * static_cast<double>(normal_distribution(-static_cast<long double>(k)));
    CHECK(std::abs(beyond[k] - expected) < 4 * std::sqrt(expected));
  }
}

TEST_CASE("The normal number of a word is the quantile of its rank to a few roundings, out to the last word") {
  // Word m (top bit 0) has the upper tail p = (2^63 - m - 1/2) / 2^64; an error dx of x is one of -phi(x) dx in p.
  const auto error_in_ulps = [](std::uint64_t m) {
    const long double tail = (static_cast<long double>((std::uint64_t{1} << 63) - m) - 0.5L) * 0x1p-64L;
    const double x = drift::detail::normal_of_word(m);
    const long double density = std::exp(-static_cast<long double>(x) * x / 2) / std::sqrt(2 * std::acos(-1.0L));
    const long double dx = (normal_distribution(-static_cast<long double>(x)) - tail) / density;
    return static_cast<double>(std::abs(dx / x)) / std::numeric_limits<double>::epsilon();
  };
  const std::uint64_t half = std::uint64_t{1} << 63;
  double worst = 0;
  for (std::uint64_t m = half / 8; m < half - half / 100; m += half / 4001) worst = std::max(worst, error_in_ulps(m));
  for (std::uint64_t to_end = half / 64; to_end > 0; to_end -= (to_end + 63) / 64)
    worst = std::max(worst, error_in_ulps(half - to_end));
  CHECK(worst < 8);
  CHECK(drift::detail::normal_of_word(half - 1) > 9.0);
  CHECK(drift::detail::normal_of_word(0) > 0);
  // Near zero the density is flat: x = (rank - 1/2) sqrt(2 pi).
  for (std::uint64_t m = 1; m < half / 100000000; m *= 5) {
    const double linear = (static_cast<double>(m) + 0.5) * 0x1p-64 * 2.5066282746310005;
    CHECK(drift::detail::normal_of_word(m) == Approx(linear).epsilon(1e-14));
  }
}

TEST_CASE("Normal numbers are odd in the top bit and increasing in the rest") {
  Random random(6);
  const std::uint64_t top = std::uint64_t{1} << 63;
  double last = 0;
  for (std::uint64_t m = 0; m < top - top / 50000; m += top / 50000) {
    const double x = drift::detail::normal_of_word(m);
    CHECK(x > last);
    CHECK(drift::detail::normal_of_word(m | top) == -x);
    last = x;
  }
}

TEST_CASE("The reproducible logarithm agrees with libm to two roundings away from 1") {
  Random random(12);
  for (int i = 0; i < 20000; ++i) {
    const double x = std::ldexp(random.uniform(0.5, 1.0), static_cast<int>(random.below(80)) - 80);
    const double exact = std::log(x);
    CHECK(std::abs(drift::detail::reproducible_log(x) - exact) <= 2 * std::numeric_limits<double>::epsilon() * -exact);
  }
}

TEST_CASE("below(n) is uniform over 0, ..., n - 1") {
  Random random(7);
  for (const int n : {1, 2, 3, 7, 64, 100}) {
    const int draws_each = 1000;
    std::vector<double> count(static_cast<std::size_t>(n));
    for (int i = 0; i < n * draws_each; ++i) ++count.at(static_cast<std::size_t>(random.below(n)));
    if (n > 1) CHECK(std::abs(chi_square_deviation(count, draws_each)) < 4);
  }
}

TEST_CASE("below(n) has no modulo bias") {
  // 2^64 mod n = 2^62 here: words taken mod n without rejection would put 3/4 of the results below 2^62 instead of 2/3.
  const Index n = Index{3} << 61, third = Index{1} << 61;
  Random random(8);
  std::vector<double> count(3);
  for (int i = 0; i < 30000; ++i) ++count.at(static_cast<std::size_t>(random.below(n) / third));
  CHECK(std::abs(chi_square_deviation(count, 10000)) < 4);
}

TEST_CASE("Signs are +1 or -1, half of each") {
  Random random(9);
  const drift::Vector<float> signs = random.sign_vector<float>(40000);
  CHECK(signs.cwiseAbs().isOnes(0));
  CHECK(std::abs(signs.sum()) < 4 * 200);
}

TEST_CASE("Vectors and matrices hold the draws of the stream in storage order") {
  Random filled(10), single(10);
  const drift::Vector<double> normal = filled.normal_vector(3);
  for (Index i = 0; i < 3; ++i) CHECK(normal[i] == single.normal());
  const drift::Vector<float> uniform = filled.uniform_vector<float>(4);
  for (Index i = 0; i < 4; ++i) CHECK(uniform[i] == single.uniform<float>());
  const drift::Vector<double> interval = filled.uniform_vector(4, -1.0, 2.0);
  for (Index i = 0; i < 4; ++i) CHECK(interval[i] == single.uniform(-1.0, 2.0));
  const drift::Matrix<double> matrix = filled.normal_matrix(3, 2);
  for (Index j = 0; j < 2; ++j)
    for (Index i = 0; i < 3; ++i) CHECK(matrix(i, j) == single.normal());
  const drift::Matrix<long double> square = filled.uniform_matrix<long double>(2, 2);
  for (Index j = 0; j < 2; ++j)
    for (Index i = 0; i < 2; ++i) CHECK(square(i, j) == single.uniform<long double>());
  CHECK(filled.normal_vector(0).size() == 0);
  CHECK(filled == single);
}

TEST_CASE("shuffle makes every order equally likely") {
  Random random(11);
  std::vector<double> count(24);
  for (int i = 0; i < 24 * 500; ++i) {
    std::vector<int> order{0, 1, 2, 3}, tried{0, 1, 2, 3};
    random.shuffle(order);
    std::size_t rank = 0;
    while (tried != order && std::next_permutation(tried.begin(), tried.end())) ++rank;
    ++count.at(rank);
  }
  CHECK(std::abs(chi_square_deviation(count, 500)) < 4);
}

TEST_CASE("shuffle takes Eigen vectors and empty and single ranges, and permutation(n) holds 0 to n - 1 once each") {
  Random random(12);
  Eigen::VectorXi numbers = Eigen::VectorXi::LinSpaced(50, 0, 49);
  random.shuffle(numbers);
  CHECK(numbers != Eigen::VectorXi::LinSpaced(50, 0, 49));
  CHECK(std::set<int>(numbers.begin(), numbers.end()).size() == 50);
  std::vector<int> none, one{5};
  const Random before = random;
  random.shuffle(none);
  random.shuffle(one);
  CHECK(random == before);
  CHECK(one == std::vector<int>{5});
  const std::vector<Index> order = random.permutation(1000);
  const std::set<Index> members(order.begin(), order.end());
  CHECK((members.size() == 1000 && *members.begin() == 0 && *members.rbegin() == 999));
  CHECK(random.permutation(0).empty());
}

TEST_CASE("A Random serves the standard library as a generator") {
  static_assert(std::uniform_random_bit_generator<Random>);
  Random random(13), same(13);
  CHECK(random() == same.bits());
  CHECK((Random::min() == 0 && Random::max() == ~std::uint64_t{0}));
}

TEST_CASE("Arguments that no draw can meet are refused by name") {
  using Catch::Matchers::StartsWith;
  Random random(14);
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const double largest = std::numeric_limits<double>::max();
  CHECK_THROWS_WITH(random.below(0), StartsWith("n: was 0, must be"));
  CHECK_THROWS_WITH(random.below(-3), StartsWith("n: was -3"));
  CHECK_THROWS_WITH(random.uniform(1.0, 1.0), StartsWith("upper: was 1"));
  CHECK_THROWS_WITH(random.uniform(2.0, 1.0), StartsWith("upper: was 1"));
  CHECK_THROWS_WITH(random.uniform(nan, 1.0), StartsWith("lower: was nan"));
  CHECK_THROWS_WITH(random.uniform(0.0, nan), StartsWith("upper: was nan"));
  CHECK_THROWS_WITH(random.uniform(-infinity, 0.0), StartsWith("lower: was -inf"));
  CHECK_THROWS_WITH(random.uniform(-largest, largest), StartsWith("upper: was"));
  CHECK_THROWS_WITH(random.normal_vector(-1), StartsWith("n: was -1"));
  CHECK_THROWS_WITH(random.normal_matrix(-1, 2), StartsWith("rows: was -1"));
  CHECK_THROWS_WITH(random.uniform_matrix(2, -2), StartsWith("columns: was -2"));
  CHECK_THROWS_AS(random.permutation(-1), drift::InvalidArgument);
  CHECK(random.position() == 0);
}
