#pragma once
// read_idx: the format of MNIST and Fashion-MNIST.
//
//     data::Array<double> any = data::read_idx("train-images-idx3-ubyte");
//     data::Dataset<float> train = data::read_idx_dataset<float>("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
//     data::Dataset<float> small = data::read_idx_dataset<float>(data::gunzip(images), data::gunzip(labels), {.first = 1000});
//
// An IDX file is: two bytes of 0; the type of its numbers (08 unsigned byte, 09 signed byte, 0b short, 0c int, 0d float,
// 0e double); the number of axes; the size of each as 4 bytes; the numbers, the last axis fastest; all big-endian.
//
// Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database, "The IDX file format".
// Cost: one pass; read_idx_dataset keeps images of bytes as bytes until it makes the matrix.
// Failures: FileError "path, offset 16: expected 47040000 bytes of values, found 1234", and likewise for another magic
// number, an unknown type, sizes that overflow, bytes after the last value, a number that T cannot hold (elements.hpp
// says which), labels that are not as many as the images, a label that is no class.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/data/array.hpp>
#include <drift/data/dataset.hpp>
#include <drift/data/elements.hpp>
#include <drift/data/input_file.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drift::data {

struct IdxDatasetOptions {
  int classes = 10;                           ///< labels are 0, ..., classes - 1
  double scale = 255;                         ///< the pixel that becomes 1: a feature is its pixel divided by this
  std::optional<Index> first = {};            ///< read only so many examples, and nothing behind them; default all
  std::vector<std::string> class_names = {};  ///< one for each class; default class0, class1, ...

  void validate() const {
    require(classes >= 1, "classes", classes, "1 or above");
    require_positive(scale, "scale");
    if (first) require(*first >= 1, "first", *first, "1 or above");
    require(class_names.empty() || class_names.size() == static_cast<std::size_t>(classes), "class_names",
            "of length " + std::to_string(class_names.size()), "empty or as many as classes");
  }
};

namespace detail {

/// Two hexadecimal digits a byte: "1f 8b".
inline std::string bytes_as_text(const char* bytes, std::size_t count) {
  const std::string digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i > 0) text += ' ';
    text += digits[byte / 16U];
    text += digits[byte % 16U];
  }
  return text;
}

struct IdxHeader {
  Element element;
  std::vector<Index> shape;

  std::size_t count() const {
    std::size_t product = 1;
    for (const Index size : shape) product *= static_cast<std::size_t>(size);
    return product;
  }
};

inline Element idx_element(const ByteReader& file, char type) {
  switch (type) {
    case 0x08: return {ElementKind::unsigned_integer, 1, true};
    case 0x09: return {ElementKind::signed_integer, 1, true};
    case 0x0b: return {ElementKind::signed_integer, 2, true};
    case 0x0c: return {ElementKind::signed_integer, 4, true};
    case 0x0d: return {ElementKind::floating, 4, true};
    case 0x0e: return {ElementKind::floating, 8, true};
    default: file.fail(2, "expected a type of numbers, 08, 09, 0b, 0c, 0d or 0e, found " + bytes_as_text(&type, 1));
  }
}

inline IdxHeader read_idx_header(ByteReader& file) {
  std::array<char, 4> magic = {};
  file.exactly(4, magic.data(), "a magic number");
  if (magic[0] != 0 || magic[1] != 0)
    file.fail(0, "expected 00 00, as IDX files begin, found " + bytes_as_text(magic.data(), 2));
  IdxHeader header{idx_element(file, magic[2]), {}};
  const auto axes = static_cast<unsigned char>(magic[3]);
  if (axes == 0) file.fail(3, "expected 1 axis or more, found 0");
  std::vector<char> sizes(std::size_t{4} * axes);
  file.exactly(sizes.size(), sizes.data(), "sizes");
  for (std::size_t axis = 0; axis < axes; ++axis)
    header.shape.push_back(static_cast<Index>(load<std::uint32_t>(sizes.data() + 4 * axis, true)));
  if (!bounded_product(header.shape, 1))
    file.fail(4, "expected sizes of an array that fits in memory, found " + sizes_as_text(header.shape));
  return header;
}

