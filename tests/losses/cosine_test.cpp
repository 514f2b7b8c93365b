#include <drift/calculus/check_derivatives.hpp>
#include <drift/losses/cosine.hpp>

#include "support/expect_derivatives.hpp"
#include "support/oracle.hpp"

#include <limits>

using namespace drift;

TEST_CASE("the cosine's derivatives agree with differences and pass the whole check", "[cosine]") {
  Vector<double> x(3);
  x << 2, -0.7, 11;
  const auto problem = losses::cosine(3);
  expect_derivatives(problem, x,
                     [](const Vector<double>& y) { return std::cos(y[0]) + std::cos(y[1]) + std::cos(y[2]); });
  const auto report = check_derivatives(problem, x);
  INFO(report);
  CHECK(report.passed());
}

TEST_CASE("the cosine's minima are the odd multiples of pi, of curvature one", "[cosine]") {
  const double pi = std::acos(-1.0);
  Vector<double> x(2);
  x << pi, -3 * pi;
  const auto problem = losses::cosine(2);
  CHECK(value(problem, x) == Approx(-2));
  CHECK(gradient(problem, x).norm() < 1e-15);
  CHECK((hessian(problem, x) - Matrix<double>::Identity(2, 2)).norm() < 1e-15);
  CHECK(hessian(problem, 0 * x) == -Matrix<double>::Identity(2, 2));
}

TEMPLATE_TEST_CASE("the cosine has the derivatives of its number type", "[cosine][types]", float, long double) {
  using T = TestType;
  const Vector<T> x = Vector<T>::Constant(1, T(2));
  const auto problem = losses::cosine<T>();
  CHECK(value(problem, x) == std::cos(T(2)));
  CHECK(gradient(problem, x)[0] == -std::sin(T(2)));
  CHECK(hessian(problem, x)(0, 0) == -std::cos(T(2)));
  CHECK(check_derivatives(problem, x).passed());
}

TEST_CASE("bad arguments of cosine are refused by name, bad states pass through", "[cosine][errors]") {
  CHECK_THROWS_WITH(losses::cosine(0), Catch::Matchers::Contains("n: was 0"));
  for (double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK(std::isnan(value(losses::cosine(), Vector<double>::Constant(1, bad))));
    CHECK(std::isnan(gradient(losses::cosine(), Vector<double>::Constant(1, bad))[0]));
  }
}
