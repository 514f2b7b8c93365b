#pragma once
// RunProgress: the progress line (progress.hpp) as an observer of minimise and train.
//
//     auto run = train(fit, start, {.iterations = 5000}, report::RunProgress("training", 5000));
//
//     training  41 %  2050 of 5000  812/s  4 s left
//
// A run that goes on from a checkpoint is shown with what is left of it: rate and time count the steps made now, after the first, whose
// beginning an observer does not see.

#include <drift/core/errors.hpp>
#include <drift/descent/run.hpp>
#include <drift/report/progress.hpp>

#include <memory>
#include <string>
#include <utility>

namespace drift::report {

class RunProgress {
 public:
  /// iterations: as in the run's options, 0 or above.
  RunProgress(std::string label, Index iterations, ProgressOptions options = {})
      : label_(std::move(label)), iterations_(iterations), options_(options) {
    require(iterations >= 0, "iterations", iterations, "0 or above");
  }

  template <class S>
  void operator()(const descent::Iteration<S>& at) {
    if (progress_) {
      progress_->advance();
    } else {
      const Index left = iterations_ - at.iteration;
      progress_ = std::make_unique<Progress>(label_, left > 0 ? left : 0, options_);
    }
  }

 private:
  std::string label_;
  Index iterations_;
  ProgressOptions options_;
  std::unique_ptr<Progress> progress_;  // made at the first step, which says where the run begins
};

}  // namespace drift::report
