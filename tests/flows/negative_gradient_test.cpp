#include <drift/flows/negative_gradient.hpp>

#include "oracle_problems.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace drift;
using C = std::complex<double>;

TEST_CASE("the negative gradient flow is minus the gradient, of a user's first-order class too") {
  const auto flow = flows::negative_gradient(problems::FirstOrder{});
  Vector<double> x(2);
  x << -2, 3;
  CHECK(flow.dimension() == 2);
  CHECK(flow(x)[0] == 8);
  CHECK(flow(x)[1] == -6);
  CHECK(flow(2 * x)[0] == 64);
}

TEST_CASE("a holomorphic problem's negative gradient flow takes complex states, another's does not") {
  const auto flow = flows::negative_gradient(differentiable(problems::Quartic{}, 1));
  Vector<C> z(1);
  z << C(0.5, 2);
  CHECK(std::abs(flow(z)[0] + z[0] + z[0] * z[0] * z[0]) < 1e-14);
  using First = flows::NegativeGradient<problems::FirstOrder>;
  STATIC_REQUIRE(VectorField<First, double>);
  STATIC_REQUIRE_FALSE(VectorField<First, C>);
}

TEST_CASE("the negative gradient flow belongs to no learning rate") {
  STATIC_REQUIRE_FALSE(HasStepTime<flows::NegativeGradient<problems::FirstOrder>>);
}

TEST_CASE("the negative gradient flow vanishes at a minimum, passes NaN on and refuses another length") {
  const auto flow = flows::negative_gradient(differentiable(problems::Rosenbrock{}, 2));
  CHECK(flow(Vector<double>::Ones(2)).norm() == 0);
  CHECK(flow(Vector<double>::Constant(2, std::numeric_limits<double>::quiet_NaN())).hasNaN());
  CHECK_THROWS_AS(flow(Vector<double>::Ones(3)), InvalidArgument);
}

TEST_CASE("the negative gradient flow of float and long double problems computes in their numbers") {
  Vector<float> f(2);
  f << 0.5f, 2.0f;
  STATIC_REQUIRE(std::same_as<decltype(flows::negative_gradient(problems::axes<float>(f))(f)), Vector<float>>);
  CHECK(flows::negative_gradient(problems::axes<float>(f))(f)[1] == -4.0f);
  Vector<long double> l(1);
  l << 1.0L + std::numeric_limits<long double>::epsilon();
  CHECK(flows::negative_gradient(problems::axes<long double>(Vector<long double>::Ones(1)))(l)[0] == -l[0]);
}
