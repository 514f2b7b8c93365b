#include <drift/calculus/functions.hpp>

#include <catch2/catch.hpp>

#include <limits>

using drift::log1p;
using drift::logistic;
using drift::softplus;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
}  // namespace

TEMPLATE_TEST_CASE("logistic and softplus are accurate everywhere and never overflow", "[functions]", float, double,
                   long double) {
  using T = TestType;
  const T eps = std::numeric_limits<T>::epsilon();
  for (int i = -300; i <= 300; ++i) {
    const T x = T(i) / T(4);
    const long double e = std::exp(static_cast<long double>(x));
    INFO("x = " << x);
    const long double exact_logistic = 1 / (1 + 1 / e), exact_softplus = x > 0 ? x + std::log1p(1 / e) : std::log1p(e);
    CHECK(std::abs(static_cast<long double>(logistic(x)) - exact_logistic) <=
          4 * static_cast<long double>(eps) * exact_logistic);
    CHECK(std::abs(static_cast<long double>(softplus(x)) - exact_softplus) <=
          4 * static_cast<long double>(eps) * exact_softplus);
    CHECK(logistic(x) >= T(0));
    CHECK(logistic(x) <= T(1));
  }
}

TEST_CASE("extreme arguments of logistic and softplus", "[functions]") {
  CHECK(logistic(1e6) == 1);
  CHECK(logistic(-1e6) == 0);
  CHECK(logistic(infinity) == 1);
  CHECK(logistic(-infinity) == 0);
  CHECK(std::isnan(logistic(not_a_number)));
  CHECK(logistic(0.0) == 0.5);
  CHECK(softplus(1e6) == 1e6);
  CHECK(softplus(-1e6) == 0);
  CHECK(softplus(infinity) == infinity);
  CHECK(softplus(-infinity) == 0);
  CHECK(std::isnan(softplus(not_a_number)));
  CHECK(softplus(-40.0) == Approx(std::exp(-40.0)).epsilon(1e-15));
}

TEST_CASE("complex log1p keeps its digits near zero, where log(1 + z) has none", "[functions][complex]") {
  using C = std::complex<double>;
  for (double size : {1e-3, 1e-8, 1e-16, 1e-100, 1e-300}) {
    for (const C& direction : {C(1, 0), C(0, 1), C(-1, 0), C(0.6, -0.8), C(-0.6, 0.8)}) {
      const C z = size * direction;
      // The series z - z^2/2 + z^3/3 - z^4/4 + ... is exact to rounding at this size.
      const C series = z * (1.0 - z * (1.0 / 2 - z * (1.0 / 3 - z * (1.0 / 4 - z * (1.0 / 5 - z / 6.0)))));
      INFO(z);
      CHECK(std::abs(log1p(z) - series) <= 1e-15 * std::abs(series));
    }
  }
}

TEST_CASE("complex log1p is the logarithm of 1 + z away from zero, on the principal branch", "[functions][complex]") {
  using C = std::complex<double>;
  for (const C& z :
       {C(1, 1), C(-0.9, 0.01), C(-1.5, 0.2), C(-3, -1e-8), C(-3, 1e-8), C(1e5, -2), C(-0.5, 1e-9), C(0.3, -50)}) {
    INFO(z);
    CHECK(std::abs(log1p(z) - std::log(1.0 + z)) <= 2e-15 * std::abs(std::log(1.0 + z)));
  }
  CHECK(log1p(C(-1, 0)).real() == -infinity);
  CHECK(std::isnan(log1p(C(not_a_number, 0)).real()));
  CHECK(log1p(C(-3, 0.0)).imag() == Approx(std::acos(-1.0)));
  CHECK(log1p(C(-3, -0.0)).imag() == Approx(-std::acos(-1.0)));
  CHECK(log1p(C(0, 0)) == C(0, 0));
  CHECK(log1p(C(0.5, 0)).real() == std::log1p(0.5));
}

TEST_CASE("complex log1p of huge numbers does not overflow", "[functions][complex]") {
  using C = std::complex<double>;
  for (const C& z : {C(1e200, 0), C(-1e200, 1e180), C(3, 1e300), C(-1e308, 1e308)}) {
    INFO(z);
    CHECK(std::abs(log1p(z) - std::log(z)) <= 1e-13);
  }
  CHECK(std::abs(log1p(std::complex<float>(1e30F, -1e30F)) - std::log(std::complex<float>(1e30F, -1e30F))) <= 1e-5F);
}

TEST_CASE("complex logistic and softplus agree with their definitions and do not overflow", "[functions][complex]") {
  using C = std::complex<double>;
  for (const C& z : {C(0.3, 1), C(-2, 0.5), C(5, -3), C(-8, 2), C(0, 1)}) {
    CHECK(std::abs(logistic(z) - 1.0 / (1.0 + std::exp(-z))) < 1e-15 * (1 + std::abs(logistic(z))));
    CHECK(std::abs(softplus(z) - std::log(1.0 + std::exp(z))) < 1e-14);
  }
  CHECK(std::abs(logistic(C(800, 1)) - 1.0) < 1e-15);
  CHECK(std::abs(logistic(C(-800, 1))) < 1e-300);
  CHECK(std::abs(softplus(C(800, 1)) - C(800, 1)) < 1e-12);
  CHECK(std::abs(softplus(C(-800, 1))) < 1e-300);
}

TEST_CASE("under using namespace drift the standard functions keep the number type", "[functions]") {
  using namespace drift;
  STATIC_REQUIRE(std::is_same_v<decltype(exp(1.0F)), float>);
  STATIC_REQUIRE(std::is_same_v<decltype(log1p(1.0L)), long double>);
  STATIC_REQUIRE(std::is_same_v<decltype(pow(1.0F, 2)), float>);
  STATIC_REQUIRE(std::is_same_v<decltype(pow(1.0L, 0.5)), long double>);
  CHECK(tanh(0.5L) == std::tanh(0.5L));
  CHECK(sin(0.5F) == std::sin(0.5F));
  CHECK(cos(0.5) == std::cos(0.5));
  CHECK(sqrt(2.0L) == std::sqrt(2.0L));
  CHECK(log(2.0F) == std::log(2.0F));
  CHECK(pow(0.0, 0) == 1);
  CHECK(pow(2.0L, -3) == 0.125L);
}
