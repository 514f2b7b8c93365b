#pragma once
// Team: threads that wait for work, so that a loop of a hundred microseconds can be shared out.
//
//     const auto team = borrow_team(2);                 // from the process' pool; goes back by itself
//     team->run([&](int worker) { ... });               // worker 0 is the caller; returns when all are done
//
// After a piece of work the others look for the next one for about twenty microseconds before they sleep: a network's derivatives
// come in series of such pieces, and waking a thread costs as much as a small one. A sleeping team costs nothing. What a worker
// throws is thrown again by run (the first of them), when all have ended. A child made by fork() has no threads but the one that
// called it: it must not use what ran on several before.

#include <drift/core/errors.hpp>
#include <drift/core/pool.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <thread>

namespace drift {

class Team {
 public:
  /// Throws InvalidArgument for fewer than one thread, std::system_error where the system has none left.
  explicit Team(int threads) : threads_(threads) {
    require(threads >= 1, "threads", threads, "1 or more");
    errors_.resize(static_cast<std::size_t>(threads));
    try {
      for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { work(worker); });
    } catch (...) {
      dismiss();
      throw;
    }
  }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team() { dismiss(); }

  int threads() const { return threads_; }

  /// task(worker) for worker = 0, ..., threads() - 1 at the same time. Not from within a task.
  template <class Task>
  void run(const Task& task) {
    if (threads_ == 1) {
      task(0);
      return;
    }
    errors_.assign(errors_.size(), nullptr);
    task_ = &task;
    call_ = [](const void* erased, int worker) { (*static_cast<const Task*>(erased))(worker); };
    running_.store(threads_ - 1, std::memory_order_relaxed);
    publish();
    attempt(0);
    await(running_, [](int running) { return running == 0; });
    for (const std::exception_ptr& error : errors_) {
      if (error) std::rethrow_exception(error);
    }
  }

 private:
  static constexpr std::chrono::microseconds patience{20};

  void publish() {
    round_.fetch_add(1);
    round_.notify_all();
  }

  void dismiss() {
    stop_ = true;
    publish();
    for (std::thread& worker : workers_) worker.join();
  }

  /// Returns when holds(value): looks for a while, then sleeps until the value changes.
  template <class T, class Condition>
  static void await(const std::atomic<T>& value, const Condition& holds) {
    const auto start = std::chrono::steady_clock::now();
    for (int looks = 1;; ++looks) {
      const T now = value.load(std::memory_order_acquire);
      if (holds(now)) return;
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
      if (looks % 64 == 0 && std::chrono::steady_clock::now() - start > patience)
        value.wait(now, std::memory_order_acquire);
    }
  }

  void attempt(int worker) {
    try {
      call_(task_, worker);
    } catch (...) {
      errors_[static_cast<std::size_t>(worker)] = std::current_exception();
    }
  }

  void work(int worker) {
    for (unsigned seen = 0;;) {
      await(round_, [seen](unsigned round) { return round != seen; });
      ++seen;
      if (stop_) return;
      attempt(worker);
      if (running_.fetch_sub(1) == 1) running_.notify_one();
    }
  }

  int threads_;
  std::vector<std::thread> workers_;
  std::vector<std::exception_ptr> errors_;
  const void* task_ = nullptr;
  void (*call_)(const void*, int) = nullptr;
  std::atomic<bool> stop_ = false;
  alignas(64) std::atomic<unsigned> round_ = 0;
  alignas(64) std::atomic<int> running_ = 0;
};

/// An idle team of that many threads, or a new one. Teams are kept for the life of the process.
inline Pool<Team>::Lease borrow_team(int threads) {
  static std::mutex mutex;
  static std::map<int, Pool<Team>> pools;
  const Pool<Team>* pool = nullptr;
  {
    const std::lock_guard lock(mutex);
    pool = &pools[threads];
  }
  return pool->borrow([&] { return threads; }, [](Team&) {});
}

}  // namespace drift
