#include <drift/descent/minimise.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Tier 1, with a hole: sqrt(x) is NaN left of 0.
struct SquareRoot {
  using Scalar = double;
  Index dimension() const { return 1; }
  double value(const Vector<double>& x) const { return std::sqrt(x[0]); }
  Vector<double> gradient(const Vector<double>& x) const { return Vector<double>::Constant(1, 0.5 / std::sqrt(x[0])); }
};

/// Curvature turns infinite left of 1, value and gradient do not.
struct Crease {
  using Scalar = double;
  Index dimension() const { return 1; }
  double value(const Vector<double>& x) const { return x[0]; }
  Vector<double> gradient(const Vector<double>&) const { return Vector<double>::Ones(1); }
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>& v) const {
    return v * (x[0] < 1 ? infinity : 4);
  }
};

struct Slope {
  template <class T>
  T operator()(const Vector<T>& x) const {
    return T(2) * x[0];
  }
};

}  // namespace

TEST_CASE("minimise makes the asked-for steps of gradient descent", "[descent][minimise]") {
  const auto run =
      minimise(diagonal({1, 3}), vector({1, 2}), GradientDescent{.learning_rate = 0.5}, {.iterations = 10});
  CHECK(run.status == Status::reached_end);
  CHECK(run.iterations == 10);
  CHECK(run.state[0] == Approx(std::pow(0.5, 10)));
  CHECK(run.state[1] == Approx(2 * std::pow(-0.5, 10)));
  CHECK(run.value == Approx(0.5 * run.state[0] * run.state[0] + 1.5 * run.state[1] * run.state[1]));
  CHECK(run.gradient_norm == Approx(std::hypot(run.state[0], 3 * run.state[1])));
  CHECK(run.rate == 0.5);
  CHECK(run.evaluations == 11);
  CHECK(run.run_state.parameters == run.state);
}

TEST_CASE("A user's classes of tier 1 and 2 are minimised, each gradient paid once", "[descent][minimise]") {
  const Bowl bowl;
  const auto run = minimise(bowl, vector({1, 2}), GradientDescent{.learning_rate = 0.5}, {.iterations = 20});
  CHECK((run.state - std::pow(0.5, 20) * vector({1, 2})).norm() < 1e-18);
  CHECK(*bowl.gradients == 21);

  const auto adjusted = minimise(SecondOrderBowl{}, vector({1, 1}), GradientDescent{.learning_rate = DriftAdjusted{}},
                                 {.iterations = 60});
  CHECK(adjusted.status == Status::reached_end);
  CHECK(adjusted.rate >= 0.5);  // 2 / max|lambda|
}

TEST_CASE(
    "Drift-adjusted descent of a quadratic never goes up and never shrinks the top component; a cap makes it converge",
    "[descent][minimise][dal]") {
  double last = infinity, top = 1;
  const auto watch = [&](const descent::Iteration<>& at) {
    CHECK(at.value <= last * (1 + 1e-12));
    CHECK(std::abs(at.state[1]) >= top * (1 - 1e-12));
    last = at.value;
    top = std::abs(at.state[1]);
  };
  const auto problem = diagonal({2, 4, 0.5});
  minimise(problem, vector({1, 1, 1}), GradientDescent{.learning_rate = DriftAdjusted{}}, {.iterations = 200}, watch);
  CHECK(last < 3.25);
  const auto capped = minimise(problem, vector({1, 1, 1}), GradientDescent{.learning_rate = DriftAdjusted{.cap = 0.4}},
                               {.iterations = 200});
  CHECK(capped.value < 1e-12);
}

TEST_CASE("Drift-adjusted descent takes Rosenbrock's valley without a rate being chosen", "[descent][minimise][dal]") {
  const auto run = minimise(differentiable(Rosenbrock{}, 2), vector({-0.5, 0.75}),
                            GradientDescent{.learning_rate = DriftAdjusted{}}, {.iterations = 20000});
  CHECK(run.status == Status::reached_end);
  CHECK((run.state - vector({1, 1})).norm() < 0.05);
}

