#pragma once
// Window: a rectangle that slides over an image in steps, for convolution and pooling.
//
//     positions out = floor((in + 2 padding - size) / stride) + 1        along either direction
//
// Beyond the image's edge, within the padding, stand zeros.

#include <drift/nn/shape.hpp>

namespace drift::nn {

struct Window {
  Index height;
  Index width;
  Index stride = 1;
  Index padding = 0;

  Index positions(Index size, Index extent) const { return (size + 2 * padding - extent) / stride + 1; }

  /// The shape that this window makes of an image, with so many channels.
  Shape output(const Shape& input, Index channels) const {
    require(input.height + 2 * padding >= height && input.width + 2 * padding >= width, "input", describe(input),
            std::to_string(height) + " x " + std::to_string(width) + " or more, the size of the window" +
                (padding > 0 ? ", with the padding" : "") + (input.is_flat() ? ": put nn::image before it" : ""));
    return {.channels = channels, .height = positions(input.height, height), .width = positions(input.width, width)};
  }
};

/// Throws unless a window can have these measures.
inline void require_window(const Window& window) {
  require(window.height > 0, "height of the window", window.height, "1 or more");
  require(window.width > 0, "width of the window", window.width, "1 or more");
  require(window.stride > 0, "stride", window.stride, "1 or more");
  require(window.padding >= 0, "padding", window.padding, "0 or more");
}

}  // namespace drift::nn
