#pragma once
// losses::logistic(): binary cross-entropy of logits,
//
//     E = (1/N) sum over examples and outputs of  t softplus(-z) + (1 - t) softplus(z)  =  softplus(z) - t z
//
// natural logarithm; every output is a classifier of its own, and they are summed.
//
// Targets: an N x outputs matrix of probabilities t (0 or 1 for hard ones), or labels: 0 or 1 where the network has one output,
// otherwise 0 .. outputs - 1 for unit vectors (one class against the rest). As a loss of a network: nn/supervised.hpp.
// Gradient with respect to the outputs: (p - t) / N, p = 1 / (1 + exp(-z)), without loss of digits at outputs of any size.
// Errors: a target outside [0, 1], a label out of range: InvalidArgument.

#include <drift/calculus/elementary.hpp>
#include <drift/calculus/series.hpp>
#include <drift/losses/targets.hpp>

#include <string_view>

namespace drift::losses {

struct Logistic {
  static constexpr std::string_view name = "logistic";
  static constexpr bool holomorphic = true;

  template <class T>
  Matrix<T> targets_of(const std::vector<int>& labels, Index outputs) const {
    if (outputs == 1) return unit_vectors<T>(labels, 2).rightCols(1);
    return unit_vectors<T>(labels, outputs);
  }
  template <class T>
  Matrix<T> prepared(Matrix<T> targets) const {
    require_probabilities(targets);
    return targets;
  }

  template <class S>
  class Operation {
   public:
    Operation(const Logistic&, Index rows, Index outputs) : probability_(rows, outputs), slope_(rows, outputs) {}

    S start(const calculus::Series<S>& z, const Matrix<Real<S>>& targets, Index examples, const Real<S>& scale,
            const calculus::Series<S>& z_hat) {
      using drift::log1p;
      using std::exp;
      using std::log1p;
      probability_.open(0);
      slope_.open(0);
      const auto outputs = z.matrix(0);
      auto p = probability_.matrix(0);
      auto slope = slope_.matrix(0);
      auto adjoint = z_hat.matrix(0);
      S total(0);
      for (Index c = 0; c < outputs.cols(); ++c) {
        for (Index i = 0; i < outputs.rows(); ++i) {
          // With e = exp(-|z|): softplus(+-z) = max(+-z, 0) + log1p(e), and p and 1 - p are 1 / (1 + e) and e / (1 + e).
          const S& output = outputs(i, c);
          const bool positive = Eigen::numext::real(output) > Real<S>(0);
          const S e = exp(positive ? S(-output) : output);
          const S larger = S(1) / (S(1) + e), smaller = e * larger;
          const S t(targets(i, c)), rest(Real<S>(1) - targets(i, c));
          p(i, c) = positive ? larger : smaller;
          slope(i, c) = larger * smaller;
          adjoint(i, c) = S(scale) * (rest * p(i, c) - t * (positive ? smaller : larger));
          if (i < examples) total += log1p(e) + (positive ? S(rest * output) : S(-t * output));
        }
      }
      z_hat.mark(0, false);
      return S(scale) * total;
    }

    void advance(const calculus::Stage& stage, const calculus::Series<S>& z, const Real<S>& scale,
                 const calculus::Series<S>& z_hat) {
      const Index m = stage.number;
      probability_.open(m);
      slope_.open(m);
      const bool any = calculus::Logistic::advance(stage, z, probability_, slope_, slope_);
      if (any) {
        z_hat[m] = S(scale) * probability_[m];
      } else {
        slope_.mark(m, true);
      }
      z_hat.mark(m, !any);
    }

   private:
    calculus::Series<S> probability_;
    calculus::Series<S> slope_;
  };
};

inline Logistic logistic() { return {}; }

}  // namespace drift::losses
