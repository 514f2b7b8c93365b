#pragma once
// encode and decode: values to bytes and back, bit for bit; what can be saved is what core/fields.hpp lists.
//
//     std::string bytes = encode(optimiser);                     // any number of values
//     decode(bytes, as_built);                                   // into one of the same type, built as the saved one was
//     if (!same_fields(optimiser, as_built)) std::cout << *first_difference(optimiser, as_built);   // "learning_rate"
//
// The bytes say what they hold. They are a row of records, in the order in which the values name their fields:
//
//     name length (4 bytes), name, kind (1 byte), rank (1 byte), rank sizes (8 bytes each), data
//
//   name        dotted from the outermost value: "optimiser.learning_rate", and "rows[3].value" in a list
//   numbers     of every arithmetic type, bool, enums (as the integer under them) and complex numbers: rank 0; a Vector, std::vector or
//               std::array of them: rank 1; a Matrix, column after column: rank 2. Text is rank 1
//   a Random    its seed, stream and position
//   otherwise   a value with fields, and an empty type: a record without data, then its fields; a list of such: rank 1, then the elements;
//               an optional: one byte, then the value if there is one; a variant: the index (4 bytes), then the alternative
//
// Everything is least significant byte first. A long double of x86 is its 10 significant bytes, without the padding.
//
// decode compares names, kinds and sizes, in order. A Vector or Matrix that has elements takes as many as it has, and so does a std::vector
// of values with fields; an empty one takes what comes. A std::vector of numbers, such as the rows of a history, and text take any length, an optional and a variant become what was saved. A value that comes into being that way
// starts as T{}, and must have one. A value must name the same fields at all times, whatever they hold.
//
// Cost: two passes over the names, one over the data; about 1 GB/s for large vectors. No size is believed before the bytes are there: an
// allocation is at most twice the values that have been read.
// Failures: decode throws FileError "archive: what is wrong" and has changed nothing. A variant that an exception emptied: InvalidArgument
// from encode. A type that cannot be saved does not compile.

#include <drift/core/errors.hpp>
#include <drift/core/fields.hpp>
#include <drift/core/random.hpp>
#include <drift/core/types.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace drift {

