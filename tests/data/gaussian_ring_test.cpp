#include <drift/data/gaussian_ring.hpp>

#include "data/generated.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using Catch::Matchers::StartsWith;
using drift::Index;
using drift::Matrix;
using drift::Random;
using drift::data::gaussian_ring;
using drift::data::gaussian_ring_centres;
using drift::data::GaussianRingOptions;

namespace {
const auto generate = [](Index examples, const Random& random, double noise) {
  return gaussian_ring(examples, random, {.standard_deviation = noise});
};
}  // namespace

TEST_CASE("The centres are the corners of a regular polygon, the first on the x axis") {
  for (const int modes : {1, 2, 3, 8, 25}) {
    const Matrix<double> centres = gaussian_ring_centres({.modes = modes, .radius = 3});
    REQUIRE(centres.rows() == modes);
    CHECK((centres.rowwise().norm().array() - 3).abs().maxCoeff() < 1e-15 * 3);
    CHECK(centres.row(0) == Eigen::RowVector2d(3, 0));
    if (modes > 1) CHECK(centres.colwise().sum().norm() < 1e-14 * modes);
    for (int m = 0; m + 2 < modes; ++m) {  // equal sides, all turning left
      const Eigen::RowVector2d side = centres.row(m + 1) - centres.row(m),
                               next = centres.row(m + 2) - centres.row(m + 1);
      CHECK(side.norm() == Approx(next.norm()).epsilon(1e-13));
      CHECK(side[0] * next[1] - side[1] * next[0] > 0);
    }
  }
  // Eight centres of radius 2 in the plane's grid: multiples of a quarter turn are exact.
  const Matrix<double> eight = gaussian_ring_centres();
  CHECK(eight.row(2) == Eigen::RowVector2d(0, 2));
  CHECK(eight.row(4) == Eigen::RowVector2d(-2, 0));
  CHECK(eight.row(6) == Eigen::RowVector2d(0, -2));
  CHECK(eight(1, 0) == Approx(std::sqrt(2.0)).epsilon(1e-15));
  CHECK(gaussian_ring_centres<float>() == eight.cast<float>());
}

TEST_CASE("Examples stand around the centre of their label") {
  const auto exact = generate(24, Random(1), 0);
  const Matrix<double> centres = gaussian_ring_centres();
  for (Index i = 0; i < 24; ++i) CHECK(exact.features.row(i) == centres.row(exact.labels[static_cast<std::size_t>(i)]));
  CHECK(exact.class_names.front() == "mode0");
  CHECK(exact.class_names.back() == "mode7");
  // The distance is Rayleigh: P(> r) = exp(-r^2 / (2 sd^2)), so this is uniform.
  const auto ring = gaussian_ring(4000, Random(2), {.modes = 5, .radius = 1, .standard_deviation = 0.3});
  const Matrix<double> five = gaussian_ring_centres({.modes = 5, .radius = 1});
  std::vector<double> tails;
  for (Index i = 0; i < ring.size(); ++i) {
    const double r = (ring.features.row(i) - five.row(ring.labels[static_cast<std::size_t>(i)])).norm();
    tails.push_back(std::exp(-r * r / (2 * 0.09)));
  }
  expect_uniform(tails);
}

TEST_CASE("Rings are reproducible, balanced and begin with the shorter set") {
  expect_reproducible_classes(generate, 8);
}

TEST_CASE("The ring's noise is Gaussian with the deviation asked for") { expect_gaussian_noise(generate); }

TEST_CASE("A ring of eight with deviation 0.05 is the default and floats are rounded doubles") {
  CHECK(gaussian_ring(50, Random(1)).features == generate(50, Random(1), 0.05).features);
  expect_rounded(gaussian_ring<float>(50, Random(1)), gaussian_ring(50, Random(1)),
                 gaussian_ring<long double>(50, Random(1)));
}

TEST_CASE("Options that make no ring are refused by name") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto refused = [](const GaussianRingOptions& options, const std::string& message) {
    CHECK_THROWS_WITH(gaussian_ring(5, Random(1), options), StartsWith(message));
    CHECK_THROWS_WITH(gaussian_ring_centres(options), StartsWith(message));
  };
  refused({.modes = 0}, "modes: was 0, must be 1 or above");
  refused({.radius = 0}, "radius: was 0");
  refused({.radius = inf}, "radius: was inf");
  refused({.standard_deviation = -0.05}, "standard_deviation: was -0.05");
}
