#include <catch2/catch.hpp>

#include <drift/nn/dense.hpp>

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
  std::vector<Series<double>> p;
  p.push_back(constant(w));
  p.push_back(constant(b));
  Series<double> input = constant(x), output(2, 3);
  nn::DenseOperation<double> dense(nn::dense(2, 3), nn::flat(2), {.rows = 2});
  output.open(0);
  dense.advance(calculus::first_stage, input, p, output);
  const Matrix<double> expected = x * w + Vector<double>::Ones(2) * b;
  CHECK((output.matrix(0) - expected).norm() <= 1e-15 * expected.norm());

  SECTION("an input that varies alone moves the output by its product with the weights") {
    calculus::Stages stages;
    Matrix<double> dx(2, 2);
    dx << 0.5, -1, 2, 3;
    input.open(1);
    input.matrix(1) = dx;
    for (auto& series : p) series.open_zero(1);
    output.open(1);
    dense.advance(stages[1], input, p, output);
    CHECK((output.matrix(1) - dx * w).norm() <= 1e-15 * (dx * w).norm());
  }
  SECTION("nothing that varies gives an output that is marked zero") {
    calculus::Stages stages;
    input.open_zero(1);
    for (auto& series : p) series.open_zero(1);
    output.open(1);
    dense.advance(stages[1], input, p, output);
    CHECK(output.is_zero(1));
  }
  SECTION("the adjoint of the input alone, and those of the parameters alone") {
    Series<double> adjoint = constant(Matrix<double>::Random(2, 3)), below(2, 2);
    below.open(0);
    dense.pull_back(calculus::first_stage, adjoint, input, p, &below, {});
    const Matrix<double> into_input = adjoint.matrix(0) * w.transpose();
    CHECK((below.matrix(0) - into_input).norm() <= 1e-15 * into_input.norm());
    Matrix<double> weight = Matrix<double>::Ones(2, 3), bias = Matrix<double>::Zero(1, 3);
    std::vector<calculus::MatrixMap<double>> maps = {{weight.data(), 2, 3}, {bias.data(), 1, 3}};
    dense.pull_back(calculus::first_stage, adjoint, input, p, nullptr, {maps});
    const Matrix<double> into_weight = Matrix<double>::Ones(2, 3) + x.transpose() * adjoint.matrix(0);
    CHECK((weight - into_weight).norm() <= 1e-15 * into_weight.norm());
    CHECK((bias - adjoint.matrix(0).colwise().sum()).norm() <= 1e-15);
  }
}

TEST_CASE("a dense layer refuses widths below one and inputs of another shape by name", "[nn]") {
  CHECK_THROWS_WITH(nn::dense(0, 3), "inputs: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::dense(3, -1), "outputs: was -1, must be 1 or more");
  CHECK_THROWS_WITH(nn::dense(3, 2).output(nn::flat(1)), "input: was 1 feature, must be 3 features");
}
