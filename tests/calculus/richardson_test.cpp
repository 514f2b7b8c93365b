#include <drift/calculus/richardson.hpp>

#include <catch2/catch.hpp>

#include <limits>

using namespace drift;
using namespace drift::calculus;

TEMPLATE_TEST_CASE("extrapolated differences reach about epsilon^(3/4) of a derivative", "[richardson]", float, double,
                   long double) {
  using T = TestType;
  const auto f = [](const T& t) {
    Vector<T> v(3);
    v << std::sin(T(1) + t), std::exp(T(3) * t), T(2) * t;
    return v;
  };
  Vector<T> expected(3);
  expected << std::cos(T(1)), T(3), T(2);
  const auto d = central_derivative<T>(f, T(0.25), 10, epsilon<T>());
  const T allowed = T(20) * std::pow(epsilon<T>(), T(0.75));
  for (Index i = 0; i < 3; ++i) {
    CHECK(std::abs(d.value[i] - expected[i]) <= allowed);
    CHECK(std::abs(d.value[i] - expected[i]) <= T(20) * (d.error[i] + epsilon<T>()));
    CHECK(d.error[i] < std::sqrt(epsilon<T>()));
  }
}

TEST_CASE("an offset outside the domain is left out, and nothing finite is an infinite error", "[richardson]") {
  const auto root = [](double t) { return Vector<double>::Constant(1, std::sqrt(0.01 + t)); };
  const auto d = central_derivative<double>(root, 0.25, 12);
  CHECK(d.value[0] == Approx(5).epsilon(1e-8));
  const auto never = [](double) { return Vector<double>::Constant(1, std::numeric_limits<double>::quiet_NaN()); };
  CHECK(central_derivative<double>(never, 0.25, 12).error[0] == std::numeric_limits<double>::infinity());
}

TEST_CASE("along the imaginary unit the derivative of a holomorphic function is the same", "[richardson][complex]") {
  using C = std::complex<double>;
  const auto f = [](const C& t) { return Vector<C>::Constant(1, std::exp(C(0.5, 1) + t)); };
  const C expected = std::exp(C(0.5, 1));
  CHECK(std::abs(central_derivative<C>(f, 0.25, 10, 0.0, C(0, 1)).value[0] - expected) < 1e-11);
  const auto conjugated = [](const C& t) { return Vector<C>::Constant(1, std::exp(std::conj(t))); };
  CHECK(std::abs(central_derivative<C>(conjugated, 0.25, 10, 0.0, C(0, 1)).value[0] + 1.0) < 1e-11);
}
