#include <drift/calculus/check_derivatives.hpp>
#include <drift/losses/quadratic.hpp>

#include "support/expect_derivatives.hpp"
#include "support/oracle.hpp"

#include <limits>

using namespace drift;
using Catch::Matchers::Contains;

namespace {

template <class T = double>
Matrix<T> saddle() {
  Matrix<T> a(3, 3);
  a << T(3), T(0.5), T(-0.25), T(0.5), T(1), T(0.125), T(-0.25), T(0.125), T(-0.5);
  return a;
}
template <class T = double>
Vector<T> slope() {
  Vector<T> b(3);
  b << T(0.5), T(-0.25), T(0.125);
  return b;
}

}  // namespace

TEMPLATE_TEST_CASE("a quadratic with A and b meets its oracle", "[quadratic][types]", float, double, long double) {
  using T = TestType;
  const auto problem = losses::quadratic(saddle<T>(), slope<T>());
  STATIC_REQUIRE(std::same_as<typename decltype(problem)::Scalar, T>);
  const auto file = oracle::load("quadratic");
  const Vector<T> x = oracle::vector<T>(file["theta"]), g = gradient(problem, x);
  const T tolerance = T(16) * epsilon<T>();
  CHECK(std::abs(value(problem, x) - T(0.171875)) <= tolerance);
  CHECK(oracle::relative_error(g, oracle::vector<T>(file["gradient"])) <= tolerance);
  CHECK(oracle::relative_error(hessian(problem, x), oracle::matrix<T>(file["hessian"])) <= tolerance);
  CHECK(oracle::relative_error(hessian_vector_product(problem, x, g), oracle::vector<T>(file["Hg"])) <= tolerance);
  CHECK(third_derivative(problem, x, g, x).isZero(0));
}

TEST_CASE("a quadratic's derivatives agree with differences and pass the whole check", "[quadratic]") {
  const auto problem = losses::quadratic(saddle(), slope());
  const Vector<double> x = Random(2).normal_vector(3);
  expect_derivatives(problem, x, [](const Vector<double>& y) { return 0.5 * y.dot(saddle() * y) - slope().dot(y); });
  const auto report = check_derivatives(problem, x);
  INFO(report);
  CHECK(report.passed());
  CHECK(check_derivatives(losses::quadratic(saddle<float>()), Vector<float>(Vector<float>::Ones(3))).passed());
}

TEST_CASE("without b the minimum of a bowl is 0, with it A x = b", "[quadratic]") {
  Matrix<double> a(2, 2);
  a << 2, 1, 1, 3;
  const auto centred = losses::quadratic(a);
  CHECK(centred.b().isZero(0));
  CHECK(centred.A() == a);
  CHECK(gradient(centred, Vector<double>::Zero(2)).isZero(0));
  Vector<double> minimum(2);
  minimum << -1, 2;
  const auto shifted = losses::quadratic(a, a * minimum);
  CHECK(gradient(shifted, minimum).isZero(0));
  CHECK(value(shifted, minimum) == Approx(-0.5 * minimum.dot(a * minimum)));
}

TEST_CASE("a quadratic is exact at complex states and shares its data with copies", "[quadratic][complex]") {
  using C = std::complex<double>;
  const auto problem = losses::quadratic(saddle(), slope());
  const auto copy = problem;
  CHECK(&copy.A() == &problem.A());
  Vector<C> z(3);
  z << C(1, 2), C(0, -1), C(0.5, 0.25);
  const Vector<C> expected = saddle().cast<C>() * z - slope().cast<C>();
  CHECK(oracle::relative_error(gradient(copy, z), expected) < 1e-15);
  const C direct = (z.transpose() * saddle().cast<C>() * z)(0) / 2.0 - (slope().cast<C>().transpose() * z)(0);
  CHECK(std::abs(value(copy, z) - direct) < 1e-14);
}

TEST_CASE("rounding asymmetry is averaged, more is refused", "[quadratic][errors]") {
  Matrix<double> a = saddle();
  a(0, 1) += 2e-16;
  const auto problem = losses::quadratic(a);
  CHECK(problem.A() == problem.A().transpose());
  a(0, 1) = 0.6;
  CHECK_THROWS_WITH(losses::quadratic(a), Contains("A(0, 1): was 0.6") && Contains("symmetric"));
}

TEST_CASE("bad matrices and vectors are refused by name", "[quadratic][errors]") {
  CHECK_THROWS_WITH(losses::quadratic(Matrix<double>(2, 3)), Contains("A: was 2 x 3") && Contains("square"));
  CHECK_THROWS_AS(losses::quadratic(Matrix<double>(0, 0)), InvalidArgument);
  CHECK_THROWS_WITH(losses::quadratic(saddle(), Vector<double>::Zero(2)), Contains("b: was of length 2"));
  Matrix<double> a = saddle();
  a(1, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(losses::quadratic(a), Contains("A") && Contains("finite"));
  Vector<double> b = slope();
  b[0] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(losses::quadratic(saddle(), b), Contains("b") && Contains("finite"));
  CHECK_THROWS_AS(losses::quadratic(saddle()).value(Vector<double>::Zero(2)), InvalidArgument);
}

TEST_CASE("NaN and infinity pass through a quadratic", "[quadratic]") {
  const auto problem = losses::quadratic(saddle());
  Vector<double> x = Vector<double>::Ones(3);
  x[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(value(problem, x)));
  CHECK(gradient(problem, x).hasNaN());
  x[1] = 1e200;
  CHECK(value(problem, x) == std::numeric_limits<double>::infinity());
  CHECK(gradient(problem, x).allFinite());
}
