#include <drift/core/concepts.hpp>
#include <drift/descent/step.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <boost/multiprecision/eigen.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <limits>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("Steps on a quadratic multiply each component by 1 - h lambda", "[descent][step]") {
  const auto step = descent::step(diagonal({3, -0.5, 4}), GradientDescent{.learning_rate = 0.5});
  Vector<double> x = vector({1, 2, 3});
  for (int k = 0; k < 8; ++k) x = step(x);
  CHECK(x[0] == Approx(std::pow(-0.5, 8) * 1));
  CHECK(x[1] == Approx(std::pow(1.25, 8) * 2));
  CHECK(x[2] == Approx(3));  // h lambda = 2: back and forth
  CHECK(step.dimension() == 3);
}

TEST_CASE("A step at h lambda = 1 takes the component to zero", "[descent][step]") {
  const auto step = descent::step(diagonal({2}), GradientDescent{.learning_rate = 0.5});
  CHECK(step(vector({0.75}))[0] == 0);
}

TEST_CASE("A step is an Update: const, copied with its problem, the same at every call", "[descent][step]") {
  const auto make = [](double h) {
    const auto problem = differentiable(Rosenbrock{}, 2);
    return descent::step(problem, GradientDescent{.learning_rate = h});
  };
  const auto step = make(1e-3);
  STATIC_REQUIRE(Update<decltype(step), double>);
  STATIC_REQUIRE(Update<decltype(step), std::complex<double>>);
  const Vector<double> x = vector({-0.5, 0.75});
  const Vector<double> once = step(x);
  const auto copy = step;
  CHECK(copy(x) == once);
  CHECK(step(x) == once);
  CHECK(once[0] ==
        Approx(-0.5 - 1e-3 * (-2 * 1.5 + 400 * 0.5 * 0.5)));  // by hand: dE/dx = -2 (1 - x) - 400 x (y - x^2)
  CHECK(once[1] == Approx(0.75 - 1e-3 * (200 * 0.5)));
}

TEST_CASE("A step takes any expression, and complex states of a holomorphic problem", "[descent][step]") {
  using C = std::complex<double>;
  const auto step = descent::step(differentiable(Rosenbrock{}, 2), GradientDescent{.learning_rate = 1e-3});
  const Vector<double> x = vector({-0.5, 0.75});
  const Vector<double> doubled = 2 * x;
  CHECK(step(2 * x) == step(doubled));

  const C i(0, 1);
  const auto linear = descent::step(diagonal({3, -1}), GradientDescent{.learning_rate = 0.25});
  Vector<C> z(2);
  z << 1.0 + 2.0 * i, -i;
  const Vector<C> next = linear(z);
  CHECK(std::abs(next[0] - 0.25 * z[0]) < 1e-15);
  CHECK(std::abs(next[1] - 1.25 * z[1]) < 1e-15);
  // Holomorphic: the step along the imaginary axis gives the derivative of the real step.
  Vector<C> beside = x.cast<C>();
  beside[0] += 1e-20 * i;
  const double slope = (step(vector({-0.5 + 1e-5, 0.75})) - step(vector({-0.5 - 1e-5, 0.75})))[0] / 2e-5;
  CHECK(step(beside)[0].imag() / 1e-20 == Approx(slope).epsilon(1e-7));
}

TEST_CASE("A drift-adjusted step along an eigenvector reflects it: h lambda = 2", "[descent][step][dal]") {
  const auto check = [](const auto& problem) {
    const auto step = descent::step(problem, GradientDescent{.learning_rate = DriftAdjusted{}});
    CHECK((step(vector({0.3, 0})) - vector({-0.3, 0})).norm() < 1e-15);
    CHECK((step(vector({0, -2})) - vector({0, 2})).norm() < 1e-15);
    CHECK(step(vector({0, 0})) == vector({0, 0}));
  };
  check(diagonal({2, 4}));
  check(SecondOrderBowl{});
}

TEST_CASE("A step of a user's first-order class", "[descent][step]") {
  const auto step = descent::step(Bowl{}, GradientDescent{.learning_rate = 0.5});
  CHECK(step(vector({1, -3})) == vector({0.5, -1.5}));
  STATIC_REQUIRE(Update<decltype(step), double>);
}

TEST_CASE("A schedule is asked for the iteration that the step was made with", "[descent][step]") {
  const GradientDescent listed{.learning_rate = Listed{{0.5, 0.25}}};
  CHECK(descent::step(Bowl{}, listed)(vector({1, 1})) == vector({0.5, 0.5}));
  CHECK(descent::step(Bowl{}, listed, 1)(vector({1, 1})) == vector({0.75, 0.75}));
  CHECK_THROWS_WITH(descent::step(Bowl{}, listed, -1), Contains("iteration: was -1"));
}

TEST_CASE("Steps keep the precision of their problem", "[descent][step]") {
  using Decimal =
      boost::multiprecision::number<boost::multiprecision::cpp_dec_float<50>, boost::multiprecision::et_off>;
  const auto check = [](auto one, auto rate) {
    using S = decltype(one);
    using std::abs;
    const auto problem = diagonal<S>({3});
    const Vector<S> x = Vector<S>::Constant(1, S(2) / S(7));
    const Vector<S> next = descent::step(problem, GradientDescent{.learning_rate = rate})(x);
    CHECK(abs(next[0] - S(1) / S(14)) < S(8) * epsilon<S>());  // (1 - 3/4) 2/7
    const Vector<S> reflected = descent::step(problem, GradientDescent{.learning_rate = DriftAdjusted{}})(x);
    CHECK(abs(reflected[0] + x[0]) < S(8) * epsilon<S>());
  };
  check(1.0F, 0.25F);
  check(1.0F, 0.25);
  check(1.0L, 0.25L);
  check(Decimal(1), Decimal(1) / 4);
}

TEST_CASE("A bad rate is refused where the step is made, a vector of the wrong length where it is called",
          "[descent][step]") {
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(descent::step(Bowl{}, GradientDescent{.learning_rate = bad}), Contains("learning_rate: was"));
  }
  CHECK_THROWS_AS(descent::step(Bowl{}, GradientDescent{.learning_rate = 1.0})(vector({1})), InvalidArgument);
  CHECK_THROWS_AS(descent::step(diagonal({1, 2}), GradientDescent{.learning_rate = 1.0})(vector({1})), InvalidArgument);
}

TEST_CASE("At a state that is not finite the step is not finite, whoever gives the rate", "[descent][step]") {
  const Vector<double> nowhere = vector({std::nan(""), 1});
  CHECK(!descent::step(Bowl{}, GradientDescent{.learning_rate = 0.1})(nowhere).allFinite());
  CHECK(!descent::step(diagonal({1, 2}), GradientDescent{.learning_rate = DriftAdjusted{}})(nowhere).allFinite());
  CHECK(!descent::step(SecondOrderBowl{}, GradientDescent{.learning_rate = DriftAdjusted{}})(nowhere).allFinite());
}
