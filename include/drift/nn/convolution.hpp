#pragma once
// nn::conv2d(filters, options): a two-dimensional convolution (cross-correlation, as everywhere in the field).
//
//     y(f, i, j) = b_f + sum over c, k, l of  W((c, k, l), f) x(c, i stride + k - padding, j stride + l - padding)
//
//     nn::sequential(nn::image(4, 10, 10), nn::conv2d(16, {.kernel = 3}), nn::tanh(), nn::flatten(), nn::dense(1024, 3));
//     nn::conv2d(8, {.kernel_height = 1, .kernel_width = 5, .stride = 2, .padding = 2})
//
// The number of channels in is the input's. Weights: (channels in x kernel height x kernel width) x filters, column-major,
// then filters biases: PyTorch's flat order of a Conv2d layer, (filter, channel, row, column).
//
// With features ordered (channel, row, column) over contiguous examples (nn/shape.hpp), the output is, without moving a number, a
// matrix of (positions x examples) x filters: the product of the patches, (positions x examples) x (channels in x kernel), with W.
// With stride 1 and numbers that have vectors, one row of positions of all examples is one contiguous run in every column of the
// patches, so the products read it where it lies in the image (calculus/kernels.hpp, `Table`). Elsewhere a stage's patches are
// copied out of its input once and serve all later stages.
//
// Cost: as a dense layer with as many inputs as a patch has numbers, for each example and position. Memory: with stride 1 and
// padding a copy of every stage's input; with other strides its patches, kernel height x kernel width / stride^2 times the input.
// Errors: filters, kernel or stride below 1, padding below 0, an image smaller than the kernel: InvalidArgument.

#include <drift/nn/layer.hpp>
#include <drift/nn/window.hpp>

#include <algorithm>

namespace drift::nn {

template <class S>
class Conv2dOperation;

struct Conv2dOptions {
  Index kernel = 3;         ///< height and width of the kernel
  Index kernel_height = 0;  ///< 0: kernel
  Index kernel_width = 0;   ///< 0: kernel
  Index stride = 1;         ///< in both directions
  Index padding = 0;        ///< rows and columns of zeros on each side
};

struct Conv2d {
  Index filters = 0;
  Window window;

  static constexpr std::string_view name = "conv2d";
  static constexpr bool keeps_shape = false;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = Conv2dOperation<S>;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return window.output(input, filters); }
  std::vector<ParameterShape> parameters(const Shape& input) const {
    const Index kernel = window.height * window.width;
    return {{.name = "weight",
             .rows = input.channels * kernel,
             .columns = filters,
             .is_weight = true,
             .fan_in = input.channels * kernel,
             .fan_out = filters * kernel},
            {.name = "bias", .rows = 1, .columns = filters}};
  }
};

inline Conv2d conv2d(Index filters, Conv2dOptions options = {}) {
  require(filters > 0, "filters", filters, "1 or more");
  require(options.kernel > 0, "kernel", options.kernel, "1 or more");
  const Window window{.height = options.kernel_height != 0 ? options.kernel_height : options.kernel,
                      .width = options.kernel_width != 0 ? options.kernel_width : options.kernel,
                      .stride = options.stride,
                      .padding = options.padding};
  require_window(window);
  return {filters, window};
}

template <class S>
class Conv2dOperation {
  using Series = calculus::Series<S>;

 public:
  static constexpr bool sets_gradients = true;