/// The first labels of a file whose header has been read.
inline std::vector<int> read_idx_labels(ByteReader& file, const IdxHeader& header, std::size_t count, int classes) {
  const std::uint64_t start = file.offset();
  std::vector<int> labels = read_values<int>(file, {header.element}, count);
  for (std::size_t i = 0; i < count; ++i)
    if (labels[i] < 0 || labels[i] >= classes)
      file.fail(start + i * header.element.size,
                "expected a label in 0, ..., " + std::to_string(classes - 1) + ", found " + std::to_string(labels[i]));
  return labels;
}

/// Images as rows, each pixel divided by `scale`.
template <class T>
Matrix<T> read_idx_images(ByteReader& file, const IdxHeader& header, Index count, Index pixels, double scale) {
  const auto numbers = static_cast<std::size_t>(count) * static_cast<std::size_t>(pixels);
  const T one = static_cast<T>(scale);
  if (header.element.kind == ElementKind::unsigned_integer) {
    const auto bytes = read_values<std::uint8_t>(file, {header.element}, numbers);
    return from_rows<T>(bytes, count, pixels, [&](std::uint8_t pixel) { return T(pixel) / one; });
  }
  const std::uint64_t start = file.offset();
  const auto values = read_values<T>(file, {header.element}, numbers);
  for (std::size_t i = 0; i < numbers; ++i) {
    using std::isfinite;
    if (!isfinite(values[i]))
      file.fail(start + i * header.element.size, "expected a finite number, found " + number_as_text(values[i]));
  }
  return from_rows<T>(values, count, pixels, [&](const T& pixel) { return T(pixel / one); });
}

}  // namespace detail

template <class T = double>
Array<T> read_idx(InputFile file) {
  detail::ByteReader bytes(file);
  detail::IdxHeader header = detail::read_idx_header(bytes);
  std::vector<T> values = detail::read_values<T>(bytes, {header.element}, header.count());
  bytes.expect_end();
  return {std::move(header.shape), std::move(values), {}};
}

/// The rest of a stream; `name` is what errors call it.
template <class T = double>
Array<T> read_idx(std::istream& in, const std::string& name) {
  return read_idx<T>(InputFile(in, name));
}

/// Images, flattened to examples x features, and their labels: images of two axes or more (the first counts them), labels
/// of one axis and whole numbers. With the default scale unsigned bytes become 0, ..., 1, each the number nearest to
/// pixel / 255. Values that are not finite are refused.
template <class T = double>
Dataset<T> read_idx_dataset(InputFile images, InputFile labels, const IdxDatasetOptions& options = {}) {
  options.validate();
  detail::ByteReader image_bytes(images);
  detail::ByteReader label_bytes(labels);
  const detail::IdxHeader image_header = detail::read_idx_header(image_bytes);
  const std::vector<Index>& shape = image_header.shape;
  if (shape.size() < 2) image_bytes.fail(3, "expected images of 2 axes or more, the first counts them, found 1 axis");
  if (std::find(shape.begin(), shape.end(), Index{0}) != shape.end())
    image_bytes.fail(4, "expected sizes of 1 or above, found " + detail::sizes_as_text(shape));

  const detail::IdxHeader label_header = detail::read_idx_header(label_bytes);
  if (label_header.shape.size() != 1)
    label_bytes.fail(3, "expected labels of 1 axis, found " + std::to_string(label_header.shape.size()) + " axes");
  if (label_header.element.kind == detail::ElementKind::floating)
    label_bytes.fail(2, "expected labels that are whole numbers, of type 08, 09, 0b or 0c, found a type of fractions");
  if (label_header.shape[0] != shape[0])
    label_bytes.fail(4, "expected " + std::to_string(shape[0]) + " labels, one for each image of " + images.name() +
                            ", found " + std::to_string(label_header.shape[0]));

  const Index count = options.first.value_or(shape[0]);
  require(count <= shape[0], "first", count,
          "at most " + std::to_string(shape[0]) + ", the number of images in " + images.name());
  const auto pixels = static_cast<Index>(image_header.count()) / shape[0];
  std::vector<int> classes =
      detail::read_idx_labels(label_bytes, label_header, static_cast<std::size_t>(count), options.classes);
  Matrix<T> features = detail::read_idx_images<T>(image_bytes, image_header, count, pixels, options.scale);
  if (count == shape[0]) {
    label_bytes.expect_end();
    image_bytes.expect_end();
  }
  Dataset<T> dataset = make_dataset<T>(std::move(features), std::move(classes), options.classes);
  if (!options.class_names.empty()) dataset.class_names = options.class_names;
  return dataset;
}

}  // namespace drift::data
