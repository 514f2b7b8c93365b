#include <drift/calculus/point.hpp>
#include <drift/core/random.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/run_state.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

/// One example's loss, (x - target)^2 / 2 per component.
struct Toward {
  Vector<double> target;
  template <class T>
  T operator()(const Vector<T>& x) const {
    T sum(0);
    for (Index i = 0; i < x.size(); ++i) sum += T(0.5) * (x[i] - target[i]) * (x[i] - target[i]);
    return sum;
  }
};

/// An optimiser of someone else, with memory: heavy ball.
struct HeavyBall {
  double learning_rate, beta;
  void validate() const { require_positive(learning_rate, "learning_rate"); }
  Vector<double> start(const Vector<double>& theta) const { return Vector<double>::Zero(theta.size()); }
  bool at_rest(const Vector<double>& velocity) const { return velocity.isZero(0); }
  template <class E>
  double advance(Vector<double>& theta, Vector<double>& velocity, Index, E& e) {
    velocity = beta * velocity - learning_rate * e.gradient();
    theta += velocity;
    return learning_rate;
  }
};

template <class State>
void minibatch_steps(State& state, int steps) {
  for (int k = 0; k < steps; ++k) {
    const auto batch = differentiable(Toward{state.stream.normal_vector(2)}, 2);
    REQUIRE(!descent::advance(state, batch).ended);
  }
}

}  // namespace

TEST_CASE("advance makes one step and says what it found and which rate it used", "[descent][run_state]") {
  auto state = descent::run_state(vector({3, 4}), GradientDescent{.learning_rate = 0.5});
  CHECK(state.iteration == 0);
  CHECK(state.rate == 0);
  const auto outcome = descent::advance(state, Bowl{});
  CHECK(!outcome.ended);
  CHECK(outcome.value == 12.5);
  CHECK(outcome.gradient_norm == Approx(5));
  CHECK(outcome.rate == 0.5);
  CHECK(state.parameters == vector({1.5, 2}));
  CHECK(state.iteration == 1);
  CHECK(state.rate == 0.5);
}

TEST_CASE("A run on another problem at every step, continued from a copy, gives the same bits",
          "[descent][run_state]") {
  auto whole =
      descent::run_state(vector({1, -1}), GradientDescent{.learning_rate = DriftAdjusted{.power = 0.5}}, Random(42));
  minibatch_steps(whole, 7);
  auto resumed = whole;
  minibatch_steps(whole, 13);
  minibatch_steps(resumed, 13);
  CHECK(resumed.parameters == whole.parameters);
  CHECK(resumed.stream == whole.stream);
  CHECK(resumed.iteration == 20);
  CHECK(resumed.rate == whole.rate);

  auto other = descent::run_state(vector({1, -1}), whole.optimiser, Random(43));
  minibatch_steps(other, 20);
  CHECK(other.parameters != whole.parameters);
}

TEST_CASE("A point that is kept between the steps gives the bits of a new one each time", "[descent][run_state]") {
  const auto problem = differentiable(Rosenbrock{}, 2);
  auto kept = descent::run_state(vector({-0.5, 0.75}), GradientDescent{.learning_rate = DriftAdjusted{}});
  auto fresh = kept;
  auto e = point_at(problem, vector({9, 9}));  // elsewhere: advance moves it
  for (int k = 0; k < 25; ++k) {
    descent::advance(kept, e);
    descent::advance(fresh, problem);
    REQUIRE(kept.parameters == fresh.parameters);
  }
}

TEST_CASE("Single steps and minimise are the same run, bit for bit", "[descent][run_state]") {
  const auto problem = differentiable(Rosenbrock{}, 2);
  const GradientDescent optimiser{.learning_rate = DriftAdjusted{}};
  auto state = descent::run_state(vector({-0.5, 0.75}), optimiser);
  for (int k = 0; k < 40; ++k) descent::advance(state, problem);
  CHECK(minimise(problem, vector({-0.5, 0.75}), optimiser, {.iterations = 40}).state == state.parameters);
}

