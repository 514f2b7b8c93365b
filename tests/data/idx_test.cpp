#include <drift/data/idx.hpp>

#include "data/malformed.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

using Catch::Matchers::Equals;
using drift::Index;
using drift::Matrix;
using drift::data::Array;
using drift::data::Dataset;
using drift::data::IdxDatasetOptions;
using drift::data::InputFile;

namespace {

template <class T = double>
Array<T> read(const std::string& file) {
  std::istringstream in(file);
  return drift::data::read_idx<T>(in, "file");
}

std::string complaint_of(const std::string& file) {
  return complaint([&] { read(file); });
}

template <class T = double>
Dataset<T> read_dataset(const std::string& images, const std::string& labels, const IdxDatasetOptions& options = {}) {
  std::istringstream image_stream(images);
  std::istringstream label_stream(labels);
  return drift::data::read_idx_dataset<T>(InputFile(image_stream, "images"), InputFile(label_stream, "labels"),
                                          options);
}

std::string complaint_of(const std::string& images, const std::string& labels, const IdxDatasetOptions& options = {}) {
  return complaint([&] { read_dataset(images, labels, options); });
}

/// Three images of two rows and two columns, and their labels.
const std::string images = idx_file(0x08, {3, 2, 2}, bytes({0, 1, 2, 3, 51, 102, 153, 204, 252, 253, 254, 255}));
const std::string labels = idx_file(0x08, {3}, bytes({4, 0, 9}));

}  // namespace

TEST_CASE("IDX files of every type are read") {
  CHECK(read(idx_file(0x08, {3}, bytes({0, 128, 255}))).values == std::vector<double>{0, 128, 255});
  CHECK(read(idx_file(0x09, {2}, bytes({0x80, 127}))).values == std::vector<double>{-128, 127});
  CHECK(read(idx_file(0x0b, {1}, big_endian(std::int16_t{-300}))).values == std::vector<double>{-300});
  CHECK(read(idx_file(0x0c, {1}, big_endian(std::int32_t{-70000}))).values == std::vector<double>{-70000});
  CHECK(read(idx_file(0x0d, {1}, big_endian(0.1F))).values == std::vector<double>{static_cast<double>(0.1F)});
  CHECK(read(idx_file(0x0e, {1}, big_endian(0.1))).values == std::vector<double>{0.1});
}

TEST_CASE("The shape is the file's, the last axis runs fastest, and T may be any number") {
  const Array<int> array = read<int>(idx_file(0x08, {2, 3, 1}, bytes({1, 2, 3, 4, 5, 6})));
  CHECK(array.shape == std::vector<Index>{2, 3, 1});
  CHECK(array.values == std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(array.matrix() == Matrix<int>{{1, 2, 3}, {4, 5, 6}});
  CHECK(read(idx_file(0x0e, {0, 5}, "")).matrix().cols() == 5);
  CHECK(complaint([] { read<std::int8_t>(idx_file(0x08, {2}, bytes({1, 200}))); }) ==
        "file, offset 9: expected a whole number in -128, ..., 127, found 200");
}

TEST_CASE("A file is read by its path, and named by it") {
  const TemporaryFolder folder;
  const auto path = folder / "labels";
  put(path, labels);
  CHECK(drift::data::read_idx<int>(path).values == std::vector<int>{4, 0, 9});
  put(path, labels + "x");
  CHECK_THROWS_WITH(drift::data::read_idx(path),
                    Equals(path.string() + ", offset 11: expected the end of the file, found more bytes"));
  put(path, bytes({0x1f, 0x8b}) + labels);
  CHECK(complaint([&] { drift::data::read_idx(path); }).find("is compressed by gzip; read it through data::gunzip") !=
        std::string::npos);
}

TEST_CASE("An IDX file cut off anywhere says what is missing where") {
  const std::string file = idx_file(0x0b, {2, 2}, std::string(8, 'x'));
  REQUIRE(file.size() == 20);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::string found = ", found " + std::to_string(size < 4 ? size : size < 12 ? size - 4 : size - 12);
    CHECK(complaint_of(file.substr(0, size)) == (size < 4    ? "file, offset 0: expected 4 bytes of a magic number"
                                                 : size < 12 ? "file, offset 4: expected 8 bytes of sizes"
                                                             : "file, offset 12: expected 8 bytes of values") +
                                                    found);
  }
  CHECK(read(file).size() == 4);
}

