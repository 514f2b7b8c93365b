#include <catch2/catch.hpp>

#include <drift/nn/layer.hpp>

#include <cmath>

using namespace drift;
using calculus::Series;

namespace {

Series<double> constant(const Matrix<double>& values) {
  Series<double> series(values.rows(), values.cols());
  series.open(0);
  series.matrix(0) = values;
  return series;
}

}  // namespace

TEST_CASE("a dense layer is X W + b, whatever the stage its factors come from", "[nn]") {
  Matrix<double> x(2, 2), w(2, 3), b(1, 3);
  x << 1, 2, -1, 0.5;
  w << 1, 2, 3, 4, 5, 6;
  b << 0.1, 0.2, 0.3;
  const std::vector<Series<double>> p = [&] {
    std::vector<Series<double>> series;
    series.push_back(constant(w));
    series.push_back(constant(b));
    return series;
  }();
  Series<double> input = constant(x), output(2, 3);
  nn::DenseOperation<double> dense(nn::dense(2, 3), 2, 2);
  output.open(0);
  dense.advance(calculus::first_stage, input, p, output);
  const Matrix<double> expected = x * w + Vector<double>::Ones(2) * b;
  CHECK(output.matrix(0) == expected);

  SECTION("an input that varies alone moves the output by its product with the weights") {
    calculus::Stages stages;
    Matrix<double> dx(2, 2);
    dx << 0.5, -1, 2, 3;
    input.open(1);
    input.matrix(1) = dx;
    std::vector<Series<double>> moving;
    moving.push_back(constant(w));
    moving.push_back(constant(b));
    for (auto& series : moving) series.open_zero(1);
    output.open(1);
    dense.advance(stages[1], input, moving, output);
    CHECK((output.matrix(1) - dx * w).norm() <= 1e-15 * (dx * w).norm());
  }
  SECTION("nothing that varies gives an output that is marked zero") {
    calculus::Stages stages;
    input.open_zero(1);
    std::vector<Series<double>> still;
    still.push_back(constant(w));
    still.push_back(constant(b));
    for (auto& series : still) series.open_zero(1);
    output.open(1);
    dense.advance(stages[1], input, still, output);
    CHECK(output.is_zero(1));
  }
}

TEST_CASE("layers refuse widths below one by name", "[nn]") {
  CHECK_THROWS_WITH(nn::dense(0, 3), "inputs: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::dense(3, -1), "outputs: was -1, must be 1 or more");
}

TEST_CASE("activations evaluate their function and their slope's adjoint", "[nn]") {
  Matrix<double> x(1, 5);
  x << -800, -1, 0, 2, 800;
  const Series<double> input = constant(x);
  Series<double> output(1, 5), adjoint(1, 5), below(1, 5);
  output.open(0);
  adjoint.open(0);
  below.open(0);
  adjoint.matrix(0).setOnes();
  SECTION("tanh") {
    nn::ActivationOperation<calculus::Tanh, double> tanh(nn::tanh(), 1, 5);
    tanh.advance(calculus::first_stage, input, {}, output);
    tanh.pull_back(calculus::first_stage, adjoint, input, {}, &below, {});
    for (Index i = 0; i < 5; ++i) {
      CHECK(output[0][i] == std::tanh(x(0, i)));
      CHECK(below[0][i] == Approx(1 / std::pow(std::cosh(x(0, i)), 2)).margin(1e-16));
    }
  }
  SECTION("softplus") {
    nn::ActivationOperation<calculus::Softplus, double> softplus(nn::softplus(), 1, 5);
    softplus.advance(calculus::first_stage, input, {}, output);
    softplus.pull_back(calculus::first_stage, adjoint, input, {}, &below, {});
    CHECK(output[0][0] == 0);
    CHECK(output[0][2] == Approx(std::log(2.0)).epsilon(1e-15));
    CHECK(output[0][4] == 800);
    CHECK(below[0][0] == 0);
    CHECK(below[0][2] == 0.5);
    CHECK(below[0][4] == 1);
  }
  SECTION("identity") {
    nn::Identity::Operation<double> identity(nn::identity(), 1, 5);
    identity.advance(calculus::first_stage, input, {}, output);
    CHECK(output.matrix(0) == x);
  }
}
