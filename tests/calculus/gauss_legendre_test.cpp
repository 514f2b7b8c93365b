#include <drift/calculus/gauss_legendre.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace drift;
using calculus::gauss_legendre;

namespace {

template <class R, class F>
R integral(Index n, const F& f) {
  const auto rule = gauss_legendre<R>(n);
  R sum(0);
  for (Index i = 0; i < n; ++i) sum += rule.weights[i] * f(rule.nodes[i]);
  return sum;
}

template <class R>
void integrates_every_polynomial_that_it_should() {
  for (const Index n : {1, 2, 3, 4, 7, 16, 33, 100}) {
    for (Index degree = 0; degree < 2 * n; ++degree) {
      using std::abs;
      using std::pow;
      const R sum = integral<R>(n, [&](const R& s) { return R(pow(s, R(degree))); });
      CAPTURE(n, degree);
      CHECK(abs(sum * R(degree + 1) - R(1)) < R(40 + degree) * std::numeric_limits<R>::epsilon());
    }
  }
}

}  // namespace

TEST_CASE("n nodes integrate every power up to 2n - 1") {
  integrates_every_polynomial_that_it_should<double>();
  integrates_every_polynomial_that_it_should<long double>();
  integrates_every_polynomial_that_it_should<float>();
}

TEST_CASE("the power 2n is missed by the square norm of the monic Legendre polynomial") {
  for (const int n : {1, 2, 3, 4, 5}) {
    const double power = integral<double>(n, [&](double s) { return std::pow(s, 2 * n); });
    const double norm = std::pow(std::tgamma(n + 1), 4) / (std::pow(std::tgamma(2 * n + 1), 2) * (2 * n + 1));
    CHECK(1.0 / (2 * n + 1) - power == Approx(norm).epsilon(1e-6));
  }
}

TEST_CASE("nodes ascend inside the interval, symmetric, with positive weights") {
  for (const Index n : {1, 2, 5, 64, 200}) {
    const auto rule = gauss_legendre<double>(n);
    REQUIRE(rule.nodes.size() == n);
    CHECK(rule.nodes[0] > 0);
    CHECK(rule.nodes[n - 1] < 1);
    CHECK((rule.weights.array() > 0).all());
    CHECK(std::abs(rule.weights.sum() - 1) < 1e-14);
    for (Index i = 0; i < n; ++i) {
      CHECK(std::abs(rule.nodes[i] + rule.nodes[n - 1 - i] - 1) < 1e-15);
      CHECK((i == 0 || rule.nodes[i] > rule.nodes[i - 1]));
    }
  }
}

TEST_CASE("an exponential is integrated to rounding by few nodes") {
  CHECK(std::abs(integral<double>(8, [](double s) { return std::exp(s); }) - (std::exp(1.0) - 1)) < 4e-15);
  CHECK(std::abs(integral<double>(16, [](double s) { return std::exp(-10 * s); }) + std::expm1(-10.0) / 10) < 1e-15);
}

TEST_CASE("a number of nodes out of range is refused by name") {
  CHECK_THROWS_WITH(gauss_legendre<double>(0), "n: was 0, must be 1 to 200");
  CHECK_THROWS_AS(gauss_legendre<double>(201), InvalidArgument);
}