TEST_CASE("A malformed IDX file is refused with offset, expected and found") {
  CHECK(complaint_of("\x89PNG") == "file, offset 0: expected 00 00, as IDX files begin, found 89 50");
  CHECK(complaint_of(bytes({0, 1, 8, 1})) == "file, offset 0: expected 00 00, as IDX files begin, found 00 01");
  CHECK(complaint_of(idx_file(0x0a, {1}, "x")) ==
        "file, offset 2: expected a type of numbers, 08, 09, 0b, 0c, 0d or 0e, found 0a");
  CHECK(complaint_of(idx_file(0x08, {}, "x")) == "file, offset 3: expected 1 axis or more, found 0");
  CHECK(complaint_of(idx_file(0x08, {2}, "xyz")) == "file, offset 10: expected the end of the file, found more bytes");
}

TEST_CASE("Sizes that overflow are refused, huge ones are believed only against the bytes that are there") {
  constexpr std::uint32_t most = 0xffffffffU;
  CHECK(complaint_of(idx_file(0x08, {most, most}, "x")) ==
        "file, offset 4: expected sizes of an array that fits in memory, found 4294967295 x 4294967295");
  CHECK(complaint_of(idx_file(0x08, {0x10000U, 0x10000U, 0x10000U, 0x10000U}, "")) ==  // 2^64
        "file, offset 4: expected sizes of an array that fits in memory, found 65536 x 65536 x 65536 x 65536");
  CHECK(complaint_of(idx_file(0x08, {0, most, most, most}, "")) ==
        "file, offset 4: expected sizes of an array that fits in memory, found 0 x 4294967295 x 4294967295 x "
        "4294967295");
  CHECK(complaint_of(idx_file(0x0e, {most, 1000}, "12345678")) ==
        "file, offset 12: expected 34359738360000 bytes of values, found 8");
  CHECK(complaint_of(idx_file(0x08, {60000, 28, 28}, std::string(1234, 'x'))) ==
        "file, offset 16: expected 47040000 bytes of values, found 1234");
}

TEST_CASE("Images and labels make a dataset of features in [0, 1]") {
  const Dataset<double> dataset = read_dataset(images, labels);
  CHECK_NOTHROW(dataset.validate());
  CHECK(dataset.labels == std::vector<int>{4, 0, 9});
  CHECK(dataset.classes() == 10);
  const Matrix<double> pixels{{0, 1, 2, 3}, {51, 102, 153, 204}, {252, 253, 254, 255}};
  CHECK((dataset.features * 255).isApprox(pixels));
  CHECK(dataset.features(0, 0) == 0.0);
  CHECK(dataset.features(1, 0) == 0.2);  // 51 / 255, to the last bit
  CHECK(dataset.features(2, 3) == 1.0);
  CHECK(read_dataset<float>(images, labels).features(1, 0) == 0.2F);
}

TEST_CASE("The scale is the pixel that becomes 1, and classes may have names") {
  const Dataset<double> dataset =
      read_dataset(images, labels, {.classes = 11, .scale = 51, .class_names = std::vector<std::string>(11, "name")});
  CHECK(dataset.features(1, 3) == 4.0);
  CHECK(dataset.classes() == 11);
  CHECK(dataset.class_names[10] == "name");
  CHECK(read_dataset(images, labels).class_names[9] == "class9");
}

TEST_CASE("Images and labels may be of other types of numbers") {
  const std::string halves = idx_file(0x0d, {2, 1, 2}, big_endian(0.5F) + big_endian(-1.0F) + std::string(8, '\0'));
  const std::string words = idx_file(0x0c, {2}, big_endian(std::int32_t{1}) + big_endian(std::int32_t{0}));
  const Dataset<double> dataset = read_dataset(halves, words, {.classes = 2, .scale = 1});
  CHECK(dataset.features == Matrix<double>{{0.5, -1}, {0, 0}});
  CHECK(dataset.labels == std::vector<int>{1, 0});
  const std::string infinite =
      idx_file(0x0d, {2, 1}, big_endian(1.0F) + big_endian(-std::numeric_limits<float>::infinity()));
  CHECK(complaint_of(infinite, words) == "images, offset 16: expected a finite number, found -inf");
}

