#pragma once
// nn::residual(layers...): y = x + f(x), f the chain of these layers.
//
//     nn::sequential(nn::dense(4, 10), nn::residual(nn::dense(10, 10), nn::tanh()), nn::dense(10, 3));
//
// f must keep the shape. Parameter arrays are named "<residual's position>.<layer>.<array>", "1.0.weight" here.
// Source: He et al., Deep residual learning, CVPR 2016. Cost: that of f, and a sum.
// Errors: an f whose output has not the shape of its input: InvalidArgument, where the network is made.

#include <drift/nn/chain.hpp>

namespace drift::nn {

template <class S, Layer... Layers>
class ResidualOperation;

template <Layer... Layers>
class Residual {
 public:
  static constexpr std::string_view name = "residual";
  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = Chain<Layers...>::holomorphic;
  static constexpr bool looks_at_examples = Chain<Layers...>::looks_at_examples;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = ResidualOperation<S, Layers...>;

  explicit Residual(Layers... layers) : chain_(std::move(layers)...) {}

  const Chain<Layers...>& chain() const { return chain_; }

  std::optional<Shape> required_input() const { return chain_.required_input(); }
  Shape output(const Shape& input) const {
    const Shape after = chain_.output(input);
    require(after == input, "output of its layers", describe(after), describe(input) + ", as their input");
    return input;
  }
  std::vector<ParameterShape> parameters(const Shape& input) const { return chain_.parameters(input); }

 private:
  Chain<Layers...> chain_;
};

template <Layer... Layers>
Residual<Layers...> residual(Layers... layers) {
  return Residual<Layers...>(std::move(layers)...);
}

template <class S, Layer... Layers>
class ResidualOperation {
  using Series = calculus::Series<S>;

 public:
  static constexpr bool sets_gradients = true;

  ResidualOperation(const Residual<Layers...>& layer, const Shape& input, const Context& context)
      : chain_(layer.chain(), input, context), branch_(context.rows, input.size()) {}

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S> p, const Series& y) {
    branch_.open(stage.number);  // f's output may be read again at later stages, so the sum goes elsewhere
    chain_.advance(stage, x, p, branch_);
    detail::add_coefficients(stage.number, x, branch_, y);
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series& x, Parameters<S> p,
                 const Series* x_hat, Gradients<S> p_hat) {
    chain_.pull_back(stage, y_hat, x, p, x_hat, p_hat);
    if (x_hat != nullptr) detail::add_coefficients(stage.number, *x_hat, y_hat, *x_hat);
  }

 private:
  ChainOperation<S, Layers...> chain_;
  Series branch_;
};

}  // namespace drift::nn
