#include <drift/calculus/point.hpp>
#include <drift/schedules/rate_list.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "descent/problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("A list gives its rates in turn and then the last one for good", "[schedules]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  STATIC_REQUIRE(Schedule<RateList, GradientPoint<Bowl>>);
  const RateList schedule{.rates = {0.5, 0.25, 0.125}};
  std::vector<double> rates;
  for (Index i = 0; i < 5; ++i) rates.push_back(schedule.rate(i, e));
  CHECK(rates == std::vector<double>{0.5, 0.25, 0.125, 0.125, 0.125});
}

TEST_CASE("RateList refuses an empty list and names the first bad rate", "[schedules]") {
  CHECK_NOTHROW(RateList{.rates = {1}}.validate());
  CHECK_THROWS_WITH(RateList{}.validate(), Contains("rates: was empty"));
  CHECK_THROWS_WITH((RateList{.rates = {1, 2, 0, -1}}.validate()), Contains("rates[2]: was 0"));
  CHECK_THROWS_WITH(RateList{.rates = {std::nan("")}}.validate(), Contains("rates[0]: was"));
}
