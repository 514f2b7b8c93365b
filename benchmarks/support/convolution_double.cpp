#include <support/convolution.hpp>

namespace drift::benchmarks {

namespace {

const bool registered = register_kind({
    .scalar = "double",
    .hidden_layers = 0,
    .fill = [](Case& one) { fill<double, Operations::all>(one, convolutional_network()); },
});

}  // namespace

}  // namespace drift::benchmarks
