#pragma once
// losses::linear(): E = (1/N) sum over examples of u . z, a weighted sum of the outputs; the weights u are the targets.
//
// With it whatever takes a loss works on the outputs themselves: the gradient is a vector-Jacobian product, and with weights 1 and -1
// it is the loss of a Wasserstein critic. Targets: an N x outputs matrix, or labels, which stand for unit vectors: the output at the
// label. As a loss of a network: nn/supervised.hpp. Gradient with respect to the outputs: u / N, every higher coefficient 0.

#include <drift/calculus/series.hpp>
#include <drift/losses/targets.hpp>

#include <string_view>

namespace drift::losses {

struct Linear {
  static constexpr std::string_view name = "linear";
  static constexpr bool holomorphic = true;

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
    Operation(const Linear&, Index, Index) {}

    S start(const calculus::Series<S>& z, const Matrix<Real<S>>& targets, Index examples, const Real<S>& scale,
            const calculus::Series<S>& z_hat) {
      auto adjoint = z_hat.matrix(0);
      adjoint = (scale * targets).template cast<S>();
      z_hat.mark(0, false);
      return adjoint.topRows(examples).cwiseProduct(z.matrix(0).topRows(examples)).sum();
    }

    void advance(const calculus::Stage& stage, const calculus::Series<S>&, const Real<S>&,
                 const calculus::Series<S>& z_hat) {
      z_hat.mark(stage.number, true);
    }
  };
};

inline Linear linear() { return {}; }

}  // namespace drift::losses
