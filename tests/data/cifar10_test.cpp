#include <drift/data/cifar10.hpp>

#include "data/malformed.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using Catch::Matchers::Equals;
using drift::data::Dataset;
using drift::data::read_cifar10;

namespace {

/// A record whose red, green and blue are these everywhere, but for one pixel of blue at a row and column.
std::string record(int label, int red, int green, int blue) {
  std::string text = bytes({label});
  for (const int colour : {red, green, blue}) text += std::string(1024, static_cast<char>(colour));
  return text;
}

Dataset<double> read(const std::string& file) {
  std::istringstream in(file);
  return read_cifar10(in, "file");
}

std::string complaint_of(const std::string& file) {
  return complaint([&] { read(file); });
}

}  // namespace

TEST_CASE("Records are examples whose features are channel, row, column in [0, 1]") {
  std::string first = record(3, 0, 51, 255);
  first[1 + 2 * 1024 + 5 * 32 + 7] = '\x66';  // blue, row 5, column 7: 102
  const Dataset<double> dataset = read(first + record(9, 255, 0, 0));
  CHECK_NOTHROW(dataset.validate());
  REQUIRE(dataset.size() == 2);
  REQUIRE(dataset.dimension() == 3072);
  CHECK(dataset.labels == std::vector<int>{3, 9});
  CHECK((dataset.features.row(0).head(1024).array() == 0.0).all());
  CHECK((dataset.features.row(0).segment(1024, 1024).array() == 0.2).all());
  CHECK(dataset.features(0, 2 * 1024 + 5 * 32 + 7) == 0.4);
  CHECK((dataset.features.row(0).tail(1024).array() == 1.0).count() == 1023);
  CHECK(dataset.features.row(1).sum() == 1024.0);
  CHECK(dataset.classes() == 10);
  CHECK(dataset.class_names[3] == "cat");
  CHECK(dataset.class_names[9] == "truck");
}

TEST_CASE("Several files follow one another") {
  const TemporaryFolder folder;
  put(folder / "a", record(1, 1, 1, 1) + record(2, 2, 2, 2));
  put(folder / "b", record(3, 3, 3, 3));
  const Dataset<float> both = read_cifar10<float>({folder / "a", folder / "b"});
  CHECK(both.labels == std::vector<int>{1, 2, 3});
  CHECK(both.features(2, 0) == 3.0F / 255.0F);
  CHECK(read_cifar10(folder / "b").labels == std::vector<int>{3});
  put(folder / "b", record(3, 3, 3, 3) + "x");
  CHECK_THROWS_WITH((read_cifar10({folder / "a", folder / "b"})),
                    Equals((folder / "b").string() +
                           ", offset 3073: expected 3073 bytes of a record (the size of the file is a multiple of it), "
                           "found 1"));
  CHECK_THROWS_WITH(read_cifar10(std::vector<std::filesystem::path>{}),
                    Equals("paths: was empty, must be at least one file"));
}

TEST_CASE("A file that ends within a record is refused, wherever that is, and so is an empty one") {
  const std::string file = record(1, 1, 1, 1) + record(2, 2, 2, 2);
  for (std::size_t size = 0; size < file.size(); size += size == 3072 ? 2 : 1)
    if (complaint_of(file.substr(0, size)) !=
        "file, offset " + std::string(size > 3073 ? "3073" : "0") +
            ": expected 3073 bytes of a record (the size of the file is a multiple of it), found " +
            std::to_string(size % 3073))
      FAIL("cut after " << size << ": " << complaint_of(file.substr(0, size)));
  CHECK(read(file).size() == 2);
}

TEST_CASE("A label above 9 is refused with its offset") {
  CHECK(complaint_of(record(10, 0, 0, 0)) == "file, offset 0: expected a label in 0, ..., 9, found 10");
  CHECK(complaint_of(record(9, 0, 0, 0) + record(255, 0, 0, 0)) ==
        "file, offset 3073: expected a label in 0, ..., 9, found 255");
}

TEST_CASE("CIFAR-10 compressed by gzip is refused and the decoder is named") {
  const TemporaryFolder folder;
  put(folder / "a", bytes({0x1f, 0x8b, 8, 0}));
  CHECK(complaint([&] { read_cifar10(folder / "a"); }).find("data::gunzip(path)") != std::string::npos);
}
