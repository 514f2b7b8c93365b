#pragma once
// nn::dropout(rate, random): in training each number is set to zero with probability `rate` and the others divided by 1 - rate, so
// that their expectation stays; in evaluation (nn::predict) nothing is done.
//
//     nn::dropout(0.5, Random(seed).split("dropout"))
//
// Which numbers are dropped is a fixed function of the stream, the example's row in X and the feature: the mask does not depend on how
// examples are cut into blocks, shared out among threads or drawn into batches. A Problem with dropout is an ordinary, deterministic
// function, with all its derivatives: that of one mask for each example, in every epoch. For fresh masks make the network anew with
// another stream, random.split(epoch), and go on with train from the run's state. Two dropout
// layers of one network should have different streams.
//
// Source: Srivastava et al., JMLR 15 (2014) 1929-1958. It is linear in its input, so holomorphic.
// Cost: one product for each number a stage; the mask is drawn once, where a Problem's expansion makes its workspace.
// Errors: a rate outside [0, 1): InvalidArgument.

#include <drift/core/random.hpp>
#include <drift/nn/layer.hpp>

namespace drift::nn {

template <class S>
class DropoutOperation;

struct Dropout {
  double rate = 0;
  Random random;

  static constexpr std::string_view name = "dropout";
  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = false;
  static constexpr bool looks_at_examples = true;
  template <class S>
  using Operation = DropoutOperation<S>;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return input; }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

inline Dropout dropout(double rate, Random random) {
  require(rate >= 0 && rate < 1, "rate", rate, "0 or more and below 1");
  return {rate, random};
}

template <class S>
class DropoutOperation {
  using Series = calculus::Series<S>;

 public:
  DropoutOperation(const Dropout& layer, const Shape& input, const Context& context) {
    if (context.mode == Mode::evaluation || layer.rate == 0) return;
    mask_.resize(context.rows * input.size());
    const auto kept = static_cast<Real<S>>(1 / (1 - layer.rate));
    for (Index n = 0; n < context.rows; ++n) {
      Random random = layer.random;  // word (example, feature) of the stream
      random.skip(static_cast<std::uint64_t>(context.example(n) * input.size()));
      for (Index i = 0; i < input.size(); ++i) {
        mask_[i * context.rows + n] = random.uniform() < layer.rate ? Real<S>(0) : kept;
      }
    }
  }

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S>, const Series& y) {
    apply(stage.number, x, y);
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series&, Parameters<S>, const Series* x_hat,
                 Gradients<S>) {
    if (x_hat != nullptr) apply(stage.number, y_hat, *x_hat);
  }

 private:
  void apply(Index m, const Series& from, const Series& to) const {
    if (mask_.size() == 0) {
      detail::copy_coefficient(m, from, to);
      return;
    }
    to.mark(m, from.is_zero(m));
    if (!from.is_zero(m)) to[m] = from[m] * mask_.template cast<S>();
  }

  Eigen::Array<Real<S>, Eigen::Dynamic, 1> mask_;  // empty: nothing is dropped
};

}  // namespace drift::nn
