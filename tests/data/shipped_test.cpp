#include <drift/data/shipped.hpp>

#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using drift::FileError;
using drift::Index;
using drift::Matrix;
using drift::Vector;
using drift::data::Dataset;

namespace {

const std::filesystem::path folder = DRIFT_EXAMPLES_DATA;

std::vector<long> class_counts(const std::vector<int>& labels, int classes) {
  std::vector<long> counts;
  for (int label = 0; label < classes; ++label) counts.push_back(std::count(labels.begin(), labels.end(), label));
  return counts;
}

}  // namespace

TEMPLATE_TEST_CASE("The Iris data are 150 flowers, 50 of each species, as Fisher published them", "", float, double,
                   long double) {
  const Dataset<TestType> iris = drift::data::iris<TestType>(folder / "iris.csv");
  iris.validate();
  CHECK(iris.size() == 150);
  CHECK(iris.dimension() == 4);
  CHECK(iris.class_names == std::vector<std::string>{"setosa", "versicolor", "virginica"});
  CHECK(iris.feature_names.front() == "sepal length (cm)");
  for (int species = 0; species < 3; ++species)
    CHECK(std::count(iris.labels.begin(), iris.labels.end(), species) == 50);
  // The two samples in that the UCI copy differs from Fisher's paper (examples/data/README.md); in tenths, so exact.
  const auto tenths = [&](Index flower) {
    return std::vector<long>{std::lround(10 * iris.features(flower, 0)), std::lround(10 * iris.features(flower, 1)),
                             std::lround(10 * iris.features(flower, 2)), std::lround(10 * iris.features(flower, 3))};
  };
  CHECK(tenths(34) == std::vector<long>{49, 31, 15, 2});
  CHECK(tenths(37) == std::vector<long>{49, 36, 14, 1});
  // The summary statistics that the data's description gives to two digits: mean 5.84, 3.05 (3.057), 3.76, 1.20.
  const auto mean = [&](Index j) { return static_cast<double>(iris.features.col(j).mean()); };
  CHECK(mean(0) == Approx(5.84).margin(0.005));
  CHECK(mean(1) == Approx(3.05).margin(0.01));
  CHECK(mean(2) == Approx(3.76).margin(0.005));
  CHECK(mean(3) == Approx(1.20).margin(0.005));
}

/// A row of the summary in the description that comes with the wine data (scikit-learn's wine_data.rst); numbers are
/// rounded to the decimals given.
struct Summary {
  std::string name;
  int decimals;  ///< of minimum and maximum
  double minimum, maximum;
  int mean_decimals;  ///< of mean and deviation
  double mean, deviation;
};

TEMPLATE_TEST_CASE("The Wine data are 178 wines with the summary that their description gives", "", float, double) {
  const Dataset<TestType> wine = drift::data::wine<TestType>(folder / "wine.csv");
  wine.validate();
  CHECK(wine.size() == 178);
  CHECK(wine.class_names == std::vector<std::string>{"class_0", "class_1", "class_2"});
  CHECK(class_counts(wine.labels, wine.classes()) == std::vector<long>{59, 71, 48});
  CHECK(std::is_sorted(wine.labels.begin(), wine.labels.end()));
  const std::vector<Summary> described{
      {"alcohol", 1, 11.0, 14.8, 1, 13.0, 0.8},
      {"malic acid", 2, 0.74, 5.80, 2, 2.34, 1.12},
      {"ash", 2, 1.36, 3.23, 2, 2.36, 0.27},  // the mean, 2.3665, was cut and not rounded
      {"alcalinity of ash", 1, 10.6, 30.0, 1, 19.5, 3.3},
      {"magnesium", 1, 70.0, 162.0, 1, 99.7, 14.3},
      {"total phenols", 2, 0.98, 3.88, 2, 2.29, 0.63},
      {"flavanoids", 2, 0.34, 5.08, 2, 2.03, 1.00},
      {"nonflavanoid phenols", 2, 0.13, 0.66, 2, 0.36, 0.12},
      {"proanthocyanins", 2, 0.41, 3.58, 2, 1.59, 0.57},
      {"colour intensity", 1, 1.3, 13.0, 1, 5.1, 2.3},
      {"hue", 2, 0.48, 1.71, 2, 0.96, 0.23},
      {"OD280/OD315 of diluted wines", 2, 1.27, 4.00, 2, 2.61, 0.71},
      {"proline", 0, 278, 1680, 0, 746, 315}};
  REQUIRE(wine.dimension() == static_cast<Index>(described.size()));
  for (Index j = 0; j < wine.dimension(); ++j) {
    const Summary& summary = described[static_cast<std::size_t>(j)];
    INFO(summary.name);
    const Vector<double> column = wine.features.col(j).template cast<double>();
    const double mean = column.mean();
    const double deviation = std::sqrt((column.array() - mean).square().sum() / 177);
    const double last_place = std::pow(10.0, -summary.decimals),
                 mean_last_place = std::pow(10.0, -summary.mean_decimals);
    CHECK(wine.feature_names[static_cast<std::size_t>(j)] == summary.name);
    CHECK(column.minCoeff() == Approx(summary.minimum).margin(0.51 * last_place));
    CHECK(column.maxCoeff() == Approx(summary.maximum).margin(0.51 * last_place));
    CHECK(mean == Approx(summary.mean).margin(mean_last_place));
    CHECK(deviation == Approx(summary.deviation).margin(mean_last_place));
  }
}

