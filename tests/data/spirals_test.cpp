#include <drift/data/spirals.hpp>

#include "data/generated.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

using Catch::Matchers::StartsWith;
using drift::Index;
using drift::Random;
using drift::data::spirals;
using drift::data::SpiralsOptions;

namespace {
const auto generate = [](Index examples, const Random& random, double noise) {
  return spirals(examples, random, {.arms = 3, .noise = noise});
};
}  // namespace

TEST_CASE("Without noise each arm is a spiral whose angle grows in proportion to its radius") {
  const SpiralsOptions options{.arms = 3, .turns = 2.25, .noise = 0, .inner_radius = 0.5, .outer_radius = 2};
  const auto data = spirals(3000, Random(1), options);
  CHECK(data.class_names == std::vector<std::string>{"arm0", "arm1", "arm2"});
  std::vector<double> along;
  double off = 0;
  for (Index i = 0; i < data.size(); ++i) {
    const double x = data.features(i, 0), y = data.features(i, 1);
    const double s = (std::hypot(x, y) - 0.5) / 1.5;
    along.push_back(std::max(s, 0.0));
    // The angle that the point has, against the one that its radius and arm ask for, in turns without whole ones.
    const double turns = std::atan2(y, x) / (2 * std::numbers::pi);
    const double difference = turns - 2.25 * s - data.labels[static_cast<std::size_t>(i)] / 3.0;
    off = std::max(off, std::abs(difference - std::round(difference)));
  }
  CHECK(off < 1e-14);
  expect_uniform(along);
}

TEST_CASE("A turn by one arm's angle maps each arm of the same place onto the next") {
  // One stream, one arm or four: with a single arm example i has the place s_i of arm 0, with four that of arm i mod 4.
  const auto one = spirals(400, Random(2), {.arms = 1, .noise = 0}),
             four = spirals(400, Random(2), {.arms = 4, .noise = 0});
  for (Index i = 0; i < 400; ++i) {
    double x = one.features(i, 0), y = one.features(i, 1);
    for (int quarter = 0; quarter < four.labels[static_cast<std::size_t>(i)]; ++quarter) {
      std::swap(x, y);
      x = -x;
    }
    REQUIRE(four.features(i, 0) == Approx(x).margin(1e-14));
    REQUIRE(four.features(i, 1) == Approx(y).margin(1e-14));
  }
}

TEST_CASE("Spirals are reproducible, balanced and begin with the shorter set") {
  expect_reproducible_classes(generate, 3);
}

TEST_CASE("The spirals' noise is Gaussian with the deviation asked for") { expect_gaussian_noise(generate); }

TEST_CASE("Two spirals are the default and floats are rounded doubles") {
  CHECK(spirals(50, Random(1)).classes() == 2);
  expect_rounded(spirals<float>(50, Random(1)), spirals(50, Random(1)), spirals<long double>(50, Random(1)));
}

TEST_CASE("Options that make no spiral are refused by name") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto make = [](const SpiralsOptions& options) { return spirals(5, Random(1), options); };
  CHECK_THROWS_WITH(make({.arms = 0}), StartsWith("arms: was 0, must be 1 or above"));
  CHECK_THROWS_WITH(make({.turns = 0}), StartsWith("turns: was 0"));
  CHECK_THROWS_WITH(make({.turns = nan}), StartsWith("turns: was "));
  CHECK_THROWS_WITH(make({.noise = -1}), StartsWith("noise: was -1"));
  CHECK_THROWS_WITH(make({.inner_radius = -1}), StartsWith("inner_radius: was -1"));
  CHECK_THROWS_WITH(make({.inner_radius = 1}),
                    StartsWith("outer_radius: was 1, must be a finite number above inner_radius"));
  CHECK_THROWS_WITH(make({.outer_radius = nan}), StartsWith("outer_radius: was "));
  CHECK_NOTHROW(make({.inner_radius = 0}));
}
