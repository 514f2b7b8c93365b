#include <drift/data/two_moons.hpp>

#include "data/generated.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

using Catch::Matchers::StartsWith;
using drift::Index;
using drift::Random;
using drift::data::two_moons;

namespace {
const auto generate = [](Index examples, const Random& random, double noise) {
  return two_moons(examples, random, {.noise = noise});
};
}  // namespace

TEST_CASE("Without noise the moons are two half circles, filled evenly") {
  const auto moons = generate(2000, Random(1), 0);
  CHECK(moons.class_names == std::vector<std::string>{"upper", "lower"});
  CHECK(moons.feature_names == std::vector<std::string>{"x", "y"});
  std::vector<double> upper, lower;
  double off = 0;
  for (Index i = 0; i < moons.size(); ++i) {
    const double x = moons.features(i, 0), y = moons.features(i, 1);
    if (moons.labels[static_cast<std::size_t>(i)] == 0) {
      REQUIRE(y >= 0);
      off = std::max(off, std::abs(std::hypot(x, y) - 1));
      upper.push_back(std::atan2(y, x) / std::numbers::pi);
    } else {
      REQUIRE(y <= 0.5);
      off = std::max(off, std::abs(std::hypot(x - 1, y - 0.5) - 1));
      lower.push_back(std::atan2(0.5 - y, 1 - x) / std::numbers::pi);
    }
  }
  CHECK(off < 1e-15);
  expect_uniform(upper);
  expect_uniform(lower);
}

TEST_CASE("Moons are reproducible, balanced and begin with the shorter set") {
  expect_reproducible_classes(generate, 2);
}

TEST_CASE("The moons' noise is Gaussian with the deviation asked for") { expect_gaussian_noise(generate); }

TEST_CASE("The default noise is a tenth and floats are rounded doubles") {
  CHECK(two_moons(50, Random(1)).features == generate(50, Random(1), 0.1).features);
  expect_rounded(two_moons<float>(50, Random(1)), two_moons(50, Random(1)), two_moons<long double>(50, Random(1)));
}

TEST_CASE("A noise that is negative or not finite is refused") {
  CHECK_THROWS_WITH(generate(5, Random(1), -0.1), StartsWith("noise: was -0.1, must be a finite number, 0 or above"));
  CHECK_THROWS_WITH(generate(5, Random(1), std::numeric_limits<double>::infinity()), StartsWith("noise: was inf"));
  CHECK_THROWS_WITH(generate(5, Random(1), std::numeric_limits<double>::quiet_NaN()), StartsWith("noise: was "));
}
