#pragma once
// losses::least_squares(X, y): linear regression, half the mean squared residual.
//
//     E(theta) = |X theta - y|^2 / (2 N),     grad E = X^T (X theta - y) / N,     Hessian X^T X / N,  all higher
//              derivatives 0
//
//     auto problem = losses::least_squares(X, y);     // X: N examples x n features, y: N targets
//
// Minima: the solutions of X^T X theta = X^T y. Spectrum: the squared singular values of X over N, so never negative.
//
// Gives: tiers 1 to 4, nestable. The data are shared by the copies. Cost: two products with X for each gradient and
// push, so X^T X is never formed. A mean over examples and half a square, as all losses here: with N = 1, n = 1 it is
// (x theta - y)^2 / 2.
// Errors: X without rows or columns or not finite, y of another length than X has rows or not finite: InvalidArgument.

#include <drift/calculus/expansion.hpp>

#include <memory>
#include <string>
#include <utility>

namespace drift::losses {

template <class S>
struct LeastSquaresData {
  Matrix<S> x;
  Vector<S> y;
};

/// The stages over numbers of type T, S or the complex of it: g_0 = X^T (X theta - y) / N, g_m = X^T X theta_m / N.
template <class S, class T>
class LeastSquaresProgram {
 public:
  using Scalar = T;

  explicit LeastSquaresProgram(std::shared_ptr<const LeastSquaresData<S>> data) : data_(std::move(data)) {}

  Index dimension() const { return data_->x.cols(); }

  T start(const Vector<T>& theta, Vector<T>& gradient) {
    residual_.noalias() = data_->x * theta;
    residual_ -= data_->y;
    pull_back(gradient);
    return residual_.cwiseProduct(residual_).sum() / T(Real<T>(2) * examples());
  }

  void advance(const calculus::Stage&, const Vector<T>& direction, bool direction_is_zero, Vector<T>& gradient) {
    if (direction_is_zero) {
      gradient.setZero(dimension());
      return;
    }
    residual_.noalias() = data_->x * direction;
    pull_back(gradient);
  }

 private:
  Real<T> examples() const { return Real<T>(data_->x.rows()); }

  void pull_back(Vector<T>& gradient) const {
    gradient.noalias() = data_->x.transpose() * residual_;
    gradient /= T(examples());
  }

  std::shared_ptr<const LeastSquaresData<S>> data_;
  Vector<T> residual_;
};

template <class S = double>
class LeastSquares {
 public:
  using Scalar = S;
  template <class T>
  using ExpansionOver = calculus::ProgramExpansion<LeastSquaresProgram<S, T>>;

  LeastSquares(Matrix<S> x, Vector<S> y) {
    require(x.rows() > 0 && x.cols() > 0, "X", std::to_string(x.rows()) + " x " + std::to_string(x.cols()),
            "a matrix of one example and one feature or more");
    require_size(y, x.rows(), "y", "one target for each row of X");
    require(x.allFinite(), "X", "a matrix with NaN or infinite entries", "finite");
    require(y.allFinite(), "y", "a vector with NaN or infinite entries", "finite");
    data_ = std::make_shared<const LeastSquaresData<S>>(LeastSquaresData<S>{std::move(x), std::move(y)});
  }

  const Matrix<S>& X() const { return data_->x; }
  const Vector<S>& y() const { return data_->y; }
  Index dimension() const { return data_->x.cols(); }

  template <StateOver<S> Theta>
  ScalarOf<Theta> value(const Theta& theta) const {
    return borrow(theta)->value();
  }

  template <StateOver<S> Theta>
  Vector<ScalarOf<Theta>> gradient(const Theta& theta) const {
    return borrow(theta)->gradient();
  }

  template <StateOver<S> Theta>
  ExpansionOver<ScalarOf<Theta>> expand(const Theta& theta, int depth = 0) const {
    return {LeastSquaresProgram<S, ScalarOf<Theta>>(data_), theta, depth};
  }

  template <StateOver<S> Theta>
  auto borrow(const Theta& theta) const {
    return pool_.borrow(*this, theta);
  }

 private:
  std::shared_ptr<const LeastSquaresData<S>> data_;
  calculus::ExpansionPool<ExpansionOver<S>, ExpansionOver<Complex<S>>> pool_;
};

/// E = |X theta - y|^2 / (2 N), in the number type of X.
template <class MatrixX, class VectorY>
LeastSquares<typename MatrixX::Scalar> least_squares(const Eigen::MatrixBase<MatrixX>& X,
                                                     const Eigen::MatrixBase<VectorY>& y) {
  return {X, y};
}

}  // namespace drift::losses
