#include <catch2/catch.hpp>

#include <drift/nn/shape.hpp>

using namespace drift;

TEST_CASE("a shape counts features and positions and describes itself", "[nn]") {
  const nn::Shape image{.channels = 4, .height = 10, .width = 9};
  CHECK(image.size() == 360);
  CHECK(image.positions() == 90);
  CHECK_FALSE(image.is_flat());
  CHECK(nn::describe(image) == "4 x 10 x 9 (channels x height x width)");
  CHECK(nn::flat(7).is_flat());
  CHECK(nn::flat(7).size() == 7);
  CHECK(nn::flat(7) != nn::flat(8));
  CHECK(nn::describe(nn::flat(7)) == "7 features");
  CHECK(nn::describe(nn::flat(1)) == "1 feature");
}
