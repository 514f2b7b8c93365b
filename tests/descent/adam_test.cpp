#include <drift/calculus/point.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/schedules/cosine_decay.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

/// E and c E, for what must not depend on c.
struct ScaledRosenbrock {
  double scale;
  template <class T>
  T operator()(const Vector<T>& x) const {
    return T(scale) * Rosenbrock{}(x);
  }
};

}  // namespace

TEST_CASE("Adam has the paper's settings; its rate is deduced, from a number or a schedule", "[descent][adam]") {
  STATIC_REQUIRE(std::is_same_v<decltype(Adam{}), Adam<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Adam{.epsilon = 1e-6}), Adam<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Adam{.learning_rate = 0.1F}), Adam<float>>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(Adam{.learning_rate = CosineDecay{.initial = 1, .iterations = 9}}), Adam<CosineDecay>>);
  STATIC_REQUIRE(descent::Optimiser<Adam<>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(!descent::Optimiser<Adam<DriftAdjusted>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(descent::StartsOver<Adam<>, float>);
  STATIC_REQUIRE(!descent::StartsOver<Adam<>, std::complex<double>>);
  CHECK(Adam{}.learning_rate == 1e-3);
  CHECK(Adam{}.first_decay == 0.9);
  CHECK(Adam{}.second_decay == 0.999);
  CHECK(Adam{}.epsilon == 1e-8);
  CHECK(Adam<DriftAdjusted>{}.learning_rate.power == 1);
}

TEST_CASE("Adam refuses settings out of their bounds by name", "[descent][adam]") {
  CHECK_NOTHROW(Adam{}.validate());
  CHECK_NOTHROW(Adam{.first_decay = 0, .second_decay = 0}.validate());
  CHECK_THROWS_WITH(Adam{.learning_rate = 0.0}.validate(), Contains("learning_rate: was 0"));
  for (const double bad : {-0.1, 1.0, std::nan("")}) {
    CHECK_THROWS_WITH(Adam{.first_decay = bad}.validate(), Contains("first_decay: was"));
    CHECK_THROWS_WITH(Adam{.second_decay = bad}.validate(), Contains("second_decay: was"));
  }
  for (const double bad : {0.0, -1e-8, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(Adam{.epsilon = bad}.validate(), Contains("epsilon: was"));
  }
}

TEST_CASE("Under a constant gradient every step is h g / (|g| + epsilon): the first is h sign(g)", "[descent][adam]") {
  const Vector<double> g = vector({3, -1e-3, 1e6});
  const double h = 0.25, epsilon = 1e-4;
  Vector<double> last = vector({0, 0, 0});
  minimise(Plane{g}, last, Adam{.learning_rate = h, .epsilon = epsilon}, {.iterations = 50},
           [&](const descent::Iteration<>& at) {
             for (Index i = 0; i < g.size(); ++i) {
               const double step = at.state[i] - last[i];
               REQUIRE(step == Approx(-h * g[i] / (std::abs(g[i]) + epsilon)).epsilon(1e-11));
             }
             last = at.state;
           });
  const auto first = minimise(Plane{g}, vector({0, 0, 0}), Adam{.learning_rate = h}, {.iterations = 1});
  CHECK((first.state - vector({-h, h, -h})).norm() < 1e-5);
}

TEST_CASE("The memory counts steps as powers of the decays", "[descent][adam]") {
  const auto run = minimise(diagonal({1, 2}), vector({1, 1}), Adam{}, {.iterations = 37});
  CHECK(run.run_state.memory.first_product == Approx(std::pow(0.9, 37)).epsilon(1e-13));
  CHECK(run.run_state.memory.second_product == Approx(std::pow(0.999, 37)).epsilon(1e-13));
}

TEST_CASE("Where epsilon vanishes beside the gradients the scale of the loss does not matter", "[descent][adam]") {
  const auto end = [](double scale, double epsilon) {
    return minimise(differentiable(ScaledRosenbrock{scale}, 2), vector({-0.5, 0.75}),
                    Adam{.learning_rate = 1e-2, .epsilon = epsilon}, {.iterations = 200})
        .state;
  };
  CHECK(end(1024, 1e-300) == end(1, 1e-300));  // a power of two: the same bits
  CHECK((end(1e-3, 1e-300) - end(1, 1e-300)).norm() < 1e-9);
  CHECK((end(1e-3, 1) - end(1, 1)).norm() > 1e-2);
}

TEST_CASE("Where epsilon is large it is momentum with rate h / epsilon, but for the bias correction",
          "[descent][adam]") {
  const double epsilon = 1e9, h = 5e8, b1 = 0.75;
  const auto problem = diagonal({1, 3});
  std::vector<Vector<double>> adam, heavy;
  minimise(problem, vector({1, 1}), Adam{.learning_rate = h, .first_decay = b1, .epsilon = epsilon}, {.iterations = 60},
           [&](const descent::Iteration<>& at) { adam.push_back(at.state); });
  // Once the correction has faded, b1^40 = 1e-5, its last step is the velocity.
  auto state = descent::run_state(adam[40], Momentum{.learning_rate = h / epsilon, .momentum = b1, .dampening = b1});
  state.memory.velocity = adam[40] - adam[39];
  minimise(problem, state, {.iterations = 10}, [&](const descent::Iteration<>& at) { heavy.push_back(at.state); });
  for (std::size_t t = 0; t < 10; ++t) CHECK((heavy[t] - adam[41 + t]).norm() < 1e-4 * adam[41 + t].norm());
}

TEST_CASE("Moments that carry on are not at rest; without them a zero gradient is stationary", "[descent][adam]") {
  const auto run = minimise(diagonal({1}), vector({1}), Adam{.learning_rate = 0.5}, {.iterations = 3});
  CHECK(!Adam{}.at_rest(run.run_state.memory));
  CHECK(Adam{.first_decay = 0}.at_rest(run.run_state.memory));
  CHECK(minimise(diagonal({1}), vector({0}), Adam{}).status == Status::stationary);
}

TEST_CASE("A direction without gradient never moves, in a precision without that epsilon too", "[descent][adam]") {
  const auto run = minimise(diagonal<float>({1, 0}), Vector<float>(Vector<float>::Ones(2)),
                            Adam{.learning_rate = 0.1, .epsilon = 1e-300}, {.iterations = 20});
  CHECK(run.status == Status::reached_end);
  CHECK(run.state[1] == 1);
  CHECK(run.state[0] < 0.5F);
}

TEST_CASE("A square that overflows ends the run instead of making it stand still", "[descent][adam]") {
  const auto run = minimise(Plane{vector({1e200})}, vector({0}), Adam{});
  CHECK(run.status == Status::non_finite);
  CHECK(run.iterations == 0);
}
