#pragma once
// losses::squared_error(): E = (1/N) sum over examples of |z - y|^2 / 2, summed over outputs.
//
// Targets: an N x outputs matrix, or labels, which stand for unit vectors. As a loss of a network: nn/supervised.hpp.
// Gradient with respect to the outputs: (z - y) / N, linear in z, so every higher coefficient is z_m / N.

#include <drift/calculus/series.hpp>
#include <drift/losses/targets.hpp>

#include <string_view>

namespace drift::losses {

struct SquaredError {
  static constexpr std::string_view name = "squared error";
  static constexpr bool holomorphic = true;

  template <class T>
  Matrix<T> targets_of(const std::vector<int>& labels, Index outputs) const {
    return unit_vectors<T>(labels, outputs);
  }
  template <class T>
  Matrix<T> prepared(Matrix<T> targets) const {
    return targets;
  }

  /// One block of examples. `scale` is 1 / N of the whole data set.
  template <class S>
  class Operation {
   public:
    Operation(const SquaredError&, Index rows, Index outputs) : residual_(rows, outputs) {}

    /// This block's share of the loss, and coefficient 0 of the outputs' adjoint.
    S start(const calculus::Series<S>& z, const Matrix<Real<S>>& targets, Index examples, const Real<S>& scale,
            const calculus::Series<S>& z_hat) {
      residual_ = z.matrix(0) - targets.template cast<S>();
      z_hat.matrix(0) = S(scale) * residual_;
      z_hat.mark(0, false);
      return S(scale / Real<S>(2)) * residual_.topRows(examples).cwiseProduct(residual_.topRows(examples)).sum();
    }

    void advance(const calculus::Stage& stage, const calculus::Series<S>& z, const Real<S>& scale,
                 const calculus::Series<S>& z_hat) {
      const Index m = stage.number;
      z_hat.mark(m, z.is_zero(m));
      if (!z.is_zero(m)) z_hat[m] = S(scale) * z[m];
    }

   private:
    Matrix<S> residual_;
  };
};

inline SquaredError squared_error() { return {}; }

}  // namespace drift::losses
