#pragma once
// read_npy, write_npy: NumPy's format of one array a file.
//
//     data::Array<double> a = data::read_npy("weights.npy");     // a.shape, a.values in C order, a.matrix()
//     data::write_npy("hessian.npy", hessian);                   // numpy.load("hessian.npy") is the same matrix
//     data::write_npy("run.npy", {"step", "loss"}, columns);     // numpy.load("run.npy")["loss"] is the second column
//     data::Array<double> run = data::read_npy("run.npy");       // run.shape = {rows, 2}, run.names = {"step", "loss"}
//
// Read are versions 1.0, 2.0 and 3.0; numbers b1, i1, i2, i4, i8, u1, u2, u4, u8, f4, f8 in either byte order; C and
// Fortran order; and structured types whose fields are all such numbers: the fields become the last axis, their names
// Array::names. elements.hpp says how numbers become a T (8-byte integers above 2^53 are rounded in a double); nan and inf
// are numbers here. The header is read as NumPy writes it, not as Python would evaluate it, and may have 64 KiB.
//
// Written are version 1.0, or 3.0 where a name is not ASCII; little-endian; vectors with one axis, matrices in Fortran
// order, which is how they are in memory; through an AtomicFile, so that a file is there whole or not at all.
//
// Source: NEP 1 "A simple file format for NumPy arrays"; numpy.lib.format.
// Cost: one pass; Fortran order is turned into C order by a copy.
// Failures: FileError "path, offset 128: expected 80 bytes of values, found 64", and likewise for another magic number or
// version, a header that is not as above, a type that is not read (named), sizes that overflow, bytes after the last
// value. Writing: InvalidArgument for an array whose shape does not fit, names that are empty, equal, not as many as the
// columns or have control characters; FileError as AtomicFile says.

#include <drift/core/atomic_file.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/data/array.hpp>
#include <drift/data/elements.hpp>
#include <drift/data/input_file.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace drift::data {

namespace detail {

inline constexpr std::string_view npy_magic = "\x93NUMPY";
inline constexpr std::size_t largest_npy_header = 65536;

struct NpyHeader {
  std::vector<Element> record;     // one, or one for each field
  std::vector<std::string> names;  // of the fields
  bool fortran_order = false;
  std::vector<Index> shape;
};

/// Reads the text of a header: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
class NpyHeaderParser {
 public:
  NpyHeaderParser(const ByteReader& file, std::string_view text, std::uint64_t offset)
      : file_(file), text_(text), offset_(offset) {}

  NpyHeader read() {
    NpyHeader header;
    std::set<std::string> seen;
    take('{');
    while (!take_if('}')) {
      const std::size_t at = skip_blanks();
      const std::string key = quoted();
      if (!seen.insert(key).second) fail(at, "each key once", printable(key) + " again");
      take(':');
      if (key == "descr") {
        read_type(header);
      } else if (key == "fortran_order") {
        header.fortran_order = truth_value();
      } else if (key == "shape") {
        header.shape = sizes();
      } else {
        fail(at, "the key 'descr', 'fortran_order' or 'shape'", printable(key));
      }
      if (!take_if(',') && peek() != '}') fail(at_, "',' or '}'", what_is_here());
    }
    if (seen.size() != 3)
      fail(0, "the keys 'descr', 'fortran_order' and 'shape'", std::to_string(seen.size()) + " of them");
    const std::size_t end = skip_blanks();
    if (text_.substr(end) != "\n" && !text_.substr(end).empty()) fail(end, "nothing more", what_is_here());
    return header;
  }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& expected, const std::string& found) const {
    file_.fail(offset_ + at, "expected " + expected + " in the header, found " + found);
  }

  std::string what_is_here() const { return at_ < text_.size() ? printable(text_.substr(at_, 12)) : "its end"; }