TEST_CASE("The first examples are read without what stands behind them") {
  const Dataset<double> all = read_dataset(images, labels);
  for (const Index first : {1, 2, 3}) {
    const Dataset<double> some = read_dataset(images, labels, {.first = first});
    CHECK(some.features == all.features.topRows(first));
    CHECK(some.labels == std::vector<int>(all.labels.begin(), all.labels.begin() + first));
  }
  // The rest may be missing, or wrong.
  CHECK(read_dataset(images.substr(0, 20), labels.substr(0, 9), {.first = 1}).size() == 1);
  CHECK(complaint_of(images.substr(0, 20), labels, {.first = 2}) ==
        "images, offset 16: expected 8 bytes of values, found 4");
  CHECK_THROWS_WITH(read_dataset(images, labels, {.first = 4}),
                    Equals("first: was 4, must be at most 3, the number of images in images"));
}

TEST_CASE("Images and labels cut off anywhere are refused, each by its name") {
  for (std::size_t size = 0; size < images.size(); ++size)
    CHECK(complaint_of(images.substr(0, size), labels).rfind("images, offset ", 0) == 0);
  for (std::size_t size = 0; size < labels.size(); ++size)
    CHECK(complaint_of(images, labels.substr(0, size)).rfind("labels, offset ", 0) == 0);
  CHECK(complaint_of(images + "x", labels) == "images, offset 28: expected the end of the file, found more bytes");
  CHECK(complaint_of(images, labels + "x") == "labels, offset 11: expected the end of the file, found more bytes");
}

TEST_CASE("Labels that are not as many as the images, or no classes, are refused") {
  CHECK(complaint_of(images, idx_file(0x08, {2}, bytes({0, 1}))) ==
        "labels, offset 4: expected 3 labels, one for each image of images, found 2");
  CHECK(complaint_of(images, idx_file(0x08, {3}, bytes({0, 10, 1}))) ==
        "labels, offset 9: expected a label in 0, ..., 9, found 10");
  CHECK(complaint_of(images, labels, {.classes = 9}) == "labels, offset 10: expected a label in 0, ..., 8, found 9");
  CHECK(complaint_of(images, idx_file(0x0b, {3}, bytes({0, 0, 0, 1, 0xff, 0xff}))) ==
        "labels, offset 12: expected a label in 0, ..., 9, found -1");
}

TEST_CASE("Images and labels of the wrong kind are refused") {
  CHECK(complaint_of(labels, images) ==
        "images, offset 3: expected images of 2 axes or more, the first counts them, found 1 axis");
  CHECK(complaint_of(images, images) == "labels, offset 3: expected labels of 1 axis, found 3 axes");
  CHECK(complaint_of(images, idx_file(0x0d, {3}, std::string(12, '\0'))) ==
        "labels, offset 2: expected labels that are whole numbers, of type 08, 09, 0b or 0c, found a type of "
        "fractions");
  CHECK(complaint_of(idx_file(0x08, {0, 2, 2}, ""), idx_file(0x08, {0}, "")) ==
        "images, offset 4: expected sizes of 1 or above, found 0 x 2 x 2");
  CHECK(complaint_of(idx_file(0x08, {3, 0}, ""), labels) ==
        "images, offset 4: expected sizes of 1 or above, found 3 x 0");
}

TEST_CASE("Options that cannot be are refused before anything is read") {
  CHECK_THROWS_WITH(read_dataset("", "", {.classes = 0}), Equals("classes: was 0, must be 1 or above"));
  CHECK_THROWS_WITH(read_dataset("", "", {.scale = 0}), Equals("scale: was 0, must be a finite number above 0"));
  CHECK_THROWS_WITH(read_dataset("", "", {.first = 0}), Equals("first: was 0, must be 1 or above"));
  CHECK_THROWS_WITH(read_dataset("", "", {.class_names = {"a", "b"}}),
                    Equals("class_names: was of length 2, must be empty or as many as classes"));
}
