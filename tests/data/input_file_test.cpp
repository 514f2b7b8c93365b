#include <drift/data/input_file.hpp>

#include "data/malformed.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using Catch::Matchers::Equals;
using drift::FileError;
using drift::Index;
using drift::data::InputFile;
using drift::data::detail::ByteReader;

namespace {

std::string rest_of(InputFile& file) {
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A buffer that fails after its first byte, as one whose disk does.
class FailingBuffer : public std::streambuf {
 public:
  FailingBuffer() { setg(&byte_, &byte_, &byte_ + 1); }

 protected:
  int_type underflow() override { throw std::ios_base::failure("the disk is gone"); }

 private:
  char byte_ = 'x';
};

}  // namespace

TEST_CASE("A file is read by its path and is called by it, also after it has moved") {
  const TemporaryFolder folder;
  const auto path = folder / "numbers";
  put(path, "12 34");
  InputFile file(path);
  CHECK(file.name() == path.string());
  int number = 0;
  CHECK((file >> number && number == 12));
  InputFile moved(std::move(file));
  CHECK(moved.name() == path.string());
  CHECK((moved >> number && number == 34));
  CHECK_FALSE(file >> number);  // NOLINT(bugprone-use-after-move): a moved-from file has nothing to read, and says so

  InputFile by_string(path.string());
  CHECK(rest_of(by_string) == "12 34");
  InputFile by_characters(path.c_str());
  CHECK(rest_of(by_characters) == "12 34");
}

TEST_CASE("A stream lends its rest, and has none left afterwards") {
  std::istringstream text("12 34");
  int number = 0;
  text >> number;
  InputFile file(text, "text");
  CHECK(file.name() == "text");
  CHECK(rest_of(file) == " 34");
  CHECK_FALSE(text >> number);
}

TEST_CASE("What cannot be opened is an error that begins with the path and says why") {
  const TemporaryFolder folder;
  const auto missing = folder / "missing";
  CHECK_THROWS_WITH(InputFile(missing), Equals(missing.string() + ": cannot be opened: No such file or directory"));
  CHECK_THROWS_WITH(InputFile(folder.path()), Equals(folder.path().string() + ": cannot be opened: Is a directory"));
  std::istringstream failed("1");
  failed.setstate(std::ios::failbit);
  CHECK_THROWS_WITH(InputFile(failed, "text"), Equals("text: cannot be read, its stream has failed before"));
}

TEST_CASE("A file compressed by gzip is refused and the decoder is named; one that only begins alike is not") {
  const TemporaryFolder folder;
  const auto path = folder / "a.gz";
  put(path, bytes({0x1f, 0x8b, 8, 0}));
  CHECK(complaint([&] { InputFile file(path); }) ==
        path.string() +
            ", offset 0: is compressed by gzip; read it through data::gunzip(path) of "
            "<drift/data/gunzip.hpp>, which needs zlib");
  for (const std::string& content : {bytes({0x1f}), bytes({0x1f, 0x8c, 8}), bytes({0x8b, 0x1f}), std::string()}) {
    put(path, content);
    InputFile file(path);
    CHECK(rest_of(file) == content);
  }
}

TEST_CASE("Bytes are read exactly, with the offset and the counts in the error") {
  std::istringstream text("abcdef");
  InputFile file(text, "text");
  ByteReader bytes(file);
  std::string two(2, ' ');
  bytes.exactly(2, two.data(), "a word");
  CHECK(two == "ab");
  CHECK(bytes.offset() == 2);
  std::string nine(9, ' ');
  CHECK(complaint([&] { bytes.exactly(9, nine.data(), "words"); }) ==
        "text, offset 2: expected 9 bytes of words, found 4");
  CHECK(bytes.offset() == 6);
  CHECK_NOTHROW(bytes.expect_end());
}

TEST_CASE("Records come in pieces of at most 64 KiB, or one record; a missing rest is counted from their start") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{65536}, std::size_t{100000}}) {
    const std::string text(3 * 65536 / size * size + 4 * size, 'x');
    const std::size_t count = text.size() / size;
    std::istringstream stream("head" + text);
    InputFile file(stream, "text");
    ByteReader bytes(file);
    std::string head(4, ' ');
    bytes.exactly(4, head.data(), "a head");
    std::size_t came = 0;
    std::size_t largest = 0;
    bool offsets = true;
    bytes.records(count, size, "records", [&](const char* piece, std::size_t records, std::uint64_t offset) {
      offsets = offsets && offset == 4 + came * size && piece[records * size - 1] == 'x';
      came += records;
      largest = std::max(largest, records * size);
    });
    CHECK(came == count);
    CHECK(offsets);
    CHECK(largest <= std::max<std::size_t>(65536, size));

    std::istringstream again(text.substr(1));
    InputFile short_file(again, "text");
    ByteReader short_bytes(short_file);
    const auto ignore = [](const char*, std::size_t, std::uint64_t) {};
    CHECK(complaint([&] { short_bytes.records(count, size, "records", ignore); }) ==
          "text, offset 0: expected " + std::to_string(text.size()) + " bytes of records, found " +
              std::to_string(text.size() - 1));
  }
}

TEST_CASE("A file that goes on behind its end is refused") {
  std::istringstream text("x");
  InputFile file(text, "text");
  ByteReader bytes(file);
  CHECK(complaint([&] { bytes.expect_end(); }) == "text, offset 0: expected the end of the file, found more bytes");
}

TEST_CASE("A disk that fails while it is read is a FileError") {
  InputFile file(std::make_unique<FailingBuffer>(), "text");
  ByteReader bytes(file);
  std::string two(2, ' ');
  CHECK(complaint([&] { bytes.exactly(2, two.data(), "a word"); }) == "text, offset 0: cannot be read");
}

TEST_CASE("A product of sizes is bounded, whatever stands beside a zero") {
  using drift::data::detail::bounded_product;
  constexpr Index huge = std::numeric_limits<Index>::max();
  CHECK(bounded_product({}, 3) == std::size_t{3});
  CHECK(bounded_product({2, 3, 4}, 5) == std::size_t{120});
  CHECK(bounded_product({2, 0, 4}, 1) == std::size_t{8});
  CHECK(bounded_product({huge / 16}, 1) == static_cast<std::size_t>(huge / 16));
  CHECK_FALSE(bounded_product({huge / 16 + 1}, 1));
  CHECK_FALSE(bounded_product({huge / 16}, 2));
  CHECK_FALSE(bounded_product({huge, huge, 0}, 1));
  CHECK_FALSE(bounded_product({Index{1} << 32, Index{1} << 32}, 1));  // 2^64 is 0 to who multiplies blindly
}

TEST_CASE("Room grows by what has come and ends at what is announced") {
  std::vector<int> values;
  constexpr std::size_t announced = 1000000;
  while (values.size() < announced) {
    const std::size_t more = std::min<std::size_t>(1000, announced - values.size());
    const std::size_t present = values.size() + more;
    drift::data::detail::make_room(values, more, announced);
    CHECK(values.capacity() <= std::max(2 * present, std::size_t{1000}));
    values.resize(present);
  }
  CHECK(values.capacity() == announced);
}
