#pragma once
// read_cifar10: the binary version of CIFAR-10.
//
//     data::Dataset<float> test = data::read_cifar10<float>("cifar-10-batches-bin/test_batch.bin");
//     data::Dataset<float> train = data::read_cifar10<float>({"data_batch_1.bin", "data_batch_2.bin"});    // one after the other
//
// A file is records of 3073 bytes without a header: the label, then 1024 bytes of red, 1024 of green and 1024 of blue, each
// a picture of 32 x 32 row after row. Features keep that order (channel, row, column) and are pixel / 255, in [0, 1].
//
// Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; www.cs.toronto.edu/~kriz/cifar.html.
// Cost: one pass; images are kept as bytes until the matrix is made.
// Failures: FileError "path, offset 30730: ..." for a file that ends within a record, a label above 9, a file without a
// record; InvalidArgument for no file at all.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/data/array.hpp>
#include <drift/data/dataset.hpp>
#include <drift/data/input_file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <string>
#include <utility>
#include <vector>

namespace drift::data {

namespace detail {

struct CifarRecords {
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;
};

inline constexpr std::size_t cifar_pixels = 3072;

/// Adds the records of a file to those that are there.
inline void read_cifar_records(InputFile file, CifarRecords& records) {
  ByteReader bytes(file);
  std::array<char, cifar_pixels + 1> record = {};
  while (true) {
    const std::uint64_t offset = bytes.offset();
    const std::size_t found = bytes.up_to(record.size(), record.data());
    if (found == 0 && offset > 0) return;
    if (found != record.size())
      bytes.fail(offset, "expected 3073 bytes of a record (the size of the file is a multiple of it), found " +
                             std::to_string(found));
    const auto label = static_cast<unsigned char>(record[0]);
    if (label > 9) bytes.fail(offset, "expected a label in 0, ..., 9, found " + std::to_string(label));
    records.labels.push_back(label);
    records.pixels.insert(records.pixels.end(), record.begin() + 1, record.end());
  }
}

template <class T>
Dataset<T> cifar_dataset(CifarRecords records) {
  const auto examples = static_cast<Index>(records.labels.size());
  Matrix<T> features =
      from_rows<T>(records.pixels, examples, cifar_pixels, [](std::uint8_t pixel) { return T(pixel) / T(255); });
  Dataset<T> dataset = make_dataset<T>(std::move(features), std::move(records.labels), 10);
  dataset.class_names = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  return dataset;
}

}  // namespace detail

template <class T = double>
Dataset<T> read_cifar10(InputFile file) {
  detail::CifarRecords records;
  detail::read_cifar_records(std::move(file), records);
  return detail::cifar_dataset<T>(std::move(records));
}

/// Several files as one dataset, in this order.
template <class T = double>
Dataset<T> read_cifar10(const std::vector<std::filesystem::path>& paths) {
  require(!paths.empty(), "paths", "empty", "at least one file");
  detail::CifarRecords records;
  for (const std::filesystem::path& path : paths) detail::read_cifar_records(path, records);
  return detail::cifar_dataset<T>(std::move(records));
}

/// The rest of a stream; `name` is what errors call it.
template <class T = double>
Dataset<T> read_cifar10(std::istream& in, const std::string& name) {
  return read_cifar10<T>(InputFile(in, name));
}

}  // namespace drift::data
