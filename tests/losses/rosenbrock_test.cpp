#include <drift/calculus/check_derivatives.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/expect_derivatives.hpp"
#include "support/oracle.hpp"

#include <limits>

using namespace drift;
using Catch::Matchers::Contains;

TEST_CASE("Rosenbrock's function has its minimum at (a, a^2) with the stated Hessian", "[rosenbrock]") {
  Vector<double> minimum(2);
  minimum << 1.5, 2.25;
  const auto problem = losses::rosenbrock(2, 1.5, 10);
  CHECK(value(problem, minimum) == 0);
  CHECK(gradient(problem, minimum).isZero(0));
  Matrix<double> h(2, 2);
  h << 2 + 8 * 10 * 2.25, -4 * 1.5 * 10, -4 * 1.5 * 10, 2 * 10;
  CHECK(oracle::relative_error(hessian(problem, minimum), h) < 1e-15);
  CHECK(h(0, 0) * h(1, 1) - h(0, 1) * h(1, 0) == Approx(4 * 10));
}

TEST_CASE("in every dimension the ones are a minimum", "[rosenbrock]") {
  for (Index n : {2, 3, 7, 30}) {
    const auto problem = losses::rosenbrock(n);
    CHECK(problem.dimension() == n);
    CHECK(value(problem, Vector<double>::Ones(n)) == 0);
    CHECK(gradient(problem, Vector<double>::Ones(n)).isZero(0));
    CHECK(value(problem, Vector<double>::Zero(n)) == static_cast<double>(n - 1));
  }
}

TEST_CASE("Rosenbrock's derivatives agree with differences and pass the whole check", "[rosenbrock]") {
  for (Index n : {2, 5}) {
    const Vector<double> x = Random(3).uniform_vector<double>(n, -1, 1);
    const auto problem = losses::rosenbrock(n, 0.8, 5);
    expect_derivatives(problem, x, [n](const Vector<double>& y) {
      double sum = 0;
      for (Index i = 1; i < n; ++i) sum += 5 * std::pow(y[i] - std::pow(y[i - 1], 2), 2) + std::pow(0.8 - y[i - 1], 2);
      return sum;
    });
    const auto report = check_derivatives(problem, x);
    INFO(report);
    CHECK(report.passed());
  }
}

TEST_CASE("the fourth-order tensor is that of 100 x^4", "[rosenbrock]") {
  const Vector<double> x = Vector<double>::Constant(2, 0.3), e = Vector<double>::Unit(2, 0);
  CHECK(derivative_along(losses::rosenbrock(), x, e, 3)[0] == Approx(2400));
  CHECK(derivative_along(losses::rosenbrock(), x, e, 4).norm() < 1e-10);
}

TEST_CASE("constants keep the digits of the number type", "[rosenbrock][types]") {
  const auto problem = losses::rosenbrock<long double>(2, 0.1L, 1.0L);
  CHECK(value(problem, Vector<long double>::Zero(2)) == 0.1L * 0.1L);
  CHECK(check_derivatives(losses::rosenbrock<float>(3, 0.5F, 2.0F), Vector<float>(Vector<float>::Constant(3, 0.25F)))
            .passed());
}

TEST_CASE("bad arguments of rosenbrock are refused by name, bad states pass through", "[rosenbrock][errors]") {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(losses::rosenbrock(1), Contains("n: was 1"));
  CHECK_THROWS_WITH(losses::rosenbrock(2, nothing), Contains("a: was nan"));
  CHECK_THROWS_WITH(losses::rosenbrock(2, 1, 1 / 0.0), Contains("b: was inf"));
  CHECK(std::isnan(value(losses::rosenbrock(), Vector<double>::Constant(2, nothing))));
  CHECK(value(losses::rosenbrock(), Vector<double>::Constant(2, 1e160)) == std::numeric_limits<double>::infinity());
}
