#include <support/allocations.hpp>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define DRIFT_BENCHMARK_OWN_MALLOC 1
#else
#define DRIFT_BENCHMARK_OWN_MALLOC 0
#endif

namespace {

std::atomic<long> number{0};
std::atomic<long> bytes{0};

}  // namespace

#if DRIFT_BENCHMARK_OWN_MALLOC
namespace {

void count(std::size_t size) {
  number.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(static_cast<long>(size), std::memory_order_relaxed);
}

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);                 // NOLINT: glibc's own
void* __libc_calloc(std::size_t, std::size_t);    // NOLINT
void* __libc_realloc(void*, std::size_t);         // NOLINT
void* __libc_memalign(std::size_t, std::size_t);  // NOLINT

void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t elements, std::size_t size) {
  count(elements * size);
  return __libc_calloc(elements, size);
}
void* realloc(void* old, std::size_t size) {
  count(size);
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  count(size);
  *result = __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}
}
#endif

namespace drift::benchmarks {

Allocations allocations() { return {number.load(), bytes.load()}; }
bool counts_allocations() { return DRIFT_BENCHMARK_OWN_MALLOC != 0; }

}  // namespace drift::benchmarks
