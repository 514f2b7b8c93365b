#include <drift/calculus/point.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

using Decimal = boost::multiprecision::number<boost::multiprecision::cpp_dec_float<50>, boost::multiprecision::et_off>;

}  // namespace

TEST_CASE("GradientDescent deduces its rate from a number of any type or from a schedule", "[descent]") {
  STATIC_REQUIRE(std::is_same_v<decltype(GradientDescent{.learning_rate = 0.1}), GradientDescent<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(GradientDescent{.learning_rate = 0.1F}), GradientDescent<float>>);
  STATIC_REQUIRE(std::is_same_v<decltype(GradientDescent{.learning_rate = 0.1L}), GradientDescent<long double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(GradientDescent{.learning_rate = Decimal(1)}), GradientDescent<Decimal>>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(GradientDescent{.learning_rate = DriftAdjusted{}}), GradientDescent<DriftAdjusted>>);
  STATIC_REQUIRE(descent::Optimiser<GradientDescent<float>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::Optimiser<GradientDescent<Listed>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::Optimiser<GradientDescent<DriftAdjusted>, HessianPoint<SecondOrderBowl>>);
  STATIC_REQUIRE(!descent::Optimiser<GradientDescent<DriftAdjusted>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(!descent::Optimiser<GradientDescent<Bowl>, GradientPoint<Bowl>>);
}

TEST_CASE("validate refuses a rate that is negative, zero, NaN or infinite, and a schedule with bad options",
          "[descent]") {
  const auto refused = [](auto rate) {
    CHECK_THROWS_AS(GradientDescent{.learning_rate = rate}.validate(), InvalidArgument);
    CHECK_THROWS_WITH(GradientDescent{.learning_rate = rate}.validate(), Contains("learning_rate: was"));
  };
  refused(0.0), refused(-0.1), refused(std::nan("")), refused(std::numeric_limits<double>::infinity());
  refused(-1.0F), refused(0.0L), refused(0), refused(Decimal(-1));
  CHECK_THROWS_WITH(GradientDescent<>{}.validate(), Contains("learning_rate: was 0"));
  CHECK_NOTHROW(GradientDescent{.learning_rate = 1}.validate());
  CHECK_NOTHROW(GradientDescent{.learning_rate = DriftAdjusted{}}.validate());
  CHECK_THROWS_WITH(GradientDescent{.learning_rate = DriftAdjusted{.power = -1}}.validate(), Contains("power: was -1"));
}

TEST_CASE("advance goes down the gradient by the rate that it returns and has nothing to remember", "[descent]") {
  Vector<double> x = vector({3, 4});
  auto e = point_at(Bowl{}, x);
  GradientDescent optimiser{.learning_rate = Listed{{0.5, 0.25}}};
  const auto memory = optimiser.start(x);
  STATIC_REQUIRE(std::is_empty_v<decltype(optimiser.start(x))>);
  CHECK(optimiser.at_rest(memory));
  CHECK(optimiser.advance(x, memory, 1, e) == 0.25);
  CHECK(x == vector({2.25, 3}));
}
