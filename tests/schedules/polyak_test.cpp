#include <drift/schedules/polyak.hpp>

#include <catch2/catch.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/point.hpp>

#include <cmath>
#include <limits>
#include <type_traits>

#include "descent/problems.hpp"
#include "runs.hpp"

using namespace drift;
using Catch::Matchers::Contains;
using descent_tests::Bowl;
using descent_tests::diagonal;
using descent_tests::vector;

namespace {

/// Convex, as flat as x^4 along its floor; least at 0, where it is -3.
struct Valley {
  template <class T>
  T operator()(const Vector<T>& x) const {
    const T across = x[0] - x[1], along = x[1] * x[1];
    return T(10) * across * across + along * along - T(3);
  }
};

/// |x_0| + 2 |x_1|
struct Roof {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return std::abs(x[0]) + 2 * std::abs(x[1]); }
  Vector<double> gradient(const Vector<double>& x) const {
    return vector({x[0] < 0 ? -1.0 : 1.0, x[1] < 0 ? -2.0 : 2.0});
  }
};

struct Height {
  using Scalar = double;
  double height, slope;
  Index dimension() const { return 1; }
  double value(const Vector<double>&) const { return height; }
  Vector<double> gradient(const Vector<double>&) const { return Vector<double>::Constant(1, slope); }
};

double rate_of(const Polyak& schedule, double height, double slope) {
  auto e = point_at(Height{height, slope}, vector({0}));
  return schedule.rate(7, e);
}

}  // namespace

TEST_CASE("A step reaches the minimum's height on the tangent", "[schedules][polyak]") {
  const auto problem = differentiable(Valley{}, 2);
  Random random(31);
  for (int trial = 0; trial < 20; ++trial) {
    const Vector<double> theta = random.normal_vector(2), g = gradient(problem, theta);
    auto e = point_at(problem, theta);
    const Vector<double> step = -Polyak{.minimum = -3}.rate(0, e) * g;
    CHECK(e.value() + g.dot(step) == Approx(-3).epsilon(1e-13));
  }
}

TEST_CASE("No step leads away from the minimiser of a convex loss, smooth or not", "[schedules][polyak]") {
  const auto check = [](const auto& problem, double minimum) {
    for (const double factor : {0.5, 1.0, 1.9}) {
      auto state = descent::run_state(vector({1.5, -0.75}),
                                      GradientDescent{.learning_rate = Polyak{.minimum = minimum, .factor = factor}});
      for (int step = 0; step < 40; ++step) {
        const double before = state.parameters.squaredNorm();
        const auto outcome = descent::advance(state, problem);
        if (outcome.ended) break;
        const double gain = factor * (2 - factor) * std::pow((outcome.value - minimum) / outcome.gradient_norm, 2);
        CHECK(state.parameters.squaredNorm() <= before - gain + 1e-14);
      }
      CHECK(value(problem, state.parameters) - minimum < 0.1 * (value(problem, vector({1.5, -0.75})) - minimum));
    }
  };
  check(differentiable(Valley{}, 2), -3);
  check(Roof{}, 0);
}

TEST_CASE("On a parabola factor 1 halves theta and factor 2 ends the run", "[schedules][polyak]") {
  for (const double lambda : {1e-3, 1.0, 1e3}) {
    const auto once =
        minimise(diagonal({lambda}), vector({1}), GradientDescent{.learning_rate = Polyak{}}, {.iterations = 10});
    CHECK(once.state[0] == Approx(std::pow(0.5, 10)));
    const auto twice = minimise(diagonal({lambda}), vector({1}), GradientDescent{.learning_rate = Polyak{.factor = 2}},
                                {.iterations = 1});
    CHECK(std::abs(twice.state[0]) < 1e-15);
  }
}

TEST_CASE("With a target at the minimum's height a run ends converged", "[schedules][polyak]") {
  const auto run = minimise(Roof{}, vector({0.75, 0}), GradientDescent{.learning_rate = Polyak{}},
                            {.iterations = 100000, .target_value = 1e-6});
  CHECK(run.status == Status::converged);
}

