#include <drift/calculus/point.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/decoupled_weight_decay.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/nesterov.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/schedules/rate_list.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("Weight decay refuses a decay out of its bounds by name, and settings of the optimiser inside",
          "[descent][weight_decay]") {
  CHECK_NOTHROW(DecoupledWeightDecay{.optimiser = Adam{}}.validate());
  CHECK_NOTHROW(DecoupledWeightDecay{.optimiser = Adam{}, .weight_decay = 0}.validate());
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH((DecoupledWeightDecay{.optimiser = Adam{}, .weight_decay = bad}.validate()),
                      Contains("weight_decay: was"));
  }
  CHECK_THROWS_WITH(DecoupledWeightDecay{.optimiser = Adam{.learning_rate = 0.0}}.validate(),
                    Contains("learning_rate: was 0"));
}

TEST_CASE("Where the loss is flat parameters shrink by the product of 1 - h weight_decay, whatever the optimiser",
          "[descent][weight_decay]") {
  const auto check = [](const auto& inside) {
    const DecoupledWeightDecay optimiser{.optimiser = inside, .weight_decay = 0.5};
    const auto run = minimise(Plane{vector({0, 0})}, vector({3, -1}), optimiser, {.iterations = 4});
    CHECK(run.iterations == 4);  // a zero gradient is not the end
    CHECK((run.state - 0.75 * 0.875 * 0.875 * 0.875 * vector({3, -1})).norm() < 1e-15);
  };
  const RateList rates{{0.5, 0.25}};
  check(GradientDescent{.learning_rate = rates});
  check(Nesterov{.learning_rate = rates});
  check(Adam{.learning_rate = rates});
  check(GradientClipping{.optimiser = Adam{.learning_rate = rates}, .largest_norm = 1e-3});
}

TEST_CASE("One step is the optimiser's and minus h weight_decay theta, past moments and velocity",
          "[descent][weight_decay]") {
  const auto problem = losses::rosenbrock(2);
  const auto check = [&](const auto& inside) {
    auto plain = descent::run_state(vector({-0.5, 0.75}), inside);
    for (int t = 0; t < 5; ++t) descent::advance(plain, problem);
    auto decaying =
        descent::run_state(plain.parameters, DecoupledWeightDecay{.optimiser = inside, .weight_decay = 0.25});
    decaying.memory = plain.memory;
    decaying.iteration = plain.iteration;
    const Vector<double> old = plain.parameters;
    descent::advance(plain, problem);
    descent::advance(decaying, problem);
    CHECK((decaying.parameters - (plain.parameters - plain.rate * 0.25 * old)).norm() < 1e-16 * 10);
    CHECK(decaying.rate == plain.rate);
  };
  check(Nesterov{.learning_rate = 1e-3});
  check(Adam{.learning_rate = 1e-2});
}

TEST_CASE("For plain descent it is an L2 penalty, for Adam it is not", "[descent][weight_decay]") {
  const auto problem = diagonal({1, 10}), penalised = diagonal({1.5, 10.5});
  const auto difference = [&](const auto& inside) {
    const auto decayed = minimise(problem, vector({1, 1}),
                                  DecoupledWeightDecay{.optimiser = inside, .weight_decay = 0.5}, {.iterations = 20});
    return (decayed.state - minimise(penalised, vector({1, 1}), inside, {.iterations = 20}).state).norm();
  };
  CHECK(difference(GradientDescent{.learning_rate = 0.05}) < 1e-14);
  CHECK(difference(Adam{.learning_rate = 0.05}) > 1e-2);
}

TEST_CASE("Without decay it is the optimiser inside, bit for bit, its rest included", "[descent][weight_decay]") {
  const auto problem = losses::rosenbrock(2);
  const DecoupledWeightDecay none{.optimiser = Adam{.learning_rate = 1e-2}, .weight_decay = 0};
  CHECK(minimise(problem, vector({-0.5, 0.75}), none, {.iterations = 30}).state ==
        minimise(problem, vector({-0.5, 0.75}), none.optimiser, {.iterations = 30}).state);
  CHECK(minimise(diagonal({1}), vector({0}), none).status == Status::stationary);
  const DecoupledWeightDecay some{.optimiser = Adam{}, .weight_decay = 1e-3};
  CHECK(!some.at_rest(some.start(vector({0}))));
}