  std::size_t skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_;
  }

  /// The next character that is no blank; '\0' at the end.
  char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take_if(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  void take(char c) {
    if (!take_if(c)) fail(at_, std::string("'") + c + "'", what_is_here());
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  /// A string of Python with the escapes that stand in names.
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail(at_, "a string in quotes", what_is_here());
    const std::size_t start = at_++;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\\') {
        c = at_ < text_.size() ? text_[at_++] : '\0';
        if (c != '\\' && c != '\'' && c != '"')
          fail(at_ - 1, "no escape in a string but of a quote or backslash", "another");
      }
      value += c;
    }
    if (at_ == text_.size()) fail(start, "a string that is closed", "one without end");
    ++at_;
    return value;
  }

  bool truth_value() {
    if (take_word("True")) return true;
    if (take_word("False")) return false;
    fail(at_, "True or False", what_is_here());
  }

  Index size() {
    const std::size_t start = skip_blanks();
    Index value = 0;
    const char* const from = text_.data() + at_;
    const auto [stop, error] = std::from_chars(from, text_.data() + text_.size(), value);
    if (error != std::errc{} || value < 0 || *from == '-')
      fail(start, "a size, a whole number from 0 that fits in 63 bits", what_is_here());
    at_ += static_cast<std::size_t>(stop - from);
    return value;
  }

  /// (), (3,), (3, 4) or (3, 4,)
  std::vector<Index> sizes() {
    std::vector<Index> shape;
    take('(');
    while (!take_if(')')) {
      shape.push_back(size());
      if (take_if(',')) continue;
      if (shape.size() == 1 || peek() != ')') fail(at_, "','", what_is_here());
    }
    return shape;
  }

  /// '<f8'
  Element number_type() {
    const std::size_t start = skip_blanks();
    const std::string type = quoted();
    const auto kinds = std::array{std::pair{'b', ElementKind::boolean}, std::pair{'i', ElementKind::signed_integer},
                                  std::pair{'u', ElementKind::unsigned_integer}, std::pair{'f', ElementKind::floating}};
    for (const auto& [letter, kind] : kinds) {
      if (type.size() != 3 || type[1] != letter || type[2] < '0') continue;
      const auto bytes = static_cast<std::size_t>(type[2] - '0');
      const bool known = kind == ElementKind::boolean    ? bytes == 1
                         : kind == ElementKind::floating ? bytes == 4 || bytes == 8
                                                         : bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
      const bool ordered = type[0] == '<' || type[0] == '>' || (type[0] == '|' && bytes == 1);
      if (known && ordered) return {kind, bytes, type[0] == '>'};
    }
    fail(start, "a number of type b1, i1, i2, i4, i8, u1, u2, u4, u8, f4 or f8, '<' or '>' before", printable(type));
  }

  /// '<f8' or [('step', '<i8'), ('loss', '<f8')]
  void read_type(NpyHeader& header) {
    if (!take_if('[')) {
      header.record = {number_type()};
      return;
    }
    std::set<std::string> seen;
    const std::size_t start = at_;
    while (!take_if(']')) {
      take('(');
      const std::size_t at = skip_blanks();
      const std::string name = quoted();
      if (name.empty()) fail(at, "a field with a name (gaps are not read)", "one without");
      if (!seen.insert(name).second) fail(at, "fields of different names", printable(name) + " again");
      take(',');
      header.names.push_back(name);
      header.record.push_back(number_type());
      if (!take_if(')')) fail(at_, "')', a field holds one number", what_is_here());
      if (!take_if(',') && peek() != ']') fail(at_, "',' or ']'", what_is_here());
    }
    if (header.record.empty()) fail(start, "at least one field", "none");
  }

  const ByteReader& file_;
  std::string_view text_;
  std::uint64_t offset_;  // of the text in the file
  std::size_t at_ = 0;
};

