#include <drift/schedules/by_differences.hpp>

#include <catch2/catch.hpp>

#include <drift/calculus/finite_differences.hpp>
#include <drift/calculus/point.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/inverse_sharpness.hpp>
#include <drift/schedules/polyak.hpp>
#include <drift/schedules/quadratic_model.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "descent/problems.hpp"
#include "runs.hpp"

using namespace drift;
using Catch::Matchers::Contains;
using descent_tests::Bowl;
using descent_tests::SecondOrderBowl;
using descent_tests::vector;
using schedules_tests::CurvedNeuron;
using schedules_tests::Neuron;

namespace {

using Adjusted = ByDifferences<DriftAdjusted>;

/// A point of tier 1 that can be moved and nothing else, and counts how often.
struct MovablePoint {
  Neuron neuron;
  Vector<double> theta;
  Vector<double> slope = neuron.gradient(theta);
  int moves = 0;
  const Vector<double>& state() const { return theta; }
  double value() const { return neuron.value(theta); }
  const Vector<double>& gradient() const { return slope; }
  void move_to(const Vector<double>& x) {
    theta = x;
    slope = neuron.gradient(theta);
    ++moves;
  }
};

/// x^2 / 2 up to 1, not defined beyond.
struct Wall {
  using Scalar = double;
  Index dimension() const { return 1; }
  double value(const Vector<double>& x) const { return x[0] * x[0] / 2; }
  Vector<double> gradient(const Vector<double>& x) const {
    return x[0] > 1 ? Vector<double>::Constant(1, std::nan("")) : x;
  }
};

struct CurvedWall : Wall {
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>& v) const {
    return x[0] > 0.999 ? Vector<double>(std::numeric_limits<double>::infinity() * v) : v;
  }
};

/// A tier-1 problem whose gradient fails away from where the run is.
struct Failing : Bowl {
  Vector<double> gradient(const Vector<double>& x) const {
    if (x[0] > 3) throw std::runtime_error("out of reach");
    return x;
  }
};

template <class Rate, class E>
double rate_of(Rate rate, E& e) {
  return descent::rate_at(rate, 0, e);
}

}  // namespace

