#pragma once
// nn::sequential(layers...): a network, and the names and shapes of its parameters in one flat vector.
//
//     auto net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3));
//     net.parameters();                          // 83
//     nn::view(net, theta, "0.weight");          // the first layer's 4 x 10 weights, in place: layers are counted from 0
//
// The flat order is layer by layer, weight then bias, weights inputs x outputs in column-major order (PyTorch's order).
// Widths are checked where the network is made: a layer that does not fit throws InvalidArgument naming it.

#include <drift/nn/layer.hpp>

#include <algorithm>
#include <tuple>

namespace drift::nn {

/// One parameter array of a network within the flat vector.
struct ParameterBlock {
  std::string name;  ///< "<layer>.<array>", for instance "2.bias"
  Index rows;
  Index columns;
  Index offset;
  bool is_weight;

  Index size() const { return rows * columns; }
};

template <class... Layers>
class Sequential {
 public:
  explicit Sequential(Layers... layers) : layers_(std::move(layers)...) {
    static_assert(sizeof...(Layers) > 0, "a network needs at least one layer");
    Index width = any_width;
    Index position = 0;
    for_each_layer([&](const auto& layer) {
      const Index required = layer.required_width();
      if (required != any_width) {
        if (width == any_width) inputs_ = width = required;
        require(width == required, "inputs of layer " + std::to_string(position) + " (" + std::string(layer.name) + ")",
                required, std::to_string(width) + ", the outputs of the layer before");
      }
      width = layer.output_width(width);
      widths_.push_back(width);
      for (const ParameterShape& shape : layer.parameters()) {
        blocks_.push_back({std::to_string(position) + "." + std::string(shape.name), shape.rows, shape.columns,
                           parameters_, shape.is_weight});
        parameters_ += shape.rows * shape.columns;
      }
      ++position;
    });
    require(inputs_ != any_width, "layers", "without any that fixes a width", "such that at least one (dense) does");
  }

  Index inputs() const { return inputs_; }
  Index outputs() const { return widths_.back(); }
  /// The number of parameters: the length of the flat vector.
  Index parameters() const { return parameters_; }
  /// Every parameter array, in the order of the flat vector.
  const std::vector<ParameterBlock>& blocks() const { return blocks_; }
  const std::tuple<Layers...>& layers() const { return layers_; }

  /// The width going into a layer.
  Index width_before(std::size_t layer) const { return layer == 0 ? inputs_ : width_after(layer - 1); }
  /// The width coming out of a layer; layers before the first dense one pass the network's inputs on.
  Index width_after(std::size_t layer) const { return widths_[layer] == any_width ? inputs_ : widths_[layer]; }

 private:
  template <class Visit>
  void for_each_layer(const Visit& visit) const {
    std::apply([&](const auto&... layer) { (visit(layer), ...); }, layers_);
  }

  std::tuple<Layers...> layers_;
  Index inputs_ = any_width;
  Index parameters_ = 0;
  std::vector<Index> widths_;
  std::vector<ParameterBlock> blocks_;
};

template <class... Layers>
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