inline NpyHeader read_npy_header(ByteReader& file) {
  std::array<char, 12> start = {};
  file.exactly(8, start.data(), "a magic number and a version");
  if (std::string_view(start.data(), 6) != npy_magic)
    file.fail(0, "expected 93 4e 55 4d 50 59 (.NUMPY), found other bytes");
  const char version = start[6];
  if (version < 1 || version > 3 || start[7] != 0)
    file.fail(6, "expected version 1.0, 2.0 or 3.0, found " + std::to_string(static_cast<unsigned char>(version)) +
                     "." + std::to_string(static_cast<unsigned char>(start[7])));
  const std::size_t width = version == 1 ? 2 : 4;
  file.exactly(width, start.data() + 8, "the header's length");
  const std::size_t length = version == 1 ? load<std::uint16_t>(start.data() + 8, false)  //
                                          : load<std::uint32_t>(start.data() + 8, false);
  if (length > largest_npy_header)
    file.fail(8, "expected a header of at most " + std::to_string(largest_npy_header) + " bytes, found " +
                     std::to_string(length));
  std::string text(length, '\0');
  const std::uint64_t offset = file.offset();
  file.exactly(length, text.data(), "a header");
  NpyHeader header = NpyHeaderParser(file, text, offset).read();
  if (!bounded_product(header.shape, header.record.size()))
    file.fail(offset, "expected a shape of an array that fits in memory, found " + sizes_as_text(header.shape));
  return header;
}

/// Entries of `width` numbers each, whose first axis runs fastest, in C order.
template <class T>
std::vector<T> from_fortran_order(const std::vector<T>& values, const std::vector<Index>& shape, std::size_t width) {
  std::vector<std::size_t> stride;
  std::size_t next = width;
  for (const Index size : shape) {
    stride.push_back(next);
    next *= static_cast<std::size_t>(size);
  }
  std::vector<T> ordered;
  ordered.reserve(values.size());
  std::vector<Index> index(shape.size(), 0);
  std::size_t from = 0;
  while (ordered.size() < values.size()) {
    for (std::size_t i = 0; i < width; ++i) ordered.push_back(values[from + i]);
    // The next index in C order: the last axis goes on; one that is through begins again and hands on to the axis before.
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * static_cast<std::size_t>(shape[axis]);
      index[axis] = 0;
    }
  }
  return ordered;
}

}  // namespace detail

template <class T = double>
Array<T> read_npy(InputFile file) {
  detail::ByteReader bytes(file);
  detail::NpyHeader header = detail::read_npy_header(bytes);
  std::size_t count = 1;
  for (const Index size : header.shape) count *= static_cast<std::size_t>(size);
  std::vector<T> values = detail::read_values<T>(bytes, header.record, count);
  bytes.expect_end();
  if (header.fortran_order) values = detail::from_fortran_order(values, header.shape, header.record.size());
  if (!header.names.empty()) header.shape.push_back(static_cast<Index>(header.names.size()));
  return {std::move(header.shape), std::move(values), std::move(header.names)};
}

/// The rest of a stream; `name` is what errors call it.
template <class T = double>
Array<T> read_npy(std::istream& in, const std::string& name) {
  return read_npy<T>(InputFile(in, name));
}