namespace detail::archive {

/// What a record holds. The numbers stand in the bytes: new kinds go to the end.
enum class Kind : std::uint8_t {
  group,
  list,
  optional,
  alternative,
  text,
  random,
  boolean,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  f32,
  f64,
  f80,
  f128,
  c32,
  c64,
  c80,
  c128  // c: complex
};

struct KindTraits {
  std::string_view name;
  std::size_t bytes;  ///< of data for each element
};

inline constexpr std::array<KindTraits, 23> kinds{{{"a value with fields", 0},
                                                   {"a list", 0},
                                                   {"an optional", 1},
                                                   {"a variant", 4},
                                                   {"text", 1},
                                                   {"a Random", 24},
                                                   {"bool", 1},
                                                   {"i8", 1},
                                                   {"i16", 2},
                                                   {"i32", 4},
                                                   {"i64", 8},
                                                   {"u8", 1},
                                                   {"u16", 2},
                                                   {"u32", 4},
                                                   {"u64", 8},
                                                   {"f32", 4},
                                                   {"f64", 8},
                                                   {"f80", 10},
                                                   {"f128", 16},
                                                   {"complex f32", 8},
                                                   {"complex f64", 16},
                                                   {"complex f80", 20},
                                                   {"complex f128", 32}}};

constexpr KindTraits traits(Kind kind) { return kinds[static_cast<std::size_t>(kind)]; }

// --- Which types are what. -------------------------------------------------------------------------------------------------
template <class T>
inline constexpr bool is_complex_number = false;
template <std::floating_point T>
inline constexpr bool is_complex_number<std::complex<T>> = true;

template <class T>
concept Number = std::is_arithmetic_v<T> || std::is_enum_v<T> || is_complex_number<T>;

/// Vector, Matrix, fixed sizes and Eigen's arrays, in the order of columns.
template <class T>
concept EigenPlain = std::derived_from<T, Eigen::PlainObjectBase<T>> && Number<typename T::Scalar> &&
                     (bool(T::IsVectorAtCompileTime) || !bool(T::IsRowMajor)) &&
                     int(T::RowsAtCompileTime) == int(T::MaxRowsAtCompileTime) &&
                     int(T::ColsAtCompileTime) == int(T::MaxColsAtCompileTime);

template <class T>
inline constexpr bool is_std_vector = false;
template <class T>
inline constexpr bool is_std_vector<std::vector<T>> = true;

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t size>
inline constexpr bool is_std_array<std::array<T, size>> = true;

template <class T>
concept Sequence = is_std_vector<T> || is_std_array<T>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_variant = false;
template <class... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;

/// False for every T, but only once there is a T.
template <class T>
inline constexpr bool can_be_saved = false;

/// T can be made where the prototype has none.
template <class T>
concept Makeable = std::default_initializable<T> || std::same_as<T, Random>;

template <Makeable T>
T make() {
  if constexpr (std::same_as<T, Random>) {
    return Random(0);
  } else {
    return T{};
  }
}

// --- Numbers. --------------------------------------------------------------------------------------------------------------
template <Number T>
constexpr Kind kind_of() {
  const auto by_size = [](Kind smallest, std::size_t size) {
    return static_cast<Kind>(static_cast<int>(smallest) + std::countr_zero(size));
  };
  if constexpr (std::same_as<T, bool>) {
    return Kind::boolean;
  } else if constexpr (std::is_enum_v<T>) {
    return kind_of<std::underlying_type_t<T>>();
  } else if constexpr (is_complex_number<T>) {
    constexpr int from_real_to_complex = static_cast<int>(Kind::c32) - static_cast<int>(Kind::f32);
    return static_cast<Kind>(static_cast<int>(kind_of<Real<T>>()) + from_real_to_complex);
  } else if constexpr (std::integral<T>) {
    static_assert(sizeof(T) <= 8, "integers are saved up to 64 bits");
    return by_size(std::is_signed_v<T> ? Kind::i8 : Kind::u8, sizeof(T));
  } else {
    constexpr int digits = std::numeric_limits<T>::digits;
    return digits == 24 ? Kind::f32 : digits == 53 ? Kind::f64 : digits == 64 ? Kind::f80 : Kind::f128;
  }
}

/// What is one number to the bytes' order: T, or each part of a complex one.
template <Number T>
constexpr std::size_t parts_of = is_complex_number<T> ? 2 : 1;

/// The numbers lie in memory as they do in the bytes.
template <Number T>
constexpr bool as_in_memory = std::endian::native == std::endian::little && traits(kind_of<T>()).bytes == sizeof(T);

inline void reverse_if_big_endian(char* first, std::size_t size) {
  if constexpr (std::endian::native != std::endian::little) std::reverse(first, first + size);
}

template <Number T>
void append_numbers(std::string& out, const T* numbers, std::size_t count) {
  const char* from = reinterpret_cast<const char*>(numbers);  // NOLINT(*-reinterpret-cast): as bytes
  if (count == 0) return;
  if constexpr (as_in_memory<T>) {
    out.append(from, count * sizeof(T));
  } else {
    constexpr std::size_t stored = traits(kind_of<T>()).bytes / parts_of<T>;
    constexpr std::size_t in_memory = sizeof(T) / parts_of<T>;
    for (std::size_t i = 0; i < count * parts_of<T>; ++i, from += in_memory) {
      std::array<char, stored> bytes{};
      std::memcpy(bytes.data(), from, stored);
      reverse_if_big_endian(bytes.data(), stored);
      out.append(bytes.data(), stored);
    }
  }
}

/// The reverse; `bytes` has those of `count` numbers.
template <Number T>
void copy_numbers(std::string_view bytes, T* numbers, std::size_t count) {
  char* to = reinterpret_cast<char*>(numbers);  // NOLINT(*-reinterpret-cast): as bytes
  if (count == 0) return;
  if constexpr (as_in_memory<T>) {
    std::memcpy(to, bytes.data(), count * sizeof(T));
  } else {
    constexpr std::size_t stored = traits(kind_of<T>()).bytes / parts_of<T>;
    constexpr std::size_t in_memory = sizeof(T) / parts_of<T>;
    for (std::size_t i = 0; i < count * parts_of<T>; ++i, to += in_memory) {
      std::memcpy(to, bytes.data() + i * stored, stored);
      reverse_if_big_endian(to, stored);
      std::memset(to + stored, 0, in_memory - stored);
    }
  }
}

template <Number T>
T number_from(std::string_view bytes) {
  T number{};
  copy_numbers(bytes, &number, 1);
  return number;
}

// --- Names. ----------------------------------------------------------------------------------------------------------------
/// Where in the values we are.
class Path {
 public:
  template <class Action>
  void in_field(std::string_view name, const Action& action) {
    const std::size_t outer = text_.size();
    if (outer > 0) text_ += '.';
    text_ += name;
    action();
    text_.resize(outer);
  }

