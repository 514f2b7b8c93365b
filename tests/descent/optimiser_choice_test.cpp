#include <drift/calculus/point.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/descent/nesterov.hpp>
#include <drift/descent/optimiser_choice.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/schedules/choice.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/step_decay.hpp>

#include <catch2/catch.hpp>
#include <complex>
#include <string>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

// Momentum and Nesterov have memories of the same type: they must not be taken for each other.
using Any = OptimiserChoice<GradientDescent<>, Momentum<>, Nesterov<>, Adam<>>;

}  // namespace

TEST_CASE("A choice gives the bits of the optimiser that it holds", "[descent][choice]") {
  const auto problem = losses::rosenbrock(2);
  const auto check = [&](const auto& optimiser) {
    const Any any{optimiser};
    const auto direct = minimise(problem, vector({-0.5, 0.75}), optimiser, {.iterations = 30});
    const auto chosen = minimise(problem, vector({-0.5, 0.75}), any, {.iterations = 30});
    CHECK(chosen.state == direct.state);
    CHECK(chosen.rate == direct.rate);
    CHECK(chosen.run_state.memory.choice.index() == any.choice.index());
  };
  check(GradientDescent{.learning_rate = 1e-3});
  check(Momentum{.learning_rate = 1e-3});
  check(Nesterov{.learning_rate = 1e-3});
  check(Adam{.learning_rate = 1e-2});
}

TEST_CASE("A choice names the bad setting of the optimiser that it holds", "[descent][choice]") {
  CHECK_THROWS_WITH(Any{Adam{.epsilon = -1}}.validate(), Contains("epsilon: was -1"));
  CHECK_THROWS_WITH(minimise(losses::rosenbrock(2), vector({0, 0}), Any{}), Contains("learning_rate: was 0"));
  CHECK_NOTHROW(Any{Adam{}}.validate());
}

TEST_CASE("The memory of another optimiser is refused, though it may be of the same type", "[descent][choice]") {
  const Any momentum{Momentum{.learning_rate = 0.1}}, nesterov{Nesterov{.learning_rate = 0.1}};
  auto state = descent::run_state(vector({1, 1}), momentum);
  state.optimiser = nesterov;
  CHECK_THROWS_WITH(descent::advance(state, diagonal({1, 2})), Contains("memory: was 1"));
  CHECK_THROWS_AS(nesterov.at_rest(state.memory), InvalidArgument);
  CHECK(momentum.at_rest(state.memory));
  std::get<1>(state.memory.choice).velocity = vector({1, 0});
  CHECK(!momentum.at_rest(state.memory));
}

TEST_CASE("Optimiser and rate are both picked at run time, wrapped or not", "[descent][choice]") {
  using AnyRate = ScheduleChoice<double, StepDecay, DriftAdjusted>;
  using AnyOptimiser = OptimiserChoice<GradientDescent<AnyRate>, Adam<AnyRate>>;
  const auto problem = diagonal({1, 4});
  for (const std::string name : {"number", "step", "drift-adjusted"}) {
    AnyRate rate{0.05};
    if (name == "step") rate.choice = StepDecay{.initial = 0.1, .factor = 0.5, .every = 100};
    if (name == "drift-adjusted") rate.choice = DriftAdjusted{.cap = 0.4};
    const AnyOptimiser descent{GradientDescent<AnyRate>{.learning_rate = rate}};
    const auto run = minimise(problem, vector({1, 1}), GradientClipping<AnyOptimiser>{.optimiser = descent});
    CHECK(run.value < 1e-6);
  }
}

TEST_CASE("A choice fits where all that it names fit", "[descent][choice]") {
  STATIC_REQUIRE(descent::Optimiser<Any, GradientPoint<Bowl>>);
  STATIC_REQUIRE(
      !descent::Optimiser<OptimiserChoice<GradientDescent<>, GradientDescent<DriftAdjusted>>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::StartsOver<Any, double>);
  STATIC_REQUIRE(!descent::StartsOver<Any, std::complex<double>>);  // Adam takes none
  STATIC_REQUIRE(descent::StartsOver<OptimiserChoice<Momentum<>, Nesterov<>>, std::complex<double>>);
  CHECK(Any{}.choice.index() == 0);
}
