#include <drift/calculus/point.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/rms_prop.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

/// The steps that a constant gradient gives.
std::vector<Vector<double>> steps_down(const Vector<double>& slope, const RMSProp<>& optimiser, Index count) {
  std::vector<Vector<double>> steps;
  Vector<double> last = Vector<double>::Zero(slope.size());
  minimise(Plane{slope}, last, optimiser, {.iterations = count}, [&](const descent::Iteration<>& at) {
    steps.emplace_back(at.state - last);
    last = at.state;
  });
  return steps;
}

}  // namespace

TEST_CASE("RMSProp refuses settings out of their bounds by name, and complex parameters", "[descent][rms_prop]") {
  STATIC_REQUIRE(std::is_same_v<decltype(RMSProp{.learning_rate = 0.1F}), RMSProp<float>>);
  STATIC_REQUIRE(descent::Optimiser<RMSProp<>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::StartsOver<RMSProp<>, double>);
  STATIC_REQUIRE(!descent::StartsOver<RMSProp<>, std::complex<double>>);
  CHECK_NOTHROW(RMSProp{.learning_rate = 0.1, .decay = 0}.validate());
  CHECK_THROWS_WITH(RMSProp<>{}.validate(), Contains("learning_rate: was 0"));
  for (const double bad : {-0.1, 1.0, std::nan("")}) {
    CHECK_THROWS_WITH((RMSProp{.learning_rate = 0.1, .decay = bad}.validate()), Contains("decay: was"));
  }
  for (const double bad : {0.0, -1e-8, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH((RMSProp{.learning_rate = 0.1, .epsilon = bad}.validate()), Contains("epsilon: was"));
  }
}

TEST_CASE("Under a constant gradient step t is h g / (|g| sqrt(1 - d^t) + epsilon)", "[descent][rms_prop]") {
  const Vector<double> g = vector({3, -0.01});
  const double h = 0.5, d = 0.75, epsilon = 1e-2;
  const auto steps = steps_down(g, {.learning_rate = h, .decay = d, .epsilon = epsilon}, 12);
  for (std::size_t t = 1; t <= steps.size(); ++t) {
    const double root = std::sqrt(1 - std::pow(d, static_cast<double>(t)));
    for (const Index i : {0, 1}) {
      CHECK(steps[t - 1][i] == Approx(-h * g[i] / (std::abs(g[i]) * root + epsilon)).epsilon(1e-13));
    }
  }
}

TEST_CASE("Centred, the variance of a constant gradient is (1 - d^t) d^t g^2, and epsilon ends its shrinking",
          "[descent][rms_prop]") {
  const double h = 0.5, d = 0.75, epsilon = 1e-2;
  const RMSProp optimiser{.learning_rate = h, .decay = d, .epsilon = epsilon, .centred = true};
  const auto steps = steps_down(vector({3}), optimiser, 400);
  for (const int t : {1, 2, 10, 30}) {
    const double decayed = std::pow(d, t);
    CHECK(steps[static_cast<std::size_t>(t - 1)][0] ==
          Approx(-h * 3 / (3 * std::sqrt((1 - decayed) * decayed) + epsilon)).epsilon(1e-9));
  }
  CHECK(steps[399][0] == Approx(-h * 3 / epsilon).epsilon(1e-4));
}

TEST_CASE("At a constant rate it does not come closer to a minimum than about half the rate, whatever the curvature",
          "[descent][rms_prop]") {
  for (const double lambda : {0.1, 1.0, 50.0}) {
    const auto run = minimise(diagonal({lambda}), vector({1}), RMSProp{.learning_rate = 1e-2}, {.iterations = 5000});
    CHECK(std::abs(run.state[0]) == Approx(0.5e-2).epsilon(1e-3));  // back and forth between +h/2 and -h/2
  }
}

TEST_CASE("Each parameter is stepped as if it were alone", "[descent][rms_prop]") {
  const RMSProp optimiser{.learning_rate = 0.01};
  const auto together = minimise(diagonal({1, 30}), vector({1, -2}), optimiser, {.iterations = 25});
  const auto first = minimise(diagonal({1}), vector({1}), optimiser, {.iterations = 25});
  const auto second = minimise(diagonal({30}), vector({-2}), optimiser, {.iterations = 25});
  CHECK(together.state[0] == Approx(first.state[0]).epsilon(1e-14));
  CHECK(together.state[1] == Approx(second.state[0]).epsilon(1e-14));
}

TEST_CASE("A zero gradient stays, and is not divided by zero where the precision has no such epsilon",
          "[descent][rms_prop]") {
  const RMSProp optimiser{.learning_rate = 0.5, .epsilon = 1e-300};
  const auto run =
      minimise(diagonal<float>({1, 0}), Vector<float>(Vector<float>::Ones(2)), optimiser, {.iterations = 5});
  CHECK(run.status == Status::reached_end);
  CHECK(run.state[1] == 1);
  CHECK(minimise(diagonal({1}), vector({0}), optimiser).status == Status::stationary);
}

TEST_CASE("A square that overflows in RMSProp ends the run instead of making it stand still", "[descent][rms_prop]") {
  const auto run = minimise(Plane{vector({1e200})}, vector({0}), RMSProp{.learning_rate = 0.5});
  CHECK(run.status == Status::non_finite);
  CHECK(run.iterations == 0);
  CHECK(run.state[0] == 0);
}
