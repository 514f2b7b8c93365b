#include <drift/calculus/of_gradient.hpp>

#include <drift/calculus/check_derivatives.hpp>
#include <drift/losses/rosenbrock.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

/// r = g_0 g_1, which is no norm: dr/dg = (g_1, g_0).
struct ProductRule {
  template <class S>
  S value(const Vector<S>& g) const {
    return g[0] * g[1];
  }
  template <class S>
  void direction(Index /*stage*/, const Vector<S>& g, Vector<S>& w) const {
    w = g.reverse();
  }
};

const Vector<double> x{{-0.5, 0.75}};

}  // namespace

TEST_CASE("a function of a gradient has the value, and every derivative, of what it says") {
  const auto loss = losses::rosenbrock();
  const calculus::OfGradient<std::decay_t<decltype(loss)>, ProductRule> product(loss, {});
  const Vector<double> g = gradient(loss, x);
  CHECK(value(product, x) == g[0] * g[1]);
  const auto report = check_derivatives(product, x);
  INFO(report);
  CHECK(report.passed());
}

TEST_CASE("a function of a gradient nests") {
  const auto loss = losses::rosenbrock();
  const calculus::OfGradient<std::decay_t<decltype(loss)>, ProductRule> once(loss, {});
  const auto sum = loss + 1e-4 * once;
  const calculus::OfGradient<std::decay_t<decltype(sum)>, ProductRule> twice(sum, {});
  CHECK(check_derivatives(twice, x).passed());
}
