#pragma once
// The eigenvalues and eigenvectors of a real symmetric matrix: A = V diag(values) V'.
//
// Householder's reduction to tridiagonal form, then Eigen's tridiagonal QR iteration. The reduction is ours because Eigen's own,
// blocked one costs a compiler 5 s in every program that includes a principal flow, for nothing at the sizes at hand.
//
// Source: Golub & Van Loan, Matrix Computations, 8.3.1 (reduction), 8.3.3 (QR with Wilkinson's shift).
// Shapes: A n x n (its lower triangle is read), values n ascending, vectors n x n orthonormal columns. Cost: about 9 n^3.
// Failure: a non-finite A, or an iteration that does not end, gives values and vectors that are NaN. n = 0 gives empty ones.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <Eigen/Eigenvalues>

namespace drift::calculus {

template <class R>
struct SymmetricEigen {
  Vector<R> values;
  Matrix<R> vectors;
};

/// A symmetric matrix as Q T Q': T by its diagonal and subdiagonal, Q as a product of reflections I - 2 v v'.
template <class R>
struct Tridiagonal {
  Vector<R> diagonal;
  Vector<R> subdiagonal;
  Matrix<R> reflections;  ///< column k holds the unit vector v of reflection k below its diagonal; zero: no reflection

  /// Q x for every column of x.
  void apply(Matrix<R>& x) const {
    const Index n = diagonal.size();
    for (Index k = n - 3; k >= 0; --k) {
      const Index m = n - k - 1;
      const Vector<R> v = reflections.col(k).tail(m);
      for (Index j = 0; j < n; ++j) {
        auto column = x.col(j).tail(m);
        column -= (R(2) * v.dot(column)) * v;
      }
    }
  }
};

template <class R>
Tridiagonal<R> tridiagonalise(Matrix<R> a) {
  using std::sqrt;
  const Index n = a.rows();
  Tridiagonal<R> form{Vector<R>(n), Vector<R>(n - 1), Matrix<R>::Zero(n, n)};
  for (Index k = 0; k + 2 < n; ++k) {
    const Index m = n - k - 1;
    Vector<R> v = a.col(k).tail(m);
    const R norm = v.stableNorm();
    const R image =
        v[0] > R(0) ? R(-norm) : norm;  // what the reflection leaves of the column: the sign avoids cancellation
    form.diagonal[k] = a(k, k);
    form.subdiagonal[k] = image;
    v[0] -= image;
    const R length = v.stableNorm();
    if (length == R(0)) continue;  // the column is zero already
    v /= length;
    form.reflections.col(k).tail(m) = v;
    // (I - 2 v v') B (I - 2 v v') = B - v w' - w v' with w = 2 (B v - (v' B v) v), on the lower triangle.
    auto b = a.bottomRightCorner(m, m);
    Vector<R> w = Vector<R>::Zero(m);
    for (Index j = 0; j < m; ++j) {
      w[j] += b(j, j) * v[j];
      for (Index i = j + 1; i < m; ++i) {
        w[i] += b(i, j) * v[j];
        w[j] += b(i, j) * v[i];
      }
    }
    w = (R(2) * (w - v.dot(w) * v)).eval();
    for (Index j = 0; j < m; ++j) b.col(j).tail(m - j) -= w[j] * v.tail(m - j) + v[j] * w.tail(m - j);
  }
  for (Index k = n > 1 ? n - 2 : 0; k < n; ++k) form.diagonal[k] = a(k, k);
  if (n > 1) form.subdiagonal[n - 2] = a(n - 1, n - 2);
  return form;
}

/// Not inlined: each number type is compiled once.
template <class R>
[[gnu::noinline]] SymmetricEigen<R> symmetric_eigen(const Matrix<R>& a) {
  require(a.rows() == a.cols(), "columns of a symmetric matrix", a.cols(), "as many as it has rows");
  const Index n = a.rows();
  if (n == 0) return {Vector<R>(0), Matrix<R>(0, 0)};
  if (a.allFinite()) {
    const R size = a.cwiseAbs().maxCoeff();  // scaled, so that products neither overflow nor vanish
    const R scale = size > R(0) ? size : R(1);
    const Tridiagonal<R> form = tridiagonalise<R>(a / scale);
    Eigen::SelfAdjointEigenSolver<Matrix<R>> solver;
    solver.computeFromTridiagonal(form.diagonal, form.subdiagonal);
    if (solver.info() == Eigen::Success) {
      SymmetricEigen<R> result{solver.eigenvalues() * scale, solver.eigenvectors()};
      form.apply(result.vectors);
      return result;
    }
  }
  const R nan = Eigen::NumTraits<R>::quiet_NaN();
  return {Vector<R>::Constant(n, nan), Matrix<R>::Constant(n, n, nan)};
}

}  // namespace drift::calculus
