#pragma once
// History: an observer that records a run as a table of numbers, one row a step.
//
//     descent::History history;                                                     // iteration, value, gradient_norm, rate
//     descent::History<> epochs({.every = 100}, {{"test_loss", [&](const Vector<double>& theta) { return ...; }}});
//     auto run = train(fit, start, {.iterations = 1000}, history, epochs);
//     history.column("value")
//     data::write_npy("run.npy", history.names(), history.table());                 // numpy: np.load("run.npy")["value"]
//     report::trace_of(history.names(), history.table()).write("run.csv");          // needs fmt
//
// value and gradient_norm are what the run reports (descent/run.hpp). Measures of your own are taken where a row is recorded, which is after
// every step whose iteration is a multiple of `every`. In a checkpoint (its fields) the rows go with the run, so that the table of a resumed
// run is that of the uninterrupted one, bit for bit.
//
// Memory: 8 bytes a number. Cost: the measures. Errors: every below 1, two columns of one name: InvalidArgument.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/descent/run.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drift::descent {

struct HistoryOptions {
  /// A row is recorded every so many steps. 1 or above.
  Index every = 1;
};

/// S is the scalar of the states.
template <class S = double>
class History {
 public:
  struct Column {
    std::string name;
    std::function<double(const Vector<S>&)> measure;
  };

  explicit History(const HistoryOptions& options = {}, std::vector<Column> measures = {})
      : every_(options.every), measures_(std::move(measures)) {
    require(every_ >= 1, "every", every_, "1 or above");
    for (const Column& column : measures_) {
      require(std::find(names_.begin(), names_.end(), column.name) == names_.end(), "name of a column", column.name,
              "different for each");
      require(column.measure != nullptr, "measure of " + column.name, "empty", "a function of the state");
      names_.push_back(column.name);
    }
  }

  void operator()(const Iteration<S>& at) {
    if (at.iteration % every_ != 0) return;
    std::vector<double> row = {static_cast<double>(at.iteration), static_cast<double>(at.value),
                               static_cast<double>(at.gradient_norm), static_cast<double>(at.rate)};
    for (const Column& column : measures_) row.push_back(column.measure(at.state));
    numbers_.insert(numbers_.end(), row.begin(), row.end());  // whole rows only, also where a measure throws
  }

  Index rows() const { return static_cast<Index>(numbers_.size() / names_.size()); }
  const std::vector<std::string>& names() const { return names_; }

  /// rows x columns.
  Matrix<double> table() const {
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(numbers_.data(), rows(), static_cast<Index>(names_.size()));
  }

  Vector<double> column(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      std::string all;
      for (const std::string& each : names_) all += (all.empty() ? "" : ", ") + each;
      reject("column", name, "one of " + all);
    }
    return table().col(found - names_.begin());
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("numbers", self.numbers_);
  }

 private:
  Index every_;
  std::vector<Column> measures_;
  std::vector<std::string> names_ = {"iteration", "value", "gradient_norm", "rate"};
  std::vector<double> numbers_;  // row after row
};

}  // namespace drift::descent
