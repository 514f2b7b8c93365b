#pragma once
// nn::chain(layers...): several layers, one after the other, as one layer: a piece to build networks from.
//
//     auto block = nn::chain(nn::dense(10, 10), nn::tanh());
//     auto net = nn::sequential(nn::dense(4, 10), block, block, nn::dense(10, 3));       // each block has parameters of its own
//
// Its parameter arrays are named "<layer>.<array>", layers counted from 0. Shapes are checked as they pass through: a layer that
// does not fit throws InvalidArgument naming it, "layer 1 (dense): input: was 10 features, must be 11 features".
//
// ChainOperation runs the layers, views (nn/views.hpp) without any work: a view's output is the series of its input.

#include <drift/nn/views.hpp>

#include <array>
#include <tuple>
#include <utility>

namespace drift::nn {

template <class S, Layer... Layers>
class ChainOperation;

template <Layer... Layers>
class Chain {
 public:
  static constexpr std::string_view name = "chain";
  static constexpr bool keeps_shape = (Layers::keeps_shape && ...);
  static constexpr bool holomorphic = (Layers::holomorphic && ...);
  static constexpr bool looks_at_examples = (nn::looks_at_examples<Layers> || ...);
  static constexpr bool is_view = false;
  template <class S>
  using Operation = ChainOperation<S, Layers...>;

  explicit Chain(Layers... layers) : layers_(std::move(layers)...) {
    static_assert(sizeof...(Layers) > 0, "a network needs at least one layer");
  }

  const std::tuple<Layers...>& layers() const { return layers_; }

  /// That of the first layer that has one, if all before it pass shapes on.
  std::optional<Shape> required_input() const {
    std::optional<Shape> required;
    bool searching = true;
    for_each([&](const auto& layer, std::size_t) {
      if (!searching) return;
      required = layer.required_input();
      searching = !required && layer.keeps_shape;
    });
    return required;
  }

  /// The shapes going into each layer and, last, the one coming out.
  std::vector<Shape> shapes(const Shape& input) const {
    std::vector<Shape> shapes{input};
    for_each([&](const auto& layer, std::size_t position) {
      try {
        shapes.push_back(layer.output(shapes.back()));
      } catch (const InvalidArgument& misfit) {
        throw InvalidArgument("layer " + std::to_string(position) + " (" + std::string(layer.name) +
                              "): " + misfit.what());
      }
    });
    return shapes;
  }

  Shape output(const Shape& input) const { return shapes(input).back(); }

  std::vector<ParameterShape> parameters(const Shape& input) const {
    const std::vector<Shape> before = shapes(input);
    std::vector<ParameterShape> all;
    for_each([&](const auto& layer, std::size_t position) {
      for (ParameterShape& array : layer.parameters(before[position])) {
        array.name = std::to_string(position) + "." + array.name;
        all.push_back(std::move(array));
      }
    });
    return all;
  }

  /// visit(layer, position) for each.
  template <class Visit>
  void for_each(const Visit& visit) const {
    std::size_t position = 0;
    std::apply([&](const auto&... layer) { (visit(layer, position++), ...); }, layers_);
  }

 private:
  std::tuple<Layers...> layers_;
};

template <Layer... Layers>
Chain<Layers...> chain(Layers... layers) {
  return Chain<Layers...>(std::move(layers)...);
}

template <class S, Layer... Layers>
class ChainOperation {
  static constexpr std::size_t count = sizeof...(Layers);

 public:
  static constexpr bool sets_gradients = true;

  ChainOperation(const Chain<Layers...>& chain, const Shape& input, const Context& context)
      : ChainOperation(chain, chain.shapes(input), context) {}

  void advance(const calculus::Stage& stage, const calculus::Series<S>& x, Parameters<S> p,
               const calculus::Series<S>& y) {
    if (last_ == 0) detail::copy_coefficient(stage.number, x, y);
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (advance_layer<i>(stage, x, p, y), ...);
    }(std::index_sequence_for<Layers...>());
  }

