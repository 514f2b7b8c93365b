#include <drift/core/archive.hpp>

#include <catch2/catch.hpp>

#include "support/complaint.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace drift;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

enum class Mode : std::int16_t { slow = -3, fast = 400 };

struct Empty {};

struct Row {
  double value = 0;
  std::string remark = {};
  std::optional<Vector<float>> more = {};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("value", self.value);
    visit("remark", self.remark);
    visit("more", self.more);
  }
};

struct Cosine {
  double initial = 0.1;
  Index length = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("initial", self.initial);
    visit("length", self.length);
  }
};

/// One of everything.
struct Everything {
  bool flag = false;
  char letter = 'a';
  signed char small = -1;
  unsigned short middling = 2;
  int whole = 3;
  std::uint32_t without_sign = 4;
  Index index = 5;
  std::uint64_t large = 6;
  float single = 7;
  double twice = 8;
  long double extended = 9;
  std::complex<double> complex = {10, 11};
  std::complex<long double> extended_complex = {10, 11};
  Mode mode = Mode::slow;
  std::string text = "none";
  Vector<double> vector = Vector<double>::Zero(3);
  Vector<long double> extended_vector = Vector<long double>::Zero(2);
  Vector<std::complex<float>> complex_vector = Vector<std::complex<float>>::Zero(2);
  Matrix<double> matrix = Matrix<double>::Zero(2, 3);
  Eigen::Matrix3f fixed = Eigen::Matrix3f::Zero();
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(2);
  Eigen::ArrayXi integers = Eigen::ArrayXi::Zero(2);
  std::vector<double> numbers = {0, 0};
  std::vector<bool> flags = {false, false, false};
  std::vector<Mode> modes = {};
  std::array<std::int64_t, 2> pair = {0, 0};
  std::vector<std::string> texts = {};
  std::vector<Row> rows = {};
  std::array<Row, 2> two_rows = {};
  std::vector<Random> streams = {};
  std::optional<double> maybe = {};
  std::optional<Random> maybe_stream = {};
  std::variant<std::monostate, double, Cosine, Random> schedule = {};
  Random random = Random(1);
  Empty nothing = {};
  Cosine nested = {};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("flag", self.flag);
    visit("letter", self.letter);
    visit("small", self.small);
    visit("middling", self.middling);
    visit("whole", self.whole);
    visit("without_sign", self.without_sign);
    visit("index", self.index);
    visit("large", self.large);
    visit("single", self.single);
    visit("twice", self.twice);
    visit("extended", self.extended);
    visit("complex", self.complex);
    visit("extended_complex", self.extended_complex);
    visit("mode", self.mode);
    visit("text", self.text);
    visit("vector", self.vector);
    visit("extended_vector", self.extended_vector);
    visit("complex_vector", self.complex_vector);
    visit("matrix", self.matrix);
    visit("fixed", self.fixed);
    visit("row", self.row);
    visit("integers", self.integers);
    visit("numbers", self.numbers);
    visit("flags", self.flags);
    visit("modes", self.modes);
    visit("pair", self.pair);
    visit("texts", self.texts);
    visit("rows", self.rows);
    visit("two_rows", self.two_rows);
    visit("streams", self.streams);
    visit("maybe", self.maybe);
    visit("maybe_stream", self.maybe_stream);
    visit("schedule", self.schedule);
    visit("random", self.random);
    visit("nothing", self.nothing);
    visit("nested", self.nested);
  }
};

