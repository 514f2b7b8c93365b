#pragma once
// Counts allocations: an executable that includes this, in one file only, has a malloc that counts. (Eigen and operator new both end
// there; under AddressSanitizer, which brings a malloc of its own, and elsewhere than with glibc the counts cannot be taken:
// DRIFT_TEST_OWN_MALLOC is then 0 and tests say so.)

#include <catch2/catch.hpp>

#include <drift/core/types.hpp>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <string>

#if defined(__SANITIZE_ADDRESS__)
#define DRIFT_TEST_OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRIFT_TEST_OWN_MALLOC 0
#endif
#endif
#if !defined(DRIFT_TEST_OWN_MALLOC)
#if defined(__GLIBC__)
#define DRIFT_TEST_OWN_MALLOC 1
#else
#define DRIFT_TEST_OWN_MALLOC 0
#endif
#endif

namespace {
std::atomic<long> allocations{0};
}

#if DRIFT_TEST_OWN_MALLOC
extern "C" {
void* __libc_malloc(std::size_t);  // NOLINT: glibc's own
void* malloc(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
}
#endif

namespace {

template <class Work>
long allocations_of(const Work& work) {
  const long before = allocations.load();
  work();
  return allocations.load() - before;
}

/// An expansion of the problem, moved, pushed, rewound: after its first use it allocates nothing.
template <class P, class S>
void expect_none(const std::string& name, const P& problem, const drift::Vector<S>& x) {
  INFO(name);
  const drift::Vector<S> a = x * S(0.5), b = x + a;
  auto e = problem.expand(x);
  S sum(0);
  const auto work = [&] {
    e.move_to(b);
    e.push(e.gradient());
    e.push_zero();
    e.push(a);
    e.rewind(1);
    e.push(b);
    e.rewind(0);
    sum += e.push(a)[0];
    e.move_to(x);
    sum += e.value();
  };
  work();  // the first use makes the workspace
  CHECK(allocations_of(work) == 0);
  CHECK(std::isfinite(std::abs(sum)));
}

}  // namespace
