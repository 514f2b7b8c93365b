#include <drift/calculus/jacobian.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/losses/rosenbrock.hpp>

#include <catch2/catch.hpp>

using namespace drift;

TEST_CASE("the Jacobian of a gradient is the Hessian, to rounding") {
  const auto problem = losses::rosenbrock(4);
  const Vector<double> x = (Vector<double>(4) << -0.5, 0.75, 1.25, 0.3).finished();
  const auto field = [&](const auto& z) -> Vector<ScalarOf<decltype(z)>> { return gradient(problem, z); };
  CHECK((jacobian(field, x) - hessian(problem, x)).norm() < 1e-12 * hessian(problem, x).norm());
}

TEST_CASE("the Jacobian has a row for every number that comes out") {
  const auto f = [](const auto& x) -> Vector<ScalarOf<decltype(x)>> {
    Vector<ScalarOf<decltype(x)>> y(3);
    y << x[0] * x[1], x[0] + x[1], x[1] * x[1] * x[1];
    return y;
  };
  const Vector<double> x = (Vector<double>(2) << 2, 3).finished();
  CHECK(jacobian(f, x) == (Matrix<double>(3, 2) << 3, 2, 1, 1, 0, 27).finished());
  const Vector<float> y = x.cast<float>();
  CHECK(jacobian(f, 1.0F * y) == (Matrix<float>(3, 2) << 3, 2, 1, 1, 0, 27).finished());
}
