// What every optimiser keeps: precision, fields that are the whole of it, resumption, and the ends of a run.
#include <drift/calculus/point.hpp>
#include <drift/core/fields.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/optimiser.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/schedules/step_decay.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "optimisers.hpp"
#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

// The example of the contract's page.
struct SignDescent {
  double learning_rate;
  void validate() const { require_positive(learning_rate, "learning_rate"); }
  descent::NoMemory start(const Vector<double>&) const { return {}; }
  bool at_rest(descent::NoMemory) const { return true; }
  template <Point E>
  double advance(Vector<double>& theta, descent::NoMemory, Index, E& e) {
    theta -= learning_rate * e.gradient().cwiseSign();
    return learning_rate;
  }
};

/// All numbers of a value, through its fields alone; `put` writes them back.
template <class T, class Visit>
void numbers(T& value, const Visit& visit) {
  if constexpr (HasFields<T>) {
    visit_fields(value, [&](std::string_view, auto& field) { numbers(field, visit); });
  } else if constexpr (requires { value.index(); }) {
    std::visit([&](auto& held) { numbers(held, visit); }, value);
  } else if constexpr (requires { value.data(); }) {
    for (Index i = 0; i < value.size(); ++i) visit(value[i]);
  } else if constexpr (std::is_arithmetic_v<T>) {
    visit(value);
  } else {
    static_assert(std::is_empty_v<std::remove_const_t<T>>);
  }
}

template <class T>
std::vector<double> taken(T value) {
  std::vector<double> list;
  numbers(value, [&](auto& x) { list.push_back(static_cast<double>(x)); });
  return list;
}

template <class T>
void put(T& value, const std::vector<double>& list) {
  std::size_t i = 0;
  numbers(value, [&](auto& x) { x = static_cast<std::remove_reference_t<decltype(x)>>(list.at(i++)); });
  CHECK(i == list.size());
}

/// A problem whose gradient is NaN where its value is fine: past x = 2.
struct Chasm {
  using Scalar = double;
  Index dimension() const { return 1; }
  double value(const Vector<double>& x) const { return -x[0]; }
  Vector<double> gradient(const Vector<double>& x) const {
    return Vector<double>::Constant(1, x[0] > 2 ? std::nan("") : -1);
  }
};

/// A rate that is NaN because the curvature is.
struct Lost {
  template <class E>
  double rate(Index, E&) const {
    return std::nan("");
  }
};

struct NanCurvature : Bowl {
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>&) const {
    return Vector<double>::Constant(x.size(), std::nan(""));
  }
};

}  // namespace

TEST_CASE("An optimiser of the user's own, as on the contract's page", "[descent][optimisers]") {
  STATIC_REQUIRE(descent::Optimiser<SignDescent, GradientPoint<Bowl>>);
  const auto run = minimise(Bowl{}, vector({1, -1}), SignDescent{.learning_rate = 0.25}, {.iterations = 100});
  CHECK(run.status == Status::stationary);
  CHECK(run.iterations == 4);
}

TEST_CASE("Every optimiser converges on a quadratic", "[descent][optimisers]") {
  for_every_optimiser([](const auto& optimiser) {
    const auto run =
        minimise(diagonal({1, 0.5}), vector({0.8, -0.6}), optimiser, {.iterations = 20000, .target_value = 1e-7});
    CHECK(run.status == Status::converged);
  });
}

TEST_CASE("Every optimiser goes down Rosenbrock's valley", "[descent][optimisers]") {
  const auto arrives = [](const auto& optimiser, Index iterations) {
    const auto run = minimise(losses::rosenbrock(2), vector({-0.5, 0.75}), optimiser,
                              {.iterations = iterations, .target_value = 1e-6});
    CAPTURE(run.iterations, run.value, run.state);
    CHECK(run.status == Status::converged);
    CHECK((run.state - vector({1, 1})).norm() < 1e-2);
  };
  arrives(Momentum{.learning_rate = 1e-3}, 5000);
  arrives(Nesterov{.learning_rate = 5e-4}, 5000);
  arrives(RMSProp{.learning_rate = StepDecay{.initial = 1e-3, .factor = 0.5, .every = 2000}}, 50000);
  arrives(Adam{.learning_rate = 1e-2}, 10000);
  arrives(GradientClipping{.optimiser = Adam{.learning_rate = 1e-2}, .largest_norm = 10}, 10000);
}

