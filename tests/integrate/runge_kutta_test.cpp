#include <drift/integrate/runge_kutta.hpp>

#include <catch2/catch.hpp>

#include <complex>
#include <limits>

using namespace drift;

namespace {

Vector<double> start() {
  Vector<double> y(2);
  y << 1, -2;
  return y;
}

CountedField<double> decay() {
  return CountedField<double>([](const Vector<double>& y, Vector<double>& f) { f = -y; });
}

}  // namespace

TEST_CASE("A step on a linear field is the method's stability polynomial", "[integrate][runge_kutta]") {
  const double h = 0.3;
  const auto ratio = [&](const Tableau& method) {
    CountedField<double> field = decay();
    RungeKuttaStep<double> step(method, 2);
    const Vector<double> y = start();
    REQUIRE(step.evaluate_slope(field, y));
    REQUIRE(step.attempt(field, y, h));
    CHECK(step.next()[1] == Approx(-2 * step.next()[0]).epsilon(1e-15));
    return step.next()[0];
  };
  const double z = -h, taylor_4 = 1 + z * (1 + z / 2 * (1 + z / 3 * (1 + z / 4)));
  CHECK(ratio(methods::euler) == Approx(1 + z).epsilon(1e-15));
  CHECK(ratio(methods::runge_kutta_4) == Approx(taylor_4).epsilon(1e-15));
  // Hairer, Wanner II, IV.2: R(z) of Dormand-Prince is the Taylor polynomial of order 5 and z^6 / 600.
  CHECK(ratio(methods::dormand_prince_5_4) ==
        Approx(taylor_4 + std::pow(z, 5) / 120 + std::pow(z, 6) / 600).epsilon(1e-15));
}

TEST_CASE("Dormand-Prince pays six evaluations a step after the first, the others their number of stages",
          "[integrate][runge_kutta]") {
  const auto evaluations = [](const Tableau& method) {
    CountedField<double> field = decay();
    RungeKuttaStep<double> step(method, 2);
    Vector<double> y = start();
    for (int i = 0; i < 10; ++i) {
      if (!step.slope_known()) REQUIRE(step.evaluate_slope(field, y));
      REQUIRE(step.attempt(field, y, 0.1));
      step.accept(y);
    }
    return field.evaluations();
  };
  CHECK(evaluations(methods::dormand_prince_5_4) == 61);
  CHECK(evaluations(methods::runge_kutta_4) == 40);
  CHECK(evaluations(methods::euler) == 10);
}

TEST_CASE("The slope carried over is the field at the new state", "[integrate][runge_kutta]") {
  for (const Tableau& method : {methods::dormand_prince_5_4, methods::runge_kutta_4}) {
    CountedField<double> field = decay();
    RungeKuttaStep<double> step(method, 2);
    Vector<double> y = start();
    REQUIRE(step.evaluate_slope(field, y));
    REQUIRE(step.attempt(field, y, 0.5));
    REQUIRE(step.evaluate_last_slope(field));
    step.accept(y);
    REQUIRE(step.slope_known());
    CHECK((step.slope() + y).norm() == 0);
  }
}

TEST_CASE("A stage that is not finite ends the attempt and leaves the state alone", "[integrate][runge_kutta]") {
  int calls = 0;
  CountedField<double> field([&](const Vector<double>& y, Vector<double>& f) {
    CHECK(all_finite(y));
    f = -y;
    if (++calls == 3) f[1] = std::numeric_limits<double>::quiet_NaN();
  });
  RungeKuttaStep<double> step(methods::dormand_prince_5_4, 2);
  const Vector<double> y = start();
  REQUIRE(step.evaluate_slope(field, y));
  CHECK_FALSE(step.attempt(field, y, 0.5));
  CHECK(field.evaluations() == 3);
  CHECK(step.slope() == -y);
  CHECK(step.attempt(field, y, 0.5));
}

TEST_CASE("A NaN in any stage, the last included, fails the attempt", "[integrate][runge_kutta]") {
  for (int stage = 2; stage <= 7; ++stage) {
    int calls = 0;
    CountedField<double> field([&](const Vector<double>& y, Vector<double>& f) {
      f = -y;
      if (++calls == stage) f[0] = std::numeric_limits<double>::quiet_NaN();
    });
    RungeKuttaStep<double> step(methods::dormand_prince_5_4, 2);
    REQUIRE(step.evaluate_slope(field, start()));
    CHECK_FALSE(step.attempt(field, start(), 0.5));
    CHECK(field.evaluations() == stage);
  }
}

TEST_CASE("The field is not called at a state that overflowed", "[integrate][runge_kutta]") {
  CountedField<double> field([](const Vector<double>& y, Vector<double>& f) {
    REQUIRE(all_finite(y));
    f = Vector<double>::Constant(2, 1e300);
  });
  for (const Tableau& method : {methods::dormand_prince_5_4, methods::runge_kutta_4, methods::euler}) {
    RungeKuttaStep<double> step(method, 2);
    REQUIRE(step.evaluate_slope(field, start()));
    CHECK_FALSE(step.attempt(field, start(), 1e20));
  }
}

TEST_CASE("Finite and zero are seen in every component, real and imaginary", "[integrate][runge_kutta]") {
  using C = std::complex<double>;
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (const C bad : {C(nan, 0), C(0, nan), C(inf, 0), C(0, -inf)}) {
    Vector<C> v = Vector<C>::Zero(3);
    CHECK(all_finite(v));
    CHECK(all_zero(v));
    v[2] = bad;
    CHECK_FALSE(all_finite(v));
    CHECK_FALSE(all_zero(v));
  }
  CHECK_FALSE(all_zero(Vector<C>::Constant(1, C(0, 1e-300)).eval()));
}

TEST_CASE("A field that returns another length is refused", "[integrate][runge_kutta]") {
  CountedField<double> field([](const Vector<double>&, Vector<double>& f) { f = Vector<double>::Zero(3); });
  RungeKuttaStep<double> step(methods::euler, 2);
  CHECK_THROWS_WITH(step.evaluate_slope(field, start()),
                    "the field's result: was of length 3, must be as long as the state, which has length 2");
}
