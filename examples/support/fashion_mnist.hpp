#pragma once
// Fashion-MNIST where it is: 60 000 + 10 000 images of clothes, 28 x 28, Debian's package dataset-fashion-mnist.

#include <drift/core/types.hpp>
#include <drift/data/dataset.hpp>

#include <filesystem>
#include <string>
#include <variant>

namespace drift::examples {

/// Where Debian's package puts it.
inline constexpr const char* fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";

struct FashionMnist {
  data::Dataset<double> train;
  data::Dataset<double> test;
};

/// The first images of both parts, or why there are none. The files may be plain or, where zlib was found at build time, compressed.
std::variant<FashionMnist, std::string> fashion_mnist(const std::filesystem::path& folder, Index train_images,
                                                      Index test_images);

}  // namespace drift::examples
