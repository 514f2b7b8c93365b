#pragma once
// What a layer is, and the two kinds that everything starts from.
//
// A layer is a small value that knows its shapes, and an Operation<S> that runs it one stage at a time on whole matrices of
// examples x features:
//
//   expression                                        meaning
//   layer.output_width(width)                         columns out for columns in; throws where they do not fit
//   layer.parameters()                                the shapes of its parameter arrays, in the order of the flat vector
//   layer.required_width()                            the input width that it was made for, or any_width
//   Layer::Operation<S>(layer, rows, width)           workspace for a block of `rows` examples
//     .advance(stage, x, p, y)                        coefficient m of the output y, from the input x and the parameters p
//     .pull_back(stage, y_hat, x, p, x_hat, p_hat)    coefficient m of the adjoints: sets x_hat (unless null), adds to p_hat
//
// x, y, p are Series (calculus/series.hpp); x and any of p may vary or be constant, and any of them may come from other
// operations: an input may be another network's output, a weight may be a normalised one. Stage 0 is plain evaluation.
//
// Dense: y = x W + 1 b, W inputs x outputs in column-major order, then b: PyTorch's flat order of a Linear layer.
// Activation<F>: y = phi(x) elementwise, phi of calculus/elementary.hpp.
//
// Cost: a dense layer's stage m has a product for every pair of non-zero coefficients, 2 (m + 1) of them back.

#include <drift/calculus/elementary.hpp>
#include <drift/calculus/series.hpp>
#include <drift/core/errors.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drift::nn {

inline constexpr Index any_width = -1;

/// One parameter array of a layer. fan_in and fan_out are what initialisers scale by; an array that is no weight starts at 0.
struct ParameterShape {
  std::string_view name;
  Index rows;
  Index columns;
  bool is_weight;
};

/// Coefficient m of one parameter array's gradient: a matrix to add to.
template <class S>
using Gradients = std::span<calculus::MatrixMap<S>>;

template <class S>
using Parameters = std::span<const calculus::Series<S>>;

template <class S>
class DenseOperation;

struct Dense {
  Index inputs;
  Index outputs;

  static constexpr std::string_view name = "dense";
  template <class S>
  using Operation = DenseOperation<S>;

  Index required_width() const { return inputs; }
  Index output_width(Index) const { return outputs; }
  std::vector<ParameterShape> parameters() const {
    return {{.name = "weight", .rows = inputs, .columns = outputs, .is_weight = true},
            {.name = "bias", .rows = 1, .columns = outputs, .is_weight = false}};
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
  DenseOperation(const Dense&, Index, Index) {}

  void advance(const calculus::Stage& stage, const calculus::Series<S>& x, Parameters<S> p,
               const calculus::Series<S>& y) {
    const calculus::Series<S>& weight = p[0];
    const calculus::Series<S>& bias = p[1];
    const Index m = stage.number;
    bool any = !bias.is_zero(m);
    auto result = y.matrix(m);
    if (any) {
      result.rowwise() = bias.constant_matrix(m).row(0);
    } else {
      result.setZero();
    }
    for (const calculus::Pair& pair : stage.pairs) {
      if (x.is_zero(pair.a) || weight.is_zero(pair.b)) continue;
      calculus::add_product<S>(x.constant_matrix(pair.a), weight.constant_matrix(pair.b), result);
      any = true;
    }
    y.mark(m, !any);
  }

  void pull_back(const calculus::Stage& stage, const calculus::Series<S>& y_hat, const calculus::Series<S>& x,
                 Parameters<S> p, const calculus::Series<S>* x_hat, Gradients<S> p_hat) {
    const calculus::Series<S>& weight = p[0];
    const Index m = stage.number;
    for (const calculus::Pair& pair : stage.pairs) {
      if (x.is_zero(pair.a) || y_hat.is_zero(pair.b)) continue;
      calculus::add_transposed_product<S>(x.constant_matrix(pair.a), y_hat.constant_matrix(pair.b), p_hat[0]);
    }
    if (!y_hat.is_zero(m)) p_hat[1] += y_hat.matrix(m).colwise().sum();
    if (x_hat == nullptr) return;
    bool any = false;
    auto result = x_hat->matrix(m);
    result.setZero();
    for (const calculus::Pair& pair : stage.pairs) {
      if (y_hat.is_zero(pair.a) || weight.is_zero(pair.b)) continue;
      calculus::add_product_with_transpose<S>(y_hat.constant_matrix(pair.a), weight.constant_matrix(pair.b), result);
      any = true;
    }
    x_hat->mark(m, !any);
  }
};

/// y = phi(x); the series phi'(x) that the adjoint needs stands beside y.
template <class Function, class S>
class ActivationOperation {
 public:
  template <class Layer>
  ActivationOperation(const Layer&, Index rows, Index width) : slope_(rows, width), auxiliary_(rows, width) {}

