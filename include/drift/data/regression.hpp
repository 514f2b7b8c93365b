#pragma once
// Regression: examples whose targets are numbers, not classes (those are a Dataset).
//
//     data::Regression<double> curve = data::sine_regression(10, Random(seed));
//     auto fit = nn::supervised(net, losses::squared_error(), curve.inputs, curve.targets);
//
// A plain value whose members may be set freely; validate() says whether they fit together.
// Failures: InvalidArgument, naming the member, for no examples, no columns, and row counts that differ.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <string>
#include <string_view>

namespace drift::data {

template <class T>
struct Regression {
  Matrix<T> inputs;   ///< examples x inputs
  Matrix<T> targets;  ///< examples x outputs

  Index size() const { return inputs.rows(); }

  void validate() const {
    require_filled(inputs, "inputs");
    require_filled(targets, "targets");
    if (targets.rows() != inputs.rows())
      reject("targets", shape(targets), "of " + std::to_string(inputs.rows()) + " rows (one for each row of inputs)");
  }

 private:
  static std::string shape(const Matrix<T>& matrix) {
    return std::to_string(matrix.rows()) + " x " + std::to_string(matrix.cols());
  }

  static void require_filled(const Matrix<T>& matrix, std::string_view argument) {
    require(matrix.size() > 0, argument, shape(matrix), "a matrix with at least one row (example) and one column");
  }
};

}  // namespace drift::data
