#include <drift/data/sine_regression.hpp>

#include "data/generated.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

using Catch::Matchers::StartsWith;
using drift::Index;
using drift::Matrix;
using drift::Random;
using drift::Vector;
using drift::data::sine_regression;
using drift::data::SineRegressionOptions;
using drift::data::Spacing;

TEST_CASE("Without noise the targets lie on the sine, at evenly spread random inputs") {
  const auto curve = sine_regression(2000, Random(1), {.noise = 0, .frequency = 3, .from = -1, .to = 2});
  curve.validate();
  REQUIRE(curve.inputs.cols() == 1);
  REQUIRE(curve.targets.cols() == 1);
  std::vector<double> spread;
  for (Index i = 0; i < curve.size(); ++i) {
    const double x = curve.inputs(i, 0);
    spread.push_back((x + 1) / 3);
    REQUIRE(curve.targets(i, 0) == Approx(std::sin(6 * std::numbers::pi * x)).margin(1e-14));
  }
  expect_uniform(spread);
}

TEST_CASE("Evenly spaced inputs go from end to end in equal steps") {
  const auto curve = sine_regression(9, Random(1), {.noise = 0, .from = -1, .to = 1, .spacing = Spacing::even});
  CHECK(curve.inputs == Vector<double>::LinSpaced(9, -1, 1));
  Matrix<double> quarters(9, 1);
  quarters << 0, 1, 0, -1, 0, 1, 0, -1, 0;
  CHECK(curve.targets == quarters);
  CHECK(sine_regression(1, Random(1), {.from = 1, .to = 2, .spacing = Spacing::even}).inputs(0, 0) == 1.5);
}

TEST_CASE("More examples at random inputs begin with the fewer; evenly spaced ones have the same noise in order") {
  const auto many = sine_regression(101, Random(2)), few = sine_regression(10, Random(2));
  CHECK(few.inputs == many.inputs.topRows(10));
  CHECK(few.targets == many.targets.topRows(10));
  CHECK(sine_regression(10, Random(3)).inputs != few.inputs);
  const auto noise = [](Index examples, Spacing spacing) -> Vector<double> {
    return sine_regression(examples, Random(2), {.spacing = spacing}).targets -
           sine_regression(examples, Random(2), {.noise = 0, .spacing = spacing}).targets;
  };
  CHECK((noise(101, Spacing::even).head(10) - noise(10, Spacing::random)).norm() < 1e-14);
}

TEST_CASE("The sine's noise is Gaussian with the deviation asked for") {
  // As points (x, y) whose x has no noise of its own: two targets make one point.
  expect_gaussian_noise([](Index examples, const Random& random, double noise) {
    const auto curve = sine_regression(2 * examples, random, {.noise = noise});
    return drift::data::make_dataset<double>(curve.targets.reshaped(examples, 2),
                                             std::vector<int>(static_cast<std::size_t>(examples), 0), 1);
  });
}

TEST_CASE("A sine's floats are rounded doubles") {
  const auto in_double = sine_regression(20, Random(4));
  const auto single = sine_regression<float>(20, Random(4));
  CHECK(single.inputs == in_double.inputs.cast<float>());
  CHECK(single.targets == in_double.targets.cast<float>());
  CHECK(sine_regression<long double>(20, Random(4)).targets == in_double.targets.cast<long double>());
}

TEST_CASE("Options that make no sine are refused by name") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto make = [](const SineRegressionOptions& options) { return sine_regression(5, Random(1), options); };
  CHECK_THROWS_WITH(sine_regression(0, Random(1)), StartsWith("examples: was 0, must be 1 or above"));
  CHECK_THROWS_WITH(make({.noise = -1}), StartsWith("noise: was -1"));
  CHECK_THROWS_WITH(make({.frequency = 0}), StartsWith("frequency: was 0"));
  CHECK_THROWS_WITH(make({.frequency = 1e300, .to = 1e10}), StartsWith("frequency: was 1e+300"));
  CHECK_THROWS_WITH(make({.from = -inf}), StartsWith("from: was -inf"));
  CHECK_THROWS_WITH(make({.from = 1}), StartsWith("to: was 1, must be above from, at a finite distance"));
  CHECK_THROWS_WITH(make({.to = inf}), StartsWith("to: was inf"));
  CHECK_THROWS_WITH(make({.from = -1e308, .to = 1e308}), StartsWith("to: was 1e+308"));
}
