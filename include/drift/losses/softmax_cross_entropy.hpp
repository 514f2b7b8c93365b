#pragma once
// losses::softmax_cross_entropy(): E = (1/N) sum over examples of (log sum_c exp(z_c)) - z_y, natural logarithm.
//
// Targets: labels 0 .. outputs - 1, or an N x outputs matrix of class probabilities t (then - sum_c t_c z_c; rows that sum to
// one). As a loss of a network: nn/supervised.hpp. Gradient with respect to the outputs: (p - t) / N, p = softmax(z).
//
// The series of p: with e = exp(z) scaled so that its row sums s have s_0 = 1, and e_0 = p_0,
//     e_m = (1/w_m) sum w_a z_a e_b,      s_m = sum over c of e_m,      p_m = e_m - sum over b > 0 of p_a s_b.
// The scale is a constant factor of the series, so that it is exact; the shift in the exponent is the largest real part, a
// real constant, so that complex outputs work.

#include <drift/calculus/elementary.hpp>
#include <drift/calculus/series.hpp>

#include <string_view>

namespace drift::losses {

struct SoftmaxCrossEntropy {
  static constexpr std::string_view name = "softmax cross-entropy";

  template <class S>
  class Operation {
   public:
    Operation(Index rows, Index outputs) : exponential_(rows, outputs), probability_(rows, outputs), sum_(rows, 1) {}

    S start(const calculus::Series<S>& z, const Matrix<Real<S>>& targets, const Real<S>& scale,
            const calculus::Series<S>& z_hat) {
      using std::exp;
      using std::log;
      open(0);
      const auto outputs = z.matrix(0);
      auto e = exponential_.matrix(0);
      S total(0);
      for (Index i = 0; i < outputs.rows(); ++i) {
        const Real<S> shift = outputs.row(i).real().maxCoeff();
        S row_sum(0);
        S expected(0);
        for (Index c = 0; c < outputs.cols(); ++c) {
          e(i, c) = exp(S(outputs(i, c) - S(shift)));
          row_sum += e(i, c);
          expected += S(targets(i, c)) * (outputs(i, c) - S(shift));
        }
        e.row(i) /= row_sum;
        total += log(row_sum) - expected;
      }
      probability_[0] = exponential_[0];
      sum_[0].setConstant(S(1));
      z_hat.matrix(0) = S(scale) * (e - targets.template cast<S>());
      z_hat.mark(0, false);
      return S(scale) * total;
    }

    void advance(const calculus::Stage& stage, const calculus::Series<S>& z, const Real<S>& scale,
                 const calculus::Series<S>& z_hat) {
      const Index m = stage.number;
      open(m);
      if (!calculus::set_chain(stage, exponential_, z, exponential_)) {
        probability_.mark(m, true);
        sum_.mark(m, true);
        z_hat.mark(m, true);
        return;
      }
      sum_.matrix(m) = exponential_.matrix(m).rowwise().sum();
      auto p = probability_.matrix(m);
      p = exponential_.matrix(m);
      for (const calculus::Pair& pair : stage.pairs) {
        if (pair.b == 0 || probability_.is_zero(pair.a) || sum_.is_zero(pair.b)) continue;
        p.array() -= probability_.matrix(pair.a).array().colwise() * sum_[pair.b];
      }
      z_hat[m] = S(scale) * probability_[m];
      z_hat.mark(m, false);
    }

   private:
    void open(Index m) {
      exponential_.open(m);
      probability_.open(m);
      sum_.open(m);
    }

    calculus::Series<S> exponential_;
    calculus::Series<S> probability_;
    calculus::Series<S> sum_;
  };
};

inline SoftmaxCrossEntropy softmax_cross_entropy() { return {}; }

}  // namespace drift::losses
