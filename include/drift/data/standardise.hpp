#pragma once
// Standardisation: every feature shifted and scaled to mean 0 and variance 1 over the examples that it was fitted on.
//
//     apply:  (x - mean) / scale        invert:  x scale + mean        for each feature
//     scale^2 = mean of (x - mean)^2    (divided by n, not n - 1)
//
//     auto scaling = data::fit_standardisation(train.features);
//     train = scaling.apply(train);  test = scaling.apply(test);      // the test part has no say in mean and scale
//
// A feature that is constant over the fitted examples gets scale 1, so it becomes 0 there and nothing is divided by 0.
// The sums run over examples in order and in explicit fused multiply-adds: the same bits under every compiler and flag.
// Real number types only. Cost: two passes over the features.
// Failures: InvalidArgument for features that are empty or not finite, or whose number is not the fitted one.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/data/dataset.hpp>

#include <cmath>
#include <string>

namespace drift::data {

template <class T>
struct Standardisation {
  Vector<T> mean;   ///< one for each feature
  Vector<T> scale;  ///< one for each feature, above 0

  /// features: examples x features, as many features as were fitted; so in invert.
  Matrix<T> apply(const Matrix<T>& features) const {
    require_features(features);
    return (features.rowwise() - mean.transpose()).array().rowwise() / scale.transpose().array();
  }

  Matrix<T> invert(const Matrix<T>& standardised) const {
    require_features(standardised);
    using std::fma;
    Matrix<T> features(standardised.rows(), standardised.cols());
    for (Index j = 0; j < features.cols(); ++j)
      for (Index i = 0; i < features.rows(); ++i) features(i, j) = fma(standardised(i, j), scale[j], mean[j]);
    return features;
  }

  Dataset<T> apply(Dataset<T> dataset) const {
    dataset.validate();
    dataset.features = apply(dataset.features);
    return dataset;
  }

 private:
  void require_features(const Matrix<T>& features) const {
    if (features.cols() == mean.size()) return;
    reject("features", "of " + std::to_string(features.cols()) + " columns",
           "of " + std::to_string(mean.size()) + " columns (the features that the standardisation was fitted on)");
  }
};

template <class T>
Standardisation<T> fit_standardisation(const Matrix<T>& features) {
  using std::abs, std::fma, std::isfinite, std::sqrt;
  require(features.rows() >= 1 && features.cols() >= 1, "features",
          std::to_string(features.rows()) + " x " + std::to_string(features.cols()),
          "a matrix with at least one row and one column");
  const Index examples = features.rows();
  Standardisation<T> fitted{Vector<T>(features.cols()), Vector<T>(features.cols())};
  for (Index j = 0; j < features.cols(); ++j) {
    const auto column = features.col(j);
    T sum = T(0), least = column[0], largest = column[0];
    for (Index i = 0; i < examples; ++i) {
      if (!isfinite(column[i]))
        reject("features(" + std::to_string(i) + ", " + std::to_string(j) + ")", column[i], "finite");
      sum += column[i];
      if (column[i] < least) least = column[i];
      if (column[i] > largest) largest = column[i];
    }
    // Equal values are found by comparison: their mean may be rounded, and then their deviations are not 0.
    const bool constant = least == largest;
    const T mean = constant ? least : T(sum / T(examples));
    // Deviations are squared relative to the longest, so that neither tiny nor huge units under- or overflow.
    const T above = largest - mean, below = mean - least;
    const T longest = above > below ? above : below;
    if (!isfinite(longest))
      reject("features.col(" + std::to_string(j) + ")", "too large to sum", "a column whose sum and spread are finite");
    T squares = T(0);
    for (Index i = 0; !constant && i < examples; ++i) {
      const T deviation = (column[i] - mean) / longest;
      squares = fma(deviation, deviation, squares);
    }
    fitted.mean[j] = mean;
    fitted.scale[j] = constant ? T(1) : T(longest * sqrt(squares / T(examples)));
  }
  return fitted;
}

template <class T>
Standardisation<T> fit_standardisation(const Dataset<T>& train) {
  train.validate();
  return fit_standardisation(train.features);
}

}  // namespace drift::data
