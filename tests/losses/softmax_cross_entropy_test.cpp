#include <catch2/catch.hpp>

#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

#include <cmath>

using namespace drift;
using calculus::Series;

namespace {

struct Evaluated {
  double value;
  Matrix<double> adjoint;
};

Evaluated evaluate(const Matrix<double>& z, const Matrix<double>& targets) {
  Series<double> outputs(z.rows(), z.cols()), adjoint(z.rows(), z.cols());
  outputs.open(0);
  outputs.matrix(0) = z;
  adjoint.open(0);
  losses::SoftmaxCrossEntropy::Operation<double> loss(losses::softmax_cross_entropy(), z.rows(), z.cols());
  const double value = loss.start(outputs, targets, z.rows(), 1.0, adjoint);
  return {value, adjoint.matrix(0)};
}

}  // namespace

TEST_CASE("cross-entropy of equal outputs is log K, and its adjoint p - t", "[losses]") {
  Matrix<double> z = Matrix<double>::Constant(1, 4, 3.5), t(1, 4);
  t << 0, 1, 0, 0;
  const Evaluated e = evaluate(z, t);
  CHECK(e.value == Approx(std::log(4.0)).epsilon(1e-15));
  CHECK(e.adjoint(0, 0) == Approx(0.25).epsilon(1e-15));
  CHECK(e.adjoint(0, 1) == Approx(-0.75).epsilon(1e-15));
}

TEST_CASE("soft targets: the loss is their average", "[losses]") {
  Matrix<double> z(1, 3), a(1, 3), b(1, 3);
  z << 0.3, -1, 2;
  a << 1, 0, 0;
  b << 0, 0, 1;
  const Evaluated mixed = evaluate(z, 0.25 * a + 0.75 * b);
  CHECK(mixed.value == Approx(0.25 * evaluate(z, a).value + 0.75 * evaluate(z, b).value).epsilon(1e-15));
}

TEST_CASE("a common shift of the outputs changes nothing, however large", "[losses]") {
  Matrix<double> z(1, 3), t(1, 3);
  z << 0.25, -1, 2;
  t << 0, 1, 0;
  const Evaluated here = evaluate(z, t);
  for (const double shift : {-1024.0, 1024.0, 1048576.0}) {
    const Evaluated there = evaluate((z.array() + shift).matrix(), t);
    CHECK(there.value == Approx(here.value).epsilon(1e-14));
    CHECK((there.adjoint - here.adjoint).norm() < 1e-15);
  }
}

TEST_CASE("the coefficients of the probabilities sum to zero over the classes", "[losses]") {
  calculus::Stages stages;
  Matrix<double> z(2, 3), t(2, 3);
  z << 0.3, -1, 2, 1, 1, 1;
  t << 1, 0, 0, 0, 0, 1;
  Series<double> outputs(2, 3), adjoint(2, 3);
  outputs.open(0);
  outputs.matrix(0) = z;
  adjoint.open(0);
  losses::SoftmaxCrossEntropy::Operation<double> loss(losses::softmax_cross_entropy(), 2, 3);
  loss.start(outputs, t, 2, 1.0, adjoint);
  for (Index m = 1; m < 6; ++m) {
    outputs.open(m);
    outputs.matrix(m) = (static_cast<double>(m) * z).array().sin();
    adjoint.open(m);
    loss.advance(stages[m], outputs, 1.0, adjoint);
    CHECK(adjoint.matrix(m).rowwise().sum().norm() < 1e-14 * adjoint.matrix(m).norm());
    CHECK(adjoint.matrix(m).norm() > 0);
  }
}

namespace {

const Matrix<double> inputs = Random(2).normal_matrix(6, 2);
const std::vector<int> labels = {0, 2, 1, 1, 0, 2};
const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 3));

// -sum of t log softmax(z), t smoothed.
struct SmoothedCrossEntropy {
  double smoothing;

  template <class T>
  T operator()(const std::vector<T>& z, const std::vector<T>& t) const {
    const T log_sum = log(exp(z[0]) + exp(z[1]) + exp(z[2]));
    T sum(0);
    for (std::size_t c = 0; c < 3; ++c) sum += (T(1 - smoothing) * t[c] + T(smoothing / 3)) * (log_sum - z[c]);
    return sum;
  }
};

}  // namespace

TEST_CASE("label smoothing: every derivative is that of the written-out loss", "[losses]") {
  const Vector<double> theta = 0.5 * Random(6).normal_vector(21);
  const Vector<std::complex<double>> z =
      theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(7).normal_vector(21);
  for (const double smoothing : {0.0, 0.1, 0.6}) {
    const auto problem =
        nn::supervised(net, losses::softmax_cross_entropy({.label_smoothing = smoothing}), inputs, labels);
    const auto twin = written_out(
        inputs, losses::unit_vectors<double>(labels, 3), 21,
        [](auto& layers, const auto& x) { return layers.dense(tanh_of(layers.dense(x, 3)), 3); },
        SmoothedCrossEntropy{smoothing});
    expect_same_expansion(problem, twin, theta);
    expect_same_expansion(problem, twin, z);
    expect_derivatives(problem, theta);
  }
  CHECK_THROWS_WITH(losses::softmax_cross_entropy({.label_smoothing = 1}),
                    "label_smoothing: was 1, must be 0 or more and below 1");
  CHECK_THROWS_AS(losses::softmax_cross_entropy({.label_smoothing = -0.1}), InvalidArgument);
}
