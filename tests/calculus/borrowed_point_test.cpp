#include <drift/calculus/borrowed_point.hpp>

#include "../flows/oracle_problems.hpp"

#include <catch2/catch.hpp>

using namespace drift;

TEST_CASE("a borrowed point has a gradient and repeatable products at every tier from the second") {
  Vector<double> x(2), v(2);
  x << -2, 3;
  v << 1, 10;
  auto own = calculus::borrowed_point(problems::SecondOrder{}, x);
  const auto check = [&](auto& point, const auto& problem) {
    CHECK(point->gradient() == gradient(problem, x));
    CHECK(point->push(v) == hessian_vector_product(problem, x, v));
    point->rewind(0);
    CHECK(point->push(2 * v) == 2 * hessian_vector_product(problem, x, v));
    CHECK_THROWS_AS(point->push(Vector<double>::Ones(3)), InvalidArgument);
  };
  check(own, problems::SecondOrder{});
  const auto expandable = differentiable(problems::Rosenbrock{}, 2);
  auto borrowed = calculus::borrowed_point(expandable, x);
  check(borrowed, expandable);
}

TEST_CASE("a borrowed point refuses a state of another length") {
  const Vector<double> x = Vector<double>::Ones(3);
  CHECK_THROWS_AS(calculus::borrowed_point(problems::SecondOrder{}, x), InvalidArgument);
  CHECK_THROWS_AS(calculus::borrowed_point(differentiable(problems::Rosenbrock{}, 2), x), InvalidArgument);
}
