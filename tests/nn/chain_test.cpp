#include <catch2/catch.hpp>

#include <drift/calculus/point.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/supervised.hpp>

using namespace drift;

TEST_CASE("a chain in a network is the network with its layers written out", "[nn]") {
  const auto block = nn::chain(nn::dense(3, 3), nn::tanh());
  const auto nested = nn::sequential(nn::dense(2, 3), block, nn::chain(block, nn::identity()), nn::dense(3, 1));
  const auto plain =
      nn::sequential(nn::dense(2, 3), nn::dense(3, 3), nn::tanh(), nn::dense(3, 3), nn::tanh(), nn::dense(3, 1));
  REQUIRE(nested.parameters() == plain.parameters());
  CHECK(nested.blocks()[2].name == "1.0.weight");
  CHECK(nested.blocks()[5].name == "2.0.0.bias");
  CHECK(nested.blocks()[5].offset == plain.blocks()[5].offset);

  const Matrix<double> x = Matrix<double>::Random(5, 2), y = Matrix<double>::Random(5, 1);
  const Vector<double> theta = Vector<double>::Random(plain.parameters());
  auto a = expand(nn::supervised(nested, losses::squared_error(), x, y), theta);
  auto b = expand(nn::supervised(plain, losses::squared_error(), x, y), theta);
  CHECK(a.value() == b.value());
  CHECK(a.gradient() == b.gradient());
  CHECK(a.push(theta) == b.push(theta));
  CHECK(a.push_zero() == b.push_zero());
  CHECK(a.push(theta) == b.push(theta));
}

TEST_CASE("what a chain passes on: the input that it needs, and where a misfit is", "[nn]") {
  CHECK(nn::chain(nn::tanh(), nn::dense(4, 2)).required_input() == nn::flat(4));
  CHECK_FALSE(nn::chain(nn::tanh()).required_input().has_value());
  CHECK(nn::chain(nn::tanh()).keeps_shape);
  CHECK_FALSE(nn::chain(nn::dense(2, 2)).keeps_shape);
  CHECK_THROWS_WITH(nn::sequential(nn::dense(2, 3), nn::chain(nn::tanh(), nn::dense(4, 2))),
                    "layer 1 (chain): layer 1 (dense): input: was 3 features, must be 4 features");
}