  template <class Action>
  void in_element(std::size_t i, const Action& action) {
    const std::size_t outer = text_.size();
    text_ += '[';
    text_ += std::to_string(i);
    text_ += ']';
    action();
    text_.resize(outer);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// A name as errors give it. A value that is no field has none.
inline std::string shown(std::string_view name) { return name.empty() ? "the value" : std::string(name); }

// --- Writing. --------------------------------------------------------------------------------------------------------------
/// A visitor of fields (core/fields.hpp).
class Writer {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value) {
    path_.in_field(name, [&] { put(value); });
  }

  template <class T>
  void put(const T& value) {
    if constexpr (Number<T>) {
      begin(kind_of<T>(), {});
      append_numbers(bytes_, &value, 1);
    } else if constexpr (std::same_as<T, std::string>) {
      begin(Kind::text, {value.size()});
      bytes_ += value;
    } else if constexpr (std::same_as<T, Random>) {
      begin(Kind::random, {});
      const std::array<std::uint64_t, 3> numbers{value.seed(), value.stream(), value.position()};
      append_numbers(bytes_, numbers.data(), numbers.size());
    } else if constexpr (EigenPlain<T>) {
      put_eigen(value);
    } else if constexpr (Sequence<T>) {
      put_sequence(value);
    } else if constexpr (is_optional<T>) {
      begin(Kind::optional, {});
      bytes_ += value ? '\1' : '\0';
      if (value) put(*value);
    } else if constexpr (is_variant<T>) {
      put_variant(value);
    } else if constexpr (HasFields<const T>) {
      begin(Kind::group, {});
      visit_fields(value, *this);
    } else if constexpr (std::is_empty_v<T>) {
      begin(Kind::group, {});
    } else {
      static_assert(can_be_saved<T>,
                    "a value of this type cannot be saved: give it `template <class Self, class Visit> "
                    "static void fields(Self& self, Visit&& visit)` (core/fields.hpp)");
    }
  }

  /// How many values follow.
  void put_count(std::size_t values) { begin(Kind::list, {values}); }

  std::string take_bytes() { return std::move(bytes_); }

 private:
  template <class T>
  void put_eigen(const T& value) {
    const auto rows = static_cast<std::size_t>(value.rows()), columns = static_cast<std::size_t>(value.cols());
    if constexpr (T::IsVectorAtCompileTime) {
      begin(kind_of<typename T::Scalar>(), {rows * columns});
    } else {
      begin(kind_of<typename T::Scalar>(), {rows, columns});
    }
    append_numbers(bytes_, value.data(), rows * columns);
  }

  template <class T>
  void put_sequence(const T& value) {
    using Element = typename T::value_type;
    if constexpr (std::same_as<T, std::vector<bool>>) {  // which has no data(): its elements are packed
      begin(Kind::boolean, {value.size()});
      for (const bool element : value) bytes_ += element ? '\1' : '\0';
    } else if constexpr (Number<Element>) {
      begin(kind_of<Element>(), {value.size()});
      append_numbers(bytes_, value.data(), value.size());
    } else {
      begin(Kind::list, {value.size()});
      for (std::size_t i = 0; i < value.size(); ++i) path_.in_element(i, [&] { put(value[i]); });
    }
  }

  template <class T>
  void put_variant(const T& value) {
    if (value.valueless_by_exception())
      reject(shown(path_.text()), "emptied by an exception", "one of its alternatives");
    begin(Kind::alternative, {});
    const auto index = static_cast<std::uint32_t>(value.index());
    append_numbers(bytes_, &index, 1);
    std::visit([&](const auto& alternative) { put(alternative); }, value);
  }

  void begin(Kind kind, std::initializer_list<std::size_t> sizes) {
    const auto length = static_cast<std::uint32_t>(path_.text().size());
    append_numbers(bytes_, &length, 1);
    bytes_ += path_.text();
    bytes_ += static_cast<char>(kind);
    bytes_ += static_cast<char>(sizes.size());
    for (const std::uint64_t size : sizes) append_numbers(bytes_, &size, 1);
  }

  Path path_;
  std::string bytes_;
};

// --- Reading. --------------------------------------------------------------------------------------------------------------
struct Record {
  std::string_view name;
  Kind kind;
  std::size_t rank;
  std::array<std::uint64_t, 2> sizes;  ///< as many as the rank, then ones
  std::string_view data;
};

/// The records of an archive, one after the other. Throws FileError "source: ..." where the bytes are none.
class Records {
 public:
  Records(std::string_view bytes, std::string_view source) : bytes_(bytes), rest_(bytes), source_(source) {}

