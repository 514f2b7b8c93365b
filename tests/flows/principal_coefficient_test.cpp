#include <drift/flows/principal_coefficient.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

using namespace drift;
using flows::principal_coefficient;
using flows::PrincipalBranch;
using C = std::complex<double>;

namespace {

const double pi = std::acos(-1.0);

/// log(1 - x)/x by its power series in long double, for |x| < 1.
std::complex<long double> series(const std::complex<long double>& x) {
  std::complex<long double> power = 1, sum = 0;
  for (int j = 1; j < 4000; ++j, power *= x) sum -= power / static_cast<long double>(j);
  return sum;
}

}  // namespace

TEST_CASE("the principal coefficient is the logarithm's series where that converges, to a few epsilon") {
  for (const double x :
       {-0.9, -0.3, -1e-2, -1e-8, -1e-16, -1e-300, 1e-320, 1e-300, 1e-16, 1e-12, 1e-4, 0.3, 0.9, 0.99}) {
    const double expected = static_cast<double>(series(x).real());
    CAPTURE(x);
    CHECK(std::abs(principal_coefficient(x).real() - expected) < 1e-15 * std::abs(expected));
    CHECK(principal_coefficient(x).imag() == 0);
  }
  CHECK(principal_coefficient(0.0) == C(-1));
  CHECK(principal_coefficient(-0.0) == C(-1));
}

TEST_CASE("the complex coefficient is the series as well, on every branch, however small") {
  for (const double size : {0.97, 0.5, 1e-3, 1e-8, 1e-12, 1e-16, 1e-200, 1e-310}) {
    for (double angle = 0.1; angle < 6.2; angle += 0.3) {
      const C x = std::polar(size, angle);
      const C expected(series(x));
      CAPTURE(x);
      CHECK(std::abs(principal_coefficient(x) - expected) < 2e-15 * std::abs(expected));
      CHECK(principal_coefficient(x, PrincipalBranch::principal) == principal_coefficient(x));
      CHECK(principal_coefficient(x, PrincipalBranch::real_part) == C(principal_coefficient(x).real()));
    }
  }
}

TEST_CASE("exp(x alpha(x)) is 1 - x: one step of flow is one step of descent") {
  for (const double x : {-50.0, -1.0, 0.5, 0.999, 1.001, 1.5, 2.0, 2.5, 3.0, 1e6}) {
    CAPTURE(x);
    CHECK(std::abs(std::exp(x * principal_coefficient(x)) - (1 - x)) < 3e-15 * std::abs(1 - x));
    for (const double y : {-2.0, -1e-3, 1e-3, 2.0}) {
      for (const auto branch : {PrincipalBranch::continued, PrincipalBranch::principal}) {
        const C z(x, y);
        CHECK(std::abs(std::exp(z * principal_coefficient(z, branch)) - (1.0 - z)) < 3e-14 * std::abs(1.0 - z));
      }
    }
  }
}

TEST_CASE("the regimes of the principal coefficient") {
  CHECK(principal_coefficient(2.0).real() == 0);
  CHECK(principal_coefficient(2.0).imag() == Approx(pi / 2).epsilon(1e-15));
  CHECK(principal_coefficient(1.9).real() < 0);
  CHECK(principal_coefficient(2.1).real() > 0);
  CHECK(principal_coefficient(1.5).imag() > 0);
  CHECK(principal_coefficient(-3.0).real() > -1);
  CHECK(principal_coefficient(1.5, PrincipalBranch::real_part) == C(principal_coefficient(1.5).real()));
}

TEMPLATE_TEST_CASE("at 1 the coefficient is finite: one step leaves epsilon of the component", "", float, double,
                   long double) {
  using R = TestType;
  const R eps = std::numeric_limits<R>::epsilon();
  for (const R& x : {R(1), R(1) - eps / 2, R(1) + eps, R(1) - 4 * eps, R(1) + 4 * eps}) {
    for (const R& y : {R(0), -R(0), eps / 8, -eps / 8}) {
      const auto alpha = principal_coefficient(std::complex<R>(x, y));
      CAPTURE(x, y);
      CHECK(std::isfinite(alpha.real()));
      CHECK(std::exp(alpha.real()) < R(5) * eps);
      CHECK(std::exp(alpha.real()) > eps / R(3));
      if (y == R(0)) {
        CHECK((alpha.imag() == R(0)) == (x <= R(1)));
        CHECK(alpha == principal_coefficient(x));
      }
    }
  }
}