Everything filled() {
  Everything e;
  e.flag = true;
  e.letter = 'z';
  e.small = -128;
  e.middling = 65535;
  e.whole = std::numeric_limits<int>::min();
  e.without_sign = 0x01020304;
  e.index = std::numeric_limits<Index>::min();
  e.large = 0xFEDCBA9876543210;
  e.single = std::numeric_limits<float>::denorm_min();
  e.twice = -0.0;
  e.extended = 1 + std::numeric_limits<long double>::epsilon();
  e.complex = {std::numeric_limits<double>::infinity(), 0x1.23456789ABCDEp-7};
  e.extended_complex = {-std::numeric_limits<long double>::max(), 1.0L / 3};
  e.mode = Mode::fast;
  e.text = std::string("a\0b\n\xff", 5);
  e.vector << 1.0 / 3, -2, 1e300;
  e.extended_vector << 1.0L / 3, -2.0L / 7;
  e.complex_vector << std::complex<float>(1, 2), std::complex<float>(3, 4);
  e.matrix << 1, 2, 3, 4, 5, 6;
  e.fixed << 1, 2, 3, 4, 5, 6, 7, 8, 9;
  e.row << 1, 2;
  e.integers << 1, 2;
  e.numbers = {0.1, 0.2};
  e.flags = {true, false, true};
  e.modes = {Mode::fast, Mode::slow};
  e.pair = {-1, 1};
  e.texts = {"", "one"};
  e.rows = {{1, "first", {}}, {2, "", Vector<float>::Ones(2)}};
  e.two_rows = {Row{3, "third", {}}, Row{4, "fourth", Vector<float>()}};
  e.streams = {Random(1, 2, 3), Random(4)};
  e.maybe = 0.5;
  e.maybe_stream = Random(7, 8, 9);
  e.schedule = Cosine{.initial = 0.25, .length = 20};
  e.random = Random(11, 12, 13);
  e.nested = {.initial = 0.125, .length = 30};
  return e;
}

/// A value with one field of any type.
template <class T>
struct Holder {
  T content;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("content", self.content);
  }
};
template <class T>
Holder(T) -> Holder<T>;

struct Named {
  double first = 0, second = 0;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("first", self.first);
    visit("second", self.second);
  }
};

struct Renamed : Named {
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("first", self.first);
    visit("last", self.second);
  }
};

struct Sized {
  int content;
  explicit Sized(int n) : content(n) {}
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("content", self.content);
  }
};

/// What decoding `saved` into `into` says, which is then as it was.
template <class Saved, class Into>
std::string refusal(const Saved& saved, Into into) {
  const std::string bytes = encode(saved), before = encode(into);
  std::string message = complaint([&] { decode(bytes, into); });
  CHECK(encode(into) == before);
  return message;
}

template <class T>
void check_round_trip(const T& value, T into) {
  const std::string bytes = encode(value);
  decode(bytes, into);
  CHECK(encode(into) == bytes);
}

}  // namespace

TEST_CASE("a value of everything that can be saved comes back with all its fields", "[core][archive]") {
  const Everything saved = filled();
  Everything loaded;
  CHECK_FALSE(same_fields(saved, loaded));
  decode(encode(saved), loaded);
  CHECK(same_fields(saved, loaded));

  // Not only by what encode sees.
  CHECK(loaded.flag);
  CHECK(loaded.letter == 'z');
  CHECK(loaded.small == -128);
  CHECK(loaded.middling == 65535);
  CHECK(loaded.whole == saved.whole);
  CHECK(loaded.without_sign == saved.without_sign);
  CHECK(loaded.index == saved.index);
  CHECK(loaded.large == saved.large);
  CHECK(loaded.single == saved.single);
  CHECK((loaded.twice == 0 && std::signbit(loaded.twice)));
  CHECK(loaded.extended == saved.extended);
  CHECK(loaded.complex == saved.complex);
  CHECK(loaded.extended_complex == saved.extended_complex);
  CHECK(loaded.mode == Mode::fast);
  CHECK(loaded.text == saved.text);
  CHECK(loaded.vector == saved.vector);
  CHECK(loaded.extended_vector == saved.extended_vector);
  CHECK(loaded.complex_vector == saved.complex_vector);
  CHECK(loaded.matrix == saved.matrix);
  CHECK(loaded.fixed == saved.fixed);
  CHECK(loaded.row == saved.row);
  CHECK((loaded.integers == saved.integers).all());
  CHECK(loaded.numbers == saved.numbers);
  CHECK(loaded.flags == saved.flags);
  CHECK(loaded.modes == saved.modes);
  CHECK(loaded.pair == saved.pair);
  CHECK(loaded.texts == saved.texts);
  REQUIRE(loaded.rows.size() == 2);
  CHECK(loaded.rows[0].remark == "first");
  CHECK_FALSE(loaded.rows[0].more);
  CHECK(loaded.rows[1].more.value() == Vector<float>::Ones(2));
  CHECK(loaded.two_rows[1].remark == "fourth");
  CHECK(loaded.two_rows[1].more.value().size() == 0);
  CHECK(loaded.streams == saved.streams);
  CHECK(loaded.maybe == 0.5);
  CHECK(loaded.maybe_stream == saved.maybe_stream);
  REQUIRE(loaded.schedule.index() == 2);
  CHECK(std::get<Cosine>(loaded.schedule).length == 20);
  CHECK(loaded.random == saved.random);
  CHECK(loaded.nested.initial == 0.125);
}

