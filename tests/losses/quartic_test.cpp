#include <drift/calculus/check_derivatives.hpp>
#include <drift/losses/quartic.hpp>

#include "support/expect_derivatives.hpp"
#include "support/oracle.hpp"

#include <limits>

using namespace drift;

TEST_CASE("the quartic's derivatives agree with differences and pass the whole check", "[quartic]") {
  Vector<double> x(3);
  x << 0.75, -1.5, 0.2;
  const auto problem = losses::quartic(3);
  expect_derivatives(problem, x, [](const Vector<double>& y) {
    double sum = 0;
    for (Index i = 0; i < 3; ++i) sum += std::pow(y[i], 2) / 2 + std::pow(y[i], 4) / 4;
    return sum;
  });
  const auto report = check_derivatives(problem, x);
  INFO(report);
  CHECK(report.passed());
}

TEMPLATE_TEST_CASE("the quartic has the closed form of its derivatives", "[quartic][types]", float, double,
                   long double) {
  using T = TestType;
  const auto problem = losses::quartic<T>();
  const T s = T(0.75);
  const Vector<T> x = Vector<T>::Constant(1, s), one = Vector<T>::Ones(1);
  const T tolerance = T(8) * epsilon<T>();
  const auto near = [&](const T& a, const T& b) { CHECK(std::abs(a - b) <= tolerance * std::abs(b)); };
  near(value(problem, x), s * s / T(2) + s * s * s * s / T(4));
  near(gradient(problem, x)[0], s + s * s * s);
  near(hessian(problem, x)(0, 0), T(1) + T(3) * s * s);
  near(third_derivative(problem, x, one, one)[0], T(6) * s);
  near(derivative_along(problem, x, one, 3)[0], T(6));
  CHECK(derivative_along(problem, x, one, 4)[0] == T(0));
}

TEST_CASE("the quartic's minimum is zero, of curvature one", "[quartic]") {
  const Vector<double> zero = Vector<double>::Zero(2);
  const auto problem = losses::quartic(2);
  CHECK(value(problem, zero) == 0);
  CHECK(gradient(problem, zero).isZero(0));
  CHECK(hessian(problem, zero) == Matrix<double>::Identity(2, 2));
}

TEST_CASE("gradient descent on the quartic turns from falling to growing at |x| = sqrt(2/h - 1)", "[quartic]") {
  const double h = 0.5, edge = std::sqrt(2 / h - 1);
  const auto problem = losses::quartic();
  for (double factor : {0.99, 1.01}) {
    const Vector<double> x = Vector<double>::Constant(1, factor * edge);
    const double next = x[0] - h * gradient(problem, x)[0];
    CHECK((std::abs(next) > std::abs(x[0])) == (factor > 1));
  }
}

TEST_CASE("bad arguments of quartic are refused by name, bad states pass through", "[quartic][errors]") {
  CHECK_THROWS_WITH(losses::quartic(-2), Catch::Matchers::Contains("n: was -2"));
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(value(losses::quartic(), Vector<double>::Constant(1, infinity)) == infinity);
  CHECK(gradient(losses::quartic(), Vector<double>::Constant(1, -infinity))[0] == -infinity);
  CHECK(std::isnan(value(losses::quartic(), Vector<double>::Constant(1, std::numeric_limits<double>::quiet_NaN()))));
}
