#pragma once
// eigenvalues(A): all eigenvalues of a small general square matrix, real or complex.
//
//     Q^H A Q = T upper triangular; the eigenvalues are its diagonal
//
//     Vector<std::complex<double>> lambda = eigenvalues(A);     // in no particular order; of a real A conjugate pairs to rounding
//
// Householder's reduction to Hessenberg form, then calculus/hessenberg.hpp, in complex arithmetic throughout.
// Source: Golub & Van Loan, Matrix Computations, 7.4. Cost: about 30 n^3 complex multiplications: for n up to some hundreds.
// Accuracy: that of a matrix epsilon |A| away; a defective eigenvalue of multiplicity m moves by the m-th root of it.
// Errors: A not square throws InvalidArgument. Failure: a non-finite A, or an iteration that does not end, gives NaN.

#include <drift/calculus/hessenberg.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <cmath>
#include <string>
#include <utility>

namespace drift {

namespace calculus {

/// A unitarily similar matrix without entries below the first subdiagonal.
template <class R>
Matrix<std::complex<R>> hessenberg_form(Matrix<std::complex<R>> a) {
  using C = std::complex<R>;
  using std::abs;
  const Index n = a.rows();
  for (Index k = 0; k + 2 < n; ++k) {
    Vector<C> v = a.col(k).tail(n - k - 1);
    const R size = v.tail(v.size() - 1).stableNorm();
    if (size == R(0)) continue;
    const R length = v.stableNorm();
    const C phase = v[0] == C(0) ? C(1) : C(v[0] / abs(v[0]));
    v[0] += phase * length;
    v /= C(v.stableNorm());
    for (Index j = 0; j < n; ++j) {  // rows k + 1... of each column
      const C along = C(2) * v.dot(a.col(j).tail(v.size()));
      a.col(j).tail(v.size()) -= along * v;
    }
    for (Index i = 0; i < n; ++i) {  // and columns k + 1... of each row
      C along(0);
      for (Index j = 0; j < v.size(); ++j) along += a(i, k + 1 + j) * v[j];
      along *= C(2);
      for (Index j = 0; j < v.size(); ++j) a(i, k + 1 + j) -= along * std::conj(v[j]);
    }
    a.col(k).tail(n - k - 2).setZero();
  }
  return a;
}

}  // namespace calculus

template <class S>
Vector<Complex<S>> eigenvalues(const Matrix<S>& a) {
  using C = Complex<S>;
  require(a.rows() == a.cols(), "A", std::to_string(a.rows()) + " x " + std::to_string(a.cols()), "square");
  const C nan(Eigen::NumTraits<Real<S>>::quiet_NaN(), Real<S>(0));
  if (!a.allFinite()) return Vector<C>::Constant(a.rows(), nan);
  const Real<S> size = a.size() > 0 ? Real<S>(a.cwiseAbs().maxCoeff()) : Real<S>(0);
  if (size == Real<S>(0)) return Vector<C>::Zero(a.rows());
  const auto form = calculus::schur_of_hessenberg<Real<S>>(
      calculus::hessenberg_form<Real<S>>(Matrix<C>(a.template cast<C>() / C(size))));
  if (!form.converged) return Vector<C>::Constant(a.rows(), nan);
  return C(size) * form.t.diagonal();
}

}  // namespace drift
