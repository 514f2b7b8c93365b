#pragma once
// nn::average_pooling(options), nn::max_pooling(options): each window of an image, channel by channel, becomes one number: its mean,
// or its largest.
//
//     nn::average_pooling({.size = 2})                     // halves height and width
//     nn::max_pooling({.size = 3, .stride = 1})
//
// Windows lie within the image; rows and columns that are left over are not used. A mean is holomorphic. A maximum is piecewise
// linear: not holomorphic; which number of a window it is follows from the values at stage 0 (of equal ones the first in the order of
// rows; a NaN counts as the largest, of several the last: all as in PyTorch).
//
// Cost: one pass over the windows a stage. Errors: size or stride below 1, an image smaller than a window: InvalidArgument.

#include <drift/nn/layer.hpp>
#include <drift/nn/window.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

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

/// Where in an image, in features from the window's first, the numbers of a window are: in the order of rows.
inline std::vector<Index> window_offsets(const Window& window, const Shape& input) {
  std::vector<Index> offsets;
  for (Index k = 0; k < window.height; ++k)
    for (Index l = 0; l < window.width; ++l) offsets.push_back(k * input.width + l);
  return offsets;
}

/// visit(feature out, the first feature in) for every window.
template <class Visit>
void for_each_window(const Window& window, const Shape& input, const Shape& output, const Visit& visit) {
  Index out = 0;
  for (Index c = 0; c < output.channels; ++c) {
    for (Index i = 0; i < output.height; ++i) {
      for (Index j = 0; j < output.width; ++j, ++out) {
        visit(out, (c * input.height + i * window.stride) * input.width + j * window.stride);
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
      : window_(layer.window),
        input_(input),
        output_(layer.output(input)),
        offsets_(detail::window_offsets(layer.window, input)) {}

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S>, const Series& y) {
    const Index m = stage.number;
    y.mark(m, x.is_zero(m));
    if (x.is_zero(m)) return;
    y[m].setZero();
    auto result = y.matrix(m);
    const auto image = x.matrix(m);
    detail::for_each_window(window_, input_, output_, [&](Index out, Index first) {
      for (const Index offset : offsets_) result.col(out) += image.col(first + offset);
    });
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
    detail::for_each_window(window_, input_, output_, [&](Index out, Index first) {
      for (const Index offset : offsets_) result.col(first + offset) += above.col(out);
    });
    (*x_hat)[m] *= share();
  }

 private:
  S share() const { return S(Real<S>(1) / static_cast<Real<S>>(window_.height * window_.width)); }

  Window window_;
  Shape input_;
  Shape output_;
  std::vector<Index> offsets_;
};

/// y is one of the numbers of each window. Which one is kept as how many features it is from the window's first, in integers of
/// the numbers' size: a vector of them is chosen along with the vector of numbers.
template <class S>
class MaxPoolingOperation {
  using Series = calculus::Series<S>;
  using Offset = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;

 public:
  MaxPoolingOperation(const MaxPooling& layer, const Shape& input, const Context& context)
      : window_(layer.window),
        input_(input),
        output_(layer.output(input)),
        offsets_(detail::window_offsets(layer.window, input)),
        chosen_(context.rows, output_.size()) {}

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S>, const Series& y) {
    const Index m = stage.number, rows = y.rows();
    y.mark(m, x.is_zero(m));
    if (x.is_zero(m)) {
      if (m == 0) chosen_.setZero();
      return;
    }
    const S* const image = x[m].data();
    S* const result = y[m].data();
    detail::for_each_window(window_, input_, output_, [&](Index out, Index first) {
      if (m == 0) {
        choose(out, image + first * rows, result + out * rows);
      } else {
        const Offset* const chosen = chosen_.col(out).data();
        for (Index n = 0; n < rows; ++n) result[out * rows + n] = image[(first + chosen[n]) * rows + n];
      }
    });
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series&, Parameters<S>, const Series* x_hat,
                 Gradients<S>) {
    if (x_hat == nullptr) return;
    const Index m = stage.number, rows = y_hat.rows(), channel = input_.height * input_.width * rows;
    x_hat->mark(m, y_hat.is_zero(m));
    if (y_hat.is_zero(m)) return;
    const S* const above = y_hat[m].data();
    S* const result = (*x_hat)[m].data();
    Index cleared = 0;  // one channel at a time: it is in the cache still when the windows add to it
    detail::for_each_window(window_, input_, output_, [&](Index out, Index first) {
      if (first * rows >= cleared) {
        std::fill_n(result + cleared, channel, S(0));
        cleared += channel;
      }
      const Offset* const chosen = chosen_.col(out).data();
      for (Index n = 0; n < rows; ++n) result[(first + chosen[n]) * rows + n] += above[out * rows + n];
    });
  }

 private:
  /// The largest number of each example's window, which begins at `window`, and where it is.
  void choose(Index out, const S* window, S* result) {
    const Index rows = chosen_.rows();
    Offset* const chosen = chosen_.col(out).data();
    calculus::for_each_simd<S>(rows, [&]<class V>(Index n) {
      using Offsets = calculus::Simd<Offset, calculus::simd_size<V>>;
      V largest = calculus::load<V>(window + n);
      Offsets at{};
      for (const Index offset : offsets_) {
        const V next = calculus::load<V>(window + offset * rows + n);
        // NOLINTNEXTLINE(misc-redundant-expression): NaN alone is not itself
        const auto is_above = next > largest, is_nan = next != next;
        const auto is_larger = is_above | is_nan;
        largest = is_larger ? next : largest;
        at = is_larger ? Offsets{} + static_cast<Offset>(offset) : at;
      }
      calculus::store(result + n, largest);
      calculus::store(chosen + n, at);
    });
  }

  Window window_;
  Shape input_;
  Shape output_;
  std::vector<Index> offsets_;
  Eigen::Matrix<Offset, Eigen::Dynamic, Eigen::Dynamic> chosen_;
};

}  // namespace drift::nn
