#pragma once
// losses::softmax_cross_entropy(options): E = (1/N) sum over examples of (log sum_c exp(z_c)) - z_y, natural logarithm.
//
// Targets: labels 0 .. outputs - 1, or an N x outputs matrix of class probabilities t (then - sum_c t_c z_c; rows that sum to
// one). With label smoothing s they are moved towards the uniform distribution, (1 - s) t + s / outputs; the loss of perfect
// outputs is then not zero.
//
//     losses::softmax_cross_entropy({.label_smoothing = 0.1})
//
// Source: Szegedy et al., Rethinking the Inception architecture, CVPR 2016, section 7 (label smoothing).
// As a loss of a network: nn/supervised.hpp. Gradient with respect to the outputs: (p - t) / N, p = softmax(z).
//
// The series of p: with l = log sum_c exp(z_c) and y_c = z_c - l = log p_c,
//     D l = sum_c p_c D z_c,    D p_c = p_c D y_c      so     l_m = (1/w_m) sum w_a z_a . p_b,    p_m = (1/w_m) sum w_a y_a p_b
// in the weights of calculus/stage.hpp. The shift in the exponent is the largest real part, a real constant, so that complex
// outputs work.

#include <drift/calculus/array_functions.hpp>
#include <drift/calculus/series.hpp>
#include <drift/losses/targets.hpp>

#include <string_view>

namespace drift::losses {

struct SoftmaxCrossEntropy {
  double label_smoothing = 0;  ///< in [0, 1): the share of each target that goes to all classes alike

  static constexpr std::string_view name = "softmax cross-entropy";
  static constexpr bool holomorphic = true;

  template <class T>
  Matrix<T> targets_of(const std::vector<int>& labels, Index outputs) const {
    return unit_vectors<T>(labels, outputs);
  }
  /// Probabilities whose rows sum to one, smoothed: (1 - s) t + s / outputs.
  template <class T>
  Matrix<T> prepared(Matrix<T> targets) const {
    require_probabilities(targets);
    for (Index i = 0; i < targets.rows(); ++i) {
      using std::abs;
      const T sum = targets.row(i).sum();
      require(abs(sum - T(1)) <= T(1000) * epsilon<T>(), "sum of row " + std::to_string(i) + " of the targets", sum,
              "1");
    }
    if (label_smoothing == 0) return targets;
    const T s = static_cast<T>(label_smoothing);
    targets = ((T(1) - s) * targets.array() + s / static_cast<T>(targets.cols())).matrix();
    return targets;
  }

  template <class S>
  class Operation {
   public:
    Operation(const SoftmaxCrossEntropy&, Index rows, Index outputs)
        : probability_(rows, outputs), log_probability_(rows, outputs), log_sum_(rows), loss_(rows), shift_(rows) {}

    S start(const calculus::Series<S>& z, const Matrix<Real<S>>& targets, Index examples, const Real<S>& scale,
            const calculus::Series<S>& z_hat) {
      probability_.open(0);
      log_probability_.open_zero(0);  // no stage asks for it
      z_hat.mark(0, false);
      bool done = false;
      if constexpr (calculus::has_simd<S>) done = start_vectors(z, targets, scale, z_hat);
      if (!done) start_columns(z, targets, scale, z_hat);
      return S(scale) * loss_.head(examples).sum();
    }

    void advance(const calculus::Stage& stage, const calculus::Series<S>& z, const Real<S>& scale,
                 const calculus::Series<S>& z_hat) {
      const Index m = stage.number;
      const Index rows = z.rows();
      probability_.open(m);
      log_probability_.open(m);
      calculus::SumOfProducts<S> sum(rows, log_sum_.data());
      for (const calculus::Pair& pair : stage.pairs) {
        if (pair.weight == 0 || z.is_zero(pair.a) || probability_.is_zero(pair.b)) continue;
        const S factor(Real<S>(pair.weight) / Real<S>(stage.weight));
        for (Index c = 0; c < z.columns(); ++c) {
          sum.add(z[pair.a].data() + c * rows, probability_[pair.b].data() + c * rows, factor);
        }
      }
      if (!sum.finish()) {
        probability_.mark(m, true);
        log_probability_.mark(m, true);
        z_hat.mark(m, true);
        return;
      }
      auto y = log_probability_.matrix(m).array();
      if (z.is_zero(m)) {
        for (Index c = 0; c < z.columns(); ++c) y.col(c) = -log_sum_;
      } else {
        for (Index c = 0; c < z.columns(); ++c) y.col(c) = z.matrix(m).array().col(c) - log_sum_;
      }
      calculus::set_chain(stage, probability_, log_probability_, probability_);
      z_hat[m] = S(scale) * probability_[m];
      z_hat.mark(m, false);
    }