  bool done() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

  Record next() {
    Record record{};
    record.name = take(number_from<std::uint32_t>(take(4, "the length of a name")), "a name");
    const auto kind = number_from<std::uint8_t>(take(1, "the kind of ", record.name));
    if (kind >= kinds.size()) fail(shown(record.name) + " is of kind " + std::to_string(kind) + ", which there is not");
    record.kind = static_cast<Kind>(kind);
    record.rank = number_from<std::uint8_t>(take(1, "the rank of ", record.name));
    if (record.rank > record.sizes.size())
      fail(shown(record.name) + " is of rank " + std::to_string(record.rank) + ", which there is not");
    record.sizes = {1, 1};
    copy_numbers(take(8 * record.rank, "the size of ", record.name), record.sizes.data(), record.rank);
    record.data = take(data_bytes(record), "", record.name);
    return record;
  }

  [[noreturn]] void fail(const std::string& what) const { throw FileError(std::string(source_) + ": " + what); }

 private:
  std::uint64_t data_bytes(const Record& record) const {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    std::uint64_t bytes = traits(record.kind).bytes;
    for (const std::uint64_t size : record.sizes) {
      if (size > most || (size > 0 && bytes > most / size))
        fail(shown(record.name) + " claims " + sizes_of(record) + " elements, more than any memory has");
      bytes *= size;
    }
    return bytes;
  }

  static std::string sizes_of(const Record& record) {
    return std::to_string(record.sizes[0]) + (record.rank == 2 ? " x " + std::to_string(record.sizes[1]) : "");
  }

  std::string_view take(std::uint64_t count, std::string_view what, std::optional<std::string_view> of = std::nullopt) {
    if (count > rest_.size())
      fail("byte " + std::to_string(bytes_.size() - rest_.size()) + ": expected " + std::to_string(count) +
           " bytes of " + std::string(what) + (of ? shown(*of) : "") + ", found " + std::to_string(rest_.size()));
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_, rest_;
  std::string_view source_;
};

enum class Pass { checking, storing };

/// A visitor of fields that compares each with its record and, when storing, reads it. After a pass that only checks, storing cannot fail.
class Reader {
 public:
  Reader(std::string_view bytes, std::string_view source, Pass pass)
      : records_(bytes, source), storing_(pass == Pass::storing) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    static_assert(!std::is_const_v<T>, "a field that is const can be saved, but not restored");
    path_.in_field(name, [&] { take(value); });
  }

  template <class T>
  void take(T& value) {
    if constexpr (Number<T>) {
      const Record record = expect(kind_of<T>(), 0);
      if (storing_) copy_numbers(record.data, &value, 1);
    } else if constexpr (std::same_as<T, std::string>) {
      const Record record = expect(Kind::text, 1);
      if (storing_) value = record.data;
    } else if constexpr (std::same_as<T, Random>) {
      const Record record = expect(Kind::random, 0);
      std::array<std::uint64_t, 3> numbers{};
      copy_numbers(record.data, numbers.data(), numbers.size());
      if (storing_) value = Random(numbers[0], numbers[1], numbers[2]);
    } else if constexpr (EigenPlain<T>) {
      take_eigen(value);
    } else if constexpr (Sequence<T>) {
      if constexpr (Number<typename T::value_type>) {
        take_numbers(value);
      } else {
        take_list(value);
      }
    } else if constexpr (is_optional<T>) {
      take_optional(value);
    } else if constexpr (is_variant<T>) {
      take_variant(value);
    } else if constexpr (HasFields<T>) {
      expect(Kind::group, 0);
      visit_fields(value, *this);
    } else if constexpr (std::is_empty_v<T>) {
      expect(Kind::group, 0);
    } else {
      static_assert(can_be_saved<T>,
                    "a value of this type cannot be restored: give it `template <class Self, class Visit> "
                    "static void fields(Self& self, Visit&& visit)` (core/fields.hpp)");
    }
  }

