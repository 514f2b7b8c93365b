#include <drift/calculus/point.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/schedules/step_decay.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "descent/problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("A step decay is constant for `every` steps and then falls by the factor", "[schedules]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  STATIC_REQUIRE(Schedule<StepDecay, GradientPoint<Bowl>>);
  const StepDecay schedule{.initial = 0.7, .factor = 0.5, .every = 3};
  double expected = 0.7;
  for (Index i = 0; i < 30; ++i) {
    if (i > 0 && i % 3 == 0) expected /= 2;
    CHECK(schedule.rate(i, e) == expected);
  }
  const StepDecay tenth{.initial = 1, .factor = 0.1, .every = 1};
  for (const int i : {1, 2, 5, 13, 100, 300}) {
    CHECK(tenth.rate(i, e) == Approx(std::pow(0.1, i)).epsilon(1e-12));
  }
  const StepDecay level{.initial = 0.3, .factor = 1, .every = 1};
  CHECK(level.rate(1000000007, e) == 0.3);
}

TEST_CASE("A step decay that has underflowed is no rate", "[schedules]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  StepDecay schedule{.initial = 1, .factor = 0.1, .every = 1};
  CHECK(descent::rate_at(schedule, 300, e) > 0);
  CHECK_THROWS_WITH(descent::rate_at(schedule, 400, e), Contains("learning_rate at iteration 400: was 0"));
}

TEST_CASE("StepDecay refuses options out of their bounds by name", "[schedules]") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(StepDecay{.initial = 1, .every = 1}.validate());
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    CHECK_THROWS_WITH((StepDecay{.initial = bad, .every = 1}.validate()), Contains("initial: was"));
  }
  for (const double bad : {0.0, -1.0, 1.5, nan}) {
    CHECK_THROWS_WITH((StepDecay{.initial = 1, .factor = bad, .every = 1}.validate()), Contains("factor: was"));
  }
  CHECK_THROWS_WITH((StepDecay{.initial = 1}.validate()), Contains("every: was 0"));
}
