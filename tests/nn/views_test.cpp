#include <catch2/catch.hpp>

#include <drift/nn/forward.hpp>

using namespace drift;

TEST_CASE("views have no operation: the output of the layer before is the input of the layer after", "[nn]") {
  const auto net = nn::sequential(nn::image(2, 2, 2), nn::identity(), nn::flatten(), nn::dense(8, 3), nn::identity());
  CHECK(net.input_shape() == nn::Shape{2, 2, 2});
  CHECK(net.output_shape() == nn::flat(3));
  const Matrix<double> x = Matrix<double>::Random(4, 8);
  const Vector<double> theta = Vector<double>::Random(27);
  nn::ParameterSeries<double> parameters(net);
  parameters.bind(0, theta, false);
  nn::StagedNetwork<std::decay_t<decltype(net)>, double> network(net, {.rows = 4});
  network.input().bind(0, x.data());
  network.advance(calculus::first_stage, parameters);
  const Matrix<double> expected =
      (x * nn::view(net, theta, "3.weight")).rowwise() + nn::view(net, theta, "3.bias").row(0);
  CHECK((network.output().matrix(0) - expected).norm() < 1e-15 * expected.norm());
}

TEST_CASE("a network of nothing but views passes input and adjoint on", "[nn]") {
  const auto net = nn::sequential(nn::image(1, 2, 2), nn::flatten());
  CHECK(net.parameters() == 0);
  const Matrix<double> x = Matrix<double>::Random(3, 4), u = Matrix<double>::Random(3, 4);
  nn::ParameterSeries<double> parameters(net);
  nn::StagedNetwork<std::decay_t<decltype(net)>, double> network(net, {.rows = 3});
  network.input().bind(0, x.data());
  network.advance(calculus::first_stage, parameters);
  CHECK(network.output().matrix(0) == x);
  network.output_adjoint().matrix(0) = u;
  calculus::Series<double> input_adjoint(3, 4);
  network.pull_back_to_input(calculus::first_stage, parameters, input_adjoint);
  CHECK(input_adjoint.matrix(0) == u);
}

TEST_CASE("an image may begin within a network, where the number of features fits", "[nn]") {
  CHECK(nn::sequential(nn::dense(3, 8), nn::image(2, 2, 2)).output_shape() == nn::Shape{2, 2, 2});
  CHECK_THROWS_WITH(nn::sequential(nn::dense(3, 8), nn::image(2, 2, 3)),
                    "layer 1 (image): input: was 8 features, must be 2 x 2 x 3 (channels x height x width)");
  CHECK_THROWS_WITH(nn::image(0, 1, 1), "channels: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::image(1, 0, 1), "height: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::image(1, 1, 0), "width: was 0, must be 1 or more");
}