  Conv2dOperation(const Conv2d& layer, const Shape& input, const Context& context)
      : window_(layer.window),
        input_(input),
        output_(layer.output(input)),
        examples_(context.rows),
        rows_(context.rows * output_.positions()),
        filters_(layer.filters),
        patch_(input.channels * window_.height * window_.width),
        copies_(is_direct() ? context.rows : rows_,
                is_direct() ? input.channels * padded_height() * padded_width() : patch_) {
    if (!is_direct()) return;
    for (Index c = 0; c < input_.channels; ++c) {
      for (Index k = 0; k < window_.height; ++k) {
        for (Index l = 0; l < window_.width; ++l) {
          offsets_.push_back(((c * padded_height() + k) * padded_width() + l) * examples_);
        }
      }
    }
  }

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S> p, const Series& y) {
    const Series& weight = p[0];
    const Series& bias = p[1];
    const Index m = stage.number;
    copy_input(m, x);
    calculus::Onto<S> onto{.accumulate = false, .bias = bias.is_zero(m) ? nullptr : bias.constant_matrix(m).data()};
    for (const calculus::Pair& pair : stage.pairs) {
      if (copies_.is_zero(pair.a) || weight.is_zero(pair.b)) continue;
      add_convolution(pair.a, weight.constant_matrix(pair.b), by_filter(y, m), onto);
      onto = {};
    }
    if (!onto.accumulate && onto.bias != nullptr) by_filter(y, m).rowwise() = bias.constant_matrix(m).row(0);
    y.mark(m, !onto.accumulate && onto.bias == nullptr);
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series&, Parameters<S> p, const Series* x_hat,
                 Gradients<S> p_hat) {
    const Series& weight = p[0];
    const Index m = stage.number;
    if (!p_hat.empty()) {
      calculus::Onto<S> onto{.accumulate = p_hat.accumulate};
      for (const calculus::Pair& pair : stage.pairs) {
        if (copies_.is_zero(pair.a) || y_hat.is_zero(pair.b)) continue;
        add_correlation(pair.a, constant_by_filter(y_hat, pair.b), p_hat[0], onto);
        onto = {};
      }
      if (!onto.accumulate) p_hat[0].setZero();
      detail::add_column_sums(y_hat.is_zero(m), constant_by_filter(y_hat, m), p_hat.accumulate, p_hat[1]);
    }
    if (x_hat == nullptr) return;
    if (patch_adjoint_.size() == 0) patch_adjoint_.resize(rows_, patch_);
    calculus::Onto<S> onto{.accumulate = false};
    for (const calculus::Pair& pair : stage.pairs) {
      if (y_hat.is_zero(pair.a) || weight.is_zero(pair.b)) continue;
      calculus::add_product_with_transpose<S>(constant_by_filter(y_hat, pair.a), weight.constant_matrix(pair.b),
                                              calculus::MatrixMap<S>(patch_adjoint_.data(), rows_, patch_), onto);
      onto = {};
    }
    x_hat->mark(m, !onto.accumulate);
    if (!onto.accumulate) return;
    (*x_hat)[m].setZero();
    S* const image = (*x_hat)[m].data();
    for_each_run([&](Index in_image, Index in_patches, Index length) {
      Values(image + in_image, length) += Values(patch_adjoint_.data() + in_patches, length);
    });
  }

 private:
  using Values = typename Series::ArrayMap;

  calculus::MatrixMap<S> by_filter(const Series& y, Index m) const { return {y[m].data(), rows_, filters_}; }
  calculus::ConstMatrixMap<S> constant_by_filter(const Series& y, Index m) const {
    return {y[m].data(), rows_, filters_};
  }

  bool is_direct() const { return calculus::has_simd<S> && window_.stride == 1; }
  Index padded_height() const { return input_.height + 2 * window_.padding; }
  Index padded_width() const { return input_.width + 2 * window_.padding; }

  // What the products read: the image with its padding, or the patches. Without padding the image is read where it is.
  void copy_input(Index m, const Series& x) {
    if (x.is_zero(m)) {
      copies_.open_zero(m);
    } else if (is_direct() && window_.padding == 0) {
      copies_.bind(m, x[m].data());
    } else {
      copies_.open(m);
      S* const copy = copies_[m].data();
      const S* const image = x[m].data();
      if (window_.padding > 0) copies_[m].setZero();
      if (is_direct()) {
        const Index length = input_.width * examples_;
        for (Index row = 0; row < input_.channels * input_.height; ++row) {
          const Index channel = row / input_.height;
          const Index to = (row + (2 * channel + 1) * window_.padding) * padded_width() + window_.padding;
          std::copy(image + row * length, image + (row + 1) * length, copy + to * examples_);
        }
      } else {
        for_each_run([&](Index in_image, Index in_patches, Index length) {
          std::copy(image + in_image, image + in_image + length, copy + in_patches);
        });
      }
    }
  }

  // y = (or +=) the patches of coefficient a of the input times the weights.
  void add_convolution(Index a, calculus::ConstMatrixMap<S> weight, calculus::MatrixMap<S> y,
                       const calculus::Onto<S>& onto) const {
    if constexpr (calculus::has_simd<S>) {
      if (is_direct()) {
        const Index run = output_.width * examples_;
        for (Index i = 0; i < output_.height; ++i) {
          calculus::kernels::multiply(run, patch_, filters_, copies_[a].data() + i * padded_width() * examples_,
                                      table(), weight.data(), 1, patch_, y.data() + i * run, rows_, onto);
        }
        return;
      }
    }
    calculus::add_product<S>(copies_.constant_matrix(a), weight, y, onto);
  }

  // The weights' gradient = (or +=) the transposed patches of coefficient a of the input times y_hat.
  void add_correlation(Index a, calculus::ConstMatrixMap<S> y_hat, calculus::MatrixMap<S> gradient,
                       calculus::Onto<S> onto) const {
    if constexpr (calculus::has_simd<S>) {
      if (is_direct()) {
        const Index run = output_.width * examples_;
        for (Index i = 0; i < output_.height; ++i) {
          calculus::kernels::multiply_transposed(
              run, patch_, filters_, copies_[a].data() + i * padded_width() * examples_, table(),
              y_hat.data() + i * run, rows_, gradient.data(), patch_, onto.accumulate);
          onto = {};
        }
        return;
      }
    }
    calculus::add_transposed_product<S>(copies_.constant_matrix(a), y_hat, gradient, onto);
  }

  calculus::kernels::Table table() const { return {offsets_.data()}; }

  // Every run of numbers that are neighbours both in an image and in the patches: (offset in the one, offset in the other, length).
  // With stride 1 it is a row of positions of all examples, otherwise one position.
  template <class Visit>
  void for_each_run(const Visit& visit) const {
    Index column = 0;
    for (Index c = 0; c < input_.channels; ++c) {
      for (Index k = 0; k < window_.height; ++k) {
        for (Index l = 0; l < window_.width; ++l, ++column) {
          for (Index i = 0; i < output_.height; ++i) {
            const Index row = i * window_.stride + k - window_.padding;
            if (row < 0 || row >= input_.height) continue;
            const Index from = (c * input_.height + row) * input_.width;
            const Index to = column * output_.positions() + i * output_.width;
            visit_row(l - window_.padding, from, to, visit);
          }
        }
      }
    }
  }

  // One row of positions; position j is `shift` + j stride in the row of the image that starts at feature `from`.
  template <class Visit>
  void visit_row(Index shift, Index from, Index to, const Visit& visit) const {
    Index first = 0;
    while (first < output_.width && first * window_.stride + shift < 0) ++first;
    Index end = output_.width;
    while (end > first && (end - 1) * window_.stride + shift >= input_.width) --end;
    if (window_.stride == 1) {
      if (end > first) {
        visit((from + first + shift) * examples_, (to + first) * examples_, (end - first) * examples_);
      }
      return;
    }
    for (Index j = first; j < end; ++j) {
      visit((from + j * window_.stride + shift) * examples_, (to + j) * examples_, examples_);
    }
  }

  Window window_;
  Shape input_;
  Shape output_;
  Index examples_;
  Index rows_;  // positions x examples
  Index filters_;
  Index patch_;  // numbers in a patch
  Series copies_;
  std::vector<Index> offsets_;  // of a patch's numbers in the padded image
  Matrix<S> patch_adjoint_;
};

}  // namespace drift::nn