  void pull_back(const calculus::Stage& stage, const calculus::Series<S>& y_hat, const calculus::Series<S>& x,
                 Parameters<S> p, const calculus::Series<S>* x_hat, Gradients<S> p_hat) {
    if (last_ == 0 && x_hat != nullptr) detail::copy_coefficient(stage.number, y_hat, *x_hat);
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (pull_back_layer<count - 1 - i>(stage, y_hat, x, p, x_hat, p_hat), ...);
    }(std::index_sequence_for<Layers...>());
  }

 private:
  using LayerTypes = std::tuple<Layers...>;

  ChainOperation(const Chain<Layers...>& chain, const std::vector<Shape>& shapes, const Context& context)
      : operations_(make_operations(chain, shapes, context, std::index_sequence_for<Layers...>())) {
    std::size_t arrays = 0;
    first_with_parameters_ = count;
    chain.for_each([&](const auto& layer, std::size_t i) {
      slot_before_[i] = last_;
      if (!layer.is_view) ++last_;
      slot_after_[i] = last_;
      first_array_[i] = arrays;
      array_count_[i] = layer.parameters(shapes[i]).size();
      arrays += array_count_[i];
      if (array_count_[i] > 0 && first_with_parameters_ == count) first_with_parameters_ = i;
    });
    for (std::size_t i = 0; i < count; ++i) {
      if (slot_after_[i] == slot_before_[i] || slot_after_[i] == last_) continue;
      between_.emplace_back(context.rows, shapes[i + 1].size());
      adjoints_.emplace_back(context.rows, shapes[i + 1].size());
    }
  }

  template <std::size_t... i>
  static auto make_operations(const Chain<Layers...>& chain, const std::vector<Shape>& shapes, const Context& context,
                              std::index_sequence<i...>) {
    return std::tuple<typename Layers::template Operation<S>...>(
        typename Layers::template Operation<S>(std::get<i>(chain.layers()), shapes[i], context)...);
  }

  template <std::size_t i>
  void advance_layer(const calculus::Stage& stage, const calculus::Series<S>& x, Parameters<S> p,
                     const calculus::Series<S>& y) {
    if constexpr (!std::tuple_element_t<i, LayerTypes>::is_view) {
      if (slot_after_[i] != last_) between_[slot_after_[i] - 1].open(stage.number);
      std::get<i>(operations_)
          .advance(stage, before(i, x), p.subspan(first_array_[i], array_count_[i]),
                   slot_after_[i] == last_ ? y : between_[slot_after_[i] - 1]);
    }
  }

  template <std::size_t i>
  void pull_back_layer(const calculus::Stage& stage, const calculus::Series<S>& y_hat, const calculus::Series<S>& x,
                       Parameters<S> p, const calculus::Series<S>* x_hat, Gradients<S> p_hat) {
    if constexpr (!std::tuple_element_t<i, LayerTypes>::is_view) {
      if (x_hat == nullptr && i < first_with_parameters_) return;  // nothing below wants an adjoint
      const calculus::Series<S>* below = x_hat;
      if (slot_before_[i] != 0) {
        below = nullptr;
        if (x_hat != nullptr || i > first_with_parameters_) {
          adjoints_[slot_before_[i] - 1].open(stage.number);
          below = &adjoints_[slot_before_[i] - 1];
        }
      }
      auto& operation = std::get<i>(operations_);
      Gradients<S> gradients;
      if (!p_hat.empty()) gradients = p_hat.subspan(first_array_[i], array_count_[i]);
      if (!gradients.accumulate && !can_set_gradients<std::decay_t<decltype(operation)>>) {
        for (calculus::MatrixMap<S>& array : gradients.arrays) array.setZero();
        gradients.accumulate = true;
      }
      operation.pull_back(stage, slot_after_[i] == last_ ? y_hat : adjoints_[slot_after_[i] - 1], before(i, x),
                          p.subspan(first_array_[i], array_count_[i]), below, gradients);
    }
  }

  const calculus::Series<S>& before(std::size_t i, const calculus::Series<S>& x) const {
    return slot_before_[i] == 0 ? x : between_[slot_before_[i] - 1];
  }

  std::tuple<typename Layers::template Operation<S>...> operations_;
  // Slot 0 is the chain's input, slot last_ its output, the others stand between layers; a view's two slots are one.
  std::vector<calculus::Series<S>> between_;
  std::vector<calculus::Series<S>> adjoints_;
  std::size_t last_ = 0;
  std::size_t first_with_parameters_ = 0;
  std::array<std::size_t, count> slot_before_{};
  std::array<std::size_t, count> slot_after_{};
  std::array<std::size_t, count> first_array_{};
  std::array<std::size_t, count> array_count_{};
};

}  // namespace drift::nn
