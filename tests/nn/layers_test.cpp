// A network with every kind of layer at once: shapes, names, all derivatives.
#include <catch2/catch.hpp>

#include <drift/losses/logistic.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/layers.hpp>
#include <drift/nn/predict.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>

using namespace drift;

TEST_CASE("every layer in one network", "[nn]") {
  const auto net = nn::sequential(nn::image(2, 6, 6), nn::conv2d(3, {.padding = 1}), nn::gelu(), nn::average_pooling(),
                                  nn::residual(nn::conv2d(3, {.kernel = 1}), nn::tanh()),
                                  nn::max_pooling({.size = 2, .stride = 1}), nn::flatten(), nn::dropout(0.2, Random(5)),
                                  nn::chain(nn::dense(12, 4), nn::leaky_relu()), nn::dense(4, 4), nn::softplus(),
                                  nn::identity(), nn::dense(4, 3), nn::logistic(), nn::relu(), nn::dense(3, 1));
  CHECK(net.output_shape() == nn::flat(1));
  CHECK(net.parameters() == 57 + 12 + 52 + 20 + 15 + 4);
  std::string names;
  for (const nn::ParameterBlock& block : net.blocks()) names += block.name + " ";
  CHECK(names ==
        "1.weight 1.bias 4.0.weight 4.0.bias 8.0.weight 8.0.bias 9.weight 9.bias 12.weight 12.bias 15.weight 15.bias ");
  static_assert(!decltype(net)::holomorphic);

  const Matrix<double> x = Random(2).normal_matrix(4, 72);
  const auto problem = nn::supervised(net, losses::logistic(), x, std::vector<int>{0, 1, 1, 0});
  expect_derivatives(problem, nn::initialise(net, nn::he_normal(), Random(4)), {.third = 1e-4, .offset = 0.01});
  CHECK(nn::predict(net, nn::initialise<float>(net, nn::he_normal(), Random(4)), x).allFinite());
}