  void take_count(std::size_t values) {
    const Record record = expect(Kind::list, 1);
    if (record.sizes[0] != values)
      records_.fail("holds " + counted(record.sizes[0], "value") + ", this run has " + std::to_string(values));
    several_ = values > 1;
  }

  /// One of the values that take_count announced.
  template <class T>
  void take_value(T& value) {
    ++number_;
    take(value);
  }

  void finish() const {
    if (!records_.done()) records_.fail(counted(records_.left(), "byte") + " too many after the last field");
  }

 private:
  template <class T>
  void take_eigen(T& value) {
    constexpr bool vector = T::IsVectorAtCompileTime;
    const Record record = expect(kind_of<typename T::Scalar>(), vector ? 1 : 2);
    const bool row = vector && T::RowsAtCompileTime == 1;
    const Index rows = row ? 1 : static_cast<Index>(record.sizes[0]);
    const Index columns = static_cast<Index>(record.sizes[row ? 0 : 1]);
    const auto fits = [](int at_compile_time, Index size) {
      return at_compile_time == Eigen::Dynamic || at_compile_time == size;
    };
    const bool free = value.size() == 0 && fits(T::RowsAtCompileTime, rows) && fits(T::ColsAtCompileTime, columns);
    if (!free && (value.rows() != rows || value.cols() != columns)) {
      if constexpr (vector) {
        fail("holds " + counted(record.sizes[0], "number") + ", this run has " + std::to_string(value.size()));
      } else {
        fail("holds a " + std::to_string(rows) + " x " + std::to_string(columns) + " matrix, this run has " +
             std::to_string(value.rows()) + " x " + std::to_string(value.cols()));
      }
    }
    if (!storing_) return;
    value.resize(rows, columns);
    copy_numbers(record.data, value.data(), static_cast<std::size_t>(value.size()));
  }

  template <class T>
  void take_numbers(T& value) {
    const Record record = expect(kind_of<typename T::value_type>(), 1);
    if constexpr (!is_std_vector<T>) require_size(value, record.sizes[0], "number");
    if (!storing_) return;
    const std::size_t size = record.sizes[0];
    if constexpr (is_std_vector<T>) value.resize(size);
    if constexpr (std::same_as<T, std::vector<bool>>) {
      for (std::size_t i = 0; i < size; ++i) value[i] = record.data[i] != 0;
    } else {
      copy_numbers(record.data, value.data(), size);
    }
  }

  template <class T>
  void take_list(T& value) {
    using Element = typename T::value_type;
    const Record record = expect(Kind::list, 1);
    require_size(value, record.sizes[0], "element");
    const bool is_new = value.size() != record.sizes[0];
    for (std::uint64_t i = 0; i < record.sizes[0]; ++i) {
      path_.in_element(i, [&] {
        if (!is_new) {
          take(value[i]);
          return;
        }
        if constexpr (is_std_vector<T>) {
          take_new<Element>([&](Element&& element) { value.push_back(std::move(element)); });
        }
      });
    }
  }

  template <class T>
  void take_optional(T& value) {
    using Element = typename T::value_type;
    const bool present = expect(Kind::optional, 0).data[0] != 0;
    if (present && value) {
      take(*value);
    } else if (present) {
      take_new<Element>([&](Element&& element) { value.emplace(std::move(element)); });
    } else if (storing_) {
      value.reset();
    }
  }

  template <class T>
  void take_variant(T& value) {
    const Record record = expect(Kind::alternative, 0);
    const auto index = number_from<std::uint32_t>(record.data);
    if (index >= std::variant_size_v<T>)
      fail("holds alternative " + std::to_string(index) + " (from 0), this run has " +
           std::to_string(std::variant_size_v<T>) + " of them");
    if (index == value.index()) {
      std::visit([&](auto& alternative) { take(alternative); }, value);
      return;
    }
    take_alternative<0>(value, index);
  }

  template <std::size_t i, class T>
  void take_alternative(T& value, std::size_t index) {
    if constexpr (i < std::variant_size_v<T>) {
      using Alternative = std::variant_alternative_t<i, T>;
      if (index != i) return take_alternative<i + 1>(value, index);
      take_new<Alternative>([&](Alternative&& alternative) { value.template emplace<i>(std::move(alternative)); });
    }
  }

