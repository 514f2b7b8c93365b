#include <catch2/catch.hpp>

#include <drift/losses/softmax_cross_entropy.hpp>

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
  losses::SoftmaxCrossEntropy::Operation<double> loss(z.rows(), z.cols());
  const double value = loss.start(outputs, targets, 1.0, adjoint);
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
  losses::SoftmaxCrossEntropy::Operation<double> loss(2, 3);
  loss.start(outputs, t, 1.0, adjoint);
  for (Index m = 1; m < 6; ++m) {
    outputs.open(m);
    outputs.matrix(m) = (static_cast<double>(m) * z).array().sin();
    adjoint.open(m);
    loss.advance(stages[m], outputs, 1.0, adjoint);
    CHECK(adjoint.matrix(m).rowwise().sum().norm() < 1e-14 * adjoint.matrix(m).norm());
    CHECK(adjoint.matrix(m).norm() > 0);
  }
}
