#include <catch2/catch.hpp>

#include <drift/losses/huber.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

#include <cmath>
#include <limits>

using namespace drift;

namespace {

struct Evaluated {
  double value;
  double adjoint;
  double second;  // the adjoint's change with the output
};

Evaluated evaluate(double z, double y, double delta) {
  calculus::Series<double> outputs(1, 1), adjoint(1, 1);
  outputs.open(0);
  outputs[0][0] = z;
  adjoint.open(0);
  losses::Huber::Operation<double> loss(losses::huber({.delta = delta}), 1, 1);
  const double value = loss.start(outputs, Matrix<double>::Constant(1, 1, y), 1, 1.0, adjoint);
  calculus::Stages stages;
  outputs.open(1);
  outputs[1][0] = 1;
  adjoint.open(1);
  loss.advance(stages[1], outputs, 1.0, adjoint);
  return {value, adjoint[0][0], adjoint[1][0]};
}

struct Written {
  double delta;

  template <class T>
  T operator()(const std::vector<T>& z, const std::vector<T>& y) const {
    T sum(0);
    for (std::size_t c = 0; c < z.size(); ++c) {
      const T r = z[c] - y[c];
      const T size = r > 0 ? r : -r;
      sum += size > T(delta) ? T(delta) * (size - T(delta / 2)) : r * r / T(2);
    }
    return sum;
  }
};

}  // namespace

TEST_CASE("Huber is quadratic up to delta and linear beyond; at delta, just below and just above", "[losses]") {
  const double delta = 0.5, below = std::nextafter(delta, 0.0), above = std::nextafter(delta, 1.0);
  for (const double sign : {1.0, -1.0}) {
    CHECK(evaluate(sign * 0.25, 0, delta).value == 0.03125);
    CHECK(evaluate(sign * 0.25, 0, delta).adjoint == sign * 0.25);
    CHECK(evaluate(sign * 3 + 1, 1, delta).value == 0.5 * (3 - 0.25));
    CHECK(evaluate(sign * 3 + 1, 1, delta).adjoint == sign * 0.5);
    for (const double r : {below, delta, above}) {
      CHECK(evaluate(sign * r, 0, delta).value == Approx(0.125).epsilon(1e-15));
      CHECK(evaluate(sign * r, 0, delta).adjoint == Approx(sign * 0.5).epsilon(1e-15));
      CHECK(evaluate(sign * r, 0, delta).second == (r > delta ? 0 : 1));
    }
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(evaluate(nan, 0, 1).value));
  CHECK(std::isnan(evaluate(nan, 0, 1).adjoint));
}

TEST_CASE("Huber: every derivative is that of the written-out loss, away from kinks, and there is no complex one",
          "[losses]") {
  const Matrix<double> inputs = Random(2).normal_matrix(6, 2), targets = Random(3).normal_matrix(6, 2);
  const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 2));
  const auto problem = nn::supervised(net, losses::huber({.delta = 0.7}), inputs, targets);
  static_assert(ExpandableProblem<decltype(problem)> && !HolomorphicProblem<decltype(problem)>);
  const auto twin = written_out(
      inputs, targets, 17, [](auto& layers, const auto& x) { return layers.dense(tanh_of(layers.dense(x, 3)), 2); },
      Written{0.7});
  const Vector<double> theta = 0.5 * Random(6).normal_vector(17);
  expect_same_expansion(problem, twin, theta);
  expect_derivatives(problem, theta, {.third = 1e-4, .offset = 0.004});
}

TEST_CASE("delta must be above 0", "[losses]") {
  CHECK_THROWS_WITH(losses::huber({.delta = 0}), "delta: was 0, must be a finite number above 0");
}
