#include <drift/report/text.hpp>

#include <catch2/catch.hpp>

#include <drift/core/status.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

using drift::report::shortest;
using drift::report::significant;
using drift::report::text_of;

namespace {

template <class T>
T read_back(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  REQUIRE(error == std::errc{});
  REQUIRE(end == text.data() + text.size());
  return value;
}

}  // namespace

TEST_CASE("shortest text reads back as the same bits, whatever the bits") {
  std::mt19937_64 bits(7);
  for (int i = 0; i < 20000; ++i) {
    const auto x = std::bit_cast<double>(bits());
    if (std::isnan(x)) continue;
    REQUIRE(std::bit_cast<std::uint64_t>(read_back<double>(shortest(x))) == std::bit_cast<std::uint64_t>(x));
    const auto y = std::bit_cast<float>(static_cast<std::uint32_t>(bits()));
    if (std::isnan(y)) continue;
    REQUIRE(std::bit_cast<std::uint32_t>(read_back<float>(shortest(y))) == std::bit_cast<std::uint32_t>(y));
  }
}

TEST_CASE("shortest text of a long double reads back as the same number") {
  using Limits = std::numeric_limits<long double>;
  // strtold, since g++ 12's from_chars takes a denormal long double for out of range.
  for (const long double x : {1.0L / 3, Limits::max(), Limits::min(), Limits::denorm_min(), -Limits::epsilon()})
    CHECK(std::strtold(shortest(x).c_str(), nullptr) == x);
}

TEST_CASE("shortest text is short, and the special values have one spelling each") {
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(0.1F) == "0.1");
  CHECK(shortest(1.0) == "1");
  CHECK(shortest(-0.0) == "-0");
  CHECK(shortest(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(shortest(-std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(shortest(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(shortest(-std::numeric_limits<float>::infinity()) == "-inf");
  CHECK(shortest(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("significant gives the digits asked for, with a short exponent") {
  CHECK(significant(0.12345678) == "0.1235");
  CHECK(significant(12.3) == "12.3");
  CHECK(significant(1.23456e-7) == "1.235e-7");
  CHECK(significant(1.23456e+7, 3) == "1.23e7");
  CHECK(significant(1e-300, 2) == "1e-300");
  CHECK(significant(0.0) == "0");
  CHECK(significant(123456) == "123456");
  CHECK(significant(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK_THROWS_AS(significant(1.0, 0), drift::InvalidArgument);
  CHECK_THROWS_AS(significant(1.0, 18), drift::InvalidArgument);
}

TEST_CASE("significant is right to half a unit of its last digit") {
  std::mt19937_64 bits(3);
  std::uniform_real_distribution<double> exponent(-300, 300);
  for (int i = 0; i < 2000; ++i) {
    const double x = std::pow(10.0, exponent(bits));
    const int digits = 1 + i % 17;
    const double error = std::abs(read_back<double>(significant(x, digits)) - x) / x;
    REQUIRE(error <= 0.5 * std::pow(10.0, 1 - digits) * (1 + 1e-9) + 2e-16);
  }
}

TEST_CASE("text_of spells truth values, texts and whatever has a name") {
  CHECK(text_of(true) == "1");
  CHECK(text_of(false) == "0");
  CHECK(text_of("igr") == "igr");
  CHECK(text_of(std::string("a\0b", 3)).size() == 3);
  CHECK(text_of(drift::Status::diverged) == "diverged");
}

TEST_CASE("visible_length counts characters, not bytes") {
  CHECK(drift::report::detail::visible_length("h λ") == 3);
  CHECK(drift::report::detail::visible_length("") == 0);
}
