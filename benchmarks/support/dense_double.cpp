#include <support/make_case.hpp>

namespace drift::benchmarks {

namespace {

auto network(const Case& one) { return dense_network(one.net.widths, std::make_index_sequence<2>()); }

const bool registered = register_kind({
    .scalar = "double",
    .hidden_layers = 2,
    .fill = [](Case& one) { fill<double, Operations::all>(one, network(one)); },
});

}  // namespace

}  // namespace drift::benchmarks
