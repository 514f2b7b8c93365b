#pragma once
// nn::average_pooling(options), nn::max_pooling(options): each window of an image, channel by channel, becomes one number: its mean,
// or its largest.
//
//     nn::average_pooling({.size = 2})                     // halves height and width
//     nn::max_pooling({.size = 3, .stride = 1})
//
// Windows lie within the image; rows and columns that are left over are not used. A mean is holomorphic. A maximum is piecewise
// linear: not holomorphic; which number of a window it is follows from the values at stage 0 (of equal ones the first in the order of
// rows, as in PyTorch; a NaN counts as the largest).
//
// Cost: one pass over the windows a stage. Errors: size or stride below 1, an image smaller than a window: InvalidArgument.

#include <drift/nn/layer.hpp>
#include <drift/nn/window.hpp>

#include <cmath>

namespace drift::nn {

struct PoolingOptions {
  Index size = 2;    ///< height and width of the window
  Index stride = 0;  ///< 0: the size, so that windows lie side by side
};

namespace detail {

inline Window pooling_window(const PoolingOptions& options) {
  require(options.size > 0, "size", options.size, "1 or more");
  const Window window{
      .height = options.size, .width = options.size, .stride = options.stride != 0 ? options.stride : options.size};
  require_window(window);
  return window;
}

/// visit(feature out, feature in) for every number of every window.
template <class Visit>
void for_each_in_windows(const Window& window, const Shape& input, const Shape& output, const Visit& visit) {
  Index out = 0;
  for (Index c = 0; c < output.channels; ++c) {
    for (Index i = 0; i < output.height; ++i) {
      for (Index j = 0; j < output.width; ++j, ++out) {
        for (Index k = 0; k < window.height; ++k) {
          for (Index l = 0; l < window.width; ++l) {
            visit(out, (c * input.height + i * window.stride + k) * input.width + j * window.stride + l);
          }
        }
      }
    }
  }
}

}  // namespace detail

template <class S>
class AveragePoolingOperation;
template <class S>
class MaxPoolingOperation;

struct AveragePooling {
  Window window;

  static constexpr std::string_view name = "average pooling";
  static constexpr bool keeps_shape = false;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = AveragePoolingOperation<S>;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return window.output(input, input.channels); }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

struct MaxPooling {
  Window window;

  static constexpr std::string_view name = "max pooling";
  static constexpr bool keeps_shape = false;
  static constexpr bool holomorphic = false;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = MaxPoolingOperation<S>;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return window.output(input, input.channels); }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

inline AveragePooling average_pooling(PoolingOptions options = {}) { return {detail::pooling_window(options)}; }
inline MaxPooling max_pooling(PoolingOptions options = {}) { return {detail::pooling_window(options)}; }

template <class S>
class AveragePoolingOperation {
  using Series = calculus::Series<S>;

 public:
  AveragePoolingOperation(const AveragePooling& layer, const Shape& input, const Context&)
      : window_(layer.window), input_(input), output_(layer.output(input)) {}

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S>, const Series& y) {
    const Index m = stage.number;
    y.mark(m, x.is_zero(m));
    if (x.is_zero(m)) return;
    y[m].setZero();
    auto result = y.matrix(m);
    const auto image = x.matrix(m);
    detail::for_each_in_windows(window_, input_, output_,
                                [&](Index out, Index in) { result.col(out) += image.col(in); });
    y[m] *= share();
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series&, Parameters<S>, const Series* x_hat,
                 Gradients<S>) {
    if (x_hat == nullptr) return;
    const Index m = stage.number;
    x_hat->mark(m, y_hat.is_zero(m));
    if (y_hat.is_zero(m)) return;
    (*x_hat)[m].setZero();
    auto result = x_hat->matrix(m);
    const auto above = y_hat.matrix(m);
    detail::for_each_in_windows(window_, input_, output_,
                                [&](Index out, Index in) { result.col(in) += above.col(out); });
    (*x_hat)[m] *= share();
  }

 private:
  S share() const { return S(Real<S>(1) / static_cast<Real<S>>(window_.height * window_.width)); }

  Window window_;
  Shape input_;
  Shape output_;
};

template <class S>
class MaxPoolingOperation {
  using Series = calculus::Series<S>;

 public:
  MaxPoolingOperation(const MaxPooling& layer, const Shape& input, const Context& context)
      : window_(layer.window), input_(input), output_(layer.output(input)), chosen_(context.rows, output_.size()) {}

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S>, const Series& y) {
    const Index m = stage.number;
    y.mark(m, x.is_zero(m));
    if (x.is_zero(m)) {
      if (m == 0) choose(Matrix<S>::Zero(chosen_.rows(), input_.size()));
      return;
    }
    if (m == 0) choose(x.matrix(0));
    auto result = y.matrix(m);
    const auto image = x.matrix(m);
    for (Index out = 0; out < result.cols(); ++out)
      for (Index n = 0; n < result.rows(); ++n) result(n, out) = image(n, chosen_(n, out));
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series&, Parameters<S>, const Series* x_hat,
                 Gradients<S>) {
    if (x_hat == nullptr) return;
    const Index m = stage.number;
    x_hat->mark(m, y_hat.is_zero(m));
    if (y_hat.is_zero(m)) return;
    (*x_hat)[m].setZero();
    auto result = x_hat->matrix(m);
    const auto above = y_hat.matrix(m);
    for (Index out = 0; out < above.cols(); ++out)
      for (Index n = 0; n < above.rows(); ++n) result(n, chosen_(n, out)) += above(n, out);
  }

 private:
  template <class Values>
  void choose(const Values& image) {
    using std::isnan;
    chosen_.setConstant(-1);
    detail::for_each_in_windows(window_, input_, output_, [&](Index out, Index in) {
      for (Index n = 0; n < chosen_.rows(); ++n) {
        Index& chosen = chosen_(n, out);
        if (chosen < 0 || image(n, in) > image(n, chosen) || isnan(image(n, in))) chosen = in;
      }
    });
  }

  Window window_;
  Shape input_;
  Shape output_;
  Matrix<Index> chosen_;  // the feature that each output is
};

}  // namespace drift::nn
