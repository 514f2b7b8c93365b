#include <catch2/catch.hpp>

#include <drift/nn/initialise.hpp>
#include <drift/nn/predict.hpp>

#include <cmath>

using namespace drift;

TEST_CASE("predict is the network's formula, for any number of examples", "[nn]") {
  const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 2));
  const Vector<double> theta = nn::initialise(net, nn::lecun_normal(), Random(2));
  const Matrix<double> x = Random(9).normal_matrix<double>(300, 2);
  const Matrix<double> outputs = nn::predict(net, theta, x);
  REQUIRE(outputs.rows() == 300);
  const Matrix<double> hidden =
      ((x * nn::view(net, theta, "0.weight")).rowwise() + nn::view(net, theta, "0.bias").row(0)).array().tanh();
  const Matrix<double> expected =
      (hidden * nn::view(net, theta, "2.weight")).rowwise() + nn::view(net, theta, "2.bias").row(0);
  CHECK((outputs - expected).norm() < 1e-14 * expected.norm());
}

TEST_CASE("accuracy counts the examples whose largest output is at their label", "[nn]") {
  const auto net = nn::sequential(nn::dense(2, 2));
  Vector<double> theta(6);
  theta << 1, 0, 0, 1, 0, 0;  // the outputs are the inputs
  Matrix<double> x(4, 2);
  x << 1, 0, 0, 1, 3, 2, 1, 1;
  CHECK(nn::accuracy(net, theta, x, {0, 1, 0, 0}) == 1);
  CHECK(nn::accuracy(net, theta, x, {0, 1, 1, 1}) == 0.5);
  CHECK_THROWS_WITH(nn::accuracy(net, theta, x, {0}), Catch::Contains("number of labels: was 1"));
  CHECK_THROWS_AS(nn::accuracy(net, theta, x, {}), InvalidArgument);
  CHECK_THROWS_WITH(nn::predict(net, theta, Matrix<double>::Zero(1, 3)), Catch::Contains("columns of X: was 3"));
}
