#pragma once
// losses::quadratic(A, b): the quadratic bowl, saddle or ridge, on which every flow of this library has a closed form.
//
//     E(theta) = theta^T A theta / 2 - b^T theta,     grad E = A theta - b,     Hessian A,  all higher derivatives 0
//
//     auto problem = losses::quadratic(A, b);         // A symmetric n x n; without b: b = 0
//
// Minima: A theta* = b where A is positive definite, then E(theta*) = -b^T theta* / 2. Spectrum: that of A, everywhere.
// Gradient descent multiplies the component of theta - theta* along an eigenvector of eigenvalue lambda by 1 - h lambda
// in every step.
//
// Gives: tiers 1 to 4, nestable. A and b are shared by the copies. Cost: one product with A for each value, gradient
// and push.
// Errors: A empty, not square, not symmetric (to 16 epsilon of its largest entry; what is within is averaged) or not
// finite, b of another length or not finite: InvalidArgument.

#include <drift/calculus/expansion.hpp>

#include <memory>
#include <string>
#include <utility>

namespace drift::losses {

template <class S>
struct QuadraticData {
  Matrix<S> a;
  Vector<S> b;
};

/// The stages of a quadratic over numbers of type T, S or the complex of it: g_0 = A theta - b, g_m = A theta_m.
template <class S, class T>
class QuadraticProgram {
 public:
  using Scalar = T;

  explicit QuadraticProgram(std::shared_ptr<const QuadraticData<S>> data) : data_(std::move(data)) {}

  Index dimension() const { return data_->b.size(); }

  T start(const Vector<T>& theta, Vector<T>& gradient) {
    gradient.noalias() = data_->a * theta;  // A theta for the moment
    const T value = theta.cwiseProduct(gradient).sum() / T(2) - theta.cwiseProduct(data_->b).sum();
    gradient -= data_->b;
    return value;
  }

  void advance(const calculus::Stage&, const Vector<T>& direction, bool direction_is_zero, Vector<T>& gradient) {
    if (direction_is_zero) {
      gradient.setZero(dimension());
    } else {
      gradient.noalias() = data_->a * direction;
    }
  }

 private:
  std::shared_ptr<const QuadraticData<S>> data_;
};

template <class S = double>
class Quadratic {
 public:
  using Scalar = S;
  template <class T>
  using ExpansionOver = calculus::ProgramExpansion<QuadraticProgram<S, T>>;

  Quadratic(Matrix<S> a, Vector<S> b) {
    const Index n = a.rows();
    const auto shape = [](const Matrix<S>& m) { return std::to_string(m.rows()) + " x " + std::to_string(m.cols()); };
    require(n > 0 && a.cols() == n, "A", shape(a), "a square matrix of 1 x 1 or more");
    require_size(b, n, "b", "that of A");
    require(a.allFinite(), "A", "a matrix with NaN or infinite entries", "finite");
    require(b.allFinite(), "b", "a vector with NaN or infinite entries", "finite");
    require_symmetric(a);
    a = (Matrix<S>(a.transpose()) + a) * S(0.5);
    data_ = std::make_shared<const QuadraticData<S>>(QuadraticData<S>{std::move(a), std::move(b)});
  }

  const Matrix<S>& A() const { return data_->a; }
  const Vector<S>& b() const { return data_->b; }
  Index dimension() const { return data_->b.size(); }

  template <StateOver<S> X>
  ScalarOf<X> value(const X& theta) const {
    return borrow(theta)->value();
  }

  template <StateOver<S> X>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    return borrow(theta)->gradient();
  }

  template <StateOver<S> X>
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth = 0) const {
    return {QuadraticProgram<S, ScalarOf<X>>(data_), theta, depth};
  }

  template <StateOver<S> X>
  auto borrow(const X& theta) const {
    return pool_.borrow(*this, theta);
  }

 private:
  static void require_symmetric(const Matrix<S>& a) {
    using std::abs;
    const S allowed = S(16) * epsilon<S>() * a.cwiseAbs().maxCoeff();
    for (Index j = 0; j < a.cols(); ++j) {
      for (Index i = 0; i < j; ++i) {
        require(abs(S(a(i, j) - a(j, i))) <= allowed, "A(" + std::to_string(i) + ", " + std::to_string(j) + ")",
                a(i, j), "equal to A(" + std::to_string(j) + ", " + std::to_string(i) + "), so that A is symmetric");
      }
    }
  }

  std::shared_ptr<const QuadraticData<S>> data_;
  calculus::ExpansionPool<ExpansionOver<S>, ExpansionOver<Complex<S>>> pool_;
};

/// E = theta^T A theta / 2 - b^T theta, in the number type of A.
template <class MatrixA, class VectorB>
Quadratic<typename MatrixA::Scalar> quadratic(const Eigen::MatrixBase<MatrixA>& A,
                                              const Eigen::MatrixBase<VectorB>& b) {
  return {A, b};
}

/// E = theta^T A theta / 2.
template <class MatrixA>
Quadratic<typename MatrixA::Scalar> quadratic(const Eigen::MatrixBase<MatrixA>& A) {
  using S = typename MatrixA::Scalar;
  return {A, Vector<S>::Zero(A.rows())};
}

}  // namespace drift::losses
