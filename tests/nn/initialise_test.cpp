#include <catch2/catch.hpp>

#include <drift/nn/initialise.hpp>

#include <cmath>

using namespace drift;

TEST_CASE("initial weights have the documented spread and biases are zero", "[nn]") {
  const auto net = nn::sequential(nn::dense(300, 200), nn::tanh(), nn::dense(200, 100));
  const auto spread = [&](const auto& how) {
    const Vector<double> theta = nn::initialise(net, how, Random(3));
    CHECK(nn::view(net, theta, "0.bias").isZero(0));
    CHECK(nn::view(net, theta, "2.bias").isZero(0));
    const auto weight = nn::view(net, theta, "0.weight");
    CHECK(std::abs(weight.mean()) < 5 * std::sqrt(weight.squaredNorm()) / 60000);  // five standard errors
    return std::sqrt(weight.squaredNorm() / 60000);
  };
  // The standard error of a standard deviation from 60000 normal draws is 0.3 %.
  CHECK(spread(nn::glorot_normal()) == Approx(std::sqrt(2.0 / 500)).epsilon(0.015));
  CHECK(spread(nn::glorot_uniform()) == Approx(std::sqrt(2.0 / 500)).epsilon(0.015));
  CHECK(spread(nn::he_normal()) == Approx(std::sqrt(2.0 / 300)).epsilon(0.015));
  CHECK(spread(nn::lecun_normal(2)) == Approx(2 * std::sqrt(1.0 / 300)).epsilon(0.015));
}

TEST_CASE("uniform weights stay within their bound", "[nn]") {
  const auto net = nn::sequential(nn::dense(30, 20));
  const Vector<double> theta = nn::initialise(net, nn::glorot_uniform(), Random(1));
  CHECK(theta.cwiseAbs().maxCoeff() <= std::sqrt(6.0 / 50));
  CHECK(theta.cwiseAbs().maxCoeff() > 0.95 * std::sqrt(6.0 / 50));
}

TEST_CASE("a seed gives one vector, another seed another, float the rounded one", "[nn]") {
  const auto net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3));
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(7));
  CHECK(theta == nn::initialise(net, nn::glorot_normal(), Random(7)));
  CHECK(theta != nn::initialise(net, nn::glorot_normal(), Random(8)));
  CHECK(theta.cast<float>() == nn::initialise<float>(net, nn::glorot_normal(), Random(7)));
}

TEST_CASE("a gain must be positive", "[nn]") {
  CHECK_THROWS_WITH(nn::glorot_normal(-1), "gain: was -1, must be a finite number above 0");
  CHECK_THROWS_AS(nn::he_normal(std::nan("")), InvalidArgument);
}
