#pragma once
// How a computation ended. Divergence is a normal outcome of what this library studies, so it is a value, not an exception.

#include <exception>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

namespace drift {

enum class Status {
  reached_end,          ///< the asked-for time, steps or iterations are done
  converged,            ///< a tolerance that the caller set was met
  stationary,           ///< the gradient or field vanishes: nothing would move any more
  diverged,             ///< the state left the divergence radius
  non_finite,           ///< a NaN or infinity that smaller steps could not avoid; the last finite state is returned
  step_too_small,       ///< the tolerance asks for steps below the resolution of time
  budget_spent,         ///< the maximum number of steps or evaluations was used up
  stopped_by_observer,  ///< an observer returned Next::stop
  observer_failed,      ///< an observer threw, as one whose disk is full does; the result's `failure` is what it said
};

constexpr std::string_view to_string(Status status) {
  switch (status) {
    case Status::reached_end: return "reached_end";
    case Status::converged: return "converged";
    case Status::stationary: return "stationary";
    case Status::diverged: return "diverged";
    case Status::non_finite: return "non_finite";
    case Status::step_too_small: return "step_too_small";
    case Status::budget_spent: return "budget_spent";
    case Status::stopped_by_observer: return "stopped_by_observer";
    case Status::observer_failed: return "observer_failed";
  }
  return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, Status status) { return out << to_string(status); }

/// What an observer may answer; one that returns nothing always proceeds.
enum class Next { proceed, stop };

/// Calls the observer and gives its answer; a void observer proceeds.
template <class Observer, class... Arguments>
Next notify(Observer& observer, const Arguments&... arguments) {
  if constexpr (std::is_void_v<std::invoke_result_t<Observer&, const Arguments&...>>) {
    observer(arguments...);
    return Next::proceed;
  } else {
    return observer(arguments...);
  }
}

/// What the observers of one step said. All are asked, also after one of them threw: what a run has come to is not lost to a full disk.
struct Answers {
  bool stop = false;
  bool failed = false;
  std::string failure = {};  ///< of the first that threw, its message

  template <class Observer, class... Arguments>
  void ask(Observer& observer, const Arguments&... arguments) {
    try {
      stop = notify(observer, arguments...) == Next::stop || stop;
    } catch (const std::exception& exception) {
      fail(exception.what());
    } catch (...) {
      fail("an exception that is no std::exception");
    }
  }

  /// How they end the run, if they do.
  std::optional<Status> ended() const {
    if (failed) return Status::observer_failed;
    if (stop) return Status::stopped_by_observer;
    return std::nullopt;
  }

 private:
  void fail(const char* message) {
    if (!failed) failure = message;
    failed = true;
  }
};

}  // namespace drift
