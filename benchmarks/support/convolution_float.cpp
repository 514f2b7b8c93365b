#include <support/convolution.hpp>

namespace drift::benchmarks {

namespace {

const bool registered = register_kind({
    .scalar = "float",
    .hidden_layers = 0,
    .fill = [](Case& one) { fill<float, Operations::all>(one, convolutional_network()); },
});

}  // namespace

}  // namespace drift::benchmarks
