#pragma once
// Progress: one line on the terminal that says how far a long computation is, and goes away at its end.
//
//     Progress progress("training", 5 * iterations);
//     for (...) progress.advance();
//
//     training  41 %  2050 of 5000  812/s  4 s left
//
// Silent when standard error is not a terminal, so that logs stay clean. Redrawn at most ten times a second; advance()
// is otherwise a lock and a comparison, and may be called by several threads.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <iostream>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace drift::report {

struct ProgressOptions {
  std::ostream* out = &std::cerr;                ///< where the line goes; must outlive the Progress
  bool terminal = ::isatty(STDERR_FILENO) == 1;  ///< whether that is a terminal; otherwise nothing is written
  double seconds_between = 0.1;                  ///< the line is redrawn no sooner; 0 or above
};

namespace detail {

/// "45 s", "3 min 20 s", "2 h 5 min".
inline std::string duration_text(double seconds) {
  constexpr double longest = 100 * 3600.0;
  if (!(seconds < longest)) return "more than 100 h";
  const long whole = std::lround(std::max(seconds, 0.0));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

/// The line at `done` of `total` after `seconds`.
inline std::string progress_line(std::string_view label, Index done, Index total, double seconds) {
  const double fraction = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1;
  std::string line = fmt::format("{}  {:.0f} %  {} of {}", label, std::min(100.0, 100 * fraction), done, total);
  if (done <= 0 || !(seconds > 0)) return line;
  const double rate = static_cast<double>(done) / seconds;
  line += "  " + significant(rate, 3) + "/s";
  if (done < total) line += "  " + duration_text(static_cast<double>(total - done) / rate) + " left";
  return line;
}

}  // namespace detail

class Progress {
 public:
  /// total: how many times advance() will be called, 0 or above.
  Progress(std::string label, Index total, ProgressOptions options = {})
      : label_(std::move(label)), total_(total), options_(options), start_(Clock::now()), next_(start_) {
    require(total >= 0, "total", total, "0 or above");
    require_not_negative(options.seconds_between, "seconds_between");
    constexpr std::size_t longest = 40;  // a line that wraps could not be erased
    if (label_.size() > longest) label_.resize(longest);
  }

  ~Progress() { erase(); }

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;

  void advance(Index steps = 1) {
    const std::scoped_lock lock(mutex_);
    done_ += steps;
    if (!options_.terminal) return;
    const Clock::time_point now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds_between));
    const double seconds = std::chrono::duration<double>(now - start_).count();
    *options_.out << clear_line << detail::progress_line(label_, done_, total_, seconds) << std::flush;
    drawn_ = true;
  }

  /// Takes the line away; the next advance() draws it again. Call it before printing something else.
  void erase() {
    const std::scoped_lock lock(mutex_);
    if (drawn_) *options_.out << clear_line << std::flush;
    drawn_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::string_view clear_line = "\r\033[K";

  std::string label_;
  Index total_;
  Index done_ = 0;
  ProgressOptions options_;
  Clock::time_point start_;
  Clock::time_point next_;
  bool drawn_ = false;
  std::mutex mutex_;
};

}  // namespace drift::report
