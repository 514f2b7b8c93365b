#pragma once
// Dataset: labelled examples in memory, and how to read them from a CSV file.
//
//     data::Dataset<double> dataset = data::read_labelled_csv("flowers.csv");
//     dataset.features;   // examples x features, one column per feature (contiguous over examples)
//     dataset.labels;     // examples numbers in 0, ..., classes - 1
//
// A Dataset is a plain value whose members may be set freely; whatever takes one calls validate() first.
//
// Failures: InvalidArgument, naming the member, for a dataset in memory that has no examples or no features, sizes that
// do not match, or a label out of range; FileError with file and line for the same in a file.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/data/csv.hpp>
#include <drift/data/one_hot.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace drift::data {

template <class T>
struct Dataset {
  Matrix<T> features;                      ///< examples x features
  std::vector<int> labels;                 ///< one for each example, in 0, ..., classes() - 1
  std::vector<std::string> class_names;    ///< one for each class; their number is the number of classes
  std::vector<std::string> feature_names;  ///< one for each feature

  Index size() const { return features.rows(); }
  Index dimension() const { return features.cols(); }
  int classes() const { return static_cast<int>(class_names.size()); }

  void validate() const {
    require(features.rows() >= 1, "features", shape(), "a matrix with at least one row (example)");
    require(features.cols() >= 1, "features", shape(), "a matrix with at least one column");
    require_count(labels.size(), size(), "labels", "one label for each row of features");
    require(!class_names.empty(), "class_names", "empty", "one name for each class");
    require_count(feature_names.size(), dimension(), "feature_names", "one name for each column of features");
    require_labels(labels, classes());
  }

 private:
  std::string shape() const { return std::to_string(features.rows()) + " x " + std::to_string(features.cols()); }

  static void require_count(std::size_t count, Index expected, std::string_view argument, const std::string& what) {
    if (static_cast<Index>(count) == expected) return;
    reject(argument, "of length " + std::to_string(count), "of length " + std::to_string(expected) + " (" + what + ")");
  }
};

namespace detail {

/// prefix0, prefix1, ...
inline std::vector<std::string> numbered_names(const std::string& prefix, Index count) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
  return names;
}

}  // namespace detail

/// A checked dataset with classes named class0, class1, ... and features x0, x1, ....
template <class T>
Dataset<T> make_dataset(Matrix<T> features, std::vector<int> labels, int classes) {
  require(classes >= 1, "classes", classes, "1 or above");
  auto feature_names = detail::numbered_names("x", features.cols());
  Dataset<T> dataset{std::move(features), std::move(labels), detail::numbered_names("class", classes),
                     std::move(feature_names)};
  dataset.validate();
  return dataset;
}

/// The examples with these numbers, in this order; a number may occur more than once.
template <class T>
Dataset<T> select(const Dataset<T>& dataset, const std::vector<Index>& examples) {
  dataset.validate();
  require(!examples.empty(), "examples", "empty", "at least one example's number");
  for (std::size_t i = 0; i < examples.size(); ++i)
    if (examples[i] < 0 || examples[i] >= dataset.size())
      reject("examples[" + std::to_string(i) + "]", examples[i],
             "one of 0, ..., " + std::to_string(dataset.size() - 1));
  const auto count = static_cast<Index>(examples.size());
  Dataset<T> chosen{Matrix<T>(count, dataset.dimension()), {}, dataset.class_names, dataset.feature_names};
  for (Index j = 0; j < dataset.dimension(); ++j)
    for (Index i = 0; i < count; ++i)
      chosen.features(i, j) = dataset.features(examples[static_cast<std::size_t>(i)], j);
  for (const Index example : examples) chosen.labels.push_back(dataset.labels[static_cast<std::size_t>(example)]);
  return chosen;
}

struct LabelledCsvOptions {
  CsvOptions csv = {};
  int classes = 0;  ///< number of classes; 0: the names in a header of counts, otherwise the largest label + 1
};

/// A dataset from a CSV file whose last column is the label, a whole number in 0, ..., classes - 1. Numbers are read as
/// double and rounded to T.
template <class T = double>
Dataset<T> read_labelled_csv(const std::filesystem::path& path, const LabelledCsvOptions& options = {}) {
  require(options.classes >= 0, "classes", options.classes, "0 (as the file says) or above");
  Table table = read_csv(path, options.csv);
  const Index features = table.values.cols() - 1;
  const auto label_column = table.values.col(features);
  const auto fail = [&](Index line, Index column, const std::string& what) {
    detail::reject_file(path.string(), line, column, what);
  };
  if (features < 1) fail(table.line_of_row[0], 0, "has one column, must have at least one feature and a label");
  const auto named = static_cast<int>(table.class_names.size());
  if (named > 0 && options.classes > 0 && named != options.classes)
    fail(1, 0,
         "names " + std::to_string(named) + " classes, but " + std::to_string(options.classes) + " were asked for");

  const int asked = std::max(named, options.classes);
  // A bound for files that do not say: more classes than examples is a column that holds no labels.
  const Index most = asked > 0 ? Index{asked} : std::min<Index>(table.values.rows(), std::numeric_limits<int>::max());
  std::vector<int> labels;
  for (Index row = 0; row < table.values.rows(); ++row) {
    const double label = label_column[row];
    if (!(label >= 0 && label < static_cast<double>(most)) || label != static_cast<double>(static_cast<int>(label)))
      fail(table.line_of_row[static_cast<std::size_t>(row)], features + 1,
           "the label must be one of 0, ..., " + std::to_string(most - 1));
    labels.push_back(static_cast<int>(label));
  }
  const int classes = asked > 0 ? asked : *std::max_element(labels.begin(), labels.end()) + 1;

  Dataset<T> dataset = make_dataset<T>(table.values.leftCols(features).template cast<T>(), std::move(labels), classes);
  if (named > 0) dataset.class_names = std::move(table.class_names);
  if (!table.column_names.empty()) {
    table.column_names.pop_back();  // the label's
    dataset.feature_names = std::move(table.column_names);
  }
  return dataset;
}

}  // namespace drift::data
