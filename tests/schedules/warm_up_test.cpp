#include <drift/calculus/point.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/schedules/cosine_decay.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/warm_up.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "descent/problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("A number is approached in equal steps and reached without a jump", "[schedules]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  WarmUp schedule{.schedule = 0.8, .iterations = 4};
  STATIC_REQUIRE(std::is_same_v<decltype(schedule), WarmUp<double>>);
  STATIC_REQUIRE(Schedule<WarmUp<double>, GradientPoint<Bowl>>);
  std::vector<double> rates;
  for (Index i = 0; i < 6; ++i) rates.push_back(schedule.rate(i, e));
  CHECK(rates == std::vector<double>{0.2, 0.4, 0.8 * 0.75, 0.8, 0.8, 0.8});
  WarmUp none{.schedule = 0.8};
  CHECK(none.rate(0, e) == 0.8);
}

TEST_CASE("The schedule inside counts from the first step of the run", "[schedules]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  const CosineDecay cosine{.initial = 1, .final = 0.5, .iterations = 20};
  WarmUp schedule{.schedule = cosine, .iterations = 8};
  for (Index i = 0; i < 30; ++i) {
    const double share = i < 8 ? static_cast<double>(i + 1) / 8 : 1;
    CHECK(schedule.rate(i, e) == Approx(share * cosine.rate(i, e)).epsilon(1e-15));
  }
  CHECK(schedule.rate(7, e) == cosine.rate(7, e));
}

TEST_CASE("A drift-adjusted rate is warmed up: a share of 2 / lambda on a parabola", "[schedules][dal]") {
  std::vector<double> rates;
  minimise(diagonal({4}), vector({1}),
           GradientDescent{.learning_rate = WarmUp{.schedule = DriftAdjusted{}, .iterations = 5}}, {.iterations = 7},
           [&](const descent::Iteration<>& at) { rates.push_back(at.rate); });
  for (std::size_t i = 0; i < 7; ++i) CHECK(rates[i] == Approx(0.5 * std::min(1.0, static_cast<double>(i + 1) / 5)));
  STATIC_REQUIRE(!descent::LearningRate<WarmUp<DriftAdjusted>, GradientPoint<Bowl>>);
}

TEST_CASE("A warmed-up rate has the precision of the problem", "[schedules]") {
  auto e = point_at(diagonal<long double>({1}), Vector<long double>(Vector<long double>::Ones(1)));
  WarmUp schedule{.schedule = 1.0L, .iterations = 3};
  STATIC_REQUIRE(std::is_same_v<decltype(schedule.rate(0, e)), long double>);
  CHECK(std::abs(schedule.rate(0, e) - 1.0L / 3) < 1e-19L);
}

TEST_CASE("WarmUp refuses options out of their bounds by name, those of the schedule inside too", "[schedules]") {
  CHECK_NOTHROW(WarmUp{.schedule = 1e-3, .iterations = 1}.validate());
  CHECK_THROWS_WITH((WarmUp{.schedule = 1e-3, .iterations = 0}.validate()), Contains("iterations: was 0"));
  CHECK_THROWS_WITH((WarmUp{.schedule = -1.0, .iterations = 1}.validate()), Contains("schedule: was -1"));
  CHECK_THROWS_WITH((WarmUp{.schedule = DriftAdjusted{.power = 0}, .iterations = 1}.validate()),
                    Contains("power: was 0"));
}
