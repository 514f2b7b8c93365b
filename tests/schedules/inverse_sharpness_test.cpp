#include <drift/schedules/inverse_sharpness.hpp>

#include <catch2/catch.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/point.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <memory>
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

template <class P>
double rate_of(InverseSharpness schedule, const P& problem, const Vector<double>& theta) {
  auto e = point_at(problem, theta);
  const double h = schedule.rate(0, e);
  CHECK(e.stage() == 0);
  return h;
}

/// Eigenvalues between -1 and 1, and one of 3, in random directions.
Matrix<double> matrix(Index n) {
  const auto random = calculus::symmetric_eigen<double>([&] {
    const Matrix<double> a = Random(51).normal_matrix(n, n);
    return Matrix<double>(a + a.transpose());
  }());
  Vector<double> values = Vector<double>::LinSpaced(n, -1, 1);
  values[n - 1] = 3;
  return random.vectors * values.asDiagonal() * random.vectors.transpose();
}

/// Two directions, x's curvature 1 everywhere, y's z^2 + 1/2: it overtakes as z grows.
struct Crossing {
  using Scalar = double;
  double z;
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return (x[0] * x[0] + (z * z + 0.5) * x[1] * x[1]) / 2; }
  Vector<double> gradient(const Vector<double>& x) const { return hessian_vector_product(x, x); }
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const {
    return vector({v[0], (z * z + 0.5) * v[1]});
  }
};

/// The same product everywhere.
struct Times {
  using Scalar = double;
  double factor;
  Index dimension() const { return 3; }
  double value(const Vector<double>&) const { return 0; }
  Vector<double> gradient(const Vector<double>&) const { return Vector<double>::Ones(3); }
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const { return factor * v; }
};

double sharpness_of(const Matrix<double>& hessian) {
  return calculus::symmetric_eigen<double>(hessian).values.maxCoeff();
}

}  // namespace

TEST_CASE("Tracked along steps on a quadratic the rate is factor over the largest eigenvalue",
          "[schedules][inverse_sharpness]") {
  const Index n = 60;
  const auto problem = losses::quadratic(matrix(n));
  InverseSharpness schedule{.factor = 1.5};
  auto e = point_at(problem, Vector<double>::Ones(n));
  for (Index step = 0; step < 4; ++step) {
    const double h = schedule.rate(step, e);
    CHECK(h >= 0.5 * (1 - 1e-12));  // an estimate is never above lambda_max
    CHECK(h == Approx(0.5).epsilon(1e-6));
  }
  const Vector<double> u = schedule.eigenvector;
  CHECK(u.norm() == Approx(1));
  CHECK((problem.A() * u - 3 * u).norm() < 1e-3);
}

TEST_CASE("In a space that is no larger than the number of pushes the rate is exact",
          "[schedules][inverse_sharpness]") {
  CHECK(rate_of({}, diagonal({-5, 4, 1}), vector({1, 1, 1})) == Approx(0.5).epsilon(1e-14));
  CHECK(rate_of({}, diagonal({4, 4, 4}), vector({1, 1, 1})) == Approx(0.5).epsilon(1e-14));
  CHECK(rate_of({}, diagonal({8}), vector({1})) == Approx(0.25).epsilon(1e-14));
  CHECK(rate_of({}, SecondOrderBowl{}, vector({1, 0})) ==
        Approx(0.5).epsilon(1e-14));  // though g is along the other one
}

TEST_CASE("Along the training of a network the rate follows the exact spectrum", "[schedules][inverse_sharpness]") {
  const auto problem = mlp_2_3_2();
  auto state = descent::run_state(2 * Random(52).normal_vector(17),
                                  GradientDescent{.learning_rate = InverseSharpness{.factor = 1}});
  double lowest = std::numeric_limits<double>::infinity(), highest = 0;
  for (int step = 0; step < 60; ++step) {
    const double sharpness = sharpness_of(hessian(problem, state.parameters));
    descent::advance(state, problem);
    lowest = std::min(lowest, sharpness), highest = std::max(highest, sharpness);
    CHECK(state.rate * sharpness >= 1 - 1e-12);
    CHECK(state.rate * sharpness < 1.02);
  }
  CHECK(highest > 1.2 * lowest);  // there was something to follow
}

