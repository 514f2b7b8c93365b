#pragma once
// nn::sequential(layers...): a network, and the names and shapes of its parameters in one flat vector.
//
//     auto net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3));
//     net.parameters();                          // 83
//     nn::view(net, theta, "0.weight");          // the first layer's 4 x 10 weights, in place: layers are counted from 0
//
//     nn::sequential(nn::image(4, 10, 10), nn::conv2d(16, {.kernel = 3}), nn::tanh(), nn::flatten(), nn::dense(1024, 3));
//
// The flat order is layer by layer, weight then bias, weights inputs x outputs in column-major order (PyTorch's order).
// Shapes are checked where the network is made: a layer that does not fit throws InvalidArgument naming it, what it was given
// and what it needs. The first layer says what the input is: dense or image (activations may come before a dense one).

#include <drift/nn/layers.hpp>

#include <algorithm>

namespace drift::nn {

/// One parameter array of a network within the flat vector.
struct ParameterBlock {
  std::string name;  ///< "<layer>.<array>", for instance "2.bias"
  Index rows;
  Index columns;
  Index offset;
  bool is_weight;
  Index fan_in;
  Index fan_out;

  Index size() const { return rows * columns; }
};

template <Layer... Layers>
class Sequential {
 public:
  static constexpr bool holomorphic = Chain<Layers...>::holomorphic;
  static constexpr bool looks_at_examples = Chain<Layers...>::looks_at_examples;
  template <class S>
  using Operation = ChainOperation<S, Layers...>;

  explicit Sequential(Layers... layers) : chain_(std::move(layers)...) {
    const std::optional<Shape> input = chain_.required_input();
    require(input.has_value(), "layers", "without one that says what the input is",
            "such that nn::image or nn::dense comes first");
    shapes_ = chain_.shapes(*input);
    for (const ParameterShape& array : chain_.parameters(*input)) {
      blocks_.push_back(
          {array.name, array.rows, array.columns, parameters_, array.is_weight, array.fan_in, array.fan_out});
      parameters_ += array.rows * array.columns;
    }
  }

  /// The number of columns of X and of the network's output.
  Index inputs() const { return input_shape().size(); }
  Index outputs() const { return output_shape().size(); }
  const Shape& input_shape() const { return shapes_.front(); }
  const Shape& output_shape() const { return shapes_.back(); }
  /// The number of parameters: the length of the flat vector.
  Index parameters() const { return parameters_; }
  /// Every parameter array, in the order of the flat vector.
  const std::vector<ParameterBlock>& blocks() const { return blocks_; }
  const Chain<Layers...>& chain() const { return chain_; }

  const Shape& shape_before(std::size_t layer) const { return shapes_[layer]; }
  const Shape& shape_after(std::size_t layer) const { return shapes_[layer + 1]; }

 private:
  Chain<Layers...> chain_;
  std::vector<Shape> shapes_;  // before each layer, and the output's
  Index parameters_ = 0;
  std::vector<ParameterBlock> blocks_;
};

template <Layer... Layers>
Sequential<Layers...> sequential(Layers... layers) {
  return Sequential<Layers...>(std::move(layers)...);
}

/// The block of that name; throws InvalidArgument listing the names there are.
template <class Net>
ParameterBlock block(const Net& net, std::string_view name) {
  const auto& blocks = net.blocks();
  const auto found =
      std::find_if(blocks.begin(), blocks.end(), [&](const ParameterBlock& b) { return b.name == name; });
  if (found != blocks.end()) return *found;
  std::string names;
  for (const ParameterBlock& b : blocks) names += (names.empty() ? "" : ", ") + b.name;
  reject("name", "\"" + std::string(name) + "\"", "one of " + names);
}

/// A parameter array of a flat vector as a matrix, in place (weights inputs x outputs, biases 1 x outputs).
template <class Net, class S>
calculus::MatrixMap<S> view(const Net& net, Vector<S>& theta, std::string_view name) {
  require_size(theta, net.parameters(), "theta", "the network's parameters");
  const ParameterBlock b = block(net, name);
  return {theta.data() + b.offset, b.rows, b.columns};
}
template <class Net, class S>
calculus::ConstMatrixMap<S> view(const Net& net, const Vector<S>& theta, std::string_view name) {
  require_size(theta, net.parameters(), "theta", "the network's parameters");
  const ParameterBlock b = block(net, name);
  return {theta.data() + b.offset, b.rows, b.columns};
}

/// A view of a temporary would outlive it: keep the vector in a variable.
template <class Net, class S>
void view(const Net& net, const Vector<S>&& theta, std::string_view name) = delete;

}  // namespace drift::nn