TEST_CASE("a negative zero as imaginary part changes nothing") {
  for (const double x : {-2.0, 0.0, 0.5, 1.0, 1.5, 3.0}) {
    for (const auto branch : {PrincipalBranch::continued, PrincipalBranch::principal, PrincipalBranch::real_part}) {
      CAPTURE(x);
      CHECK(principal_coefficient(C(x, -0.0), branch) == principal_coefficient(C(x, 0.0), branch));
      CHECK(principal_coefficient(C(x, -0.0), branch) == principal_coefficient(x, branch));
    }
  }
}

TEST_CASE("the continued branch is continuous through x > 1; the principal branch is cut there") {
  for (const double x : {1.01, 1.5, 2.5}) {
    CAPTURE(x);
    const C above(x, 1e-12), below(x, -1e-12);
    CHECK(std::abs(principal_coefficient(above) - principal_coefficient(x)) < 1e-9);
    CHECK(std::abs(principal_coefficient(below) - principal_coefficient(x)) < 1e-9);
    const auto principal = PrincipalBranch::principal;
    CHECK(std::abs(principal_coefficient(below, principal) - principal_coefficient(x)) < 1e-9);
    CHECK(std::abs(principal_coefficient(above, principal) - std::conj(principal_coefficient(x))) < 1e-9);
  }
}

TEST_CASE("the continued branch jumps by 2 pi i / x across Re x = 1 above the real line, not below it") {
  for (const double y : {0.01, 0.5, 3.0}) {
    const double step = 1e-9;
    const C jump = principal_coefficient(C(1 + step, y)) - principal_coefficient(C(1 - step, y));
    CHECK(std::abs(jump - C(0, 2 * pi) / C(1, y)) < 1e-6);
    CHECK(std::abs(principal_coefficient(C(1 + step, -y)) - principal_coefficient(C(1 - step, -y))) < 1e-6);
    const auto principal = PrincipalBranch::principal;
    CHECK(std::abs(principal_coefficient(C(1 + step, y), principal) -
                   principal_coefficient(C(1 - step, y), principal)) < 1e-6);
  }
}

TEST_CASE("a coefficient of NaN is NaN") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(principal_coefficient(nan).real()));
  CHECK(std::isnan(std::abs(principal_coefficient(C(nan, 1)))));
  CHECK(std::isnan(std::abs(principal_coefficient(C(1, nan)))));
}

TEST_CASE("Within the distance to the jump the coefficient changes little by little, and just beyond it jumps") {
  const auto biggest_jump = [](const C& x, double radius, PrincipalBranch branch) {
    double biggest = 0;
    for (int i = 0; i < 60; ++i) {
      const C direction = std::polar(1.0, pi * i / 30);
      C before = principal_coefficient(x, branch);
      for (int k = 1; k <= 400; ++k) {
        const C next = principal_coefficient(C(x + direction * (radius * k / 400.0)), branch);
        biggest = std::max(biggest, std::abs(next - before));
        before = next;
      }
    }
    return biggest;
  };
  for (const auto branch : {PrincipalBranch::continued, PrincipalBranch::principal}) {
    for (const C& x : {C(0.3, 0.4), C(0.7, -0.2), C(1.5, 0.3), C(1.6, -0.7), C(-0.5, 0.8), C(1.05, 0.4)}) {
      const double distance = flows::distance_to_jump(x, branch);
      CAPTURE(x, distance);
      CHECK(biggest_jump(x, 0.99 * distance, branch) < 0.2);
      const bool is_singular = distance == std::abs(1.0 - x);  // at 1 itself, which a circle may miss
      if (!is_singular) CHECK(biggest_jump(x, 1.1 * distance, branch) > 2);
    }
  }
  for (const auto branch : {PrincipalBranch::continued, PrincipalBranch::principal, PrincipalBranch::real_part}) {
    CHECK(flows::distance_to_jump(C(1.5), branch) == 0.5);
    CHECK(flows::distance_to_jump(C(-1), branch) == 2);
  }
}
