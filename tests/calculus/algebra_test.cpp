#include <drift/calculus/algebra.hpp>
#include <drift/calculus/check_derivatives.hpp>
#include <drift/calculus/finite_differences.hpp>
#include <drift/losses/cosine.hpp>
#include <drift/losses/quartic.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/expect_derivatives.hpp"
#include "support/oracle.hpp"

#include <limits>

using namespace drift;

namespace {

/// Tier 1 only.
struct Bowl {
  using Scalar = double;
  Index n = 2;
  Index dimension() const { return n; }
  double value(const Vector<double>& x) const { return x.squaredNorm() / 2; }
  Vector<double> gradient(const Vector<double>& x) const { return x; }
};

Vector<double> point() {
  Vector<double> x(2);
  x << -0.4, 0.7;
  return x;
}

}  // namespace

TEST_CASE("sums, differences and multiples of problems are problems", "[algebra]") {
  const auto a = losses::rosenbrock();
  const auto b = losses::cosine(2);
  const auto c = losses::quartic(2);
  const auto sum = 0.5 * a - b * 3 + 2 * (c - 0.25 * a);
  const auto plain = [&](const Vector<double>& x) {
    return 0.5 * a.value(x) - 3 * b.value(x) + 2 * c.value(x) - 0.5 * a.value(x);
  };
  STATIC_REQUIRE(HolomorphicProblem<std::decay_t<decltype(sum)>>);
  STATIC_REQUIRE(NestableProblem<std::decay_t<decltype(sum)>>);
  expect_derivatives(sum, point(), plain);
  const auto report = check_derivatives(sum, point());
  INFO(report);
  CHECK(report.passed());
}

TEST_CASE("a combination of combinations is flat", "[algebra]") {
  const auto a = losses::cosine(2);
  const auto sum = (a + a) + 2 * (a - a);
  STATIC_REQUIRE(std::tuple_size_v<std::decay_t<decltype(sum.problems())>> == 4);
  CHECK(sum.weights() == std::array<double, 4>{1, 1, 2, -2});
}

TEST_CASE("a combination has the tier of its weakest part", "[algebra]") {
  const auto strong = losses::cosine(2);
  const auto second = with_finite_differences(Bowl{});
  using One = decltype(strong + Bowl{});
  using Two = decltype(strong + second);
  STATIC_REQUIRE(Problem<One>);
  STATIC_REQUIRE_FALSE(SecondOrderProblem<One>);
  STATIC_REQUIRE(SecondOrderProblem<Two>);
  STATIC_REQUIRE_FALSE(ExpandableProblem<Two>);
  const Vector<double> x = point();
  CHECK(value(strong + Bowl{}, x) == Approx(strong.value(x) + x.squaredNorm() / 2));
  CHECK(oracle::relative_error(gradient(strong + Bowl{}, x), Vector<double>(strong.gradient(x) + x)) < 1e-15);
  CHECK(oracle::relative_error(hessian_vector_product(strong + second, x, x),
                               Vector<double>(hessian_vector_product(strong, x, x) + x)) < 1e-9);
}

TEST_CASE("a combination's third derivative, expansion and complex states are those of its parts", "[algebra]") {
  const auto a = losses::rosenbrock();
  const auto b = losses::cosine(2);
  const auto sum = a + 4 * b;
  const Vector<double> x = point(), u = Vector<double>::Ones(2), v = Vector<double>::Unit(2, 0);
  CHECK(oracle::relative_error(third_derivative(sum, x, u, v),
                               Vector<double>(third_derivative(a, x, u, v) + 4 * third_derivative(b, x, u, v))) <
        1e-14);
  const Vector<std::complex<double>> z = x + std::complex<double>(0, 1) * u;
  CHECK(oracle::relative_error(gradient(sum, z), Vector<std::complex<double>>(gradient(a, z) + 4.0 * gradient(b, z))) <
        1e-14);
}

TEST_CASE("problems of unequal dimension and weights that are not finite are refused", "[algebra][errors]") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(losses::cosine(2) + losses::cosine(3), Contains("dimension") && Contains("was 3") && Contains("2"));
  CHECK_THROWS_WITH(std::numeric_limits<double>::quiet_NaN() * losses::cosine(2), Contains("weight"));
  CHECK_THROWS_AS(losses::cosine(2) * std::numeric_limits<double>::infinity(), InvalidArgument);
}

TEST_CASE("weights may be whole numbers, and float problems take float weights", "[algebra][types]") {
  const auto p = 2 * losses::cosine<float>(1) + losses::quartic<float>(1) * 0.5F;
  STATIC_REQUIRE(std::same_as<decltype(p)::Scalar, float>);
  const Vector<float> x = Vector<float>::Constant(1, 0.5F);
  CHECK(value(p, x) == Approx(2 * std::cos(0.5) + 0.5 * (0.125 + 0.015625)).epsilon(1e-6));
}