TEST_CASE("The fields of memory and settings are all of them: what they hold goes on as the original does",
          "[descent][optimisers]") {
  for_every_optimiser([](const auto& optimiser) {
    const auto problem = losses::rosenbrock(3);
    const Vector<double> start = vector({0.1, -0.2, 0.3});
    auto original = descent::run_state(start, optimiser);
    for (int t = 0; t < 5; ++t) descent::advance(original, problem);
    const auto stored = taken(original.memory);

    auto restored = descent::run_state(start, optimiser);
    put(restored.memory, stored);
    put(restored.optimiser, taken(optimiser));
    restored.parameters = original.parameters;
    restored.iteration = original.iteration;
    auto copied = original;
    for (int t = 0; t < 5; ++t) {
      descent::advance(original, problem);
      descent::advance(restored, problem);
      descent::advance(copied, problem);
    }
    CHECK(restored.parameters == original.parameters);
    CHECK(copied.parameters == original.parameters);
    CHECK(taken(restored.memory) == taken(original.memory));
    CHECK(taken(copied.memory) == taken(original.memory));
  });
}

TEST_CASE("In float, double and long double the path is the same to the precision", "[descent][optimisers]") {
  for_every_optimiser([](const auto& optimiser) {
    const auto end = [&](auto one) {
      using S = decltype(one);
      const Vector<S> start = Vector<S>::Constant(2, S(0.75));
      const auto run = minimise(diagonal<S>({1, 2}), start, optimiser, {.iterations = 20});
      CHECK(run.status == Status::reached_end);
      STATIC_REQUIRE(std::is_same_v<decltype(run.state), Vector<S>>);
      return Vector<long double>(run.state.template cast<long double>());
    };
    const Vector<long double> exact = end(1.0L);
    CHECK((end(1.0) - exact).norm() < 1e-13L);
    CHECK((end(1.0F) - exact).norm() < 1e-4L);
    CHECK((end(1.0F) - exact).norm() > 0);
  });
}

TEST_CASE("A rate that is NaN leads to parameters that are not finite: the run ends", "[descent][optimisers]") {
  const auto ends = [](const auto& optimiser) {
    const auto run = minimise(NanCurvature{}, vector({1, 1}), optimiser);
    CHECK(run.status == Status::non_finite);
    CHECK(run.state == vector({1, 1}));
  };
  ends(GradientDescent{.learning_rate = Lost{}});
  ends(Momentum{.learning_rate = Lost{}});
  ends(Nesterov{.learning_rate = Lost{}});
  ends(RMSProp{.learning_rate = Lost{}});
  ends(Adam{.learning_rate = Lost{}});
  ends(GradientClipping{.optimiser = Adam{.learning_rate = Lost{}}});
  ends(DecoupledWeightDecay{.optimiser = Adam{.learning_rate = Lost{}}});
}

TEST_CASE("A gradient that is not finite ends the run with the last good state", "[descent][optimisers]") {
  for_every_optimiser([](const auto& optimiser) {
    const auto run = minimise(Chasm{}, vector({1.999}), optimiser, {.iterations = 10000});
    CHECK(run.status == Status::non_finite);
    CHECK(run.state[0] <= 2);
    Vector<double> x = vector({3});
    auto o = optimiser;
    auto memory = o.start(x);
    auto e = point_at(Chasm{}, x);
    o.advance(x, memory, 0, e);
    CHECK(!x.allFinite());
  });
}

TEST_CASE("require_fraction and epsilon_in", "[descent][optimisers]") {
  CHECK_NOTHROW(descent::require_fraction(0, "decay"));
  CHECK_THROWS_WITH(descent::require_fraction(1, "decay"), Contains("decay: was 1, must be 0 or above and below 1"));
  CHECK(descent::epsilon_in<double>(1e-8) == 1e-8);
  CHECK(descent::epsilon_in<float>(1e-300) == std::numeric_limits<float>::min());
}
