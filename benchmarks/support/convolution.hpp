#pragma once
// The MinAtar-shaped network: frames of 10 x 10 with 4 channels, 16 filters of 3 x 3, 128 hidden units, 3 actions.

#include <support/make_case.hpp>

namespace drift::benchmarks {

inline auto convolutional_network() {
  return nn::sequential(nn::image(4, 10, 10), nn::conv2d(16, {.kernel = 3}), nn::tanh(), nn::flatten(),
                        nn::dense(1024, 128), nn::tanh(), nn::dense(128, 3));
}

}  // namespace drift::benchmarks