  /// Reads a value that is not there yet, and hands it over when storing.
  template <class T, class Store>
  void take_new(const Store& store) {
    if constexpr (Makeable<T>) {
      T made = make<T>();
      take(made);
      if (storing_) store(std::move(made));
    } else {
      fail("holds a value that this run has not, and cannot make without arguments");
    }
  }

  template <class T>
  void require_size(const T& value, std::uint64_t size, std::string_view unit) const {
    if (size == value.size() || (is_std_vector<T> && value.size() == 0)) return;
    fail("holds " + counted(size, unit) + ", this run has " + std::to_string(value.size()));
  }

  /// The next record, which is the field where we are, of this kind and rank.
  Record expect(Kind kind, std::size_t rank) {
    if (records_.done()) records_.fail(which() + "field " + shown(path_.text()) + " expected, found the end");
    const Record record = records_.next();
    if (record.name != path_.text())
      records_.fail(which() + "field " + shown(path_.text()) + " expected, found " + shown(record.name));
    if (record.kind != kind || record.rank != rank)
      fail("holds " + described(record.kind, record.rank) + ", this run has " + described(kind, rank));
    if (kind == Kind::boolean || kind == Kind::optional) {
      for (const char byte : record.data)
        if (byte != 0 && byte != 1) fail("holds a byte that is neither true nor false");
    }
    return record;
  }

  [[noreturn]] void fail(const std::string& what) const { records_.fail(which() + shown(path_.text()) + ": " + what); }

  /// Which of several values.
  std::string which() const { return several_ ? "value " + std::to_string(number_) + ": " : ""; }

  static std::string counted(std::uint64_t count, std::string_view unit) {
    return std::to_string(count) + " " + std::string(unit) + (count == 1 ? "" : "s");
  }

  static std::string described(Kind kind, std::size_t rank) {
    std::string name(traits(kind).name);
    if (kind <= Kind::random) return name;
    return rank == 0 ? "one number (" + name + ")" : (rank == 1 ? "numbers (" : "a matrix (") + name + ")";
  }

  Records records_;
  Path path_;
  bool storing_;
  bool several_ = false;
  int number_ = 0;
};

template <class... Values>
void read(std::string_view bytes, std::string_view source, Pass pass, Values&... values) {
  Reader reader(bytes, source, pass);
  reader.take_count(sizeof...(Values));
  (reader.take_value(values), ...);
  reader.finish();
}

/// decode, for bytes that came from somewhere: errors begin with `source`.
template <class... Values>
void decode_from(std::string_view source, std::string_view bytes, Values&... values) {
  read(bytes, source, Pass::checking, values...);
  read(bytes, source, Pass::storing, values...);
}

}  // namespace detail::archive

/// The values as bytes.
template <class... Values>
std::string encode(const Values&... values) {
  detail::archive::Writer writer;
  writer.put_count(sizeof...(Values));
  (writer.put(values), ...);
  return writer.take_bytes();
}

/// Makes the values what encode wrote of as many values of the same types, in the same order.
template <class... Values>
void decode(std::string_view bytes, Values&... values) {
  detail::archive::decode_from("archive", bytes, values...);
}

/// All fields of a and b have the same bits: a NaN is equal to itself, -0 and 0 differ.
template <class T>
bool same_fields(const T& a, const T& b) {
  return encode(a) == encode(b);
}

/// The dotted name of the first field in which a and b differ, "the value" for two numbers. Nothing where all are the same.
template <class T>
std::optional<std::string> first_difference(const T& a, const T& b) {
  namespace archive = detail::archive;
  const std::string bytes_of_a = encode(a), bytes_of_b = encode(b);
  archive::Records of_a(bytes_of_a, "a"), of_b(bytes_of_b, "b");
  while (!of_a.done() && !of_b.done()) {
    const archive::Record in_a = of_a.next(), in_b = of_b.next();
    if (in_a.name != in_b.name || in_a.kind != in_b.kind || in_a.rank != in_b.rank || in_a.sizes != in_b.sizes ||
        in_a.data != in_b.data)
      return archive::shown(in_a.name);
  }
  return std::
      nullopt;  // a record too many comes after one that differs: the size of its list, or whether there is a value
}

}  // namespace drift
