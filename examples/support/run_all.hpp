#pragma once
// run_all(name, count, threads, work): work(0), ..., work(count - 1) on several threads, with a progress line.
//
//     const std::vector<Outcome> outcomes = examples::run_all("runs", 10, 2, [&](std::size_t i) { return run(cases[i]); });
//
// The results stand in order, whichever thread did them. The first exception is thrown again, once all threads have ended.

#include <drift/core/types.hpp>
#include <drift/report/progress.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace drift::examples {

template <class Work>
auto run_all(const std::string& name, std::size_t count, int threads, const Work& work) {
  std::vector<std::invoke_result_t<Work, std::size_t>> results(count);
  report::Progress progress(name, static_cast<Index>(count));
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        results[i] = work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
      progress.advance();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back(take);
    take();
  }
  if (failure) std::rethrow_exception(failure);
  return results;
}

}  // namespace drift::examples
