#include <support/make_case.hpp>

namespace drift::benchmarks {

namespace {

template <std::size_t hidden>
bool register_depth() {
  using Hidden = std::make_index_sequence<hidden>;
  return register_kind({
      .scalar = "double",
      .hidden_layers = hidden,
      .fill = [](Case& one) { fill<double, Operations::derivatives>(one, dense_network(one.net.widths, Hidden())); },
  });
}

const bool registered = register_depth<1>() && register_depth<4>() && register_depth<8>();

}  // namespace

}  // namespace drift::benchmarks
