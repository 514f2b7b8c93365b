#pragma once
// one_hot: labels as rows of an identity matrix.
//
//     one_hot(labels, classes)(i, c) = 1 where c = labels[i], otherwise 0        examples x classes
//
// Failures: InvalidArgument for a label outside 0, ..., classes - 1 and for fewer than one class.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <string>
#include <vector>

namespace drift::data {

/// Throws unless every label is one of 0, ..., classes - 1.
inline void require_labels(const std::vector<int>& labels, int classes) {
  require(classes >= 1, "classes", classes, "1 or above");
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0 || labels[i] >= classes)
      reject("labels[" + std::to_string(i) + "]", labels[i], "one of 0, ..., " + std::to_string(classes - 1));
}

template <class T = double>
Matrix<T> one_hot(const std::vector<int>& labels, int classes) {
  require_labels(labels, classes);
  Matrix<T> targets = Matrix<T>::Zero(static_cast<Index>(labels.size()), classes);
  for (std::size_t i = 0; i < labels.size(); ++i) targets(static_cast<Index>(i), labels[i]) = T(1);
  return targets;
}

}  // namespace drift::data
