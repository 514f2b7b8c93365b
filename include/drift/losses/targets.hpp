#pragma once
// What a loss of a network is, and how labels become targets.
//
//   expression                                meaning
//   loss.name                                 what messages call it
//   Loss::holomorphic                         it may be used at complex outputs: its function has a complex derivative
//   loss.targets_of<T>(labels, outputs)       labels as an N x outputs matrix of targets
//   loss.prepared(targets)                    checks a matrix of targets and makes of it what the operation works with
//   Loss::Operation<S>(loss, rows, outputs)   workspace for a block of examples
//     .start(z, targets, examples, scale, z_hat) -> S
//                                             the block's share of the loss at the outputs z, and coefficient 0 of their adjoint
//     .advance(stage, z, scale, z_hat)        coefficient m of the adjoint
//
// scale is 1 / N of the whole data set; targets are prepared. Rows from `examples` on are padding: they do not count in the loss, and
// their adjoints may be anything finite. z and z_hat are Series (calculus/series.hpp) of rows x outputs, z_hat open at the stage; the
// operation sets it and marks it where it is zero. Neither allocates after its first visit of a stage.

#include <drift/core/errors.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace drift::losses {

/// What calls itself a loss of a network; its Operation is looked at where it is used.
template <class L>
concept NetworkLoss = requires {
  { L::name } -> std::convertible_to<std::string_view>;
  { L::holomorphic } -> std::convertible_to<bool>;
  typename L::template Operation<double>;
};

/// N x outputs: row i is the unit vector of labels[i].
template <class T>
Matrix<T> unit_vectors(const std::vector<int>& labels, Index outputs) {
  Matrix<T> targets = Matrix<T>::Zero(static_cast<Index>(labels.size()), outputs);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < outputs, "labels[" + std::to_string(i) + "]", labels[i],
            "0 to " + std::to_string(outputs - 1) + ", an output of the network");
    targets(static_cast<Index>(i), labels[i]) = T(1);
  }
  return targets;
}

/// Throws unless every target is a probability.
template <class T>
void require_probabilities(const Matrix<T>& targets) {
  for (Index c = 0; c < targets.cols(); ++c) {
    for (Index i = 0; i < targets.rows(); ++i) {
      require(targets(i, c) >= T(0) && targets(i, c) <= T(1),
              "targets(" + std::to_string(i) + ", " + std::to_string(c) + ")", targets(i, c), "a probability, 0 to 1");
    }
  }
}

}  // namespace drift::losses
