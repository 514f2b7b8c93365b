#include <drift/calculus/point.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

template <class P, class O>
std::vector<descent::Iteration<>> path(const P& problem, const Vector<double>& start, const O& optimiser, Index steps) {
  std::vector<descent::Iteration<>> seen;
  minimise(problem, start, optimiser, {.iterations = steps},
           [&](const descent::Iteration<>& at) { seen.push_back(at); });
  return seen;
}

}  // namespace

TEST_CASE("Clipping refuses a norm out of its bounds by name, and settings of the optimiser inside",
          "[descent][clipping]") {
  const GradientDescent plain{.learning_rate = 0.1};
  CHECK_NOTHROW(GradientClipping{.optimiser = plain}.validate());
  CHECK_NOTHROW(
      (GradientClipping{.optimiser = plain, .largest_norm = std::numeric_limits<double>::infinity()}.validate()));
  for (const double bad : {0.0, -1.0, std::nan("")}) {
    CHECK_THROWS_WITH((GradientClipping{.optimiser = plain, .largest_norm = bad}.validate()),
                      Contains("largest_norm: was"));
  }
  CHECK_THROWS_WITH(GradientClipping{.optimiser = Adam{.epsilon = -1}}.validate(), Contains("epsilon: was -1"));
}

TEST_CASE("A clipped point has as many pushes as the point has", "[descent][clipping]") {
  using Clipped1 = descent::ClippedPoint<GradientPoint<Bowl>>;
  using Clipped2 = descent::ClippedPoint<HessianPoint<SecondOrderBowl>>;
  using Expansion3 = decltype(point_at(losses::rosenbrock(2), vector({1, 2})));
  STATIC_REQUIRE(Point<Clipped1>);
  STATIC_REQUIRE(!HasPush<Clipped1, double>);
  STATIC_REQUIRE((HasPush<Clipped2, double> && HasRewind<Clipped2> && !HasPushZero<Clipped2, double>));
  STATIC_REQUIRE(
      (HasPush<descent::ClippedPoint<Expansion3>, double> && HasPushZero<descent::ClippedPoint<Expansion3>, double>));
  STATIC_REQUIRE(descent::Optimiser<GradientClipping<GradientDescent<DriftAdjusted>>, HessianPoint<SecondOrderBowl>>);
  STATIC_REQUIRE(!descent::Optimiser<GradientClipping<GradientDescent<DriftAdjusted>>, GradientPoint<Bowl>>);

  auto e = point_at(losses::rosenbrock(2), vector({-0.5, 0.75}));
  const Vector<double> half = 0.5 * e.gradient();
  descent::ClippedPoint<Expansion3> clipped(e, half);
  CHECK(clipped.state() == e.state());
  CHECK(clipped.value() == e.value());
  CHECK(clipped.gradient() == half);
  const Vector<double> product = clipped.push(half);
  clipped.push_zero();
  CHECK(e.stage() == 2);
  clipped.rewind(0);
  CHECK(clipped.stage() == 0);
  CHECK(e.push(half) == product);
}

TEST_CASE("Gradients within the norm change no bit", "[descent][clipping]") {
  const auto check = [](const auto& optimiser) {
    const auto problem = losses::rosenbrock(2);
    const auto free = path(problem, vector({-0.5, 0.75}), optimiser, 40);
    const auto clipped =
        path(problem, vector({-0.5, 0.75}), GradientClipping{.optimiser = optimiser, .largest_norm = 1e6}, 40);
    for (std::size_t t = 0; t < 40; ++t) REQUIRE(clipped[t].state == free[t].state);
  };
  check(GradientDescent{.learning_rate = 1e-3});
  check(Momentum{.learning_rate = 1e-3});
  check(Adam{.learning_rate = 1e-2});
}

TEST_CASE("A longer gradient keeps its direction and has the largest norm", "[descent][clipping]") {
  const Vector<double> start = vector({-0.5, 0.75});
  const auto problem = losses::rosenbrock(2);
  const Vector<double> g = problem.gradient(start);
  const auto run =
      minimise(problem, start, GradientClipping{.optimiser = GradientDescent{.learning_rate = 0.25}, .largest_norm = 2},
               {.iterations = 1});
  const Vector<double> step = run.state - start;
  CHECK(step.norm() == Approx(0.5));
  CHECK(-step.dot(g) == Approx(step.norm() * g.norm()));
  CHECK(run.gradient_norm > 2);  // what is reported is the problem's own
}

TEST_CASE("Where all gradients are clipped the optimiser sees those of a loss scaled down", "[descent][clipping]") {
  // On a plane the clipped gradient is the plane's of slope largest_norm, for any memory.
  const GradientClipping clipped{.optimiser = Momentum{.learning_rate = 0.5, .momentum = 0.5}, .largest_norm = 2.5};
  const auto steep = path(Plane{vector({3, 4})}, vector({0, 0}), clipped, 30);
  const auto gentle = path(Plane{vector({1.5, 2})}, vector({0, 0}), clipped.optimiser, 30);
  for (std::size_t t = 0; t < 30; ++t) REQUIRE((steep[t].state - gentle[t].state).norm() < 1e-14 * 30);
}

TEST_CASE("A drift-adjusted rate is the same with clipping, alone and with momentum", "[descent][clipping][dal]") {
  const auto problem = diagonal({4, 1});
  const GradientClipping clipped{.optimiser = Momentum{.learning_rate = DriftAdjusted{}, .momentum = 0.6},
                                 .largest_norm = 0.01};
  double last = 2;
  for (const auto& at : path(problem, vector({0.3, 0}), clipped, 50)) {
    CHECK(at.rate == Approx(0.5).epsilon(1e-14));  // 2 / lambda: the gradient lies along an eigenvector
    CHECK(std::abs(at.state[0]) <= last + 0.01);
    last = std::abs(at.state[0]);
  }
  auto free = descent::run_state(vector({0.7, -0.4}), GradientDescent{.learning_rate = DriftAdjusted{}});
  auto short_steps =
      descent::run_state(free.parameters, GradientClipping{.optimiser = free.optimiser, .largest_norm = 0.1});
  const double rate = descent::advance(free, problem).rate;
  CHECK(descent::advance(short_steps, problem).rate == Approx(rate).epsilon(1e-14));
  CHECK((short_steps.parameters - vector({0.7, -0.4})).norm() == Approx(0.1 * rate));
}

TEST_CASE("A gradient whose norm overflows makes the step not finite, not zero", "[descent][clipping]") {
  const auto step = [](const Vector<double>& slope) {
    Vector<double> x = vector({1, 1});
    GradientClipping optimiser{.optimiser = GradientDescent{.learning_rate = 0.1}};
    auto memory = optimiser.start(x);
    auto e = point_at(Plane{slope}, x);
    optimiser.advance(x, memory, 0, e);
    return x;
  };
  CHECK(step(vector({3e200, 4e200})).isApprox(vector({0.94, 0.92})));
  CHECK(!step(vector({1.7e308, 1.7e308})).allFinite());
  CHECK(!step(vector({std::numeric_limits<double>::infinity(), 1})).allFinite());
  CHECK(!step(vector({std::nan(""), 1})).allFinite());
}

TEST_CASE("Clipping is at rest with the optimiser inside", "[descent][clipping]") {
  const GradientClipping optimiser{.optimiser = Momentum{.learning_rate = 0.5}};
  auto memory = optimiser.start(vector({1, 2}));
  CHECK(optimiser.at_rest(memory));
  memory.optimiser.velocity[1] = 1;
  CHECK(!optimiser.at_rest(memory));
}