TEST_CASE("With factor 2 the top component neither grows nor shrinks, and the others do",
          "[schedules][inverse_sharpness]") {
  const auto run = minimise(diagonal({4, 1}), vector({1, 1}), GradientDescent{.learning_rate = InverseSharpness{}},
                            {.iterations = 40});
  CHECK(std::abs(run.state[0]) == Approx(1).epsilon(1e-12));
  CHECK(run.state[1] == Approx(std::pow(0.5, 40)));
  CHECK(minimise(diagonal({4, 1}), vector({1, 1}), GradientDescent{.learning_rate = InverseSharpness{.factor = 2.1}})
            .status == Status::diverged);
  CHECK(minimise(diagonal({4, 1}), vector({1, 1}), GradientDescent{.learning_rate = InverseSharpness{.factor = 1.9}})
            .value < 1e-12);
  CHECK(minimise(diagonal({4, 1}), vector({1, 1}),
                 Momentum{.learning_rate = InverseSharpness{.factor = 3.5}, .momentum = 0.8}, {.iterations = 2000})
            .value < 1e-12);  // below 2 (1 + 0.8)
  CHECK(minimise(diagonal({4, 1}), vector({1, 1}),
                 Momentum{.learning_rate = InverseSharpness{.factor = 3.7}, .momentum = 0.8}, {.iterations = 2000})
            .status == Status::diverged);
}

TEST_CASE(
    "Where no eigenvalue is more negative than the largest is positive, no drift-adjusted rate is below 2 / lambda",
    "[schedules][inverse_sharpness]") {
  const auto problem = losses::quadratic(matrix(20));
  Random random(53);
  for (int trial = 0; trial < 20; ++trial) {
    auto e = point_at(problem, random.normal_vector(20));
    CHECK(DriftAdjusted{}.rate(0, e) >= InverseSharpness{}.rate(0, e) * (1 - 1e-6));
  }
}

TEST_CASE("An eigenvalue that overtakes is found, though its vector is orthogonal to the one that was followed",
          "[schedules][inverse_sharpness]") {
  InverseSharpness schedule{.pushes = 2};
  auto before = point_at(Crossing{0}, vector({1, 0}));
  CHECK(schedule.rate(0, before) == Approx(2));
  CHECK(std::abs(schedule.eigenvector[0]) == Approx(1));
  auto after = point_at(Crossing{1}, vector({1, 0}));
  CHECK(schedule.rate(1, after) == Approx(2 / 1.5));

  // The same hidden in many dimensions, where two products do not span the space.
  Vector<double> curvature = Vector<double>::LinSpaced(30, 0, 1);
  const auto problem = [&] { return losses::quadratic(Matrix<double>(curvature.asDiagonal())); };
  InverseSharpness tracked;
  const Vector<double> theta = Vector<double>::Unit(30, 29);
  for (Index step = 0; step < 10; ++step) {
    auto e = point_at(problem(), theta);
    tracked.rate(step, e);
  }
  curvature[3] = 1.5;
  double h = 0;
  for (Index step = 10; step < 30; ++step) {
    auto e = point_at(problem(), theta);
    h = tracked.rate(step, e);
  }
  CHECK(h == Approx(2 / 1.5).epsilon(1e-4));
}

TEST_CASE("Where no direction curves upwards the rate is rate_if_not_convex, and the cap bounds all",
          "[schedules][inverse_sharpness]") {
  const InverseSharpness schedule{.rate_if_not_convex = 0.5};
  const Vector<double> origin = Vector<double>::Zero(3);
  CHECK(rate_of(schedule, Times{0}, origin) == 0.5);
  CHECK(rate_of(schedule, Times{-4}, origin) == 0.5);
  CHECK(rate_of(schedule, Times{1e-310}, origin) == 0.5);  // 2e310
  CHECK(rate_of(schedule, Times{1e-3}, origin) == Approx(2000));
  CHECK(rate_of(schedule, diagonal({-1, -2, 0}), origin) == 0.5);  // lambda_max = 0, up to rounding
  CHECK(rate_of({.cap = 5}, Times{1e-3}, origin) == 5);
  CHECK(rate_of({.cap = 0.25, .rate_if_not_convex = 0.5}, Times{-1}, origin) == 0.25);
}

TEST_CASE("A product that is not finite gives NaN, ends a run, and leaves the eigenvector",
          "[schedules][inverse_sharpness]") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    InverseSharpness schedule;
    auto good = point_at(Times{4}, vector({0, 0, 0}));
    schedule.rate(0, good);
    const Vector<double> before = schedule.eigenvector;
    auto e = point_at(Times{bad}, vector({0, 0, 0}));
    CHECK(std::isnan(schedule.rate(1, e)));
    CHECK(schedule.eigenvector == before);
    CHECK(minimise(Times{bad}, vector({0, 0, 0}), GradientDescent{.learning_rate = schedule}).status ==
          Status::non_finite);
  }
}