TEST_CASE("At the minimum's height nothing moves, below it the minimum is none", "[schedules][polyak]") {
  CHECK(rate_of({.minimum = 2}, 2, 1) == std::numeric_limits<double>::min());
  CHECK(rate_of({.minimum = 2}, 2 - 1e-12, 1) == std::numeric_limits<double>::min());  // rounding
  CHECK(rate_of({}, 0, 1e-17) == std::numeric_limits<double>::min());
  CHECK_THROWS_AS(rate_of({.minimum = 2}, 1.5, 1), InvalidArgument);
  CHECK_THROWS_WITH(rate_of({.minimum = 2}, 1.5, 1),
                    Contains("minimum: was 2, must be a lower bound of E, which is below it by 0.5 at iteration 7"));
  CHECK_THROWS_WITH(rate_of({}, -1e-300, 1), Contains("minimum: was 0"));
}

TEST_CASE("Where g vanishes the rate is rate_if_flat, and the cap bounds all", "[schedules][polyak]") {
  CHECK(rate_of({.rate_if_flat = 0.5}, 1, 0) == 0.5);
  CHECK(rate_of({.rate_if_flat = 0.5}, 1, 1e-200) == 0.5);  // 1e400
  CHECK(rate_of({.rate_if_flat = 0.5}, 0, 0) == 0.5);
  CHECK(rate_of({.rate_if_flat = 0.5}, 1e-200, 1e-200) == Approx(1e200));
  CHECK(rate_of({.rate_if_flat = 0.5}, 1e300, 1e250) == Approx(1e-200));
  CHECK(rate_of({.cap = 0.25, .rate_if_flat = 0.5}, 1, 0) == 0.25);
  CHECK(rate_of({.cap = 3}, 1, 0.5) == 3);
  CHECK(rate_of({.cap = 5}, 1, 0.5) == Approx(4));
}

TEST_CASE("The steps do not depend on the units of the loss", "[schedules][polyak]") {
  const auto in_other_units = differentiable([](const auto& x) { return 256 * Valley{}(x); }, 2);
  const auto end = [](const auto& problem, double minimum) {
    return minimise(problem, vector({1, 2}), GradientDescent{.learning_rate = Polyak{.minimum = minimum}},
                    {.iterations = 10})
        .state;
  };
  CHECK(end(differentiable(Valley{}, 2), -3) == end(in_other_units, -3 * 256));
}

TEST_CASE("Polyak's rate works with first-order problems, minibatches, checkpoints and choices",
          "[schedules][polyak]") {
  STATIC_REQUIRE(Schedule<Polyak, GradientPoint<Bowl>>);
  schedules_tests::works_everywhere(schedules_tests::Neuron(schedules_tests::neuron()), Polyak{.cap = 4});
  const auto sum = schedules_tests::neuron();
  const auto batches = data::minibatches(sum.examples(), {.batch_size = 8}, Random(24));
  const auto run =
      train(sum, descent::run_state(schedules_tests::start(), GradientDescent{.learning_rate = Polyak{}}, batches),
            {.iterations = 300});
  CHECK(sum.value(run.state) < 1e-6 * sum.value(schedules_tests::start()));  // every batch has the same minimiser
}

TEST_CASE("Polyak's rate has the precision of the problem", "[schedules][polyak]") {
  auto e = point_at(diagonal<long double>({3}), Vector<long double>::Ones(1));
  STATIC_REQUIRE(std::is_same_v<decltype(Polyak{}.rate(0, e)), long double>);
  CHECK(std::abs(Polyak{}.rate(0, e) - 1.0L / 6) < 1e-19L);
  auto single = point_at(diagonal<float>({3}), Vector<float>::Ones(1));
  CHECK(Polyak{}.rate(0, single) == Approx(1.0 / 6).epsilon(1e-6));
}

TEST_CASE("Polyak refuses options out of their bounds by name", "[schedules][polyak]") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(Polyak{.minimum = -1e300}.validate());
  for (const double bad : {nan, infinity, -infinity}) {
    CHECK_THROWS_WITH(Polyak{.minimum = bad}.validate(), Contains("minimum: was"));
  }
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    CHECK_THROWS_WITH(Polyak{.factor = bad}.validate(), Contains("factor: was"));
    CHECK_THROWS_WITH(Polyak{.rate_if_flat = bad}.validate(), Contains("rate_if_flat: was"));
  }
  for (const double bad : {0.0, -1.0, nan}) CHECK_THROWS_WITH(Polyak{.cap = bad}.validate(), Contains("cap: was"));
}
