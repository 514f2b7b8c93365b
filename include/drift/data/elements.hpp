#pragma once
// elements: the numbers of binary files, of any of ten types and either byte order, as numbers of type T.
//
// What readers built on this promise:
//   T floating   rounded to the nearest; nan and inf stay what they are; a finite number outside of T's range is refused
//   T integral   the very number; a fraction, nan or a number outside of T's range is refused
//   other T      T(number), the number as it stands in the file
//
// Failures: FileError "path, offset 16: expected a whole number in 0, ..., 255, found 300".

#include <drift/core/types.hpp>
#include <drift/data/input_file.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace drift::data::detail {

enum class ElementKind { boolean, signed_integer, unsigned_integer, floating };

struct Element {
  ElementKind kind = ElementKind::unsigned_integer;
  std::size_t size = 1;  ///< bytes
  bool big_endian = false;
};

/// The number whose bytes stand at `from`.
template <class Raw>
Raw load(const char* from, bool big_endian) {
  std::array<char, sizeof(Raw)> bytes = {};
  std::copy_n(from, sizeof(Raw), bytes.begin());
  if (big_endian != (std::endian::native == std::endian::big)) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Raw>(bytes);
}

/// take(Raw(0)), where Raw is the type of the element's numbers.
template <class Take>
void with_type_of(const Element& element, Take take) {
  switch (element.kind) {
    case ElementKind::boolean: return take(bool{});
    case ElementKind::floating: return element.size == 4 ? take(float{}) : take(double{});
    case ElementKind::signed_integer:
      switch (element.size) {
        case 1: return take(std::int8_t{});
        case 2: return take(std::int16_t{});
        case 4: return take(std::int32_t{});
        default: return take(std::int64_t{});
      }
    case ElementKind::unsigned_integer:
      switch (element.size) {
        case 1: return take(std::uint8_t{});
        case 2: return take(std::uint16_t{});
        case 4: return take(std::uint32_t{});
        default: return take(std::uint64_t{});
      }
  }
}

/// Whether T can take the number in, as the table above says.
template <class T, class Raw>
bool holds(Raw number) {
  if constexpr (std::integral<T> && std::integral<Raw>) {
    return std::in_range<T>(number);
  } else if constexpr (std::integral<T>) {
    const Raw above = std::ldexp(Raw(1), std::numeric_limits<T>::digits);
    const Raw lowest = std::is_signed_v<T> ? -above : Raw(0);
    return number >= lowest && number < above && number == std::trunc(number);
  } else if constexpr (std::floating_point<T> && std::floating_point<Raw>) {
    return !std::isfinite(number) || std::isfinite(static_cast<T>(number));
  } else {
    return true;
  }
}

template <class T>
std::string numbers_of() {
  if constexpr (std::integral<T>)
    return "a whole number in " + std::to_string(std::numeric_limits<T>::min()) + ", ..., " +
           std::to_string(std::numeric_limits<T>::max());
  else
    return "a number in the range of " + std::to_string(8 * sizeof(T)) + " bits";
}

template <class Raw>
std::string number_as_text(Raw number) {
  std::ostringstream text;
  text.precision(std::numeric_limits<double>::max_digits10);
  text << +number;
  return text.str();
}

/// Numbers of type Raw from places `stride` bytes apart into places `to_stride` values apart; `offset` is that of `from`.
template <class T, class Raw>
void convert(const ByteReader& file, std::uint64_t offset, const Element& element, const char* from, std::size_t stride,
             std::size_t count, T* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < count; ++i) {
    const Raw number = load<Raw>(from + i * stride, element.big_endian);
    if (!holds<T>(number))
      file.fail(offset + i * stride, "expected " + numbers_of<T>() + ", found " + number_as_text(number));
    to[i * to_stride] = static_cast<T>(number);  // NOLINT(bugprone-signed-char-misuse): a number, not a character
  }
}

/// The same for truth values, a byte of 0 or 1 each.
template <class T>
void convert_booleans(const ByteReader& file, std::uint64_t offset, const char* from, std::size_t stride,
                      std::size_t count, T* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = load<std::uint8_t>(from + i * stride, false);
    if (number > 1) file.fail(offset + i * stride, "expected a truth value, 0 or 1, found " + std::to_string(number));
    to[i * to_stride] = static_cast<T>(static_cast<int>(number));
  }
}

/// The values of `count` records, each of these elements without gaps, record after record.
template <class T>
std::vector<T> read_values(ByteReader& file, const std::vector<Element>& record, std::size_t count) {
  static_assert(!std::same_as<T, bool>, "truth values are read as numbers: ask for std::uint8_t");
  std::size_t record_size = 0;
  for (const Element& element : record) record_size += element.size;
  std::vector<T> values;
  file.records(count, record_size, "values", [&](const char* bytes, std::size_t records, std::uint64_t offset) {
    const std::size_t first = values.size();
    make_room(values, records * record.size(), count * record.size());
    values.resize(first + records * record.size());
    std::size_t place = 0;
    for (std::size_t field = 0; field < record.size(); ++field) {
      const Element& element = record[field];
      T* const to = values.data() + first + field;
      with_type_of(element, [&]<class Raw>(Raw) {
        if constexpr (std::same_as<Raw, bool>)
          convert_booleans(file, offset + place, bytes + place, record_size, records, to, record.size());
        else
          convert<T, Raw>(file, offset + place, element, bytes + place, record_size, records, to, record.size());
      });
      place += element.size;
    }
  });
  return values;
}

}  // namespace drift::data::detail