TEST_CASE("what is there and is not in the archive goes: optionals, alternatives, text", "[core][archive]") {
  Everything saved, loaded = filled();
  saved.modes = loaded.modes, saved.texts = loaded.texts, saved.streams = loaded.streams, saved.rows = loaded.rows;
  saved.rows[1].more.reset();
  decode(encode(saved), loaded);
  CHECK(same_fields(saved, loaded));
  CHECK_FALSE(loaded.maybe);
  CHECK_FALSE(loaded.maybe_stream);
  CHECK(loaded.schedule.index() == 0);
  CHECK(loaded.text == "none");
  CHECK_FALSE(loaded.rows[1].more);
}

TEST_CASE("bits that are no ordinary number survive", "[core][archive]") {
  const std::vector<std::uint64_t> patterns{0x7FF8000000000001, 0xFFF0000000000123, 0x7FF0000000000000, 1, 0};
  Holder<std::vector<double>> saved{}, loaded{};
  for (const std::uint64_t bits : patterns) saved.content.push_back(std::bit_cast<double>(bits));
  decode(encode(saved), loaded);
  for (std::size_t i = 0; i < patterns.size(); ++i)
    CHECK(std::bit_cast<std::uint64_t>(loaded.content[i]) == patterns[i]);
  CHECK(same_fields(saved, loaded));

  Holder single{std::bit_cast<float>(0x7FA00001U)}, single_loaded{0.0F};
  decode(encode(single), single_loaded);
  CHECK(std::bit_cast<std::uint32_t>(single_loaded.content) == 0x7FA00001U);
}

TEST_CASE("a long double of x86 keeps its ten bytes, and nothing of its padding is written", "[core][archive]") {
  if constexpr (std::numeric_limits<long double>::digits == 64) {
    const auto made_of = [](unsigned char first, unsigned char padding) {
      std::array<unsigned char, sizeof(long double)> bytes{};
      bytes.fill(padding);
      bytes[0] = first;
      for (unsigned char i = 1; i < 10; ++i) bytes[i] = i == 9 ? 0x7F : static_cast<unsigned char>(0xF0 + i);
      return bytes;
    };
    const auto encoded = [](const std::array<unsigned char, sizeof(long double)>& bytes) {
      Holder<std::array<long double, 1>> holder{};
      std::memcpy(holder.content.data(), bytes.data(), bytes.size());
      return encode(holder);
    };
    CHECK(encoded(made_of(5, 0xAA)) == encoded(made_of(5, 0x55)));
    CHECK(encoded(made_of(5, 0xAA)) != encoded(made_of(6, 0xAA)));

    Holder<std::array<long double, 1>> loaded{};
    decode(encoded(made_of(5, 0xAA)), loaded);
    const auto expected = made_of(5, 0);
    CHECK(std::memcmp(loaded.content.data(), expected.data(), expected.size()) == 0);
    CHECK(encode(Holder{1.0L}).size() == encode(Holder{1.0}).size() + 2);
  } else {
    SUCCEED("another long double");
  }
}

