#include <catch2/catch.hpp>

#include <drift/losses/logistic.hpp>
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
};

Evaluated evaluate(double z, double t) {
  calculus::Series<double> outputs(1, 1), adjoint(1, 1);
  outputs.open(0);
  outputs[0][0] = z;
  adjoint.open(0);
  losses::Logistic::Operation<double> loss(losses::logistic(), 1, 1);
  const double value = loss.start(outputs, Matrix<double>::Constant(1, 1, t), 1, 1.0, adjoint);
  return {value, adjoint[0][0]};
}

// softplus(z) - t z, summed over outputs.
struct Written {
  template <class T>
  T operator()(const std::vector<T>& z, const std::vector<T>& t) const {
    T sum(0);
    for (std::size_t c = 0; c < z.size(); ++c) sum += softplus(z[c]) - t[c] * z[c];
    return sum;
  }
};

const Matrix<double> inputs = Random(2).normal_matrix(6, 2);
const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 2));

}  // namespace

TEST_CASE("the logistic loss keeps its digits at logits of any size", "[losses]") {
  CHECK(evaluate(0, 0.3).value == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(evaluate(0, 0.3).adjoint == Approx(0.2).epsilon(1e-15));
  for (const double z : {-800.0, -40.0, -1.0, 0.5, 40.0, 800.0}) {
    const double right = std::log1p(std::exp(-std::abs(z)));
    CHECK(evaluate(z, z > 0 ? 1 : 0).value == Approx(right).epsilon(1e-15));
    CHECK(evaluate(z, z > 0 ? 0 : 1).value == Approx(std::abs(z) + right).epsilon(1e-15));
    const double e = std::exp(-std::abs(z));
    CHECK(std::abs(evaluate(z, z > 0 ? 1 : 0).adjoint) == Approx(e / (1 + e)).epsilon(1e-15));
  }
  CHECK(evaluate(40, 1).adjoint < 0);
  CHECK(evaluate(-40, 0).adjoint > 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(evaluate(nan, 1).value));
  CHECK(std::isnan(evaluate(nan, 0).adjoint));
}

TEST_CASE("logistic loss: every derivative is that of the written-out loss, at complex states too", "[losses]") {
  const Matrix<double> targets = Random(3).uniform_matrix(6, 2);
  const auto problem = nn::supervised(net, losses::logistic(), inputs, targets);
  static_assert(HolomorphicProblem<decltype(problem)>);
  const auto twin = written_out(
      inputs, targets, 17, [](auto& layers, const auto& x) { return layers.dense(tanh_of(layers.dense(x, 3)), 2); },
      Written{});
  const Vector<double> theta = 0.5 * Random(6).normal_vector(17);
  const Vector<std::complex<double>> z =
      theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(7).normal_vector(17);
  expect_same_expansion(problem, twin, theta);
  expect_same_expansion(problem, twin, z);
  expect_derivatives(problem, theta);
}

TEST_CASE("binary labels of a network with one output", "[losses]") {
  const auto binary = nn::sequential(nn::dense(2, 1));
  Matrix<double> targets(6, 1);
  targets << 1, 0, 0, 1, 1, 0;
  const Vector<double> theta = Random(6).normal_vector(3);
  CHECK(nn::supervised(binary, losses::logistic(), inputs, std::vector<int>{1, 0, 0, 1, 1, 0}).value(theta) ==
        nn::supervised(binary, losses::logistic(), inputs, targets).value(theta));
}
