#pragma once
// Json: a small value to write JSON (RFC 8259) with. Members keep the order they were set in.
//
//     Json run = Json::object();
//     run.set("seed", 7).set("rates", std::vector<double>{0.1, 0.2}).set("method", "igr");
//     run.text();                       // indented by two blanks, ends in a line end
//
// Numbers are written as the shortest text that reads back as the same bits, whole numbers exactly (readers that know
// only doubles round them above 2^53). JSON has no nan and no infinities: they are the strings "nan", "inf" and "-inf",
// so that a reader sees which (Python's float() takes them as they are). Text is UTF-8; a byte that is no UTF-8 becomes
// U+FFFD.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drift::report {

namespace detail {

/// How many bytes the UTF-8 character at the start of text has; 0 where there is no valid one.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  // Overlong forms, surrogates and what lies above U+10FFFF are no characters.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
  if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
  return length;
}

inline std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      quoted += "\\ufffd";
    } else if (length > 1) {
      quoted += text.substr(0, length);
    } else {
      switch (c) {
        case '"': quoted += "\\\""; break;
        case '\\': quoted += "\\\\"; break;
        case '\n': quoted += "\\n"; break;
        case '\r': quoted += "\\r"; break;
        case '\t': quoted += "\\t"; break;
        default:
          if (c >= 0 && c < ' ') {
            quoted += fmt::format("\\u{:04x}", static_cast<int>(c));
          } else {
            quoted += c;
          }
      }
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return quoted + '"';
}

}  // namespace detail

class Json {
 public:
  /// A number, truth value, text, or what has a to_string.
  template <Cell T>
  Json(const T& value) : leaf_(leaf(value)) {}  // NOLINT(google-explicit-constructor): values are written as they are

  /// An array of such values.
  template <Cell T>
  Json(const std::vector<T>& values) : kind_(Kind::array) {  // NOLINT(google-explicit-constructor)
    for (const T& value : values) push(value);
  }
  template <VectorExpression X>
  Json(const X& values) : kind_(Kind::array) {  // NOLINT(google-explicit-constructor)
    const auto& vector = evaluated(values);
    for (Index i = 0; i < vector.size(); ++i) push(vector[i]);
  }

  static Json object() { return Json(Kind::object); }
  static Json array() { return Json(Kind::array); }
  static Json null() { return Json(Kind::leaf); }

  /// Sets a member of an object; one of that name is replaced in its place.
  Json& set(std::string name, Json value) {
    require(kind_ == Kind::object, "set", "on a value that is no object", "on Json::object()");
    for (auto& [each, old] : members_) {
      if (each != name) continue;
      old = std::move(value);
      return *this;
    }
    members_.emplace_back(std::move(name), std::move(value));
    return *this;
  }

  /// Adds an element to an array.
  Json& push(Json value) {
    require(kind_ == Kind::array, "push", "on a value that is no array", "on Json::array()");
    members_.emplace_back(std::string(), std::move(value));
    return *this;
  }

  std::string text() const {
    std::string out;
    append(out, 0);
    return out + '\n';
  }

 private:
  enum class Kind { leaf, array, object };

  explicit Json(Kind kind) : kind_(kind) {}

  template <Cell T>
  static std::string leaf(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      return value ? "true" : "false";
    } else if constexpr (RealNumber<T>) {
      using std::isfinite;
      return isfinite(value) ? shortest(value) : '"' + shortest(value) + '"';
    } else if constexpr (WholeNumber<T>) {
      return shortest(value);
    } else {
      return detail::json_string(text_of(value));
    }
  }

  bool holds_only_leaves() const {
    return std::all_of(members_.begin(), members_.end(),
                       [](const auto& member) { return member.second.kind_ == Kind::leaf; });
  }

  void append(std::string& out, std::size_t depth) const {
    if (kind_ == Kind::leaf) {
      out += leaf_;
      return;
    }
    // An array of plain values stays on one line.
    const bool one_line = members_.empty() || (kind_ == Kind::array && holds_only_leaves());
    out += kind_ == Kind::object ? '{' : '[';
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (i > 0) out += one_line ? ", " : ",";
      if (!one_line) out += '\n' + std::string(2 * (depth + 1), ' ');
      if (kind_ == Kind::object) out += detail::json_string(members_[i].first) + ": ";
      members_[i].second.append(out, depth + 1);
    }
    if (!one_line) out += '\n' + std::string(2 * depth, ' ');
    out += kind_ == Kind::object ? '}' : ']';
  }

  Kind kind_ = Kind::leaf;
  std::string leaf_ = "null";
  std::vector<std::pair<std::string, Json>> members_;  // of an array: without names
};

}  // namespace drift::report
