#pragma once
// StagedNetwork: a network on one block of examples, run one stage at a time, forward and back. supervised() and predict()
// are made of it; so is whatever else asks for a network's derivatives, with respect to its parameters, its input or both.

#include <drift/nn/sequential.hpp>

#include <array>

namespace drift::nn {

/// The parameter Series of every array of a network, bound to the stages' flat vectors.
template <class S>
class ParameterSeries {
 public:
  template <class Net>
  explicit ParameterSeries(const Net& net) {
    for (const ParameterBlock& b : net.blocks()) {
      series_.emplace_back(b.rows, b.columns);
      offsets_.push_back(b.offset);
    }
  }

  /// Stage m of all arrays is this flat vector. Arrays that are zero throughout are marked, so that products skip them: the
  /// scan costs little beside one product, and directions such as unit vectors are zero in all layers but one.
  void bind(Index m, const Vector<S>& flat, bool is_zero) {
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const auto segment = flat.segment(offsets_[i], series_[i].size());
      series_[i].bind(m, segment.data(), is_zero || (m > 0 && (segment.array() == S(0)).all()));
    }
  }

  Parameters<S> of(std::size_t first, std::size_t count) const { return {series_.data() + first, count}; }

 private:
  std::vector<calculus::Series<S>> series_;
  std::vector<Index> offsets_;
};

template <class Net, class S>
class StagedNetwork;

template <class... Layers, class S>
class StagedNetwork<Sequential<Layers...>, S> {
  static constexpr std::size_t count = sizeof...(Layers);

 public:
  StagedNetwork(const Sequential<Layers...>& net, Index rows)
      : operations_(make_operations(net, rows, std::index_sequence_for<Layers...>())), input_(rows, net.inputs()) {
    std::size_t first = 0;
    std::size_t layer = 0;
    const auto add = [&](const auto& description) {
      outputs_.emplace_back(rows, net.width_after(layer));
      adjoints_.emplace_back(rows, net.width_after(layer));
      first_block_[layer] = first;
      first += description.parameters().size();
      block_count_[layer] = first - first_block_[layer];
      ++layer;
    };
    std::apply([&](const auto&... description) { (add(description), ...); }, net.layers());
    for (const ParameterBlock& b : net.blocks()) shapes_.push_back({b.rows, b.columns, b.offset});
  }

  /// The input's coefficients; the caller binds or opens them before each stage.
  calculus::Series<S>& input() { return input_; }
  const calculus::Series<S>& output() const { return outputs_.back(); }
  /// The loss's adjoint of the output; the caller sets it between forward and back.
  const calculus::Series<S>& output_adjoint() const { return adjoints_.back(); }

  void advance(const calculus::Stage& stage, const ParameterSeries<S>& parameters) {
    for_each_layer([&](auto& operation, std::size_t layer) {
      outputs_[layer].open(stage.number);
      operation.advance(stage, before(layer), parameters.of(first_block_[layer], block_count_[layer]), outputs_[layer]);
    });
    adjoints_.back().open(stage.number);
  }

  /// Adds coefficient m of this block's parameter gradient to `gradient`. `input_adjoint` takes the input's, unless null.
  void pull_back(const calculus::Stage& stage, const ParameterSeries<S>& parameters, Vector<S>& gradient,
                 calculus::Series<S>* input_adjoint = nullptr) {
    for_each_layer_backwards([&](auto& operation, std::size_t layer) {
      calculus::Series<S>* below = layer == 0 ? input_adjoint : &adjoints_[layer - 1];
      if (below != nullptr) below->open(stage.number);
      const std::size_t first = first_block_[layer];
      maps_.clear();
      for (std::size_t i = first; i < first + block_count_[layer]; ++i) {
        maps_.emplace_back(gradient.data() + shapes_[i].offset, shapes_[i].rows, shapes_[i].columns);
      }
      operation.pull_back(stage, adjoints_[layer], before(layer), parameters.of(first, block_count_[layer]), below,
                          Gradients<S>(maps_));
    });
  }

 private:
  struct Shape {
    Index rows;
    Index columns;
    Index offset;
  };

  template <std::size_t... i>
  static auto make_operations(const Sequential<Layers...>& net, Index rows, std::index_sequence<i...>) {
    return std::tuple<typename Layers::template Operation<S>...>(
        typename Layers::template Operation<S>(std::get<i>(net.layers()), rows, net.width_before(i))...);
  }

  const calculus::Series<S>& before(std::size_t layer) const { return layer == 0 ? input_ : outputs_[layer - 1]; }

  template <class Visit>
  void for_each_layer(const Visit& visit) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (visit(std::get<i>(operations_), i), ...);
    }(std::index_sequence_for<Layers...>());
  }
  template <class Visit>
  void for_each_layer_backwards(const Visit& visit) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (visit(std::get<count - 1 - i>(operations_), count - 1 - i), ...);
    }(std::index_sequence_for<Layers...>());
  }

  std::tuple<typename Layers::template Operation<S>...> operations_;
  calculus::Series<S> input_;
  std::vector<calculus::Series<S>> outputs_;   // of each layer
  std::vector<calculus::Series<S>> adjoints_;  // of each layer's output
  std::array<std::size_t, count> first_block_{};
  std::array<std::size_t, count> block_count_{};
  std::vector<Shape> shapes_;
  std::vector<calculus::MatrixMap<S>> maps_;  // of the layer at hand; kept for its memory
};

}  // namespace drift::nn