TEST_CASE("float and long double problems are minimised in their own precision", "[descent][minimise]") {
  const auto check = [](auto one, auto rate) {
    using S = decltype(one);
    const Vector<S> start = Vector<S>::Constant(2, S(1) / S(3));
    const auto run = minimise(diagonal<S>({1, 2}), start, GradientDescent{.learning_rate = rate}, {.iterations = 30});
    STATIC_REQUIRE(std::is_same_v<decltype(run.state), Vector<S>>);
    using std::abs;
    using std::pow;
    CHECK(abs(run.state[0] / (pow(S(0.75), S(30)) / S(3)) - S(1)) < S(200) * epsilon<S>());
    CHECK(abs(run.state[1] / (pow(S(0.5), S(30)) / S(3)) - S(1)) < S(200) * epsilon<S>());
  };
  check(1.0F, 0.25F);
  check(1.0F, 0.25);
  check(1.0L, 0.25);
  check(1.0L, 0.25L);
  const Vector<float> start = Vector<float>::Ones(2);
  const auto adjusted =
      minimise(diagonal<float>({1, 2}), start, GradientDescent{.learning_rate = DriftAdjusted{.cap = 0.75}});
  CHECK(adjusted.value < 1e-6F);
}

TEST_CASE("A zero gradient is stationary, at the start and on arrival", "[descent][minimise]") {
  const auto start = minimise(diagonal({1, 3}), vector({0, 0}), GradientDescent{.learning_rate = DriftAdjusted{}});
  CHECK(start.status == Status::stationary);
  CHECK(start.iterations == 0);
  CHECK(start.rate == 0);
  const auto arrived = minimise(diagonal({2}), vector({0.75}), GradientDescent{.learning_rate = 0.5});  // h lambda = 1
  CHECK(arrived.status == Status::stationary);
  CHECK(arrived.iterations == 1);
  CHECK(arrived.state[0] == 0);
}

TEST_CASE("A loss without curvature is descended at rate_if_flat", "[descent][minimise][dal]") {
  const auto run = minimise(differentiable(Slope{}, 1), vector({1}),
                            GradientDescent{.learning_rate = DriftAdjusted{.rate_if_flat = 0.25}}, {.iterations = 4});
  CHECK(run.status == Status::reached_end);
  CHECK(run.rate == 0.25);
  CHECK(run.state[0] == Approx(1 - 4 * 0.25 * 2));
}

TEST_CASE("Divergence ends the run with the first state outside the radius", "[descent][minimise]") {
  const GradientDescent tripling{.learning_rate = 4.0};  // 1 - h lambda = -3
  const auto run = minimise(Bowl{}, vector({1, 0}), tripling, {.iterations = 1000});
  CHECK(run.status == Status::diverged);
  CHECK(run.iterations == 26);  // 3^25 < 1e12 < 3^26
  CHECK(run.state.norm() == Approx(std::pow(3.0, 26)));
  const auto near = minimise(Bowl{}, vector({1, 0}), tripling, {.iterations = 1000, .divergence_radius = 10});
  CHECK(near.iterations == 3);
  const auto at_once = minimise(Bowl{}, vector({11, 0}), tripling, {.divergence_radius = 10});
  CHECK(at_once.status == Status::diverged);
  CHECK(at_once.iterations == 0);
}

TEST_CASE("Without a radius a diverging run ends as non_finite with the last finite state", "[descent][minimise]") {
  const auto run = minimise(diagonal({1}), vector({1}), GradientDescent{.learning_rate = 4.0},
                            {.iterations = 100000, .divergence_radius = infinity});
  CHECK(run.status == Status::non_finite);
  CHECK(run.iterations > 300);
  CHECK(run.iterations < 700);
  CHECK(run.state.allFinite());
  CHECK(std::isfinite(run.value));
  CHECK(run.value > 1e300);
  const auto long_way = minimise(diagonal({3}), vector({1}), GradientDescent{.learning_rate = 1.0},
                                 {.iterations = 200, .divergence_radius = infinity});
  CHECK(long_way.status == Status::reached_end);
  CHECK(long_way.state[0] == std::pow(2.0, 200));
}

TEST_CASE("A step into a NaN is not taken: the last good state is returned", "[descent][minimise]") {
  const auto run = minimise(SquareRoot{}, vector({1}), GradientDescent{.learning_rate = 0.9});
  CHECK(run.status == Status::non_finite);
  CHECK(run.iterations == 1);
  CHECK(run.state[0] == Approx(0.55));
  CHECK(run.value == Approx(std::sqrt(0.55)));
  CHECK(run.rate == 0.9);
  CHECK(run.run_state.iteration == 1);
}

TEST_CASE("Curvature that turns infinite ends a drift-adjusted run as non_finite", "[descent][minimise][dal]") {
  const auto run = minimise(Crease{}, vector({1.75}), GradientDescent{.learning_rate = DriftAdjusted{}});
  CHECK(run.status == Status::non_finite);
  CHECK(run.iterations == 2);
  CHECK(run.state[0] == Approx(0.75));
}

TEST_CASE("A NaN start is non_finite at iteration 0", "[descent][minimise]") {
  for (const double bad : {std::nan(""), infinity}) {
    const auto run = minimise(diagonal({1, 0}), vector({1, bad}), GradientDescent{.learning_rate = 0.1});
    CHECK(run.status == Status::non_finite);
    CHECK(run.iterations == 0);
    CHECK(run.state[0] == 1);
  }
}

