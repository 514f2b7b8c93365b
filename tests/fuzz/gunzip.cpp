// gunzip of any bytes, read to the end, with a cap that small inputs can reach.

#include "allocation_rule.hpp"

#include <drift/data/gunzip.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t largest = 100000;
  const std::string bytes = fuzz::text_of(data, size);
  const bool compressed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
  std::size_t produced = 0;
  const auto read = [&] {
    std::istringstream in(bytes);
    drift::data::InputFile file = drift::data::gunzip(in, "input", {.largest = largest});
    std::array<char, 1000> piece = {};
    while (file.read(piece.data(), piece.size()) || file.gcount() > 0)
      produced += static_cast<std::size_t>(file.gcount());
    if (file.bad()) fuzz::finding("an error that did not reach the caller");
  };
  fuzz::check_reading(read, [&] { return produced; });
  if (produced > (compressed ? largest : size)) fuzz::finding("more bytes than there may be");
  return 0;
}
