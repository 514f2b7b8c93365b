#include <drift/data/elements.hpp>

#include "data/malformed.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

using drift::data::InputFile;
using drift::data::detail::ByteReader;
using drift::data::detail::Element;
using drift::data::detail::ElementKind;
using drift::data::detail::read_values;

namespace {

template <class T>
std::vector<T> read(const std::string& text, const std::vector<Element>& record, std::size_t count) {
  std::istringstream stream(text);
  InputFile file(stream, "text");
  ByteReader reader(file);
  return read_values<T>(reader, record, count);
}

/// Both byte orders give the number back, as it is and as a T.
template <class T, class Raw>
void expect_both_orders(ElementKind kind, Raw number, T expected) {
  CAPTURE(number);
  CHECK(read<T>(little_endian(number), {{kind, sizeof(Raw), false}}, 1) == std::vector<T>{expected});
  CHECK(read<T>(big_endian(number), {{kind, sizeof(Raw), true}}, 1) == std::vector<T>{expected});
}

/// The complaint about one number behind another that fits.
template <class T, class Raw>
std::string refusal(ElementKind kind, Raw number) {
  const std::string text = little_endian(Raw(1)) + little_endian(number);
  return complaint([&] { read<T>(text, {{kind, sizeof(Raw), false}}, 2); });
}

}  // namespace

TEST_CASE("Each type of number is read in both byte orders") {
  expect_both_orders<double>(ElementKind::unsigned_integer, std::uint8_t{200}, 200.0);
  expect_both_orders<double>(ElementKind::unsigned_integer, std::uint16_t{40000}, 40000.0);
  expect_both_orders<double>(ElementKind::unsigned_integer, std::uint32_t{4000000000U}, 4e9);
  expect_both_orders<double>(ElementKind::unsigned_integer, std::uint64_t{1} << 60U, std::ldexp(1.0, 60));
  expect_both_orders<double>(ElementKind::signed_integer, std::int8_t{-100}, -100.0);
  expect_both_orders<double>(ElementKind::signed_integer, std::int16_t{-30000}, -30000.0);
  expect_both_orders<double>(ElementKind::signed_integer, std::int32_t{-2000000000}, -2e9);
  expect_both_orders<double>(ElementKind::signed_integer, std::int64_t{-3}, -3.0);
  expect_both_orders<double>(ElementKind::floating, 0.1F, static_cast<double>(0.1F));
  expect_both_orders<double>(ElementKind::floating, 1e300, 1e300);
  expect_both_orders<int>(ElementKind::boolean, std::uint8_t{1}, 1);
}

TEST_CASE("A floating T rounds, and keeps what is no number") {
  expect_both_orders<float>(ElementKind::floating, 0.1, 0.1F);
  expect_both_orders<float>(ElementKind::signed_integer, std::int32_t{16777217}, 16777216.0F);
  expect_both_orders<double>(ElementKind::signed_integer, (std::int64_t{1} << 53) + 1, std::ldexp(1.0, 53));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  expect_both_orders<float>(ElementKind::floating, -infinity, static_cast<float>(-infinity));
  CHECK(std::isnan(read<float>(little_endian(std::nan("")), {{ElementKind::floating, 8, false}}, 1)[0]));
  CHECK(refusal<float>(ElementKind::floating, 1e39) ==
        "text, offset 8: expected a number in the range of 32 bits, found 9.9999999999999994e+38");
}

TEST_CASE("An integral T takes the very number or nothing") {
  expect_both_orders<std::int64_t>(ElementKind::unsigned_integer, (std::uint64_t{1} << 63U) - 1,
                                   std::numeric_limits<std::int64_t>::max());
  expect_both_orders<std::int64_t>(ElementKind::floating, -std::ldexp(1.0, 63),
                                   std::numeric_limits<std::int64_t>::min());
  expect_both_orders<int>(ElementKind::floating, -3.0, -3);
  CHECK(refusal<std::uint8_t>(ElementKind::signed_integer, std::int16_t{300}) ==
        "text, offset 2: expected a whole number in 0, ..., 255, found 300");
  CHECK(refusal<std::uint8_t>(ElementKind::signed_integer, std::int8_t{-1}) ==
        "text, offset 1: expected a whole number in 0, ..., 255, found -1");
  CHECK(refusal<std::int64_t>(ElementKind::unsigned_integer, std::uint64_t{1} << 63U) ==
        "text, offset 8: expected a whole number in -9223372036854775808, ..., 9223372036854775807, found "
        "9223372036854775808");
  CHECK(refusal<int>(ElementKind::floating, 2.5) ==
        "text, offset 8: expected a whole number in -2147483648, ..., 2147483647, found 2.5");
  CHECK(refusal<int>(ElementKind::floating, std::ldexp(1.0, 31)) ==
        "text, offset 8: expected a whole number in -2147483648, ..., 2147483647, found 2147483648");
  CHECK(refusal<std::uint64_t>(ElementKind::floating, -1.0).find("found -1") != std::string::npos);
  CHECK(refusal<int>(ElementKind::floating, std::nanf("")).find("found nan") != std::string::npos);
}

TEST_CASE("A truth value is 0 or 1") {
  CHECK(read<double>(bytes({0, 1}), {{ElementKind::boolean, 1, false}}, 2) == std::vector<double>{0, 1});
  CHECK(complaint([] { read<double>(bytes({0, 2}), {{ElementKind::boolean, 1, false}}, 2); }) ==
        "text, offset 1: expected a truth value, 0 or 1, found 2");
}

TEST_CASE("Records of several types stand without gaps, over many pieces") {
  const std::vector<Element> record = {{ElementKind::unsigned_integer, 1, false},
                                       {ElementKind::signed_integer, 2, true},
                                       {ElementKind::floating, 4, false}};
  constexpr std::size_t count = 30000;
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += bytes({static_cast<int>(i % 256)}) + big_endian(static_cast<std::int16_t>(-static_cast<int>(i % 30000))) +
            little_endian(static_cast<float>(i) / 2);
  const std::vector<double> values = read<double>(text, record, count);
  REQUIRE(values.size() == 3 * count);
  CHECK(values.capacity() == 3 * count);
  bool same = true;
  for (std::size_t i = 0; i < count; ++i) {
    const double n = static_cast<double>(i);
    same =
        same && values[3 * i] == static_cast<double>(i % 256) && values[3 * i + 1] == -n && values[3 * i + 2] == n / 2;
  }
  CHECK(same);
  text.pop_back();
  CHECK(complaint([&] { read<double>(text, record, count); }) ==
        "text, offset 0: expected 210000 bytes of values, found 209999");
}
