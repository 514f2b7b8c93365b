#include <drift/calculus/point.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/schedules/cosine_decay.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "descent/problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("A cosine decay starts at initial, is half-way in the middle and ends at final", "[schedules]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  STATIC_REQUIRE(Schedule<CosineDecay, GradientPoint<Bowl>>);
  const CosineDecay schedule{.initial = 0.7, .final = 0.1, .iterations = 100};
  CHECK(schedule.rate(0, e) == 0.7);
  CHECK(schedule.rate(50, e) == Approx(0.4).epsilon(1e-15));
  CHECK(schedule.rate(100, e) == 0.1);
  CHECK(schedule.rate(100000, e) == 0.1);
  for (const Index i : {1, 13, 37, 99}) {
    const double cosine = std::cos(std::numbers::pi * static_cast<double>(i) / 100);
    CHECK(schedule.rate(i, e) == Approx(0.1 + 0.6 * (1 + cosine) / 2).epsilon(1e-14));
    CHECK(schedule.rate(i, e) + schedule.rate(100 - i, e) == Approx(0.8).epsilon(1e-14));  // odd about the middle
    CHECK(schedule.rate(i, e) < schedule.rate(i - 1, e));
  }
}

TEST_CASE("To zero, the last rate of the run is small and precise, and the one after it is refused", "[schedules]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  const CosineDecay schedule{.initial = 2, .iterations = 100000000};
  CHECK(schedule.rate(99999999, e) / (2 * std::pow(std::numbers::pi / 2e8, 2)) == Approx(1).epsilon(1e-14));
  CHECK_THROWS_WITH(schedule.rate(100000000, e), Contains("iteration: was 100000000") && Contains("final"));

  const Adam optimiser{.learning_rate = CosineDecay{.initial = 0.1, .iterations = 50}};
  CHECK(minimise(Bowl{}, vector({1, 2}), optimiser, {.iterations = 50}).status == Status::reached_end);
  CHECK_THROWS_AS(minimise(Bowl{}, vector({1, 2}), optimiser, {.iterations = 51}), InvalidArgument);
}

TEST_CASE("CosineDecay refuses options out of their bounds by name", "[schedules]") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(CosineDecay{.initial = 1, .iterations = 1}.validate());
  CHECK_NOTHROW(CosineDecay{.initial = 1, .final = 2, .iterations = 1}.validate());
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    CHECK_THROWS_WITH((CosineDecay{.initial = bad, .iterations = 1}.validate()), Contains("initial: was"));
  }
  for (const double bad : {-1.0, nan, infinity}) {
    CHECK_THROWS_WITH((CosineDecay{.initial = 1, .final = bad, .iterations = 1}.validate()), Contains("final: was"));
  }
  CHECK_THROWS_WITH(CosineDecay{.initial = 1}.validate(), Contains("iterations: was 0"));
}