TEST_CASE("With differences, schedules that push work on problems of tier 1", "[schedules][by_differences]") {
  STATIC_REQUIRE(!descent::LearningRate<DriftAdjusted, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<Adjusted, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<ByDifferences<QuadraticModel>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<ByDifferences<InverseSharpness>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<ByDifferences<WarmUp<DriftAdjusted>>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<WarmUp<Adjusted>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::LearningRate<Adjusted, MovablePoint>);
  STATIC_REQUIRE(!descent::LearningRate<ByDifferences<double>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(std::is_same_v<decltype(ByDifferences{.schedule = DriftAdjusted{}}), Adjusted>);
  schedules_tests::works_everywhere(Neuron(schedules_tests::neuron()), Adjusted{DriftAdjusted{.cap = 1}});
}

TEST_CASE("On a quadratic the difference is the product, however far or near the other gradient is taken",
          "[schedules][by_differences]") {
  Matrix<double> a(2, 2);
  a << 2, 1, 1, -3;
  const auto problem = losses::quadratic(a);
  auto e = point_at(problem, vector({1, 2}));
  const double exact = rate_of(DriftAdjusted{}, e);
  for (const double offset : {1e-3, 0.01, 1.0, 1e6}) {
    CHECK(rate_of(Adjusted{.schedule = {}, .offset = offset}, e) == Approx(exact).epsilon(1e-12));
  }
  CHECK(e.stage() == 0);
  CHECK(e.state() == vector({1, 2}));
}

TEST_CASE("The error is of first order in the offset, and half the third derivative", "[schedules][by_differences]") {
  const CurvedNeuron neuron = schedules_tests::neuron();
  const Vector<double> theta = schedules_tests::start(), g = neuron.gradient(theta), u = g / g.norm();
  const double t = 1e-3;
  const Vector<double> third =
      (neuron.hessian_vector_product(theta + t * u, u) - neuron.hessian_vector_product(theta - t * u, u)) / (2 * t);
  GradientPoint<Neuron> e(neuron, theta);
  for (const double offset : {1e-3, 1e-4}) {
    schedules::DifferencePoint<GradientPoint<Neuron>> seen(e, offset);
    const Vector<double> error = seen.push(g) - neuron.hessian_vector_product(theta, g);
    CHECK((error - offset * g.norm() / 2 * third).norm() < 0.01 * error.norm());
  }
}

TEST_CASE("The offset is well defined where the gradient all but vanishes", "[schedules][by_differences]") {
  for (const double x : {1.0, 1e-12, 1e-200, 1e-310, 1e12}) {
    auto e = point_at(SecondOrderBowl{}, vector({x, 0}));  // curvature 2
    CHECK(rate_of(Adjusted{}, e) == Approx(1).epsilon(1e-3));
    auto single = point_at(descent_tests::diagonal<float>({2}), Vector<float>::Constant(1, float(std::min(x, 1e3))));
    if (x > 1e-38) CHECK(rate_of(Adjusted{}, single) == Approx(1).epsilon(1e-2));
  }
  const Bowl bowl;
  auto e = point_at(bowl, vector({0, 0}));
  const int before = *bowl.gradients;
  CHECK(rate_of(Adjusted{DriftAdjusted{.rate_if_flat = 0.25}}, e) == 0.25);
  CHECK(*bowl.gradients == before);  // H 0 = 0 is known
}

TEST_CASE("Near a minimum with g != 0 the rate goes to that of the exact product", "[schedules][by_differences]") {
  const auto problem = losses::rosenbrock();
  const Vector<double> direction = vector({2, -1});
  for (const double distance : {1e-3, 1e-6, 1e-9}) {
    const Vector<double> theta = Vector<double>::Ones(2) + distance * direction;
    auto e = point_at(problem, theta);
    CHECK(rate_of(Adjusted{.schedule = {}, .offset = 1e-7}, e) == Approx(rate_of(DriftAdjusted{}, e)).epsilon(1e-5));
  }
}

TEST_CASE("A point that can only be moved is back where it was, with the same rate", "[schedules][by_differences]") {
  const CurvedNeuron neuron = schedules_tests::neuron();
  MovablePoint moved{neuron, schedules_tests::start()};
  GradientPoint<Neuron> still(neuron, schedules_tests::start());
  CHECK(rate_of(Adjusted{}, moved) == rate_of(Adjusted{}, still));
  CHECK(moved.moves == 2);
  CHECK(moved.theta == schedules_tests::start());
  CHECK(moved.slope == still.gradient());
}

TEST_CASE("One product costs one gradient where the point has gradient_at", "[schedules][by_differences]") {
  const Bowl bowl;
  const auto run = minimise(bowl, vector({1, 2}), GradientDescent{.learning_rate = Adjusted{DriftAdjusted{.cap = 0.5}}},
                            {.iterations = 10});
  CHECK(run.status == Status::reached_end);
  CHECK(*bowl.gradients == 11 + 10);
  CHECK(run.evaluations == 11);
}

TEST_CASE("with_finite_differences gives the same rate with an offset of its own", "[schedules][by_differences]") {
  const CurvedNeuron exact = schedules_tests::neuron();
  const Vector<double> theta = schedules_tests::start();
  auto e = point_at(exact, theta);
  auto central = point_at(with_finite_differences(Neuron(exact), {.offset = 0.01}), theta);
  auto forward = point_at(Neuron(exact), theta);
  const double h = rate_of(DriftAdjusted{}, e);
  const double central_error = std::abs(rate_of(DriftAdjusted{}, central) - h);
  CHECK(central_error < 1e-3 * h);
  CHECK(central_error < std::abs(rate_of(Adjusted{}, forward) - h));
}

TEST_CASE("The point that schedules see has one push from stage 0", "[schedules][by_differences]") {
  auto e = point_at(Bowl{}, vector({1, 2}));
  schedules::DifferencePoint seen(e, 0.01);
  CHECK((seen.push(vector({3, 4})) - vector({3, 4})).norm() < 1e-12);
  CHECK(seen.stage() == 1);
  CHECK_THROWS_WITH(seen.push(vector({3, 4})), Contains("stage: was 1"));
  seen.rewind(0);
  CHECK(seen.push(vector({0, 0})).isZero(0));
  seen.rewind(0);
  CHECK_FALSE(seen.push(vector({0, std::nan("")})).allFinite());
  seen.rewind(0);
  CHECK_THROWS_WITH(seen.push(vector({1})), Contains("direction"));
  CHECK_THROWS_WITH(seen.rewind(2), Contains("stage: was 2"));
  CHECK(seen.value() == e.value());
  CHECK(&seen.state() == &e.state());
  CHECK(&seen.gradient() == &e.gradient());
}

TEST_CASE("A gradient that is not finite at the other state leaves no rate", "[schedules][by_differences]") {
  auto first_order = point_at(Wall{}, vector({0.9999}));
  CHECK_THROWS_WITH(rate_of(Adjusted{}, first_order), Contains("learning_rate at iteration 0: was nan"));
  CHECK(rate_of(Adjusted{.schedule = {}, .offset = 1e-6}, first_order) == Approx(2).epsilon(1e-6));
  auto second_order = point_at(CurvedWall{}, vector({0.9999}));
  CHECK(std::isnan(rate_of(Adjusted{}, second_order)));
}

TEST_CASE("An exception at the other state leaves the point where it was", "[schedules][by_differences]") {
  GradientPoint<Failing> e(Failing{}, vector({2.999, 0}));
  CHECK_THROWS_WITH(rate_of(Adjusted{}, e), Contains("out of reach"));
  CHECK(e.state() == vector({2.999, 0}));
  CHECK(e.gradient() == vector({2.999, 0}));
}

TEST_CASE("ByDifferences refuses options out of their bounds by name, those of the schedule inside too",
          "[schedules][by_differences]") {
  CHECK_NOTHROW(Adjusted{}.validate());
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH((Adjusted{.schedule = {}, .offset = bad}.validate()), Contains("offset: was"));
  }
  CHECK_THROWS_WITH(Adjusted{DriftAdjusted{.power = -1}}.validate(), Contains("power: was -1"));
}
