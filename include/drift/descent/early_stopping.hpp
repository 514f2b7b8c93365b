#pragma once
// EarlyStopping: an observer that ends a run when a measure of the state has stopped improving.
//
//     auto stopping = descent::early_stopping([&](const Vector<double>& theta) { return value(validation, theta); },
//                                             {.every = 50, .patience = 10});
//     auto run = train(fit, start, {.iterations = 100000}, stopping);      // Status::stopped_by_observer
//     stopping.best().state()                                              // the one to use
//
// After `patience` measures in a row of which none is below the best before it by more than minimum_improvement, the run ends. The measure
// is that of best_so_far.hpp; NaN counts as no improvement. Its fields (core/fields.hpp) go into a checkpoint, so that a resumed run stops
// where the uninterrupted one does.
//
// Source: Prechelt, Early stopping - but when?, in Neural Networks: Tricks of the Trade (1998), criterion UP.
// Cost: the measure. Errors: an option out of bounds: InvalidArgument.

#include <drift/core/errors.hpp>
#include <drift/core/status.hpp>
#include <drift/descent/best_so_far.hpp>

#include <utility>

namespace drift::descent {

struct EarlyStoppingOptions {
  /// The measure is taken every so many steps. 1 or above.
  Index every = 1;

  /// So many measures without improvement end the run. 1 or above.
  Index patience = 10;

  /// A measure improves where it is below the best by more than this. 0 or above, finite.
  double minimum_improvement = 0;

  void validate() const {
    require(every >= 1, "every", every, "1 or above");
    require(patience >= 1, "patience", patience, "1 or above");
    require_not_negative(minimum_improvement, "minimum_improvement");
  }
};

/// S is the scalar of the states, M the measure.
template <class S, Measure<S> M>
class EarlyStopping {
 public:
  EarlyStopping(M measure, const EarlyStoppingOptions& options)
      : options_((options.validate(), options)), best_(std::move(measure), {.every = options.every}) {}

  Next operator()(const Iteration<S>& at) {
    const auto look = best_.look_at(at, options_.minimum_improvement);
    if (look.better) waited_ = 0;
    if (look.taken && !look.better) ++waited_;
    return waited_ >= options_.patience ? Next::stop : Next::proceed;
  }

  const BestSoFar<S, M>& best() const { return best_; }
  /// Measures since the last improvement.
  Index waited() const { return waited_; }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("best", self.best_);
    visit("waited", self.waited_);
  }

 private:
  EarlyStoppingOptions options_;
  BestSoFar<S, M> best_;
  Index waited_ = 0;
};

/// early_stopping<float>(...) for states of float.
template <class S = double, Measure<S> M = ReportedValue>
EarlyStopping<S, M> early_stopping(M measure = {}, const EarlyStoppingOptions& options = {}) {
  return {std::move(measure), options};
}

}  // namespace drift::descent
