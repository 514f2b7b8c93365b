#include <drift/data/csv.hpp>
#include <drift/data/gunzip.hpp>
#include <drift/data/idx.hpp>

#include "data/malformed.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <zlib.h>

#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using Catch::Matchers::Equals;
using drift::Matrix;
using drift::data::gunzip;
using drift::data::GunzipOptions;
using drift::data::InputFile;

namespace {

/// One gzip member, by zlib's own compressor.
std::string gzip(std::string text) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());  // NOLINT(*-reinterpret-cast)
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT(*-reinterpret-cast)
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string unzipped(const std::string& file, const GunzipOptions& options = {}) {
  std::istringstream in(file);
  InputFile text = gunzip(in, "file", options);
  std::string all;
  for (char c = 0; text.get(c);) all += c;
  return all;
}

std::string complaint_of(const std::string& file, const GunzipOptions& options = {}) {
  return complaint([&] { unzipped(file, options); });
}

/// Text that compresses to about half of itself.
std::string long_text() {
  std::string text;
  for (unsigned i = 0, x = 1; i < 300000; ++i) {
    x = x * 1664525U + 1013904223U;
    text += static_cast<char>('a' + (x >> 28U));
  }
  return text;
}

}  // namespace

TEST_CASE("What gzip compressed is what comes out, over many buffers") {
  for (const std::string& text : {std::string(), std::string("x"), std::string("1,2\n3,4\n"), std::string(32768, 'x'),
                                  std::string(32769, 'y'), long_text()})
    CHECK(unzipped(gzip(text)) == text);
}

TEST_CASE("Members one after the other are one text") {
  CHECK(unzipped(gzip("one ") + gzip("") + gzip("two")) == "one two");
  std::string file;
  std::string text;
  for (int i = 0; i < 3000; ++i) file += gzip(std::to_string(i)), text += std::to_string(i);
  CHECK(unzipped(file) == text);
}

TEST_CASE("A file that is not compressed passes through, whatever the cap") {
  for (const std::string& text : {std::string(), std::string("\x1f"), std::string("1,2\n"), long_text()})
    CHECK(unzipped(text, {.largest = 1}) == text);
}

TEST_CASE("Readers read through it, from a path or a stream") {
  const TemporaryFolder folder;
  const auto path = folder / "a.csv.gz";
  put(path, gzip("1,2\n3,4\n"));
  CHECK(drift::data::read_csv(gunzip(path)).values == Matrix<double>{{1, 2}, {3, 4}});
  CHECK_THROWS_WITH(drift::data::read_csv(path), Catch::Matchers::Contains(", offset 0: is compressed by gzip"));
  put(path, gzip("1,x1\n1,x2\n"));
  CHECK_THROWS_WITH(drift::data::read_csv(gunzip(path)),
                    Equals(path.string() + ", line 1, column 2: 'x1' is not a number"));
  std::istringstream in(gzip(idx_file(0x08, {2}, bytes({7, 8}))));
  CHECK(drift::data::read_idx<int>(gunzip(in, "numbers")).values == std::vector<int>{7, 8});
  CHECK_THROWS_WITH(gunzip(folder / "missing"),
                    Equals((folder / "missing").string() + ": cannot be opened: No such file or directory"));
}

TEST_CASE("Errors of decompression reach a reader's caller") {
  const TemporaryFolder folder;
  const auto path = folder / "a.gz";
  const std::string file = gzip(idx_file(0x08, {2}, bytes({7, 8})));
  put(path, file.substr(0, file.size() - 9));
  const std::string expected = path.string() + ", offset " + std::to_string(file.size() - 9) +
                               ": expected more compressed data, found the end of the file";
  CHECK(complaint([&] { drift::data::read_idx(gunzip(path)); }) == expected);
  put(path, gzip("1,2\n").substr(0, 14));
  CHECK(complaint([&] { drift::data::read_csv(gunzip(path)); }) ==
        path.string() + ", offset 14: expected more compressed data, found the end of the file");
}

