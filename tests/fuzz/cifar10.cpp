// read_cifar10 from any bytes. A dataset, whose 3072 names take a hundred times as long as reading, is made of one input
// in 32, whichever these are.

#include "allocation_rule.hpp"

#include <drift/data/cifar10.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <sstream>
#include <string>

namespace {

void read(const std::string& bytes) {
  std::istringstream in(bytes);
  if (std::hash<std::string>()(bytes) % 32 == 0) {
    const auto dataset = drift::data::read_cifar10<float>(in, "input");
    dataset.validate();
    if (static_cast<std::size_t>(dataset.size()) * 3073 != bytes.size()) fuzz::finding("a record too many or few");
  } else {
    drift::data::detail::CifarRecords records;
    drift::data::detail::read_cifar_records(drift::data::InputFile(in, "input"), records);
    if (records.labels.size() * 3073 != bytes.size()) fuzz::finding("a record too many or few");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::text_of(data, size);
  fuzz::check_reading([&] { read(bytes); }, [&] { return size * sizeof(float); });
  return 0;
}
