#include <catch2/catch.hpp>

#include <drift/nn/window.hpp>

using namespace drift;

TEST_CASE("a window's positions are those that lie within the padded image", "[nn]") {
  for (Index height = 1; height <= 3; ++height) {
    for (Index stride = 1; stride <= 3; ++stride) {
      for (Index padding = 0; padding <= 2; ++padding) {
        const nn::Window window{.height = height, .width = 2, .stride = stride, .padding = padding};
        const nn::Shape image{.channels = 3, .height = 4, .width = 5};
        Index rows = 0, columns = 0;
        for (Index i = -padding; i + height <= 4 + padding; i += stride) ++rows;
        for (Index j = -padding; j + 2 <= 5 + padding; j += stride) ++columns;
        CHECK(window.output(image, 7) == nn::Shape{7, rows, columns});
      }
    }
  }
}

TEST_CASE("a window that does not fit is refused", "[nn]") {
  const nn::Window window{.height = 4, .width = 1, .stride = 1, .padding = 1};
  CHECK(window.output({1, 2, 1}, 1) == nn::Shape{1, 1, 3});
  CHECK_THROWS_WITH(window.output({1, 1, 2}, 1),
                    "input: was 1 x 1 x 2 (channels x height x width), must be 4 x 1 or more, the "
                    "size of the window, with the padding");
  CHECK_THROWS_WITH(nn::require_window({.height = 1, .width = 0}), "width of the window: was 0, must be 1 or more");
}