TEST_CASE("A compressed file cut off anywhere is refused at its end") {
  const std::string file = gzip("some text, some more text");
  for (std::size_t size = 2; size < file.size(); ++size)
    CHECK(complaint_of(file.substr(0, size)) ==
          "file, offset " + std::to_string(size) + ": expected more compressed data, found the end of the file");
  const std::string two = file + file;  // and in its second member
  for (std::size_t size = file.size() + 1; size < two.size(); ++size)
    CHECK(complaint_of(two.substr(0, size)) ==
          "file, offset " + std::to_string(size) + ": expected more compressed data, found the end of the file");
  CHECK(unzipped(two).size() == 50);
}

TEST_CASE("Corrupt data and wrong checksums are refused with zlib's word") {
  const std::string good = gzip("some text, some more text");
  std::string file = good;
  file[10] = '\x07';  // a block of no known type
  CHECK(complaint_of(file).find("expected data compressed by gzip, found corrupt ones (invalid block type)") !=
        std::string::npos);
  file = good;
  file[file.size() - 8] = static_cast<char>(file[file.size() - 8] ^ 1);
  CHECK(complaint_of(file) == "file, offset " + std::to_string(file.size() - 4) +
                                  ": expected data compressed by gzip, found corrupt ones (incorrect data check)");
  file = good;
  file[file.size() - 1] = static_cast<char>(file[file.size() - 1] ^ 1);
  CHECK(complaint_of(file) == "file, offset " + std::to_string(file.size()) +
                                  ": expected data compressed by gzip, found corrupt ones (incorrect length check)");
  file = good;
  file[2] = 7;  // a method of compression that nobody has
  CHECK(complaint_of(file).find("(unknown compression method)") != std::string::npos);
}

TEST_CASE("No single wrong bit of the data goes unnoticed") {
  const std::string text = "some text, some more text";
  const std::string good = gzip(text);
  int noticed = 0;
  for (std::size_t i = 10; i < good.size(); ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string file = good;
      file[i] = static_cast<char>(static_cast<unsigned char>(file[i]) ^ (1U << bit));
      try {
        if (unzipped(file) == text) ++noticed;  // a bit that means nothing, such as what fills the last byte
      } catch (const drift::FileError&) {
        ++noticed;
      }
    }
  CHECK(noticed == static_cast<int>(8 * (good.size() - 10)));
}

TEST_CASE("Bytes behind the last member are refused") {
  const std::string file = gzip("x");
  for (const char* behind : {"y", "\x20\x8b"})
    CHECK(complaint_of(file + behind) ==
          "file, offset " + std::to_string(file.size()) +
              ": expected another gzip member or the end of the file, found other bytes");
  CHECK(complaint_of(file + std::string(1, '\0')).find("found other bytes") != std::string::npos);
  CHECK(complaint_of(file + "\x1fyz").find("(incorrect header check)") != std::string::npos);
}

TEST_CASE("No more comes out than the cap allows, and the error names the option") {
  const std::string zeros(1000000, '\0');
  const std::string file = gzip(zeros);
  REQUIRE(file.size() < 2000);
  CHECK(unzipped(file, {.largest = 1000000}) == zeros);
  const std::string message = complaint_of(file, {.largest = 999999});
  CHECK(message.rfind("file, offset ", 0) == 0);
  CHECK(message.find(": expected at most 999999 bytes when decompressed, found more (the option `largest` of gunzip "
                     "raises this)") != std::string::npos);
  CHECK(complaint_of(gzip("ab") + gzip("cd"), {.largest = 3}).find("at most 3 bytes") != std::string::npos);
  CHECK_THROWS_WITH(unzipped(file, {.largest = 0}), Equals("largest: was 0, must be 1 or above"));
}

TEST_CASE("A stream that has failed fails again, also for who clears it") {
  std::istringstream in(gzip("some text").substr(0, 15));
  InputFile file = gunzip(in, "file");
  const auto read = [&] { std::string(std::istreambuf_iterator<char>(file), {}); };
  CHECK_THROWS_AS(read(), drift::FileError);
  file.clear();
  CHECK_THROWS_AS(read(), drift::FileError);
}
