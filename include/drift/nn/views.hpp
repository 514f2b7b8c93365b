#pragma once
// Layers that compute nothing: their output is the memory of their input.
//
//   nn::image(channels, height, width)   first in a network: what one row of X is (nn/shape.hpp has the order)
//   nn::flatten()                        an image as plain features, in PyTorch's order
//   nn::identity()                       y = x: for a linear layer that is to be seen as one, and for ablations
//
//     nn::sequential(nn::image(4, 10, 10), nn::conv2d(16, {.kernel = 3}), nn::tanh(), nn::flatten(), nn::dense(1024, 3));

#include <drift/nn/layer.hpp>

namespace drift::nn {

/// Stands where a view has no operation.
struct NoOperation {
  template <class L>
  NoOperation(const L&, const Shape&, const Context&) {}
};

struct Image {
  Shape shape;

  static constexpr std::string_view name = "image";
  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = true;
  template <class S>
  using Operation = NoOperation;

  std::optional<Shape> required_input() const { return shape; }
  Shape output(const Shape& input) const {
    require(input == shape || input == flat(shape.size()), "input", describe(input), describe(shape));
    return shape;
  }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

/// Declares the shape of a network's input; in the middle of a network it turns plain features into an image.
inline Image image(Index channels, Index height, Index width) {
  require(channels > 0, "channels", channels, "1 or more");
  require(height > 0, "height", height, "1 or more");
  require(width > 0, "width", width, "1 or more");
  return {{.channels = channels, .height = height, .width = width}};
}

struct Flatten {
  static constexpr std::string_view name = "flatten";
  static constexpr bool keeps_shape = true;  // of plain features, and those are what the layer after it was made for
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = true;
  template <class S>
  using Operation = NoOperation;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return flat(input.size()); }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

inline Flatten flatten() { return {}; }

struct Identity {
  static constexpr std::string_view name = "identity";
  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = true;
  template <class S>
  using Operation = NoOperation;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return input; }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

inline Identity identity() { return {}; }

}  // namespace drift::nn
