#pragma once
// gauss_newton(fit): the Gauss-Newton matrix of a network's loss, as the Hessian of a Problem.
//
//     E(theta) = (1/N) sum over examples of loss(z_n, y_n),  z_n = net(x_n; theta)
//     H = G + (1/N) sum over n and outputs c of (d loss / d z_nc) D^2 z_nc,        G = J' L J
//
// J is the Jacobian of all outputs in the parameters, L the Hessian of E in the outputs, one block an example: I / N for
// squared error, (diag(p) - p p') / N for softmax cross-entropy. G is all of H where the network is linear in its parameters,
// and where the loss's slope at every output vanishes. It is positive semidefinite where the loss is convex in the outputs, as
// those of losses/ are.
//
//     auto fit = nn::supervised(net, losses::softmax_cross_entropy(), X, labels);
//     auto gn = curvature::gauss_newton(fit);               // value and gradient are fit's, the Hessian-vector product is G v
//     auto top = curvature::top_eigenpairs(gn, theta, 1);   // beside the Hessian's: top_eigenpairs(fit, theta, 1)
//     Matrix<double> G = hessian(gn, theta);
//     Vector<double> Gv = curvature::gauss_newton_product(fit, theta, v);
//
// A Problem of tier 2, so that Lanczos, traces and spectral densities take it as it is. A flow or a schedule takes it too, and
// then has E's gradient with G for its Hessian.
//
// A product is the network's tangent J v forward, the loss's adjoint L J v of it, and that one back as a gradient goes.
// Source: Schraudolph, Fast curvature matrix-vector products for second-order gradient descent, Neural Computation 14 (2002)
//   1723-1738.
// Shapes: theta and v of fit's dimension, in its number type, real. Layers that help training only (dropout) take part as they
//   do in fit. Threads as in nn::supervised, with the same bits for any number.
// Cost: 1.2 gradients of the digits network, where a Hessian-vector product at a known point is 1.4 (measured together); where
//   theta is not that of the product before, a forward pass more. gauss_newton_product makes its workspace anew: for many
//   products keep gauss_newton(fit).
// Failure: theta or v of another length: InvalidArgument.

#include <drift/core/pool.hpp>
#include <drift/nn/supervised.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace drift::curvature {

/// A network on its data at one theta at a time, for Gauss-Newton products.
template <class Net, class Loss, class T>
class GaussNewtonWorkspace {
 public:
  explicit GaussNewtonWorkspace(const nn::Supervised<Net, Loss, T>& fit)
      : data_(fit.blocks()),
        parameters_(fit.network()),
        sums_(data_->cut, fit.dimension(), data_->examples, fit.options().threads) {
    const std::vector<nn::Block>& blocks = data_->cut.blocks;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      networks_.emplace_back(fit.network(), data_->context(blocks[i]));
      networks_[i].input().bind_constant(0, data_->inputs[i].data());
      losses_.emplace_back(fit.loss(), blocks[i].rows, fit.network().outputs());
      adjoints_.emplace_back(blocks[i].rows, fit.network().outputs());
    }
  }

  /// G(theta) v
  Vector<T> product(const Vector<T>& theta, const Vector<T>& v) {
    if (!is_at_a_point_ || theta != theta_) move_to(theta);
    parameters_.bind(1, v, false);
    const calculus::Stage& tangent = stages_[1];
    Vector<T> result;
    sums_.run(result, [&](std::size_t i, Vector<T>& sum, bool accumulate) {
      set_tangent_adjoint(i, tangent);
      if (!adjoints_[i].is_zero(1)) {
        networks_[i].output_adjoint().bind(0, adjoints_[i][1].data());
        networks_[i].pull_back(calculus::first_stage, parameters_, sum, nullptr, accumulate);
      } else if (!accumulate) {
        sum.setZero();
      }
    });
    return result;
  }

 private:
  void move_to(const Vector<T>& theta) {
    is_at_a_point_ = false;
    theta_ = theta;
    parameters_.bind(0, theta_, false);
    sums_.for_each_block([&](std::size_t i) {
      networks_[i].advance(calculus::first_stage, parameters_);
      adjoints_[i].open(0);
      losses_[i].start(networks_[i].output(), data_->targets[i], data_->cut.blocks[i].examples, scale(), adjoints_[i]);
    });
    is_at_a_point_ = true;
  }

  /// L J v of one block; rows of padding have none.
  void set_tangent_adjoint(std::size_t i, const calculus::Stage& tangent) {
    networks_[i].input().open_zero(1);
    networks_[i].advance(tangent, parameters_);
    adjoints_[i].open(1);
    losses_[i].advance(tangent, networks_[i].output(), scale(), adjoints_[i]);
    const nn::Block& block = data_->cut.blocks[i];
    if (!adjoints_[i].is_zero(1)) adjoints_[i].matrix(1).bottomRows(block.rows - block.examples).setZero();
  }

  T scale() const { return T(1) / T(data_->examples); }

  std::shared_ptr<const nn::Blocks<T>> data_;
  calculus::Stages stages_;
  nn::ParameterSeries<T> parameters_;
  std::vector<nn::StagedNetwork<Net, T>> networks_;  // one for each block of examples
  std::vector<typename Loss::template Operation<T>> losses_;
  std::vector<calculus::Series<T>> adjoints_;  // of the outputs: the loss's own series, apart from what runs back
  nn::ExampleSums<T> sums_;
  Vector<T> theta_;
  bool is_at_a_point_ = false;
};

/// A supervised problem with the Gauss-Newton matrix in its Hessian's place.
template <class Net, class Loss, class T>
class GaussNewton {
 public:
  using Scalar = T;

  explicit GaussNewton(nn::Supervised<Net, Loss, T> fit) : fit_(std::move(fit)) {}

  const nn::Supervised<Net, Loss, T>& fit() const { return fit_; }
  Index dimension() const { return fit_.dimension(); }
  T value(const Vector<T>& theta) const { return fit_.value(theta); }
  Vector<T> gradient(const Vector<T>& theta) const { return fit_.gradient(theta); }

  /// G(theta) v. Products at the theta of the one before share its forward pass.
  Vector<T> hessian_vector_product(const Vector<T>& theta, const Vector<T>& v) const {
    require_size(theta, dimension(), "theta");
    require_size(v, dimension(), "v");
    const auto make = [&] { return GaussNewtonWorkspace<Net, Loss, T>(fit_); };
    return workspaces_.borrow(make, [](const auto&) {})->product(theta, v);
  }

 private:
  nn::Supervised<Net, Loss, T> fit_;
  Pool<GaussNewtonWorkspace<Net, Loss, T>> workspaces_;
};

/// The Gauss-Newton matrix of a network's loss as the Hessian of a Problem.
template <class Net, class Loss, class T>
GaussNewton<Net, Loss, T> gauss_newton(nn::Supervised<Net, Loss, T> fit) {
  return GaussNewton<Net, Loss, T>(std::move(fit));
}

/// G(theta) v, once.
template <class Net, class Loss, class T>
Vector<T> gauss_newton_product(const nn::Supervised<Net, Loss, T>& fit, const std::type_identity_t<Vector<T>>& theta,
                               const std::type_identity_t<Vector<T>>& v) {
  return gauss_newton(fit).hessian_vector_product(theta, v);
}

}  // namespace drift::curvature