TEST_CASE("Tolerances end the run as converged, at the first state that meets them", "[descent][minimise]") {
  const GradientDescent halving{.learning_rate = 0.5};
  const auto by_gradient = minimise(Bowl{}, vector({1, 0}), halving, {.gradient_tolerance = 0.126});
  CHECK(by_gradient.status == Status::converged);
  CHECK(by_gradient.iterations == 3);
  const auto by_value = minimise(Bowl{}, vector({1, 0}), halving, {.target_value = 0.125});
  CHECK(by_value.status == Status::converged);
  CHECK(by_value.iterations == 1);
  const auto at_start = minimise(Bowl{}, vector({1, 0}), halving, {.iterations = 0, .gradient_tolerance = 1});
  CHECK(at_start.status == Status::converged);
  CHECK(at_start.iterations == 0);
  const auto none = minimise(Bowl{}, vector({1, 0}), halving, {.iterations = 0});
  CHECK(none.status == Status::reached_end);
  CHECK(none.value == 0.5);
  CHECK(none.evaluations == 1);
}

TEST_CASE("Observers see every accepted step once, with the state it led to and the rate it used",
          "[descent][minimise]") {
  std::vector<descent::Iteration<>> seen;
  Index states_seen = 0;
  const auto record = [&](const descent::Iteration<>& at) { seen.push_back(at); };
  const auto checkpoint = [&](const descent::Iteration<>& at,
                              const descent::RunState<double, GradientDescent<Listed>>& state) {
    CHECK(state.parameters == at.state);
    CHECK(state.iteration == at.iteration);
    ++states_seen;
  };
  const GradientDescent optimiser{.learning_rate = Listed{{0.5, 0.25}}};
  const auto run = minimise(Bowl{}, vector({1, 0}), optimiser, {.iterations = 5}, record, checkpoint);
  REQUIRE(seen.size() == 5);
  CHECK(states_seen == 5);
  for (std::size_t k = 0; k < seen.size(); ++k) CHECK(seen[k].iteration == static_cast<Index>(k) + 1);
  CHECK(seen[0].rate == 0.5);
  CHECK(seen[0].state == vector({0.5, 0}));
  CHECK(seen[0].value == 0.125);
  CHECK(seen[0].gradient_norm == Approx(0.5));
  CHECK(seen[1].rate == 0.25);
  CHECK(seen[1].state == vector({0.375, 0}));
  CHECK(seen.back().state == run.state);
  CHECK(seen.back().value == run.value);
}

TEST_CASE("Observers are not told of a step that was refused, but of the one that diverged", "[descent][minimise]") {
  Index told = 0;
  minimise(SquareRoot{}, vector({1}), GradientDescent{.learning_rate = 0.9}, {}, [&](const auto&) { ++told; });
  CHECK(told == 1);
  told = 0;
  const auto run = minimise(Bowl{}, vector({1, 0}), GradientDescent{.learning_rate = 4.0}, {.divergence_radius = 10},
                            [&](const auto&) {
                              ++told;
                              return Next::proceed;
                            });
  CHECK(told == run.iterations);
}

TEST_CASE("An observer stops the run once all were told; a divergence in the same step goes first",
          "[descent][minimise]") {
  Index second = 0;
  const auto stop_at_3 = [](const descent::Iteration<>& at) { return at.iteration == 3 ? Next::stop : Next::proceed; };
  const auto count = [&](const descent::Iteration<>&) { ++second; };
  const auto run = minimise(Bowl{}, vector({1, 0}), GradientDescent{.learning_rate = 0.5}, {}, stop_at_3, count);
  CHECK(run.status == Status::stopped_by_observer);
  CHECK(run.iterations == 3);
  CHECK(second == 3);
  const auto at_the_end =
      minimise(Bowl{}, vector({1, 0}), GradientDescent{.learning_rate = 0.5}, {.iterations = 3}, count, stop_at_3);
  CHECK(at_the_end.status == Status::stopped_by_observer);
  const auto diverged =
      minimise(Bowl{}, vector({1, 0}), GradientDescent{.learning_rate = 4.0}, {.divergence_radius = 26}, stop_at_3);
  CHECK(diverged.status == Status::diverged);
}

