#pragma once
// nn::dense(inputs, outputs): y = x W + 1 b, a fully connected layer.
//
// x: examples x inputs, plain features (nn::flatten() first where they are an image). W: inputs x outputs in column-major order,
// then b, 1 x outputs: PyTorch's flat order of a Linear layer.
//
// Cost: stage m has a product for every pair of non-zero coefficients of x and W, and twice as many back.
// Errors: inputs or outputs below 1, another number of features: InvalidArgument.

#include <drift/nn/layer.hpp>

namespace drift::nn {

template <class S>
class DenseOperation;

struct Dense {
  Index inputs;
  Index outputs;

  static constexpr std::string_view name = "dense";
  static constexpr bool keeps_shape = false;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = DenseOperation<S>;

  std::optional<Shape> required_input() const { return flat(inputs); }
  Shape output(const Shape& input) const {
    require(input == flat(inputs), "input", describe(input),
            describe(flat(inputs)) + (input.size() == inputs ? ": put nn::flatten() before it" : ""));
    return flat(outputs);
  }
  std::vector<ParameterShape> parameters(const Shape&) const {
    return {
        {.name = "weight", .rows = inputs, .columns = outputs, .is_weight = true, .fan_in = inputs, .fan_out = outputs},
        {.name = "bias", .rows = 1, .columns = outputs}};
  }
};

/// A fully connected layer of inputs x outputs weights and outputs biases.
inline Dense dense(Index inputs, Index outputs) {
  require(inputs > 0, "inputs", inputs, "1 or more");
  require(outputs > 0, "outputs", outputs, "1 or more");
  return {inputs, outputs};
}

template <class S>
class DenseOperation {
 public:
  static constexpr bool sets_gradients = true;

  DenseOperation(const Dense& layer, const Shape&, const Context&)
      : is_wide_(layer.inputs >= 32 && layer.outputs >= 16) {}

  void advance(const calculus::Stage& stage, const calculus::Series<S>& x, Parameters<S> p,
               const calculus::Series<S>& y) {
    const calculus::Series<S>& weight = p[0];
    const calculus::Series<S>& bias = p[1];
    const Index m = stage.number;
    // The first product sets y and adds the bias on the way, the others add to it.
    calculus::Onto<S> onto{.accumulate = false, .bias = bias.is_zero(m) ? nullptr : bias.constant_matrix(m).data()};
    for (const calculus::Pair& pair : stage.pairs) {
      if (x.is_zero(pair.a) || weight.is_zero(pair.b)) continue;
      calculus::add_product<S>(x.constant_matrix(pair.a), weight.constant_matrix(pair.b), y.matrix(m), onto);
      onto = {};
    }
    if (!onto.accumulate && onto.bias != nullptr) y.matrix(m).rowwise() = bias.constant_matrix(m).row(0);
    y.mark(m, !onto.accumulate && onto.bias == nullptr);
  }

  void pull_back(const calculus::Stage& stage, const calculus::Series<S>& y_hat, const calculus::Series<S>& x,
                 Parameters<S> p, const calculus::Series<S>* x_hat, Gradients<S> p_hat) {
    const calculus::Series<S>& weight = p[0];
    const Index m = stage.number;
    if (!p_hat.empty()) {
      calculus::Onto<S> onto{.accumulate = p_hat.accumulate};
      for (const calculus::Pair& pair : stage.pairs) {
        if (x.is_zero(pair.a) || y_hat.is_zero(pair.b)) continue;
        add_correlation(x, pair.a, y_hat.constant_matrix(pair.b), p_hat[0], onto);
        onto = {};
      }
      if (!onto.accumulate) p_hat[0].setZero();
      detail::add_column_sums(y_hat.is_zero(m), y_hat.constant_matrix(m), p_hat.accumulate, p_hat[1]);
    }
    if (x_hat == nullptr) return;
    calculus::Onto<S> onto{.accumulate = false};
    for (const calculus::Pair& pair : stage.pairs) {
      if (y_hat.is_zero(pair.a) || weight.is_zero(pair.b)) continue;
      calculus::add_product_with_transpose<S>(y_hat.constant_matrix(pair.a), weight.constant_matrix(pair.b),
                                              x_hat->matrix(m), onto);
      onto = {};
    }
    x_hat->mark(m, !onto.accumulate);
  }

 private:
  void add_correlation(const calculus::Series<S>& x, Index a, calculus::ConstMatrixMap<S> y_hat,
                       calculus::MatrixMap<S> gradient, const calculus::Onto<S>& onto) const {
    if constexpr (calculus::has_simd<S>) {
      if (is_wide_ && x.is_constant(a)) {
        calculus::add_packed_product<S>(x.packed(a), y_hat, gradient, onto);
        return;
      }
    }
    calculus::add_transposed_product<S>(x.constant_matrix(a), y_hat, gradient, onto);
  }

  bool is_wide_;  // both widths fill vectors: it pays to transpose constant data, once
};

}  // namespace drift::nn
