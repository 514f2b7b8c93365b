#pragma once
// Fills a Case for one type of network. Each unit that includes this instantiates one type, or a few, and registers it; a unit that is
// left out of the build takes its kind of case with it, and nothing else.

#include <drift/drift.hpp>

#include <support/case.hpp>

namespace drift::benchmarks {

template <class T, class Network>
auto supervised(const Network& network, const Data& data, int threads) {
  return nn::supervised(network, losses::softmax_cross_entropy(), data.inputs.template cast<T>(), data.labels,
                        {.threads = threads});
}

enum class Operations { derivatives, all };

/// The case's operations, on this network and in numbers of type T.
template <class T, Operations which, class Network>
void fill(Case& one, const Network& network) {
  auto bench = workbench(supervised<T>(network, one.data, one.threads), Vector<T>(one.theta.cast<T>()),
                         Vector<T>(one.direction.cast<T>()));
  one.operations = derivative_operations(bench);
  if constexpr (which == Operations::all) {
    for (Operation& flow : flow_operations(bench)) one.operations.push_back(std::move(flow));
    for (Operation& search : search_operations(bench)) one.operations.push_back(std::move(search));
  }
  one.grow = growth(bench);
}

/// dense, tanh, ..., dense with as many hidden layers as there are indices.
template <std::size_t... hidden>
auto dense_network(const std::vector<Index>& widths, std::index_sequence<hidden...>) {
  const auto layers = std::tuple_cat(std::make_tuple(nn::dense(widths[hidden], widths[hidden + 1]), nn::tanh())...,
                                     std::make_tuple(nn::dense(widths[widths.size() - 2], widths.back())));
  return std::apply([](const auto&... layer) { return nn::sequential(layer...); }, layers);
}

}  // namespace drift::benchmarks
