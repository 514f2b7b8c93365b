#include <drift/calculus/point.hpp>
#include <drift/core/fields.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/schedules/choice.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/rate_list.hpp>
#include <drift/schedules/step_decay.hpp>
#include <drift/schedules/warm_up.hpp>

#include <catch2/catch.hpp>
#include <string>

#include "descent/problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

using AnyRate = ScheduleChoice<double, StepDecay, WarmUp<RateList>, DriftAdjusted>;

}  // namespace

TEST_CASE("A choice gives the rates of what it holds", "[schedules]") {
  const auto problem = diagonal({4, 1});
  const auto same = [&](const auto& rate) {
    const auto direct = minimise(problem, vector({1, 1}), GradientDescent{.learning_rate = rate}, {.iterations = 12});
    const auto chosen =
        minimise(problem, vector({1, 1}), GradientDescent<AnyRate>{.learning_rate = {rate}}, {.iterations = 12});
    CHECK(chosen.state == direct.state);
    CHECK(chosen.rate == direct.rate);
  };
  same(0.125);
  same(StepDecay{.initial = 0.25, .factor = 0.5, .every = 4});
  same(WarmUp{.schedule = RateList{{0.5, 0.25, 0.1}}, .iterations = 6});
  same(DriftAdjusted{});
}

TEST_CASE("A choice is validated as what it holds", "[schedules]") {
  CHECK_NOTHROW(AnyRate{0.1}.validate());
  CHECK_THROWS_WITH(AnyRate{-0.1}.validate(), Contains("learning_rate: was -0.1"));
  CHECK_THROWS_WITH(AnyRate{DriftAdjusted{.power = 0}}.validate(), Contains("power: was 0"));
  CHECK_THROWS_WITH(AnyRate{}.validate(), Contains("learning_rate: was 0"));
}

TEST_CASE("A choice fits where all that it names fit, and is one field", "[schedules]") {
  STATIC_REQUIRE(!descent::LearningRate<AnyRate, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<ScheduleChoice<float, StepDecay>, GradientPoint<Bowl>>);
  AnyRate rate{0.5};
  std::string names;
  visit_fields(rate, [&](std::string_view name, auto& field) {
    names += name;
    field = DriftAdjusted{.cap = 3};
  });
  CHECK(names == "choice");
  CHECK(std::get<DriftAdjusted>(rate.choice).cap == 3);
}
