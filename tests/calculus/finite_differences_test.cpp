#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/finite_differences.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/networks.hpp"
#include "support/oracle.hpp"

#include <catch2/catch.hpp>
#include <drift/core/random.hpp>

#include <limits>

using namespace drift;

namespace {

/// Tier 1 and nothing more.
struct Bowl {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return x[0] * x[0] * x[0] + x[0] * x[1]; }
  Vector<double> gradient(const Vector<double>& x) const {
    Vector<double> g(2);
    g << 3 * x[0] * x[0] + x[1], x[0];
    return g;
  }
};

}  // namespace

TEST_CASE("differences lift a class of tier 1 to tier 2, on request only", "[finite_differences]") {
  STATIC_REQUIRE(Problem<Bowl>);
  STATIC_REQUIRE_FALSE(SecondOrderProblem<Bowl>);
  const auto lifted = with_finite_differences(Bowl{});
  STATIC_REQUIRE(SecondOrderProblem<decltype(lifted)>);
  STATIC_REQUIRE_FALSE(ExpandableProblem<decltype(lifted)>);
  Vector<double> x(2), v(2);
  x << 0.5, -2;
  v << 1, 3;
  CHECK(value(lifted, x) == Bowl{}.value(x));
  CHECK(gradient(lifted, x) == Bowl{}.gradient(x));
  Vector<double> expected(2);
  expected << 6 * x[0] * v[0] + v[1], v[0];
  CHECK(oracle::relative_error(hessian_vector_product(lifted, x, v), expected) < 1e-9);
  CHECK(std::abs(hessian(lifted, x)(0, 1) - 1) < 1e-9);
}

TEMPLATE_TEST_CASE("differences have about two thirds of the digits", "[finite_differences][types]", float, double,
                   long double) {
  using T = TestType;
  const Vector<T> x = oracle::vector<T>(oracle::load("mlp_2_3_2")["theta"]);
  const auto problem = mlp_2_3_2<T>();
  const auto lifted = with_finite_differences(problem);
  const Vector<T> v = gradient(problem, x);
  const T tolerance = T(20) * std::pow(epsilon<T>(), T(2) / T(3));
  const Vector<T> exact = hessian_vector_product(problem, x, v);
  CHECK(oracle::relative_error(hessian_vector_product(lifted, x, v), exact) < tolerance);

  SECTION("for directions of any length") {
    for (const T& length : {T(1e-30), T(1e-6), T(1e6), T(1e30)}) {
      const Vector<T> product = hessian_vector_product(lifted, x, Vector<T>(length * v));
      CHECK(oracle::relative_error(Vector<T>(product / length), exact) < tolerance);
    }
  }
}

TEST_CASE("the offset is well defined where the gradient or the direction vanishes", "[finite_differences]") {
  const auto lifted = with_finite_differences(losses::rosenbrock());
  const Vector<double> minimum = Vector<double>::Ones(2);
  Vector<double> v(2), expected(2);
  v << 1, -2;
  expected << 802 + 800, -400 - 400;
  CHECK(gradient(lifted, minimum).isZero(0));
  CHECK(oracle::relative_error(hessian_vector_product(lifted, minimum, v), expected) < 1e-8);
  CHECK(hessian_vector_product(lifted, minimum, 0 * v).isZero(0));
  CHECK(hessian_vector_product(lifted, 0 * minimum, v).allFinite());
}

TEST_CASE("differences scale with the length of theta", "[finite_differences]") {
  // E = cos-like bowl far out: a fixed offset of epsilon^(1/3) would be lost in the rounding of 1e8.
  Matrix<double> a(2, 2);
  a << 2, 1, 1, 3;
  const auto lifted = with_finite_differences(losses::quadratic(a));
  const Vector<double> far = Vector<double>::Constant(2, 1e8);
  Vector<double> v(2);
  v << 1, -1;
  CHECK(oracle::relative_error(hessian_vector_product(lifted, far, v), Vector<double>(a * v)) < 1e-9);
}

TEST_CASE("a direction that is not finite gives a product that is not", "[finite_differences]") {
  const auto lifted = with_finite_differences(Bowl{});
  const Vector<double> x = Vector<double>::Ones(2);
  for (double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Vector<double> v(2);
    v << 0, bad;
    CHECK_FALSE(hessian_vector_product(lifted, x, v).allFinite());
  }
}

TEST_CASE("the offset is an option and checked where the problem is made", "[finite_differences][errors]") {
  using Catch::Matchers::Contains;
  const Vector<double> x = Vector<double>::Ones(2);
  // On a cubic the central difference is off by d^2 E'''/6 of the gradient's third derivative: none here, so any offset does.
  const auto coarse = with_finite_differences(Bowl{}, {.offset = 0.5});
  CHECK(hessian_vector_product(coarse, x, Vector<double>::Unit(2, 0))[0] == Approx(6));
  CHECK_THROWS_WITH(with_finite_differences(Bowl{}, {.offset = -1}), Contains("offset: was -1"));
  CHECK_THROWS_AS(with_finite_differences(Bowl{}, {.offset = std::numeric_limits<double>::quiet_NaN()}),
                  InvalidArgument);
  CHECK_THROWS_AS(coarse.hessian_vector_product(x, Vector<double>::Zero(3)), InvalidArgument);
}
