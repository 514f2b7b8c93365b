#pragma once
// Shape: what one example looks like on its way through a network.
//
// Activations are matrices of examples x features, column-major. The features of an image are ordered (channel, row, column),
// the column fastest, which is PyTorch's flatten order:
//
//     feature(c, y, x) = (c * height + y) * width + x
//
// so that a flattened image is the same matrix, and one channel's row of all examples is one contiguous run of numbers. Plain
// features are n channels of 1 x 1.

#include <drift/core/errors.hpp>

#include <string>

namespace drift::nn {

struct Shape {
  Index channels = 1;
  Index height = 1;
  Index width = 1;

  /// The number of features.
  Index size() const { return channels * height * width; }
  Index positions() const { return height * width; }
  bool is_flat() const { return height == 1 && width == 1; }

  friend bool operator==(const Shape&, const Shape&) = default;
};

/// n features without an order in space.
inline Shape flat(Index n) { return {.channels = n, .height = 1, .width = 1}; }

/// "10 features" or "4 x 8 x 8 (channels x height x width)".
inline std::string describe(const Shape& shape) {
  if (shape.is_flat()) return std::to_string(shape.channels) + (shape.channels == 1 ? " feature" : " features");
  return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " + std::to_string(shape.width) +
         " (channels x height x width)";
}

}  // namespace drift::nn
