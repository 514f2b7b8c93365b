#pragma once
// iris, wine, digits: the labelled data sets that ship with the project, in its folder examples/data.
//
//     auto digits = data::digits("examples/data/digits.csv");
//     digits.features /= 16;                                     // a Dataset is a plain value: here pixels to [0, 1]
//
//   function  examples  features                            classes
//   iris      150       4 lengths in cm                     3 species, 50 of each
//   wine      178       13 measurements, various units      3 cultivators: 59, 71, 48
//   digits    1797      8 x 8 pixels, 0 (blank), ..., 16    10 digits, 174 to 183 of each
//
// Pixels go row after row: feature 8 i + j is named pixel_i_j, i and j from 0. Iris and wine are sorted by class: split()
// shuffles.
// Source, licences and how to fetch the files again: examples/data/README.md.
//
// Cost: reading text, 5 ms for digits.
// Failures: FileError that begins with the path: for a file that cannot be read, and for one whose number of features, of
// examples of each class or (digits) pixels are not those of the data that was asked for.

#include <drift/core/types.hpp>
#include <drift/data/dataset.hpp>

#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace drift::data {

namespace detail {

/// The labelled data in the file, checked to be those called `name`.
template <class T>
Dataset<T> read_shipped(const std::filesystem::path& path, std::string_view name, Index features,
                        const std::vector<Index>& examples_of_class) {
  Dataset<T> dataset = read_labelled_csv<T>(path);
  std::vector<Index> found(dataset.class_names.size(), 0);
  for (const int label : dataset.labels) ++found[static_cast<std::size_t>(label)];
  if (dataset.dimension() == features && found == examples_of_class) return dataset;
  const Index examples = std::accumulate(examples_of_class.begin(), examples_of_class.end(), Index{0});
  std::string by_class;
  for (const Index count : examples_of_class) by_class += (by_class.empty() ? "" : ", ") + std::to_string(count);
  reject_file(path.string(), 0, 0,
              "is not the " + std::string(name) + " data: " + std::to_string(examples) + " examples (" + by_class +
                  " of the classes) with " + std::to_string(features) + " features");
}

}  // namespace detail

/// Fisher's Iris data: 150 flowers of 3 species. `path` is the project's examples/data/iris.csv.
template <class T = double>
Dataset<T> iris(const std::filesystem::path& path) {
  Dataset<T> dataset = detail::read_shipped<T>(path, "Iris", 4, {50, 50, 50});
  dataset.feature_names = {"sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"};
  return dataset;
}

/// Chemical analyses of 178 wines by 3 cultivators of one region. `path` is the project's examples/data/wine.csv.
template <class T = double>
Dataset<T> wine(const std::filesystem::path& path) {
  Dataset<T> dataset = detail::read_shipped<T>(path, "Wine", 13, {59, 71, 48});
  dataset.feature_names = {"alcohol",         "malic acid",       "ash",        "alcalinity of ash",
                           "magnesium",       "total phenols",    "flavanoids", "nonflavanoid phenols",
                           "proanthocyanins", "colour intensity", "hue",        "OD280/OD315 of diluted wines",
                           "proline"};
  return dataset;
}

/// 1797 handwritten digits, 8 x 8 pixels of 0, ..., 16. `path` is the project's examples/data/digits.csv.
template <class T = double>
Dataset<T> digits(const std::filesystem::path& path) {
  constexpr Index side = 8;
  Dataset<T> dataset =
      detail::read_shipped<T>(path, "Digits", side * side, {178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
  for (Index pixel = 0; pixel < dataset.dimension(); ++pixel)
    for (Index image = 0; image < dataset.size(); ++image) {
      const T shade = dataset.features(image, pixel);
      if (!(shade >= T(0) && shade <= T(16)) || shade != static_cast<T>(static_cast<int>(shade)))
        detail::reject_file(path.string(), 0, 0,
                            "is not the Digits data: pixel " + std::to_string(pixel) + " of image " +
                                std::to_string(image) + " must be one of 0, ..., 16");
    }
  for (Index row = 0; row < side; ++row)
    for (Index column = 0; column < side; ++column)
      dataset.feature_names[static_cast<std::size_t>(side * row + column)] =
          "pixel_" + std::to_string(row) + "_" + std::to_string(column);
  for (int digit = 0; digit < 10; ++digit) dataset.class_names[static_cast<std::size_t>(digit)] = std::to_string(digit);
  return dataset;
}

}  // namespace drift::data
