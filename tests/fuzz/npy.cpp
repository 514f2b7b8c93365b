// read_npy from any bytes, as double and as 8-bit integers (where a number may not fit).

#include "allocation_rule.hpp"

#include <drift/data/npy.hpp>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

namespace {

template <class T>
void read(const std::string& bytes) {
  const auto read = [&] {
    std::istringstream in(bytes);
    const drift::data::Array<T> array = drift::data::read_npy<T>(in, "input");
    if (array.matrix().size() != array.size()) fuzz::finding("an array whose shape does not fit");
  };
  fuzz::check_reading(read, [&] { return bytes.size() * sizeof(T); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::text_of(data, size);
  read<double>(bytes);
  read<std::int8_t>(bytes);
  return 0;
}
