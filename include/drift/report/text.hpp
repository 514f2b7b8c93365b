#pragma once
// Numbers and other values as text: exact for files, short for people.
//
//     shortest(0.1)            "0.1"        the shortest text that reads back as the same bits (any floating type)
//     significant(0.12345678)  "0.1235"     four significant digits, or as many as asked for
//     text_of(value)           numbers as shortest, bool as 1 or 0, strings as they are, what has a to_string (Status)
//
// Not-a-number is "nan" whatever its sign, the infinities are "inf" and "-inf"; the locale has no say.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drift::report {

/// float, double or long double.
template <class T>
concept RealNumber = std::floating_point<T>;

/// A whole number: not bool, and no character type.
template <class T>
concept WholeNumber =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view>;

/// What has a to_string of its own, found beside its type.
template <class T>
concept Named = requires(const T& value) {
  { to_string(value) } -> std::convertible_to<std::string_view>;
};

/// What fits into one cell of a trace or table, or is one value in a sidecar.
template <class T>
concept Cell = RealNumber<T> || WholeNumber<T> || std::same_as<T, bool> || TextLike<T> || Named<T>;

/// One cell, or a vector of numbers that fills as many cells as it has components.
template <class T>
concept CellOrVector = Cell<T> || VectorExpression<T>;

namespace detail {

template <RealNumber T>
std::string non_finite_text(T x) {
  using std::isnan;
  if (isnan(x)) return "nan";
  return x < T(0) ? "-inf" : "inf";
}

}  // namespace detail

/// The shortest text that std::from_chars reads back as the same number, bit for bit (for nan: as a nan).
template <RealNumber T>
std::string shortest(T x) {
  using std::isfinite;
  if (!isfinite(x)) return detail::non_finite_text(x);
  std::array<char, 64> digits{};  // 36 are enough for a 113-bit mantissa
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), x);
  return {digits.data(), end};
}

template <WholeNumber T>
std::string shortest(T x) {
  return std::to_string(x);
}

/// The number with that many significant digits, 1 to 17, for people: "0.1235", "12.3", "1.235e-7".
template <RealNumber T>
std::string significant(T x, int digits = 4) {
  using std::isfinite;
  require(digits >= 1 && digits <= 17, "digits", digits, "1 to 17");
  if (!isfinite(x)) return detail::non_finite_text(x);
  std::array<char, 64> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::general, digits);
  std::string text(buffer.data(), end);
  // 1e-07 is 1e-7, 1e+07 is 1e7.
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const bool negative = text[e + 1] == '-';
  std::size_t first = e + 2;
  while (first + 1 < text.size() && text[first] == '0') ++first;
  return text.substr(0, e + 1) + (negative ? "-" : "") + text.substr(first);
}

template <WholeNumber T>
std::string significant(T x, int /*digits*/ = 4) {
  return std::to_string(x);
}

/// Any cell as text, numbers exactly.
template <Cell T>
std::string text_of(const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "1" : "0";
  } else if constexpr (RealNumber<T> || WholeNumber<T>) {
    return shortest(value);
  } else if constexpr (TextLike<T>) {
    return std::string(std::string_view(value));
  } else {
    return std::string(std::string_view(to_string(value)));
  }
}

namespace detail {

template <CellOrVector T>
void append_cells(std::vector<std::string>& cells, const T& value) {
  if constexpr (VectorExpression<T>) {
    const auto& vector = evaluated(value);
    for (Index i = 0; i < vector.size(); ++i) cells.push_back(text_of(vector[i]));
  } else {
    cells.push_back(text_of(value));
  }
}

/// The number that the whole text spells, or nothing that can be used: then `ok` is false.
struct NumberRead {
  double value;
  bool ok;
};
inline NumberRead read_number(std::string_view text) {
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, value);
  return {value, error == std::errc{} && stop == last && !text.empty()};
}

/// How many characters a reader of UTF-8 sees (every byte that continues a character not counted).
inline std::size_t visible_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return length;
}

}  // namespace detail

}  // namespace drift::report