TEST_CASE("the bytes are those that the header describes, least significant first", "[core][archive]") {
  const auto bytes_of = [](std::initializer_list<int> bytes) {
    std::string text;
    for (const int byte : bytes) text += static_cast<char>(byte);
    return text;
  };
  const std::string one_value = bytes_of({0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0});  // a list, of rank 1, of size 1
  const std::string group = bytes_of({0, 0, 0, 0, 0, 0});
  const std::string name = bytes_of({7, 0, 0, 0}) + "content";
  CHECK(encode(Holder{std::int32_t{0x01020304}}) == one_value + group + name + bytes_of({9, 0, 4, 3, 2, 1}));
  CHECK(encode(Holder{-2.0}) == one_value + group + name + bytes_of({16, 0, 0, 0, 0, 0, 0, 0, 0, 0xC0}));
  CHECK(encode(Holder{std::string("hi")}) ==
        one_value + group + name + bytes_of({4, 1, 2, 0, 0, 0, 0, 0, 0, 0}) + "hi");
  CHECK(encode(Holder{std::vector<bool>{true}}) ==
        one_value + group + name + bytes_of({6, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST_CASE("a random stream goes on where it was, after an even and an odd number of draws", "[core][archive]") {
  for (const int draws : {0, 1, 2, 7}) {
    Random saved = Random(5).split("weights"), loaded(0);
    for (int i = 0; i < draws; ++i) saved.bits();
    decode(encode(saved), loaded);
    CHECK(loaded == saved);
    for (int i = 0; i < 5; ++i) CHECK(loaded.bits() == saved.bits());
  }
}

TEST_CASE("several values, and values that have no fields", "[core][archive]") {
  double number = 0;
  Vector<double> vector;
  Random stream(0);
  decode(encode(2.5, Vector<double>(Vector<double>::LinSpaced(3, 0, 1)), Random(1, 2, 3)), number, vector, stream);
  CHECK(number == 2.5);
  CHECK(vector == Vector<double>::LinSpaced(3, 0, 1));
  CHECK(stream == Random(1, 2, 3));

  CHECK_THAT(complaint([&] { decode(encode(1.0), number, vector); }), Equals("archive: holds 1 value, this run has 2"));
  CHECK_THAT(complaint([&] { decode(encode(1.0, 2), number, vector); }),
             Equals("archive: value 2: the value: holds one number (i32), this run has numbers (f64)"));
  CHECK_THAT(complaint([&] { decode(encode(1.0, Holder{2}), number, number); }), StartsWith("archive: value 2: "));
  CHECK(number == 2.5);
}

TEST_CASE("an empty vector or matrix takes the archive's size, another must have it; a list of numbers takes any",
          "[core][archive]") {
  const Vector<double> five = Vector<double>::LinSpaced(5, 0, 1);
  const Matrix<double> three_by_two = Matrix<double>::Ones(3, 2);
  check_round_trip(Holder{five}, Holder{Vector<double>()});
  check_round_trip(Holder{three_by_two}, Holder{Matrix<double>()});
  check_round_trip(Holder{Matrix<double>(0, 4)}, Holder{Matrix<double>(7, 0)});
  check_round_trip(Holder{Eigen::Matrix3Xd(3, 2)}, Holder{Eigen::Matrix3Xd()});
  check_round_trip(Holder{std::vector<int>{1, 2}}, Holder{std::vector<int>{}});
  check_round_trip(Holder{std::vector<std::string>{"a", ""}}, Holder{std::vector<std::string>{}});
  check_round_trip(Holder{std::vector<std::vector<float>>{{1}, {}, {2, 3}}}, Holder{std::vector<std::vector<float>>{}});
  check_round_trip(Holder{std::vector<std::optional<Empty>>(3)}, Holder{std::vector<std::optional<Empty>>{}});
  using Twice = std::optional<std::optional<int>>;
  check_round_trip(Holder{Twice(std::optional<int>())}, Holder{Twice()});
  check_round_trip(Holder{Twice(3)}, Holder{Twice()});
  check_round_trip(Holder{std::array<double, 0>{}}, Holder{std::array<double, 0>{}});

  CHECK_THAT(refusal(Holder{five}, Holder{Vector<double>(Vector<double>::Zero(6))}),
             Equals("archive: content: holds 5 numbers, this run has 6"));
  CHECK_THAT(refusal(Holder{Vector<double>()}, Holder{five}), Contains("content: holds 0 numbers, this run has 5"));
  CHECK_THAT(refusal(Holder{Vector<double>(five.head(1))}, Holder{five}), Contains("holds 1 number, this run has 5"));
  CHECK_THAT(refusal(Holder{three_by_two}, Holder{Matrix<double>(Matrix<double>::Ones(2, 3))}),
             Equals("archive: content: holds a 3 x 2 matrix, this run has 2 x 3"));
  CHECK_THAT(refusal(Holder{three_by_two}, Holder{Eigen::Matrix<double, 2, Eigen::Dynamic>()}),
             Contains("holds a 3 x 2 matrix, this run has 2 x 0"));
  check_round_trip(Holder{std::vector<int>{1, 2}},
                   Holder{std::vector<int>{1}});  // a list's length is part of its value
  check_round_trip(Holder{std::vector<int>{1}}, Holder{std::vector<int>{1, 2, 3}});
  check_round_trip(Holder{std::vector<bool>{true}}, Holder{std::vector<bool>{false, true}});
  CHECK_THAT(refusal(Holder{std::vector<int>{1, 2}}, Holder{std::array<int, 1>{1}}), Contains("holds 2 numbers"));
  CHECK_THAT(refusal(Holder{std::vector<std::string>{"a"}}, Holder{std::vector<std::string>{"a", "b"}}),
             Equals("archive: content: holds 1 element, this run has 2"));
}

TEST_CASE("fields of another name, kind or number are refused with what was expected and what was found",
          "[core][archive]") {
  CHECK_THAT(refusal(Holder{Named{}}, Holder{Renamed{}}),
             Equals("archive: field content.last expected, found content.second"));
  CHECK_THAT(refusal(Holder{Named{}}, Holder{1.0}),
             Equals("archive: content: holds a value with fields, this run has one number (f64)"));
  CHECK_THAT(refusal(Holder{Named{}}, Holder{Empty{}}), Contains(" bytes too many after the last field"));
  CHECK_THAT(refusal(Holder{Empty{}}, Holder{Named{}}), Equals("archive: field content.first expected, found the end"));
  CHECK_THAT(refusal(Holder{1.0F}, Holder{1.0}), Contains("holds one number (f32), this run has one number (f64)"));
  CHECK_THAT(refusal(Holder{1}, Holder{1U}), Contains("holds one number (i32), this run has one number (u32)"));
  CHECK_THAT(refusal(Holder{Matrix<double>(1, 1)}, Holder{Vector<double>(1)}),
             Contains("holds a matrix (f64), this run has numbers (f64)"));
  CHECK_THAT(refusal(Holder{std::string("x")}, Holder{std::vector<char>{'x'}}), Contains("holds text"));
  CHECK_THAT(refusal(Holder{std::vector<Row>(2)}, Holder{std::vector<std::string>{}}),
             Equals("archive: content[0]: holds a value with fields, this run has text"));
  CHECK_THAT(refusal(Holder{std::variant<int, double, Random>(Random(1))}, Holder{std::variant<int, double>(1)}),
             Contains("content: holds alternative 2 (from 0), this run has 2 of them"));
}

TEST_CASE("what cannot be made without arguments is read where it is, and refused where it is not", "[core][archive]") {
  check_round_trip(Holder{std::optional<Sized>(2)}, Holder{std::optional<Sized>(1)});
  check_round_trip(Holder{std::vector<Sized>{Sized(2)}}, Holder{std::vector<Sized>{Sized(1)}});
  CHECK_THAT(refusal(Holder{std::optional<Sized>(2)}, Holder{std::optional<Sized>()}),
             Equals("archive: content: holds a value that this run has not, and cannot make without arguments"));
  CHECK_THAT(refusal(Holder{std::vector<Sized>{Sized(2)}}, Holder{std::vector<Sized>{}}),
             Contains("content[0]: holds"));
  CHECK_THAT(refusal(Holder{std::variant<int, Sized>(Sized(2))}, Holder{std::variant<int, Sized>(1)}),
             Contains("content: holds a value that this run has not"));
}

TEST_CASE("every cut of the bytes is refused, and every changed byte is refused or read, without harm",
          "[core][archive]") {
  const std::string bytes = encode(filled());
  const Everything fresh;
  const std::string before = encode(fresh);
  std::size_t refused = 0;
  Everything into = fresh;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    refused += complaint([&] { decode(std::string_view(bytes).substr(0, size), into); }).empty() ? 0 : 1;
  CHECK(refused == bytes.size());
  CHECK(encode(into) == before);
  CHECK_THAT(complaint([&] { decode(bytes + "x", into); }), Equals("archive: 1 byte too many after the last field"));
  CHECK(encode(into) == before);

  std::size_t changed_nothing = 0, read = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    Everything target = fresh;
    if (complaint([&] { decode(damaged, target); }).empty()) {
      ++read;
    } else if (encode(target) == before) {
      ++changed_nothing;
    }
  }
  CHECK(read + changed_nothing == bytes.size());
  CHECK(read > 0);  // a number can be any
}

TEST_CASE("sizes are not believed", "[core][archive]") {
  const auto with_size = [](std::string bytes, std::size_t after_name, std::uint64_t size) {
    const std::size_t at = bytes.rfind("content") + 7 + after_name;
    std::memcpy(bytes.data() + at, &size, sizeof size);
    return bytes;
  };
  for (const std::uint64_t size : {std::uint64_t{3}, std::uint64_t{1} << 40, std::uint64_t{1} << 61,
                                   (std::uint64_t{1} << 61) + 2, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    Holder<Vector<double>> vector{};
    CHECK_THAT(
        complaint([&] { decode(with_size(encode(Holder{Vector<double>(Vector<double>::Ones(2))}), 2, size), vector); }),
        StartsWith("archive: "));
    CHECK(vector.content.size() == 0);
    Holder<Matrix<double>> matrix{};
    const std::string two_by_two = encode(Holder{Matrix<double>(Matrix<double>::Ones(2, 2))});
    CHECK_THAT(complaint([&] { decode(with_size(with_size(two_by_two, 2, size), 10, size), matrix); }),
               StartsWith("archive: "));
    Holder<std::string> text{};
    CHECK_THAT(complaint([&] { decode(with_size(encode(Holder{std::string("ab")}), 2, size), text); }),
               StartsWith("archive: "));
    Holder<std::vector<Row>> rows{};
    CHECK_THAT(complaint([&] { decode(with_size(encode(Holder{std::vector<Row>{}}), 2, size), rows); }),
               StartsWith("archive: "));
  }
  Holder<Matrix<double>> none{};  // the other size may be any that Eigen can hold
  decode(with_size(encode(Holder{Matrix<double>(0, 0)}), 2, std::uint64_t{1} << 40), none);
  CHECK(none.content.size() == 0);
}

TEST_CASE("the first field that differs is named", "[core][archive]") {
  const Everything a = filled();
  const auto after = [&](const auto& change) {
    Everything b = a;
    change(b);
    CHECK_FALSE(same_fields(a, b));
    CHECK(first_difference(b, a) == first_difference(a, b));
    return first_difference(a, b).value_or("nothing");
  };
  CHECK(same_fields(a, a));
  CHECK_FALSE(first_difference(a, a));
  CHECK(after([](Everything& b) { b.flag = false; }) == "flag");
  CHECK(after([](Everything& b) { b.twice = 0.0; }) == "twice");
  CHECK(after([](Everything& b) { b.nested.length = 1; }) == "nested.length");
  CHECK(after([](Everything& b) { b.nested.length = 1, b.whole = 1; }) == "whole");
  CHECK(after([](Everything& b) { b.rows[1].remark = "x"; }) == "rows[1].remark");
  CHECK(after([](Everything& b) { b.rows.pop_back(); }) == "rows");
  CHECK(after([](Everything& b) { b.rows[0].more = Vector<float>(); }) == "rows[0].more");
  CHECK(after([](Everything& b) { b.schedule = 1.0; }) == "schedule");
  CHECK(after([](Everything& b) { std::get<Cosine>(b.schedule).initial = 1; }) == "schedule.initial");
  CHECK(after([](Everything& b) { b.vector.resize(0); }) == "vector");
  CHECK(after([](Everything& b) { b.random.bits(); }) == "random");
  CHECK(first_difference(1.0, 2.0) == "the value");
  CHECK(same_fields(std::nan("1"), std::nan("1")));
  CHECK_FALSE(same_fields(std::nan("1"), std::nan("2")));
}
