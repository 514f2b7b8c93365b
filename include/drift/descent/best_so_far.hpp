#pragma once
// BestSoFar: an observer that keeps the best state of a run, by a measure of your own.
//
//     auto best = descent::best_so_far([&](const Vector<double>& theta) { return value(validation, theta); }, {.every = 50});
//     auto run = train(fit, start, {.iterations = 1000}, best);
//     best.state(), best.measure(), best.iteration()
//
// The measure is a number of the state, the lower the better, taken after every step whose iteration is a multiple of `every`. Without one
// it is the value that the run reports (descent/run.hpp: in train that of a batch, which is noisy). A measure that is NaN is never the best;
// of equal ones the first stays. Its fields (core/fields.hpp) are what it has found, not the measure.
// Cost: the measure, and a copy of the state where it is better. Errors: every below 1: InvalidArgument.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/descent/run.hpp>

#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

namespace drift::descent {

/// The measure that takes what the run itself reports.
struct ReportedValue {
  template <class S>
  double operator()(const Iteration<S>& at) const {
    return static_cast<double>(at.value);
  }
};

/// measure(state), or measure(iteration), as a double.
template <class M, class S>
concept Measure = std::is_invocable_r_v<double, const M&, const Vector<S>&> ||
                  std::is_invocable_r_v<double, const M&, const Iteration<S>&>;

struct BestSoFarOptions {
  /// The measure is taken every so many steps. 1 or above.
  Index every = 1;
};

/// S is the scalar of the states, M the measure.
template <class S, Measure<S> M>
class BestSoFar {
 public:
  BestSoFar(M measure, const BestSoFarOptions& options) : take_(std::move(measure)), every_(options.every) {
    require(every_ >= 1, "every", every_, "1 or above");
  }

  void operator()(const Iteration<S>& at) { look_at(at); }

  /// Whether the measure was taken here, and the state is the new best.
  struct Look {
    bool taken;
    bool better;
  };
  /// `margin`: a measure counts as better only where it is below the best by more than this.
  Look look_at(const Iteration<S>& at, double margin = 0) {
    if (at.iteration % every_ != 0) return {false, false};
    const double measured = measure_of(at);
    if (!(measured < measure_ - margin)) return {true, false};
    measure_ = measured;
    state_ = at.state;
    iteration_ = at.iteration;
    return {true, true};
  }

  /// The best state; empty before the first.
  const Vector<S>& state() const { return state_; }
  /// Its measure; infinity before the first.
  double measure() const { return measure_; }
  /// The steps that led to it; 0 before the first.
  Index iteration() const { return iteration_; }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("measure", self.measure_);
    visit("state", self.state_);
    visit("iteration", self.iteration_);
  }

 private:
  double measure_of(const Iteration<S>& at) const {
    if constexpr (std::invocable<const M&, const Vector<S>&>) {
      return static_cast<double>(take_(at.state));
    } else {
      return static_cast<double>(take_(at));
    }
  }

  M take_;
  Index every_;
  double measure_ = std::numeric_limits<double>::infinity();
  Vector<S> state_;
  Index iteration_ = 0;
};

/// best_so_far<float>(...) for states of float.
template <class S = double, Measure<S> M = ReportedValue>
BestSoFar<S, M> best_so_far(M measure = {}, const BestSoFarOptions& options = {}) {
  return {std::move(measure), options};
}

}  // namespace drift::descent
