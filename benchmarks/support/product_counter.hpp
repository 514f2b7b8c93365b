#pragma once
// ProductCounter: a Problem that has a network's shape and none of its numbers. Whatever is asked of it (a Hessian-vector product,
// a flow, a step) it answers with made-up vectors, and counts the floating-point operations of the matrix products that the
// network would have done. So a benchmark's flop count comes from running the very operation that is timed.
//
//     ProductCounter counter({{.multiply_adds = 40, .weights = 40, .biases = 10}, {.multiply_adds = 0}, ...}, examples);
//     flows::modified<3>(counter, h)(theta);      counter.flops();
//
// Counted is 2 x examples x multiply_adds for each pair of coefficients that are not identically zero, as nn/layer.hpp does it:
//     forward  x_a W_b        back  x_a^T y^_b  (for the weights)   and   y^_a W_b^T  (for the input; not of the first layer)
// The input is constant: x_0 of the first layer is its only coefficient. A direction's arrays that are zero throughout count as zero.
// Biases, elementwise functions and the loss count nothing.

#include <drift/calculus/expansion.hpp>
#include <drift/core/errors.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace drift::benchmarks {

/// A layer with weights, or (multiply_adds == 0) an activation.
struct CountedLayer {
  double multiply_adds = 0;  ///< of one product, for one example
  Index weights = 0;
  Index biases = 0;
};

class ProductCounter {
 public:
  using Scalar = double;

  class Counting;  // the Expansion

  ProductCounter(std::vector<CountedLayer> layers, Index examples)
      : shape_(std::make_shared<const Shape>(Shape{std::move(layers), examples})),
        flops_(std::make_shared<double>(0.0)) {}

  double flops() const { return *flops_; }
  void reset() { *flops_ = 0; }

  Index dimension() const {
    Index n = 0;
    for (const CountedLayer& layer : shape_->layers) n += layer.weights + layer.biases;
    return n;
  }
  double value(const Vector<double>& theta) const;
  Vector<double> gradient(const Vector<double>& theta) const;
  Counting expand(const Vector<double>& theta) const;

 private:
  struct Shape {
    std::vector<CountedLayer> layers;
    Index examples;
  };

  std::shared_ptr<const Shape> shape_;
  std::shared_ptr<double> flops_;  // shared by all copies, since flows hold their problem by value
};

class ProductCounter::Counting {
 public:
  Counting(const ProductCounter& counter, const Vector<double>& theta)
      : shape_(counter.shape_),
        flops_(counter.flops_),
        output_(shape_->layers.size() + 1),
        adjoint_(shape_->layers.size() + 1),
        weight_(shape_->layers.size()),
        slope_(shape_->layers.size()) {
    move_to(theta);
  }

  const Vector<double>& state() const { return state_; }
  double value() const { return 0; }
  const Vector<double>& gradient() const { return coefficients_.front(); }
  Index stage() const { return stage_; }
  const Vector<double>& push(const Vector<double>& direction) { return run(stage_ + 1, direction); }
  const Vector<double>& push_zero() { return run(stage_ + 1, Vector<double>::Zero(state_.size())); }
  void rewind(Index stage) { stage_ = stage; }
  void move_to(const Vector<double>& theta, Wanted wanted = Wanted::gradient) {
    state_ = theta;
    run(0, theta);
    if (wanted == Wanted::products) *flops_ -= gradient_products();
  }

 private:
  /// Flops of one product x^T y^ for every layer's weights: what stage 0 does without when only products are wanted.
  double gradient_products() const {
    double sum = 0;
    for (const CountedLayer& layer : shape_->layers) sum += layer.multiply_adds;
    return 2.0 * static_cast<double>(shape_->examples) * sum;
  }

  using Pattern = std::vector<char>;  // whether each coefficient so far may differ from zero

