#include <drift/schedules/quadratic_model.hpp>

#include <catch2/catch.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/finite_differences.hpp>
#include <drift/calculus/point.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <cmath>
#include <limits>
#include <type_traits>

#include "descent/problems.hpp"
#include "runs.hpp"
#include "support/networks.hpp"

using namespace drift;
using Catch::Matchers::Contains;
using descent_tests::Bowl;
using descent_tests::diagonal;
using descent_tests::SecondOrderBowl;
using descent_tests::vector;

namespace {

template <class P, class S>
S rate_of(const QuadraticModel& schedule, const P& problem, const Vector<S>& theta) {
  auto e = point_at(problem, theta);
  const S h = schedule.rate(0, e);
  CHECK(e.stage() == 0);
  CHECK(schedule.rate(1, e) == h);
  return h;
}

/// Slope 1 and the curvature given, in one dimension.
struct Bend {
  using Scalar = double;
  double curvature;
  Index dimension() const { return 1; }
  double value(const Vector<double>&) const { return 0; }
  Vector<double> gradient(const Vector<double>&) const { return Vector<double>::Ones(1); }
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const { return curvature * v; }
};

double rate_of_bend(const QuadraticModel& schedule, double curvature) {
  return rate_of(schedule, Bend{curvature}, vector({0}));
}

}  // namespace

TEST_CASE("On a quadratic each gradient is orthogonal to the one before, and E falls as Kantorovich says",
          "[schedules][quadratic_model]") {
  const auto problem = diagonal({9, 4, 1});
  auto state = descent::run_state(vector({1, -2, 3}), GradientDescent{.learning_rate = QuadraticModel{}});
  for (int step = 0; step < 30; ++step) {
    const Vector<double> g = gradient(problem, state.parameters);
    const double height = value(problem, state.parameters);
    descent::advance(state, problem);
    const Vector<double> next = gradient(problem, state.parameters);
    CHECK(std::abs(next.dot(g)) < 1e-13 * g.squaredNorm());
    CHECK(value(problem, state.parameters) <= std::pow(8.0 / 10, 2) * height * (1 + 1e-12));
    CHECK(state.rate >= 1.0 / 9 * (1 - 1e-12));
    CHECK(state.rate <= 1 * (1 + 1e-12));
  }
}

TEST_CASE("From the direction in which it is slowest Cauchy's bound is met", "[schedules][quadratic_model]") {
  // theta_i = 1 / lambda_i in the two extreme eigenvectors: the worst case of Kantorovich's inequality.
  const auto run = minimise(diagonal({9, 1}), vector({1.0 / 9, 1}), GradientDescent{.learning_rate = QuadraticModel{}},
                            {.iterations = 10});
  CHECK(run.value == Approx((1.0 / 18 + 0.5) * std::pow(0.64, 10)));
}

TEST_CASE("The step minimises the quadratic model along the gradient of any loss", "[schedules][quadratic_model]") {
  Random random(41);
  const auto problem = mlp_2_3_2();
  int convex = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const Vector<double> theta = 4 * random.normal_vector(17), g = gradient(problem, theta);
    const double curvature = g.dot(hessian(problem, theta) * g);
    const double h = rate_of(QuadraticModel{.rate_if_not_convex = 0.125}, problem, theta);
    if (curvature <= 0) {
      CHECK(h == 0.125);
      continue;
    }
    ++convex;
    CHECK(-g.squaredNorm() + h * curvature == Approx(0).margin(1e-12 * g.squaredNorm()));  // the model's slope in h
    auto e = point_at(problem, theta);
    CHECK(2 * h >= DriftAdjusted{}.rate(0, e) * (1 - 1e-12));
  }
  CHECK(convex > 5);
  CHECK(convex < 40);
}

TEST_CASE("Where the loss is not convex along the gradient the rate is rate_if_not_convex, and the cap bounds all",
          "[schedules][quadratic_model]") {
  const QuadraticModel schedule{.rate_if_not_convex = 0.5};
  CHECK(rate_of_bend(schedule, 1e-6) == Approx(1e6));
  CHECK(rate_of_bend(schedule, 0) == 0.5);
  CHECK(rate_of_bend(schedule, -1e-6) == 0.5);
  CHECK(rate_of_bend(schedule, -4) == 0.5);
  CHECK(rate_of_bend(schedule, 1e-320) == 0.5);  // 1e320
  CHECK(rate_of_bend({.cap = 5, .rate_if_not_convex = 0.5}, 1e-6) == 5);
  CHECK(rate_of_bend({.cap = 0.25, .rate_if_not_convex = 0.5}, -1) == 0.25);
  CHECK(rate_of_bend({.cap = 5}, 0.5) == Approx(2));
  CHECK(rate_of(schedule, diagonal({1, 2}), vector({0, 0})) == 0.5);  // g = 0
}

TEST_CASE("A product that is not finite gives NaN, and ends a run", "[schedules][quadratic_model]") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    auto e = point_at(Bend{bad}, vector({0}));
    CHECK(std::isnan(QuadraticModel{}.rate(0, e)));
    CHECK(minimise(Bend{bad}, vector({0}), GradientDescent{.learning_rate = QuadraticModel{}}).status ==
          Status::non_finite);
  }
}

TEST_CASE("The rate does not depend on where squares of the gradient underflow or overflow: quadratic model",
          "[schedules][quadratic_model]") {
  for (const double x : {1e-300, 1e-160, 1.0, 1e150, 1e300}) {
    CHECK(rate_of(QuadraticModel{}, SecondOrderBowl{}, vector({x, 0})) == Approx(0.5));
  }
}

TEST_CASE("The quadratic model's rate needs a second-order problem, or differences", "[schedules][quadratic_model]") {
  STATIC_REQUIRE(Schedule<QuadraticModel, HessianPoint<SecondOrderBowl>>);
  STATIC_REQUIRE(!Schedule<QuadraticModel, GradientPoint<Bowl>>);
  const auto lifted = with_finite_differences(Bowl{});
  CHECK(rate_of(QuadraticModel{}, lifted, vector({1, 2})) == Approx(1).epsilon(1e-9));
}

TEST_CASE("The quadratic model's rate works with minibatches, checkpoints and choices",
          "[schedules][quadratic_model]") {
  schedules_tests::works_everywhere(schedules_tests::neuron(), QuadraticModel{.cap = 10});
}

TEST_CASE("The quadratic model's rate has the precision of the problem", "[schedules][quadratic_model]") {
  const long double h =
      rate_of(QuadraticModel{}, diagonal<long double>({3}), Vector<long double>(Vector<long double>::Ones(1)));
  CHECK(std::abs(h - 1.0L / 3) < 1e-19L);
  const float single =
      rate_of(QuadraticModel{}, diagonal<float>({3}), Vector<float>(Vector<float>::Constant(1, 1e-25F)));
  CHECK(single == Approx(1.0 / 3).epsilon(1e-6));
}

TEST_CASE("QuadraticModel refuses options out of their bounds by name", "[schedules][quadratic_model]") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(QuadraticModel{}.validate());
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    CHECK_THROWS_WITH(QuadraticModel{.rate_if_not_convex = bad}.validate(), Contains("rate_if_not_convex: was"));
  }
  for (const double bad : {0.0, -1.0, nan})
    CHECK_THROWS_WITH(QuadraticModel{.cap = bad}.validate(), Contains("cap: was"));
}
