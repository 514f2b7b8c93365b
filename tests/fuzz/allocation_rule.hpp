#pragma once
// check_reading: what must hold of every reader, whatever its input.
//
//   - it ends, with a value or a FileError; anything else is a finding
//   - no single allocation is above 1 MiB + 2 x the memory of the values really present

#include <drift/core/errors.hpp>

#include <sanitizer/allocator_interface.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace fuzz {

/// The bytes as a string, in one piece: byte after byte would take longer than reading them.
inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline std::size_t largest_allocation = 0;

inline void note_allocation(const volatile void*, std::size_t size) {
  if (size > largest_allocation) largest_allocation = size;
}
inline void note_release(const volatile void*) {}

[[noreturn]] inline void finding(const char* what) {
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

/// Calls read() and then value_bytes(), the memory of the values that were present.
template <class Read, class ValueBytes>
void check_reading(Read read, ValueBytes value_bytes) {
  static const bool hooked = __sanitizer_install_malloc_and_free_hooks(note_allocation, note_release) != 0;
  if (!hooked) finding("the sanitizer takes no hooks");
  largest_allocation = 0;
  try {
    read();
  } catch (const drift::FileError&) {  // as it should be
  }
  const std::size_t largest = largest_allocation;
  if (largest > (std::size_t{1} << 20U) + 2 * value_bytes()) {
    std::fprintf(stderr, "one allocation of %zu bytes\n", largest);
    finding("an allocation above 1 MiB + 2 x the values");
  }
}

}  // namespace fuzz