TEST_CASE("An observer that throws ends the run with a status, its message and the state it came to",
          "[descent][minimise]") {
  const auto fail_at_3 = [](const descent::Iteration<>& at) {
    if (at.iteration == 3) throw std::runtime_error("disk full");
  };
  int told = 0;
  const auto count = [&](const descent::Iteration<>&) { ++told; };
  const auto run = minimise(Bowl{}, vector({1, 0}), GradientDescent{.learning_rate = 0.5}, {}, fail_at_3, count);
  CHECK(run.status == Status::observer_failed);
  CHECK(run.failure == "disk full");
  CHECK(run.iterations == 3);
  CHECK(told == 3);
  const auto whole = minimise(Bowl{}, vector({1, 0}), GradientDescent{.learning_rate = 0.5}, {.iterations = 8});
  const auto resumed = minimise(Bowl{}, run.run_state, {.iterations = 8});
  CHECK(resumed.state == whole.state);
  CHECK(resumed.failure.empty());
}

TEST_CASE("A resumed run ends with the bits of the uninterrupted one, wherever it was interrupted",
          "[descent][minimise]") {
  const auto problem = differentiable(Rosenbrock{}, 2);
  const Vector<double> x = vector({-0.5, 0.75});
  const auto check = [&](const auto& optimiser) {
    const auto whole = minimise(problem, x, optimiser, {.iterations = 100});
    for (const Index interruption : {0, 1, 37, 99, 100}) {
      const auto part = minimise(problem, x, optimiser, {.iterations = interruption});
      const auto resumed = minimise(problem, part.run_state, {.iterations = 100});
      CHECK(resumed.state == whole.state);
      CHECK(resumed.value == whole.value);
      CHECK(resumed.gradient_norm == whole.gradient_norm);
      CHECK(resumed.rate == whole.rate);
      CHECK(resumed.iterations == 100);
      CHECK(resumed.evaluations == 100 - interruption + 1);
    }
  };
  check(GradientDescent{.learning_rate = 1e-3});
  check(GradientDescent{.learning_rate = DriftAdjusted{.cap = 0.01}});
  check(GradientDescent{.learning_rate = Listed{{1e-3, 2e-3, 5e-4}}});
}

TEST_CASE("minimise refuses misuse by name, before the first step", "[descent][minimise]") {
  const auto descend = [](double rate, const MinimiseOptions& options) {
    return minimise(Bowl{}, vector({1, 0}), GradientDescent{.learning_rate = rate}, options);
  };
  for (const double bad : {0.0, -0.1, std::nan(""), infinity}) {
    CHECK_THROWS_AS(descend(bad, {}), InvalidArgument);
    CHECK_THROWS_WITH(descend(bad, {}), Contains("learning_rate: was"));
  }
  CHECK_THROWS_WITH(descend(0.1, {.iterations = -1}), Contains("iterations: was -1"));
  CHECK_THROWS_WITH(descend(0.1, {.gradient_tolerance = -1}), Contains("gradient_tolerance: was -1"));
  CHECK_THROWS_WITH(descend(0.1, {.gradient_tolerance = std::nan("")}), Contains("gradient_tolerance: was nan"));
  CHECK_THROWS_WITH(descend(0.1, {.target_value = std::nan("")}), Contains("target_value: was nan"));
  CHECK_THROWS_WITH(descend(0.1, {.divergence_radius = 0}), Contains("divergence_radius: was 0"));
  CHECK_THROWS_WITH(descend(0.1, {.divergence_radius = std::nan("")}), Contains("divergence_radius: was nan"));
  CHECK_THROWS_WITH(minimise(Bowl{}, vector({1, 0, 0}), GradientDescent{.learning_rate = 0.1}),
                    Contains("start: was of length 3"));
  CHECK_THROWS_WITH(minimise(diagonal({1, 2}), vector({1}), GradientDescent{.learning_rate = DriftAdjusted{}}),
                    Contains("start: was of length 1"));
  CHECK_THROWS_WITH(minimise(diagonal({1}), vector({1}), GradientDescent{.learning_rate = DriftAdjusted{.cap = 0}}),
                    Contains("cap: was 0"));
}

TEST_CASE("A rate that a schedule makes bad on the way ends the run with its iteration", "[descent][minimise]") {
  const GradientDescent optimiser{.learning_rate = Listed{{0.5, 0.5, -1}}};
  CHECK_THROWS_AS(minimise(Bowl{}, vector({1, 0}), optimiser), InvalidArgument);
  CHECK_THROWS_WITH(minimise(Bowl{}, vector({1, 0}), optimiser), Contains("learning_rate at iteration 2: was -1"));
}

TEST_CASE("The start may be any expression", "[descent][minimise]") {
  const Vector<double> x = vector({1, 2});
  const auto run = minimise(Bowl{}, 2 * x, GradientDescent{.learning_rate = 0.5}, {.iterations = 1});
  CHECK(run.state == x);
}