TEST_CASE("A schedule hears the iteration of the state, from 0", "[descent][run_state]") {
  auto state = descent::run_state(vector({1, 1}), GradientDescent{.learning_rate = Listed{{0.5, 0.25, 0.125}}});
  std::vector<double> rates;
  for (int k = 0; k < 3; ++k) rates.push_back(descent::advance(state, Bowl{}).rate);
  CHECK(rates == std::vector<double>{0.5, 0.25, 0.125});
}

TEST_CASE("Where no step can be made the state stays and the outcome says why", "[descent][run_state]") {
  const auto unchanged = [](auto state, const auto& problem, Status expected) {
    const Vector<double> before = state.parameters;
    const auto outcome = descent::advance(state, problem);
    REQUIRE(outcome.ended);
    CHECK(*outcome.ended == expected);
    CHECK(outcome.rate == 0);
    CHECK(state.iteration == 0);
    CHECK((state.parameters.array() == before.array() || before.array().isNaN()).all());
  };
  unchanged(descent::run_state(vector({0, 0}), GradientDescent{.learning_rate = 0.5}), Bowl{}, Status::stationary);
  unchanged(descent::run_state(vector({0, 0}), GradientDescent{.learning_rate = DriftAdjusted{}}), SecondOrderBowl{},
            Status::stationary);
  unchanged(descent::run_state(vector({std::nan(""), 0}), GradientDescent{.learning_rate = 0.5}), Bowl{},
            Status::non_finite);
  unchanged(descent::run_state(vector({1, 0}), GradientDescent{.learning_rate = 1e308}), diagonal({100, 1}),
            Status::non_finite);  // the step overflows
}

TEST_CASE("A bad rate and a wrong length throw and leave the state alone", "[descent][run_state]") {
  CHECK_THROWS_WITH(descent::run_state(vector({1, 1}), GradientDescent{.learning_rate = -1.0}),
                    Contains("learning_rate: was -1"));
  auto state = descent::run_state(vector({1, 1}), GradientDescent{.learning_rate = Listed{{0.5, -0.5}}});
  descent::advance(state, Bowl{});
  CHECK_THROWS_WITH(descent::advance(state, Bowl{}), Contains("learning_rate at iteration 1: was -0.5"));
  CHECK(state.parameters == vector({0.5, 0.5}));
  CHECK(state.iteration == 1);

  auto long_state = descent::run_state(vector({1, 1, 1}), GradientDescent{.learning_rate = 0.5});
  CHECK_THROWS_AS(descent::advance(long_state, Bowl{}), InvalidArgument);
  auto e = point_at(Bowl{}, vector({1, 1}));
  CHECK_THROWS_AS(descent::advance(long_state, e), InvalidArgument);
}

TEST_CASE("An optimiser with memory of its own runs, resumes, and is not stationary while it still moves",
          "[descent][run_state]") {
  const HeavyBall heavy{.learning_rate = 0.1, .beta = 0.5};
  auto state = descent::run_state(vector({1, -2}), heavy);
  descent::advance(state, Bowl{});
  descent::advance(state, Bowl{});
  // theta_2 = theta_1 - h g_1 + beta (theta_1 - theta_0), with g = theta
  CHECK(state.parameters[0] == Approx(0.9 - 0.09 - 0.05));
  auto copy = state;
  for (int k = 0; k < 5; ++k) descent::advance(state, Bowl{});
  for (int k = 0; k < 5; ++k) descent::advance(copy, Bowl{});
  CHECK(copy.parameters == state.parameters);
  CHECK(copy.memory == state.memory);

  auto passing = descent::run_state(vector({0, 0}), heavy);
  passing.memory = vector({1, 0});
  CHECK(!descent::advance(passing, Bowl{}).ended);
  CHECK(passing.parameters == vector({0.5, 0}));
}