  const Vector<double>& run(Index stage, const Vector<double>& direction) {
    stage_ = stage;
    const auto m = static_cast<std::size_t>(stage);
    forward(m, direction);
    back(m);
    // Any answer will do that is not zero and whose Krylov spaces are large: that of a bowl with distinct curvatures, and a constant.
    while (coefficients_.size() <= m) coefficients_.emplace_back();
    const Index n = state_.size();
    coefficients_[m] = Vector<double>::LinSpaced(n, 0.5, 1.5).cwiseProduct(direction).array() + 1.0;
    return coefficients_[m];
  }

  void forward(std::size_t m, const Vector<double>& direction) {
    set(output_[0], m, m == 0);
    Index offset = 0;
    for (std::size_t l = 0; l < shape_->layers.size(); ++l) {
      const CountedLayer& layer = shape_->layers[l];
      if (layer.multiply_adds == 0) {
        set(output_[l + 1], m, m == 0 || chain(output_[l], slope_[l], m));
        set(slope_[l], m, m == 0 || pairs(output_[l + 1], output_[l + 1], m) > 0);
        continue;
      }
      const auto any = [&](Index n) {
        const bool differs = m == 0 || !direction.segment(offset, n).isZero(0);
        offset += n;
        return differs;
      };
      set(weight_[l], m, any(layer.weights));
      const bool bias = any(layer.biases);
      set(output_[l + 1], m, count(layer, output_[l], weight_[l], m) || bias);
    }
  }

  void back(std::size_t m) {
    const std::size_t last = shape_->layers.size();
    set(adjoint_[last], m, m == 0 || chain(output_[last], adjoint_[last], m));  // softmax: D p = p D z + ...
    for (std::size_t l = last; l-- > 0;) {
      const CountedLayer& layer = shape_->layers[l];
      if (layer.multiply_adds == 0) {
        set(adjoint_[l], m, pairs(adjoint_[l + 1], slope_[l], m) > 0);
        continue;
      }
      count(layer, output_[l], adjoint_[l + 1], m);
      if (l > 0) set(adjoint_[l], m, count(layer, adjoint_[l + 1], weight_[l], m));
    }
  }

  static void set(Pattern& pattern, std::size_t m, bool value) {
    pattern.resize(m + 1);
    pattern[m] = value ? 1 : 0;
  }

  /// How many pairs a + b = m there are, a >= first, of coefficients that differ from zero.
  static int pairs(const Pattern& x, const Pattern& y, std::size_t m, std::size_t first = 0) {
    int number = 0;
    for (std::size_t a = first; a <= m; ++a) number += x[a] != 0 && y[m - a] != 0 ? 1 : 0;
    return number;
  }

  /// Whether sum a x_a d_{m-a} has a term.
  static bool chain(const Pattern& x, const Pattern& d, std::size_t m) { return pairs(x, d, m, 1) > 0; }

  bool count(const CountedLayer& layer, const Pattern& x, const Pattern& y, std::size_t m) const {
    const int number = pairs(x, y, m);
    *flops_ += 2.0 * static_cast<double>(shape_->examples) * layer.multiply_adds * number;
    return number > 0;
  }

  std::shared_ptr<const Shape> shape_;
  std::shared_ptr<double> flops_;
  Vector<double> state_;
  Index stage_ = 0;
  std::vector<Pattern> output_;   // [0] is the input, [l + 1] what layer l gives
  std::vector<Pattern> adjoint_;  // of the same
  std::vector<Pattern> weight_;
  std::vector<Pattern> slope_;  // of an activation
  std::deque<Vector<double>> coefficients_;
};

inline ProductCounter::Counting ProductCounter::expand(const Vector<double>& theta) const { return {*this, theta}; }
inline double ProductCounter::value(const Vector<double>& theta) const { return expand(theta).value(); }
inline Vector<double> ProductCounter::gradient(const Vector<double>& theta) const { return expand(theta).gradient(); }

}  // namespace drift::benchmarks
