// Checkpoints from any bytes: as a whole file, and as its content, which a checksum would otherwise keep from the decoder.
//
// Beside what check_reading asks: where decoding fails the value has not changed, and what is read is written as the same bytes.

#include "allocation_rule.hpp"

#include "checkpoint_values.hpp"

#include <drift/core/archive.hpp>
#include <drift/descent/checkpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace {

/// A value, and its bytes.
template <class Value>
struct Prototype {
  explicit Prototype(Value given) : value(std::move(given)), bytes(drift::encode(value)) {}
  Value value;
  std::string bytes;
};

template <class Value>
void decode_into(const Prototype<Value>& prototype, std::string_view content) {
  Value value = prototype.value;
  bool read = false;
  const auto decode = [&] {
    drift::decode(content, value);
    read = true;
  };
  fuzz::check_reading(decode, [&] { return 2 * content.size(); });
  if (drift::encode(value) != (read ? content : prototype.bytes))
    fuzz::finding("a value that is neither the old nor the new one");
}

void read_as_file(std::string_view bytes) {
  namespace checkpoint = drift::descent::detail;
  const auto read = [&] {
    const std::string_view first = bytes.substr(0, checkpoint::CheckpointHeader::bytes);
    const auto header = checkpoint::decode_header(first, bytes.size(), "input");
    checkpoint::require_checksum(header, bytes.substr(first.size()), "input");
  };
  fuzz::check_reading(read, [&] { return 2 * bytes.size(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  static const Prototype everything(fuzz::Everything{});
  static const Prototype state(fuzz::run_state());
  if (bytes.starts_with("drift")) {
    read_as_file(bytes);
  } else {
    decode_into(everything, bytes);
    decode_into(state, bytes);
  }
  return 0;
}
