#pragma once
// losses::huber(options): E = (1/N) sum over examples and outputs of h(z - y), quadratic for small residuals, linear for large ones:
//
//     h(r) = r^2 / 2 for |r| <= delta,     delta (|r| - delta / 2) elsewhere
//
//     losses::huber()   losses::huber({.delta = 0.5})
//
// Targets: an N x outputs matrix, or labels, which stand for unit vectors. As a loss of a network: nn/supervised.hpp.
// Gradient with respect to the outputs: r / N, clipped at +-delta / N. Piecewise: not holomorphic; the piece of each residual is that of
// its value at stage 0, so a second derivative at |r| = delta is the quadratic piece's. NaN passes through.
//
// Source: Huber, Robust estimation of a location parameter, Ann. Math. Statist. 35 (1964). Errors: delta not above 0: InvalidArgument.

#include <drift/calculus/series.hpp>
#include <drift/losses/targets.hpp>

#include <string_view>

namespace drift::losses {

struct Huber {
  double delta = 1;  ///< above 0: the size of a residual from which on it counts linearly

  static constexpr std::string_view name = "Huber";
  static constexpr bool holomorphic = false;

  template <class T>
  Matrix<T> targets_of(const std::vector<int>& labels, Index outputs) const {
    return unit_vectors<T>(labels, outputs);
  }
  template <class T>
  Matrix<T> prepared(Matrix<T> targets) const {
    return targets;
  }

  template <class S>
  class Operation {
   public:
    Operation(const Huber& loss, Index rows, Index outputs)
        : delta_(static_cast<S>(loss.delta)), is_quadratic_(rows, outputs) {}

    S start(const calculus::Series<S>& z, const Matrix<S>& targets, Index examples, const S& scale,
            const calculus::Series<S>& z_hat) {
      using std::abs;
      const auto outputs = z.matrix(0);
      auto adjoint = z_hat.matrix(0);
      S total(0);
      for (Index c = 0; c < outputs.cols(); ++c) {
        for (Index i = 0; i < outputs.rows(); ++i) {
          const S r = outputs(i, c) - targets(i, c);
          const bool linear = abs(r) > delta_;
          is_quadratic_(i, c) = linear ? S(0) : S(1);
          adjoint(i, c) = scale * (!linear ? r : r > S(0) ? delta_ : -delta_);
          if (i < examples) total += linear ? S(delta_ * (abs(r) - delta_ / S(2))) : S(r * r / S(2));
        }
      }
      z_hat.mark(0, false);
      return scale * total;
    }

    void advance(const calculus::Stage& stage, const calculus::Series<S>& z, const S& scale,
                 const calculus::Series<S>& z_hat) {
      const Index m = stage.number;
      z_hat.mark(m, z.is_zero(m));
      if (!z.is_zero(m)) z_hat.matrix(m) = scale * is_quadratic_.cwiseProduct(z.matrix(m));
    }

   private:
    S delta_;
    Matrix<S> is_quadratic_;  // 1 or 0
  };
};

inline Huber huber(Huber options = {}) {
  require_positive(options.delta, "delta");
  return options;
}

}  // namespace drift::losses
