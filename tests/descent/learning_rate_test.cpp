#include <drift/calculus/point.hpp>
#include <drift/descent/learning_rate.hpp>
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

/// Its rate is what a member says, whatever the iteration.
struct Stubborn {
  double h;
  template <class E>
  double rate(Index, E&) const {
    return h;
  }
};

/// One over the gradient norm of the point it is given.
struct Normalised {
  template <class E>
  double rate(Index, E& e) const {
    return 1 / e.gradient().norm();
  }
};

/// Curvature infinite along the gradient, all else finite.
struct Cliff {
  using Scalar = double;
  Index dimension() const { return 1; }
  double value(const Vector<double>& x) const { return x[0]; }
  Vector<double> gradient(const Vector<double>&) const { return Vector<double>::Ones(1); }
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>&) const {
    return Vector<double>::Constant(1, std::numeric_limits<double>::infinity());
  }
};

}  // namespace

TEST_CASE("A learning rate is a number of any type, or a schedule that can work with the point", "[descent]") {
  STATIC_REQUIRE(descent::LearningRate<float, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<Decimal, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<Stubborn, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<DriftAdjusted, HessianPoint<SecondOrderBowl>>);
  STATIC_REQUIRE(!descent::LearningRate<DriftAdjusted, GradientPoint<Bowl>>);
  STATIC_REQUIRE(!descent::LearningRate<Bowl, GradientPoint<Bowl>>);
  CHECK(descent::rate_unless_given<float>(0.5) == 0.5F);
  CHECK(descent::rate_unless_given<DriftAdjusted>(0.5).power == 1);  // a schedule has settings of its own
}

TEST_CASE("rate_at gives the number, or what the schedule says of the point", "[descent]") {
  auto e = point_at(Bowl{}, vector({3, 4}));
  const double number = 0.25;
  CHECK(descent::rate_at(number, 5, e) == 0.25);
  CHECK(descent::unchecked_rate_at(number, 5, e) == 0.25);
  Normalised normalised;
  CHECK(descent::rate_at(normalised, 0, e) == Approx(0.2));
  CHECK(descent::unchecked_rate_at(normalised, 0, e) == Approx(0.2));
  Listed listed{{0.5, 0.125}};
  CHECK(descent::rate_at(listed, 0, e) == 0.5);
  CHECK(descent::rate_at(listed, 1, e) == 0.125);
}

TEST_CASE("A schedule's bad rate names learning_rate and the iteration", "[descent]") {
  auto first_order = point_at(Bowl{}, vector({3, 4}));
  auto expandable = point_at(diagonal({1, 2}), vector({3, 4}));
  for (const double bad : {0.0, -2.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Stubborn schedule{bad};
    CHECK_THROWS_AS(descent::rate_at(schedule, 17, first_order), InvalidArgument);
    CHECK_THROWS_WITH(descent::rate_at(schedule, 17, first_order), Contains("learning_rate at iteration 17: was"));
    CHECK_THROWS_WITH(descent::rate_at(schedule, 17, expandable), Contains("learning_rate at iteration 17: was"));
  }
  const double too_small_for_float = 1e-60;
  auto single = point_at(diagonal<float>({1}), Vector<float>(Vector<float>::Ones(1)));
  CHECK_THROWS_WITH(descent::rate_at(too_small_for_float, 0, single), Contains("learning_rate at iteration 0: was 0"));
}

TEST_CASE("Where gradient or curvature are not finite there is no rate: NaN, and no blame for the schedule",
          "[descent]") {
  auto nowhere = point_at(Bowl{}, vector({std::nan(""), 1}));
  Stubborn negative{-1};
  CHECK(std::isnan(descent::rate_at(negative, 0, nowhere)));
  auto cliff = point_at(Cliff{}, vector({0}));
  DriftAdjusted adjusted;
  CHECK(std::isnan(descent::rate_at(adjusted, 0, cliff)));
}
