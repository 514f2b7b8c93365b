#include <drift/core/types.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using C = std::complex<double>;

TEST_CASE("real, complex and promoted types", "[types]") {
  STATIC_REQUIRE(std::same_as<Real<C>, double>);
  STATIC_REQUIRE(std::same_as<Real<float>, float>);
  STATIC_REQUIRE(std::same_as<Complex<long double>, std::complex<long double>>);
  STATIC_REQUIRE(std::same_as<Complex<C>, C>);
  STATIC_REQUIRE(is_complex<C>);
  STATIC_REQUIRE_FALSE(is_complex<double>);
  STATIC_REQUIRE(std::same_as<Promoted<double, C>, C>);
  STATIC_REQUIRE(std::same_as<Promoted<C, double>, C>);
  STATIC_REQUIRE(std::same_as<Promoted<double, double>, double>);
  CHECK(epsilon<C>() == std::numeric_limits<double>::epsilon());
  CHECK(epsilon<float>() == std::numeric_limits<float>::epsilon());
}

TEST_CASE("states are vector expressions over a scalar or its complex", "[types]") {
  using X = Vector<double>;
  using Twice = std::remove_const_t<decltype(2.0 * std::declval<X&>())>;
  STATIC_REQUIRE(VectorExpression<X>);
  STATIC_REQUIRE(VectorExpression<Twice>);
  STATIC_REQUIRE_FALSE(VectorExpression<double>);
  STATIC_REQUIRE(StateOver<X, double>);
  STATIC_REQUIRE(StateOver<Vector<C>, double>);
  STATIC_REQUIRE_FALSE(StateOver<X, float>);
  STATIC_REQUIRE_FALSE(StateOver<Vector<std::complex<float>>, double>);
  CHECK(true);
}

TEST_CASE("evaluated gives a vector itself, and the value of an expression", "[types]") {
  const Vector<double> x = Vector<double>::Ones(2);
  CHECK(&evaluated(x) == &x);
  STATIC_REQUIRE(std::same_as<decltype(evaluated(2 * x)), Vector<double>>);
  CHECK(evaluated(2 * x) == Vector<double>::Constant(2, 2));
}
