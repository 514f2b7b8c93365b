#include <drift/calculus/point.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/nesterov.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/rate_list.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("Nesterov refuses settings out of their bounds by name", "[descent][nesterov]") {
  STATIC_REQUIRE(std::is_same_v<decltype(Nesterov{.learning_rate = 0.1F}), Nesterov<float>>);
  STATIC_REQUIRE(descent::Optimiser<Nesterov<>, GradientPoint<Bowl>>);
  CHECK_NOTHROW(Nesterov{.learning_rate = 0.1, .momentum = 0}.validate());
  CHECK_THROWS_WITH(Nesterov{.learning_rate = -1.0}.validate(), Contains("learning_rate: was -1"));
  for (const double bad : {-0.1, 1.0, std::nan("")}) {
    CHECK_THROWS_WITH((Nesterov{.learning_rate = 0.1, .momentum = bad}.validate()), Contains("momentum: was"));
  }
}

TEST_CASE("The parameters are the look-ahead points of the textbook's two sequences, at rates that change too",
          "[descent][nesterov]") {
  const auto problem = losses::rosenbrock(2);
  const std::vector<double> rates{5e-4, 1e-3, 1e-3, 2e-4, 1e-5, 1e-3, 5e-4};
  const double beta = 0.75;
  const Nesterov optimiser{.learning_rate = RateList{rates}, .momentum = beta};
  auto state = descent::run_state(vector({-0.5, 0.75}), optimiser);
  Vector<double> x = vector({-0.5, 0.75}), y = x;
  for (std::size_t t = 0; t < 60; ++t) {
    const double h = t < rates.size() ? rates[t] : rates.back();
    const Vector<double> x_next = y - h * problem.gradient(y);
    y = x_next + beta * (x_next - x);
    x = x_next;
    REQUIRE(!descent::advance(state, problem).ended);
    REQUIRE((state.parameters - y).norm() < 1e-13);
    REQUIRE((state.parameters - beta * state.memory.velocity - x).norm() < 1e-13);
  }
}

TEST_CASE("The edge of stability is h lambda = 2 (1 + beta) / (1 + 2 beta)", "[descent][nesterov]") {
  const auto size_after = [](double h_lambda, double beta) {
    return minimise(diagonal({1}), vector({1}), Nesterov{.learning_rate = h_lambda, .momentum = beta},
                    {.iterations = 2000})
        .state.norm();
  };
  for (const double beta : {0.0, 0.5, 0.9}) {
    const double edge = 2 * (1 + beta) / (1 + 2 * beta);
    CHECK(size_after(edge * 0.99, beta) < 1e-3);
    CHECK(size_after(edge * 1.01, beta) > 1e3);
  }
}

TEST_CASE(
    "An uncapped drift-adjusted rate is above Nesterov's edge and diverges on a quadratic; a cap makes it converge",
    "[descent][nesterov][dal]") {
  const auto problem = diagonal({2, 1, 0.5});
  const Vector<double> start = vector({1, 1, 1});
  CHECK(minimise(problem, start, Nesterov{.learning_rate = DriftAdjusted{}}).status == Status::diverged);
  const auto capped = minimise(problem, start, Nesterov{.learning_rate = DriftAdjusted{.cap = 0.5}, .momentum = 0.5});
  CHECK(capped.value < 1e-12);
}

TEST_CASE("On a slope the steps gather to h / (1 - beta) times the gradient", "[descent][nesterov]") {
  std::vector<Vector<double>> states;
  minimise(Plane{vector({3, -4})}, vector({0, 0}), Nesterov{.learning_rate = 0.1, .momentum = 0.75},
           {.iterations = 200}, [&](const descent::Iteration<>& at) { states.push_back(at.state); });
  CHECK((states[199] - states[198] + 0.4 * vector({3, -4})).norm() < 1e-12);
}

TEST_CASE("Nesterov is at rest when its velocity is zero, or is not kept", "[descent][nesterov]") {
  const Nesterov optimiser{.learning_rate = 0.5};
  CHECK(optimiser.at_rest(optimiser.start(vector({1, 2}))));
  CHECK(!optimiser.at_rest(descent::Velocity<double>{vector({0, 1e-300})}));
  CHECK(Nesterov{.learning_rate = 0.5, .momentum = 0}.at_rest(descent::Velocity<double>{vector({0, 1})}));
}