TEMPLATE_TEST_CASE("The Digits data are 1797 images of 8 x 8 pixels, of each digit as many as UCI's notes say", "",
                   float, double) {
  const Dataset<TestType> digits = drift::data::digits<TestType>(folder / "digits.csv");
  digits.validate();
  CHECK(digits.size() == 1797);
  CHECK(digits.dimension() == 64);
  CHECK(class_counts(digits.labels, digits.classes()) ==
        std::vector<long>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
  CHECK(digits.class_names.front() == "0");
  CHECK(digits.class_names.back() == "9");
  CHECK(digits.feature_names.front() == "pixel_0_0");
  CHECK(digits.feature_names[8 * 2 + 3] == "pixel_2_3");
  CHECK(digits.feature_names.back() == "pixel_7_7");
  CHECK(digits.features.minCoeff() == TestType(0));
  CHECK(digits.features.maxCoeff() == TestType(16));
  CHECK(digits.features.template cast<double>().sum() == 561718);  // by awk from the file
  // The first image as scikit-learn's manual prints it.
  Matrix<TestType> zero(8, 8);
  zero << 0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0, 0, 4, 12, 0, 0, 8, 8, 0, 0, 5,
      8, 0, 0, 9, 8, 0, 0, 4, 11, 0, 1, 12, 7, 0, 0, 2, 14, 5, 10, 12, 0, 0, 0, 0, 6, 13, 10, 0, 0, 0;
  CHECK(digits.labels.front() == 0);
  for (Index row = 0; row < 8; ++row) CHECK(digits.features.row(0).segment(8 * row, 8) == zero.row(row));
  // A nought is hollow and a one is not: the four pixels in the middle, on average over the images of the digit.
  const auto middle = [&](int digit) {
    double sum = 0, count = 0;
    for (Index i = 0; i < digits.size(); ++i)
      for (const Index pixel : {27, 28, 35, 36})
        if (digits.labels[static_cast<std::size_t>(i)] == digit) {
          sum += static_cast<double>(digits.features(i, pixel));
          count += 1;
        }
    return sum / count;
  };
  CHECK(middle(0) < 4);
  CHECK(middle(1) > 12);
}

TEST_CASE("One data set's file, or a foreign one, is not taken for another's") {
  using drift::data::digits, drift::data::iris, drift::data::wine;
  CHECK_THROWS_WITH(iris(folder / "wine.csv"),
                    EndsWith("is not the Iris data: 150 examples (50, 50, 50 of the classes) with 4 features"));
  CHECK_THROWS_WITH(wine(folder / "iris.csv"), StartsWith((folder / "iris.csv").string() + ": is not the Wine data"));
  CHECK_THROWS_WITH(digits(folder / "iris.csv"), Contains("is not the Digits data"));
  const TemporaryFolder temporary;
  CHECK_THROWS_AS(iris(temporary / "missing"), FileError);
  CHECK_THROWS_AS(wine(temporary / "missing"), FileError);
  CHECK_THROWS_AS(digits(temporary / "missing"), FileError);
  std::ofstream(temporary / "small.csv") << "1,2,0\n3,4,1\n";
  CHECK_THROWS_WITH(iris(temporary / "small.csv"), Contains("is not the Iris data"));
}

TEST_CASE("A digit's pixel outside 0, ..., 16 and a lost line are noticed") {
  const TemporaryFolder temporary;
  const std::string content = content_of(folder / "digits.csv");
  const auto complaint = [&](const std::string& changed) {
    std::ofstream(temporary / "digits.csv", std::ios::binary) << changed;
    try {
      drift::data::digits(temporary / "digits.csv");
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(complaint(content) == "accepted");
  const std::size_t fourth = content.find("13");  // pixel 3 of image 0
  CHECK_THAT(complaint(std::string(content).replace(fourth, 2, "17")),
             EndsWith("pixel 3 of image 0 must be one of 0, ..., 16"));
  CHECK_THAT(complaint(std::string(content).replace(fourth, 2, "-1")), Contains("is not the Digits data: pixel 3"));
  CHECK_THAT(complaint(std::string(content).replace(fourth, 2, ".5")), Contains("is not the Digits data: pixel 3"));
  CHECK_THAT(complaint(content.substr(content.find('\n') + 1)),
             Contains("is not the Digits data: 1797 examples (178,"));
}