   private:
    template <class T>
    using Column = Eigen::Array<T, Eigen::Dynamic, 1>;

    // Probabilities, adjoints and each example's loss, column by column.
    void start_columns(const calculus::Series<S>& z, const Matrix<Real<S>>& targets, const Real<S>& scale,
                       const calculus::Series<S>& z_hat) {
      using std::exp;
      using std::log;
      const auto outputs = z.matrix(0).array();
      auto p = probability_.matrix(0).array();
      shift_ = outputs.col(0).real();
      for (Index c = 1; c < outputs.cols(); ++c) shift_ = shift_.max(outputs.col(c).real());
      loss_.setZero();
      log_sum_.setZero();
      for (Index c = 0; c < outputs.cols(); ++c) {
        loss_ -= targets.col(c).array() * (outputs.col(c) - shift_);
        for (Index i = 0; i < p.rows(); ++i) p(i, c) = exp(S(outputs(i, c) - shift_[i]));
        log_sum_ += p.col(c);
      }
      for (Index c = 0; c < outputs.cols(); ++c) {
        p.col(c) /= log_sum_;
        z_hat.matrix(0).array().col(c) = S(scale) * (p.col(c) - targets.col(c).array());
      }
      for (Index i = 0; i < loss_.size(); ++i) loss_[i] += log(log_sum_[i]);
    }

    // The same for a vector of examples at a time, in one pass; false where their number has a rest.
    bool start_vectors(const calculus::Series<S>& z, const Matrix<S>& targets, const S& scale,
                       const calculus::Series<S>& z_hat)
      requires calculus::has_simd<S>
    {
      using V = calculus::Simd<S>;
      using calculus::load, calculus::store;
      const Index rows = z.rows(), columns = z.columns();
      if (rows % calculus::simd_width<S> != 0) return false;
      for (Index i = 0; i < rows; i += calculus::simd_width<S>) {
        const S* const outputs = z[0].data() + i;
        const S* const expected = targets.data() + i;
        S* const p = probability_[0].data() + i;
        S* const adjoint = z_hat[0].data() + i;
        V shift = load<V>(outputs);
        for (Index c = 1; c < columns; ++c) {
          const V next = load<V>(outputs + c * rows);
          shift = next > shift ? next : shift;
        }
        V sum{}, share{};
        for (Index c = 0; c < columns; ++c) {
          const V shifted = load<V>(outputs + c * rows) - shift;
          const V e = calculus::simd_exp(shifted);
          store(p + c * rows, e);
          sum += e;
          share += load<V>(expected + c * rows) * shifted;
        }
        const V inverse = S(1) / sum;
        for (Index c = 0; c < columns; ++c) {
          const V probability = load<V>(p + c * rows) * inverse;
          store(p + c * rows, probability);
          store(adjoint + c * rows, (probability - load<V>(expected + c * rows)) * scale);
        }
        store(loss_.data() + i, calculus::simd_log(sum) - share);
      }
      return true;
    }

    calculus::Series<S> probability_;
    calculus::Series<S> log_probability_;
    Column<S> log_sum_;
    Column<S> loss_;  // of each example
    Column<Real<S>> shift_;
  };
};

/// Options: {.label_smoothing = 0.1}.
inline SoftmaxCrossEntropy softmax_cross_entropy(SoftmaxCrossEntropy options = {}) {
  require(options.label_smoothing >= 0 && options.label_smoothing < 1, "label_smoothing", options.label_smoothing,
          "0 or more and below 1");
  return options;
}

}  // namespace drift::losses