namespace detail {

template <class T>
std::string npy_type() {
  static_assert((std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, float> || std::same_as<T, double>,
                "NPY files hold float, double and integers");
  const char kind = std::floating_point<T> ? 'f' : std::signed_integral<T> ? 'i' : 'u';
  return std::string(sizeof(T) == 1 ? "'|" : "'<") + kind + std::to_string(sizeof(T)) + "'";
}

inline std::string shape_as_tuple(const std::vector<Index>& shape) {
  std::string tuple = "(";
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    tuple += (axis > 0 ? " " : "") + std::to_string(shape[axis]) + (axis + 1 < shape.size() || axis == 0 ? "," : "");
  return tuple + ")";
}

/// The bytes before the values; the values begin at a multiple of 64, as numpy has it.
inline std::string npy_start(const std::string& type, bool fortran_order, const std::vector<Index>& shape) {
  std::string text = "{'descr': " + type + ", 'fortran_order': " + (fortran_order ? "True" : "False") +
                     ", 'shape': " + shape_as_tuple(shape) + ", }";
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
  std::string start(npy_magic);
  start += {ascii ? '\1' : '\3', '\0'};
  const std::size_t before = start.size() + (ascii ? 2 : 4);
  text.append(63 - (before + text.size()) % 64, ' ');
  text += '\n';
  require(text.size() < largest_npy_header, "names", std::to_string(text.size()) + " bytes of header",
          "so few and short that a header of 65535 bytes holds them");
  for (std::size_t byte = 0; byte < (ascii ? 2U : 4U); ++byte)
    start += static_cast<char>(text.size() >> (8 * byte) & 255U);
  return start + text;
}

/// Writes numbers little-endian, many at a time.
template <class T>
class NpyValues {
 public:
  explicit NpyValues(AtomicFile& file) : file_(file) {}

  void write(T value) {
    auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
    if (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
    buffer_.append(bytes.data(), bytes.size());
    if (buffer_.size() >= 65536) flush();
  }

  void flush() {
    file_.write(buffer_);
    buffer_.clear();
  }

 private:
  AtomicFile& file_;
  std::string buffer_;
};

/// The name as a string of Python.
inline std::string npy_name(const std::string& name) {
  std::string text = "'";
  for (const char c : name) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

inline void require_npy_names(const std::vector<std::string>& names, Index columns) {
  require(!names.empty() && names.size() == static_cast<std::size_t>(columns), "names",
          "of length " + std::to_string(names.size()),
          "one for each column, of which there are " + std::to_string(columns));
  std::set<std::string> seen;
  for (const std::string& name : names) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
    const bool is_text = !name.empty() && std::none_of(name.begin(), name.end(), control);
    require(is_text && seen.insert(name).second, "names", "'" + name + "'",
            "not empty, without control characters and each different");
  }
}

}  // namespace detail

/// In C order, names left out: numpy has none for an axis.
template <class T>
void write_npy(const std::filesystem::path& path, const Array<T>& array) {
  array.validate();
  AtomicFile file(path);
  file.write(detail::npy_start(detail::npy_type<T>(), false, array.shape));
  detail::NpyValues<T> values(file);
  for (const T& value : array.values) values.write(value);
  values.flush();
  file.commit();
}

template <class Derived>
void write_npy(const std::filesystem::path& path, const Eigen::DenseBase<Derived>& matrix) {
  using T = typename Derived::Scalar;
  const typename Derived::PlainObject& plain = matrix.eval();
  constexpr bool one_axis = Derived::IsVectorAtCompileTime != 0;
  AtomicFile file(path);
  const std::vector<Index> shape =
      one_axis ? std::vector<Index>{plain.size()} : std::vector<Index>{plain.rows(), plain.cols()};
  file.write(detail::npy_start(detail::npy_type<T>(), !one_axis, shape));
  detail::NpyValues<T> values(file);
  for (Index j = 0; j < plain.cols(); ++j)
    for (Index i = 0; i < plain.rows(); ++i) values.write(plain(i, j));
  values.flush();
  file.commit();
}

/// A table whose columns have names: a structured array of one record a row.
template <class T>
void write_npy(const std::filesystem::path& path, const std::vector<std::string>& names, const Matrix<T>& columns) {
  detail::require_npy_names(names, columns.cols());
  std::string type = "[";
  for (std::size_t i = 0; i < names.size(); ++i)
    type += (i > 0 ? ", (" : "(") + detail::npy_name(names[i]) + ", " + detail::npy_type<T>() + ")";
  const std::string start = detail::npy_start(type + "]", false, {columns.rows()});
  AtomicFile file(path);
  file.write(start);
  detail::NpyValues<T> values(file);
  for (Index i = 0; i < columns.rows(); ++i)
    for (Index j = 0; j < columns.cols(); ++j) values.write(columns(i, j));
  values.flush();
  file.commit();
}

}  // namespace drift::data
