#include <drift/calculus/check_derivatives.hpp>
#include <drift/losses/least_squares.hpp>

#include "support/expect_derivatives.hpp"
#include "support/oracle.hpp"

#include <limits>

using namespace drift;
using Catch::Matchers::Contains;

namespace {

Matrix<double> examples() { return Random(3).normal_matrix(7, 3); }
Vector<double> targets() { return Random(4).normal_vector(7); }

}  // namespace

TEST_CASE("least squares is half the mean of squared residuals", "[least_squares]") {
  Matrix<double> one(1, 1);
  one << 3;
  const auto single = losses::least_squares(one, Vector<double>::Constant(1, 1));
  CHECK(value(single, Vector<double>::Constant(1, 2)) == 12.5);
  CHECK(gradient(single, Vector<double>::Constant(1, 2))[0] == 15);
  CHECK(hessian(single, Vector<double>::Constant(1, 2))(0, 0) == 9);

  const auto problem = losses::least_squares(examples(), targets());
  const Vector<double> x = Random(5).normal_vector(3);
  expect_derivatives(problem, x, [](const Vector<double>& theta) {
    double sum = 0;
    for (Index i = 0; i < 7; ++i) sum += std::pow(examples().row(i).dot(theta) - targets()[i], 2);
    return sum / 14;
  });
  const auto report = check_derivatives(problem, x);
  INFO(report);
  CHECK(report.passed());
}

TEST_CASE("repeating every example changes nothing", "[least_squares]") {
  Matrix<double> twice(14, 3);
  twice << examples(), examples();
  Vector<double> y(14);
  y << targets(), targets();
  const Vector<double> x = Random(5).normal_vector(3);
  const auto once = losses::least_squares(examples(), targets());
  const auto both = losses::least_squares(twice, y);
  CHECK(value(both, x) == Approx(value(once, x)).epsilon(1e-14));
  CHECK(oracle::relative_error(gradient(both, x), gradient(once, x)) < 1e-14);
}

TEST_CASE("targets that a theta explains have their minimum there", "[least_squares]") {
  const Vector<double> theta = Random(6).normal_vector(3);
  const auto problem = losses::least_squares(examples(), examples() * theta);
  CHECK(value(problem, theta) < 1e-30);
  CHECK(gradient(problem, theta).norm() < 1e-14);
}

TEST_CASE("least squares has the Hessian X^T X / N, at complex states too", "[least_squares][complex]") {
  using C = std::complex<double>;
  const auto problem = losses::least_squares(examples(), targets());
  const Matrix<double> expected = examples().transpose() * examples() / 7;
  CHECK(oracle::relative_error(hessian(problem, Vector<double>::Zero(3)), expected) < 1e-14);
  Vector<C> z(3);
  z << C(1, 2), C(0, -1), C(0.5, 0.25);
  CHECK(oracle::relative_error(hessian(problem, z), Matrix<C>(expected.cast<C>())) < 1e-14);
}

TEMPLATE_TEST_CASE("least squares works in other number types", "[least_squares][types]", float, long double) {
  using T = TestType;
  const auto problem = losses::least_squares(examples().cast<T>(), targets().cast<T>());
  STATIC_REQUIRE(std::same_as<typename decltype(problem)::Scalar, T>);
  const Vector<T> x = Vector<T>::Ones(3);
  const auto report = check_derivatives(problem, x);
  INFO(report);
  CHECK(report.passed());
  const auto reference = losses::least_squares(examples(), targets());
  CHECK(
      oracle::relative_error(gradient(problem, x), Vector<T>(gradient(reference, Vector<double>::Ones(3)).cast<T>())) <
      oracle::floor<T>(50));
}

TEST_CASE("bad data are refused by name", "[least_squares][errors]") {
  CHECK_THROWS_WITH(losses::least_squares(Matrix<double>(0, 3), Vector<double>(0)), Contains("X: was 0 x 3"));
  CHECK_THROWS_WITH(losses::least_squares(Matrix<double>(3, 0), Vector<double>(3)), Contains("X: was 3 x 0"));
  CHECK_THROWS_WITH(losses::least_squares(examples(), Vector<double>::Zero(6)),
                    Contains("y: was of length 6") && Contains("7"));
  Matrix<double> x = examples();
  x(2, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(losses::least_squares(x, targets()), Contains("X") && Contains("finite"));
  Vector<double> y = targets();
  y[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(losses::least_squares(examples(), y), Contains("y") && Contains("finite"));
  CHECK_THROWS_AS(losses::least_squares(examples(), targets()).gradient(Vector<double>::Zero(4)), InvalidArgument);
}