TEST_CASE("A run ends where a product is infinite though that with the gradient is not",
          "[schedules][inverse_sharpness]") {
  struct Wall {  // the gradient never meets the second axis
    using Scalar = double;
    Index dimension() const { return 2; }
    double value(const Vector<double>& x) const { return x[0] * x[0] / 2; }
    Vector<double> gradient(const Vector<double>& x) const { return vector({x[0], 0}); }
    Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const {
      return vector({v[0], v[1] == 0 ? 0 : v[1] * std::numeric_limits<double>::infinity()});
    }
  };
  const auto run = minimise(Wall{}, vector({1, 1}), GradientDescent{.learning_rate = InverseSharpness{}});
  CHECK(run.status == Status::non_finite);
  CHECK(run.state == vector({1, 1}));
}

TEST_CASE("Each step makes `pushes` products, the first first_pushes", "[schedules][inverse_sharpness]") {
  struct Counting : Times {
    std::shared_ptr<int> products = std::make_shared<int>(0);
    Index dimension() const { return 50; }
    Vector<double> gradient(const Vector<double>&) const { return Vector<double>::Ones(50); }
    Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const {
      ++*products;
      return Vector<double>::LinSpaced(50, -1, 2).cwiseProduct(v);
    }
  };
  const Counting problem{};
  auto e = point_at(problem, Vector<double>::Zero(50));
  InverseSharpness schedule{.pushes = 4, .first_pushes = 9};
  schedule.rate(0, e);
  CHECK(*problem.products == 9);
  schedule.rate(1, e);
  CHECK(*problem.products == 13);

  // Of another length: a fresh start.
  auto other = point_at(Times{4}, vector({0, 0, 0}));
  CHECK(schedule.rate(2, other) == Approx(0.5));
  CHECK(schedule.eigenvector.size() == 3);
}

TEST_CASE("The tracked rate needs a second-order problem at real states", "[schedules][inverse_sharpness]") {
  STATIC_REQUIRE(Schedule<InverseSharpness, HessianPoint<SecondOrderBowl>>);
  STATIC_REQUIRE(!Schedule<InverseSharpness, GradientPoint<Bowl>>);
  const auto problem = diagonal({1, 2});
  STATIC_REQUIRE(Schedule<InverseSharpness, decltype(point_at(problem, vector({0, 0})))>);
  using ComplexPoint = decltype(point_at(problem, Vector<std::complex<double>>(2)));
  STATIC_REQUIRE(!descent::LearningRate<InverseSharpness, ComplexPoint>);
}

TEST_CASE("The tracked rate works with minibatches, checkpoints and choices", "[schedules][inverse_sharpness]") {
  schedules_tests::works_everywhere(schedules_tests::neuron(), InverseSharpness{.factor = 1, .pushes = 2, .cap = 10});
}

TEST_CASE("The tracked rate has the precision of the problem", "[schedules][inverse_sharpness]") {
  InverseSharpness schedule;
  auto e = point_at(diagonal<long double>({3, 1}), Vector<long double>::Ones(2));
  STATIC_REQUIRE(std::is_same_v<decltype(schedule.rate(0, e)), long double>);
  CHECK(std::abs(schedule.rate(0, e) - 2.0L / 3) < 1e-18L);
  auto single = point_at(diagonal<float>({3, 1}), Vector<float>::Ones(2));
  CHECK(schedule.rate(1, single) == Approx(2.0 / 3).epsilon(1e-6));
}

TEST_CASE("InverseSharpness refuses options out of their bounds by name", "[schedules][inverse_sharpness]") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(InverseSharpness{}.validate());
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    CHECK_THROWS_WITH(InverseSharpness{.factor = bad}.validate(), Contains("factor: was"));
    CHECK_THROWS_WITH(InverseSharpness{.rate_if_not_convex = bad}.validate(), Contains("rate_if_not_convex: was"));
  }
  for (const double bad : {0.0, -1.0, nan})
    CHECK_THROWS_WITH(InverseSharpness{.cap = bad}.validate(), Contains("cap: was"));
  CHECK_THROWS_WITH(InverseSharpness{.pushes = 1}.validate(), Contains("pushes: was 1"));
  CHECK_THROWS_WITH(InverseSharpness{.first_pushes = 0}.validate(), Contains("first_pushes: was 0"));
  CHECK_THROWS_WITH(InverseSharpness{.eigenvector = vector({nan})}.validate(), Contains("eigenvector"));
}