  void advance(const calculus::Stage& stage, const calculus::Series<S>& x, Parameters<S>,
               const calculus::Series<S>& y) {
    const Index m = stage.number;
    slope_.open(m);
    if constexpr (Function::series > 2) auxiliary_.open(m);
    if (m == 0) {
      start(x[0], y[0], slope_[0]);
      y.mark(0, false);
      return;
    }
    if (Function::advance(stage, x, y, slope_, auxiliary_)) return;
    y.mark(m, true);
    slope_.mark(m, true);
    if constexpr (Function::series > 2) auxiliary_.mark(m, true);
  }

  void pull_back(const calculus::Stage& stage, const calculus::Series<S>& y_hat, const calculus::Series<S>&,
                 Parameters<S>, const calculus::Series<S>* x_hat, Gradients<S>) {
    if (x_hat != nullptr) calculus::set_product(stage, *x_hat, y_hat, slope_);
  }

 private:
  using Values = typename calculus::Series<S>::ArrayMap;

  void start(Values x, Values y, Values slope) {
    S unused(0);
    S* const auxiliary = Function::series > 2 ? auxiliary_[0].data() : nullptr;
    for (Index i = 0; i < x.size(); ++i)
      Function::start(x[i], y[i], slope[i], auxiliary != nullptr ? auxiliary[i] : unused);
  }

  calculus::Series<S> slope_;
  calculus::Series<S> auxiliary_;
};

template <class Function>
struct Activation {
  template <class S>
  using Operation = ActivationOperation<Function, S>;

  static constexpr std::string_view name = "activation";

  Index required_width() const { return any_width; }
  Index output_width(Index width) const { return width; }
  std::vector<ParameterShape> parameters() const { return {}; }
};

inline Activation<calculus::Tanh> tanh() { return {}; }
inline Activation<calculus::Softplus> softplus() { return {}; }

/// y = x: for a linear layer that is to be seen as one, and for ablations.
struct Identity {
  static constexpr std::string_view name = "identity";

  template <class S>
  struct Operation {
    Operation(const Identity&, Index, Index) {}
    void advance(const calculus::Stage& stage, const calculus::Series<S>& x, Parameters<S>,
                 const calculus::Series<S>& y) {
      copy(stage.number, x, y);
    }
    void pull_back(const calculus::Stage& stage, const calculus::Series<S>& y_hat, const calculus::Series<S>&,
                   Parameters<S>, const calculus::Series<S>* x_hat, Gradients<S>) {
      if (x_hat != nullptr) copy(stage.number, y_hat, *x_hat);
    }

   private:
    static void copy(Index m, const calculus::Series<S>& from, const calculus::Series<S>& to) {
      to.mark(m, from.is_zero(m));
      if (!from.is_zero(m)) to[m] = from[m];
    }
  };

  Index required_width() const { return any_width; }
  Index output_width(Index width) const { return width; }
  std::vector<ParameterShape> parameters() const { return {}; }
};

inline Identity identity() { return {}; }

}  // namespace drift::nn
