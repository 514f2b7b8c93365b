#pragma once
// What must hold of every generated set of points in the plane.

#include <drift/core/random.hpp>
#include <drift/core/types.hpp>
#include <drift/data/dataset.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

/// generate(examples, random, noise) is a Dataset: classes in turn and balanced to within one, the same from the same stream,
/// the longer set beginning with the shorter.
template <class Generate>
void expect_reproducible_classes(const Generate& generate, int classes) {
  using drift::Index, drift::Random;
  const auto long_set = generate(101, Random(1), 0.1);
  long_set.validate();
  CHECK(long_set.size() == 101);
  CHECK(long_set.dimension() == 2);
  CHECK(long_set.classes() == classes);
  CHECK(generate(101, Random(1), 0.1).features == long_set.features);
  CHECK(generate(101, Random(2), 0.1).features != long_set.features);
  for (const Index examples : {1, 2, 7, 100}) {
    const auto short_set = generate(examples, Random(1), 0.1);
    short_set.validate();
    CHECK(short_set.features == long_set.features.topRows(examples));
    CHECK(std::equal(short_set.labels.begin(), short_set.labels.end(), long_set.labels.begin()));
    std::vector<Index> counts(static_cast<std::size_t>(classes), 0);
    for (const int label : short_set.labels) ++counts[static_cast<std::size_t>(label)];
    CHECK(*std::max_element(counts.begin(), counts.end()) - *std::min_element(counts.begin(), counts.end()) <= 1);
  }
  for (const Index examples : {0, -1})
    CHECK_THROWS_WITH(generate(examples, Random(1), 0.1), Catch::Matchers::StartsWith("examples: was "));
}

/// The noise is Gaussian to its first moments, independent between coordinates and neighbours, and adds to unmoved points.
template <class Generate>
void expect_gaussian_noise(const Generate& generate) {
  using drift::Index, drift::Matrix, drift::Random;
  constexpr Index examples = 20000;
  constexpr double noise = 0.25;
  const Matrix<double> clean = generate(examples, Random(3), 0.0).features;
  const Matrix<double> z = (generate(examples, Random(3), noise).features - clean) / noise;
  const Matrix<double> doubled = (generate(examples, Random(3), 2 * noise).features - clean) / noise;
  CHECK((doubled - 2 * z).cwiseAbs().maxCoeff() < 1e-13);
  // Six standard deviations of each statistic of N = 40 000 standard normal numbers.
  const auto count = static_cast<double>(z.size());
  const double bound = 6 / std::sqrt(count);
  CHECK(std::abs(z.mean()) < bound);
  CHECK(std::abs(z.squaredNorm() / count - 1) < std::sqrt(2.0) * bound);
  CHECK(std::abs(z.array().cube().mean()) < std::sqrt(15.0) * bound);
  CHECK(std::abs(z.array().pow(4).mean() - 3) < std::sqrt(96.0) * bound);
  const double half_bound = 6 / std::sqrt(static_cast<double>(examples - 1));
  CHECK(std::abs(z.col(0).cwiseProduct(z.col(1)).mean()) < half_bound);
  CHECK(std::abs(z.col(0).head(examples - 1).cwiseProduct(z.col(0).tail(examples - 1)).mean()) < half_bound);
  CHECK(std::abs(z.col(1).head(examples - 1).cwiseProduct(z.col(0).tail(examples - 1)).mean()) < half_bound);
}

/// The numbers, all in [0, 1), look uniform there: the largest deviation of their distribution function (Kolmogorov-Smirnov) is
/// exceeded by chance once in 10^7.
inline void expect_uniform(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  REQUIRE(numbers.front() >= 0);
  REQUIRE(numbers.back() < 1 + 1e-9);
  const auto count = static_cast<double>(numbers.size());
  double distance = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    distance = std::max(
        {distance, numbers[i] - static_cast<double>(i) / count, static_cast<double>(i + 1) / count - numbers[i]});
  CHECK(distance * std::sqrt(count) < 2.9);
}

/// generate<T>() in other number types is the rounded double.
template <class Float, class Double, class LongDouble>
void expect_rounded(const Float& single, const Double& in_double, const LongDouble& extended) {
  CHECK(single.features == in_double.features.template cast<float>());
  CHECK(extended.features == in_double.features.template cast<long double>());
  CHECK(single.labels == in_double.labels);
  CHECK(extended.labels == in_double.labels);
}
