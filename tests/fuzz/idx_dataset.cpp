// read_idx_dataset from any two files. The input: two bytes, the length of the images' file, little-endian; a byte, the
// option `first` (0: all); a byte, the option `classes`; the images' file; the labels' file.

#include "allocation_rule.hpp"

#include <drift/data/idx.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

namespace {

void read(const std::string& images, const std::string& labels, const drift::data::IdxDatasetOptions& options) {
  std::istringstream image_stream(images);
  std::istringstream label_stream(labels);
  try {
    const auto dataset = drift::data::read_idx_dataset<double>(drift::data::InputFile(image_stream, "images"),
                                                               drift::data::InputFile(label_stream, "labels"), options);
    dataset.validate();
  } catch (const drift::InvalidArgument& error) {
    const std::string message = error.what();
    if (message.substr(0, 6) != "first:") fuzz::finding("a dataset that is not valid");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::size_t length = std::min(data[0] + 256U * data[1] + std::size_t{0}, size - 4);
  const std::string images = fuzz::text_of(data + 4, length);
  const std::string labels = fuzz::text_of(data + 4 + length, size - 4 - length);
  drift::data::IdxDatasetOptions options{.classes = 1 + data[3]};
  if (data[2] > 0) options.first = data[2];
  fuzz::check_reading([&] { read(images, labels, options); }, [&] { return size * sizeof(double); });
  return 0;
}
