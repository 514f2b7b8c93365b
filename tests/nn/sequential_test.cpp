#include <catch2/catch.hpp>

#include <drift/nn/sequential.hpp>

using namespace drift;

TEST_CASE("a network knows its widths, its parameters and their names", "[nn]") {
  const auto net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3));
  CHECK(net.inputs() == 4);
  CHECK(net.outputs() == 3);
  CHECK(net.parameters() == 4 * 10 + 10 + 10 * 3 + 3);
  REQUIRE(net.blocks().size() == 4);
  CHECK(net.blocks()[0].name == "0.weight");
  CHECK(net.blocks()[3].name == "2.bias");
  CHECK(net.blocks()[3].offset == 80);
  CHECK(net.blocks()[2].fan_in == 10);
  CHECK(net.blocks()[2].fan_out == 3);
  CHECK(net.shape_before(0) == nn::flat(4));
  CHECK(net.shape_after(1) == nn::flat(10));
}

TEST_CASE("an activation may come first: it takes the shape of the layer after it", "[nn]") {
  const auto net = nn::sequential(nn::tanh(), nn::dense(2, 1));
  CHECK(net.inputs() == 2);
  CHECK(net.shape_before(0) == nn::flat(2));
  CHECK(net.shape_after(0) == nn::flat(2));
}

TEST_CASE("named views write through to the flat vector", "[nn]") {
  const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 2));
  Vector<double> theta = Vector<double>::LinSpaced(net.parameters(), 0, 16);
  const auto weight = nn::view(net, theta, "0.weight");
  CHECK(weight.rows() == 2);
  CHECK(weight.cols() == 3);
  CHECK(weight(1, 0) == 1);  // inputs x outputs, column-major
  nn::view(net, theta, "2.bias").setConstant(-1);
  CHECK(theta[15] == -1);
  CHECK(theta[16] == -1);
  CHECK(theta[14] == 14);
  const Vector<double>& constant = theta;
  CHECK(nn::view(net, constant, "0.bias")(0, 2) == 8);
}

TEST_CASE("misfits are named", "[nn]") {
  CHECK_THROWS_WITH(nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(11, 3)),
                    "layer 2 (dense): input: was 10 features, must be 11 features");
  CHECK_THROWS_WITH(
      nn::sequential(nn::image(2, 3, 4), nn::tanh(), nn::dense(24, 1)),
      "layer 2 (dense): input: was 2 x 3 x 4 (channels x height x width), must be 24 features: put nn::flatten() "
      "before it");
  CHECK_THROWS_WITH(nn::sequential(nn::tanh()),
                    "layers: was without one that says what the input is, must be such that "
                    "nn::image or nn::dense comes first");
  const auto net = nn::sequential(nn::dense(1, 1));
  Vector<double> theta(2);
  theta << 1, 2;
  CHECK_THROWS_WITH(nn::view(net, theta, "bias"), "name: was \"bias\", must be one of 0.weight, 0.bias");
  Vector<double> wrong(3);
  wrong.setZero();
  CHECK_THROWS_WITH(nn::view(net, wrong, "0.bias"), Catch::Contains("theta") && Catch::Contains("length 3"));
}
