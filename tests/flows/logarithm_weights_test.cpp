#include <drift/flows/logarithm_weights.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace drift;

TEST_CASE("the logarithm's weights add up to one") {
  for (int n = 1; n <= 12; ++n) CHECK(std::abs(flows::logarithm_weights<double>(n).sum() - 1) < 1e-13 * std::pow(2, n));
}

TEST_CASE("the logarithm's weights give the derivative at 0 of every polynomial up to their order, and no further") {
  for (int n = 1; n <= 8; ++n) {
    const Vector<double> w = flows::logarithm_weights<double>(n);
    for (int power = 1; power <= n + 1; ++power) {
      double derivative = 0;
      for (int i = 0; i < n; ++i) derivative += w[i] * (std::pow(i + 1, power) - std::pow(i, power));
      const double expected = power == 1 ? 1 : 0;
      CAPTURE(n, power, derivative);
      if (power <= n) {
        CHECK(std::abs(derivative - expected) < 1e-15 * std::pow(2.0 * n, n));
      } else {
        CHECK(std::abs(derivative) > 0.5);
      }
    }
  }
}
