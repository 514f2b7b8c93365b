#pragma once
// Functions of a small complex upper Hessenberg matrix: what Arnoldi's method leaves to be done.
//
//     A = Q T Q^H                     schur_of_hessenberg(A): T upper triangular, Q unitary
//     T X = X L                       L diagonal, X the eigenvectors of T, upper triangular: eigen_of_triangular(T)
//     F(A) v = Q X F(L) X^-1 Q^H v    times_function(A's Schur form, F, v)
//
// A's entries below the first subdiagonal are taken to be zero. Own code, short, because Eigen's complex solver costs a compiler
// 9 to 13 s in every program that includes a principal flow.
//
// Source: Golub & Van Loan, Matrix Computations, 7.3 to 7.6 (single-shift QR with Wilkinson's shift, Givens rotations, deflation);
//   Higham, Functions of Matrices, 4.5. For equal eigenvalues: Davies, Approximate diagonalization, SIAM J. Matrix Anal. 29 (2007).
// Cost: about 25 n^3 complex multiplications. Accuracy: epsilon times the condition of X. Where X would be singular (equal
//   eigenvalues of a defective A) the eigenvalues are moved apart by the square root of epsilon, and the accuracy is about that;
//   by its cube root for three of them.
// Failure: a non-finite A, or one whose iteration does not end within 30 n sweeps, has `converged` false and gives NaN.

#include <drift/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace drift::calculus {

template <class R>
struct SchurForm {
  Matrix<std::complex<R>> q, t;
  bool converged = false;
};

namespace detail {

/// The rotation [c s; -conj(s) c] that takes (x, y) to (r, 0).
template <class R>
struct Rotation {
  R c = R(1);
  std::complex<R> s = std::complex<R>(0);

  Rotation(const std::complex<R>& x, const std::complex<R>& y) {
    using std::abs;
    using std::sqrt;
    const R ax = abs(x), ay = abs(y), largest = ax < ay ? ay : ax;
    if (largest == R(0)) return;
    const R r = largest * sqrt((ax / largest) * (ax / largest) + (ay / largest) * (ay / largest));
    c = ax / r;
    s = ax == R(0) ? std::complex<R>(1) : (x / ax) * std::conj(y / r);
  }

  /// a and b become c a + s b and c b - conj(s) a.
  void rotate(std::complex<R>& a, std::complex<R>& b) const {
    const std::complex<R> rotated = c * a + s * b;
    b = c * b - std::conj(s) * a;
    a = rotated;
  }
  void rotate_back(std::complex<R>& a, std::complex<R>& b) const {  // the conjugate, for columns
    const std::complex<R> rotated = c * a + std::conj(s) * b;
    b = c * b - s * a;
    a = rotated;
  }
};

/// The eigenvalue of [a b; c d] that lies nearer to d.
template <class R>
std::complex<R> wilkinson_shift(const std::complex<R>& a, const std::complex<R>& b, const std::complex<R>& c,
                                const std::complex<R>& d) {
  using std::abs;
  using std::sqrt;
  const std::complex<R> half = (a - d) / R(2), product = b * c;
  const std::complex<R> root = sqrt(half * half + product);
  const std::complex<R> larger = abs(half + root) < abs(half - root) ? half - root : half + root;
  return larger == std::complex<R>(0) ? d : d - product / larger;
}

/// One shifted QR sweep over the rows and columns first..last.
template <class R>
void qr_sweep(SchurForm<R>& form, Index first, Index last, const std::complex<R>& shift) {
  auto& t = form.t;
  std::complex<R> x = t(first, first) - shift, y = t(first + 1, first);
  for (Index k = first; k < last; ++k) {
    const Rotation<R> rotation(x, y);
    for (Index j = k > first ? k - 1 : k; j < t.cols(); ++j) rotation.rotate(t(k, j), t(k + 1, j));
    for (Index i = 0; i <= (k + 2 < last ? k + 2 : last); ++i) rotation.rotate_back(t(i, k), t(i, k + 1));
    for (Index i = 0; i < t.rows(); ++i) rotation.rotate_back(form.q(i, k), form.q(i, k + 1));
    if (k > first) t(k + 1, k - 1) = std::complex<R>(0);
    if (k + 1 < last) {
      x = t(k + 1, k);
      y = t(k + 2, k);
    }
  }
}

}  // namespace detail

template <class R>
SchurForm<R> schur_of_hessenberg(Matrix<std::complex<R>> a) {
  using std::abs;
  const Index n = a.rows();
  SchurForm<R> form{Matrix<std::complex<R>>::Identity(n, n), std::move(a), false};
  auto& t = form.t;
  if (!t.allFinite()) return form;
  const R size = n > 0 ? R(t.cwiseAbs().maxCoeff()) : R(0);
  if (size > R(0)) t = (t / size).eval();  // so that products neither overflow nor vanish

  int sweeps = 0;
  for (Index last = n - 1; last > 0;) {
    Index first = last;  // of the block that ends at `last` and has no negligible subdiagonal entry
    for (; first > 0; --first) {
      const R neighbours = abs(t(first - 1, first - 1)) + abs(t(first, first));
      if (abs(t(first, first - 1)) <= epsilon<R>() * (neighbours > R(0) ? neighbours : R(1))) break;
    }
    if (first > 0) t(first, first - 1) = std::complex<R>(0);
    if (first == last) {
      --last;
      sweeps = 0;
      continue;
    }
    if (++sweeps > 30 * static_cast<int>(n)) return form;
    const bool stuck = sweeps % 10 == 0;  // a cycle: any other shift breaks it
    const std::complex<R> shift =
        stuck ? t(last, last) + abs(t(last, last - 1))
              : detail::wilkinson_shift(t(last - 1, last - 1), t(last - 1, last), t(last, last - 1), t(last, last));
    detail::qr_sweep(form, first, last, shift);
  }
  for (Index j = 0; j < n; ++j) {
    for (Index i = j + 1; i < n; ++i) t(i, j) = std::complex<R>(0);
  }
  t *= size;
  form.converged = true;
  return form;
}

/// T X = X L for an upper triangular T: L on the diagonal, X upper triangular with ones on its own.
template <class R>
struct TriangularEigen {
  Vector<std::complex<R>> values;  ///< T's diagonal, moved apart where an eigenvector needs it
  Matrix<std::complex<R>> vectors;
};

template <class R>
TriangularEigen<R> eigen_of_triangular(const Matrix<std::complex<R>>& t) {
  using C = std::complex<R>;
  using std::abs;
  using std::pow;
  using std::sqrt;
  const Index n = t.rows();
  const R size = n > 0 ? R(t.cwiseAbs().maxCoeff()) : R(0);
  const R longest = R(1) / sqrt(epsilon<R>());
  const R resolved = R(4) * epsilon<R>() * size, farthest = pow(epsilon<R>(), R(1) / R(3)) * size;

  TriangularEigen<R> eigen{t.diagonal(), Matrix<C>::Identity(n, n)};
  auto& [lambda, x] = eigen;
  for (Index k = 0; k < n; ++k) {
    Index moves = 0;
    for (Index i = k - 1; i >= 0; --i) {  // row i of (T - lambda_k) x = 0
      C sum = t(i, k);
      for (Index j = i + 1; j < k; ++j) sum += t(i, j) * x(j, k);
      if (abs(sum) <= epsilon<R>() * size) {
        x(i, k) = C(0);
        continue;
      }
      const R distance = abs(lambda[i] - lambda[k]);
      const R apart = std::clamp(R(2) * abs(sum) / longest, resolved, farthest);
      if (abs(sum) > longest * distance && distance < apart / R(2) && moves < n) {
        lambda[k] = lambda[i] - apart;
        ++moves;
        i = k;  // the column anew
        continue;
      }
      x(i, k) = sum / (lambda[k] - lambda[i]);
    }
  }
  return eigen;
}

/// The components of v along the eigenvectors: X^-1 v.
template <class R>
Vector<std::complex<R>> components_along(const TriangularEigen<R>& eigen, Vector<std::complex<R>> v) {
  for (Index k = v.size() - 1; k >= 0; --k) {
    for (Index i = 0; i < k; ++i) v[i] -= eigen.vectors(i, k) * v[k];
  }
  return v;
}

/// The vector with these components along the eigenvectors: X v.
template <class R>
Vector<std::complex<R>> from_components(const TriangularEigen<R>& eigen, Vector<std::complex<R>> v) {
  for (Index k = 0; k < v.size(); ++k) {  // from the top: row i needs v[k] for k > i as they were
    for (Index j = k + 1; j < v.size(); ++j) v[k] += eigen.vectors(k, j) * v[j];
  }
  return v;
}

/// F(Q T Q^H) v for a function of one complex number.
template <class R, class F>
Vector<std::complex<R>> times_function(const SchurForm<R>& form, const F& function, const Vector<std::complex<R>>& v) {
  using C = std::complex<R>;
  const Index n = form.t.rows();
  if (!form.converged) return Vector<C>::Constant(n, C(Eigen::NumTraits<R>::quiet_NaN(), R(0)));
  const auto eigen = eigen_of_triangular<R>(form.t);
  Vector<C> components = components_along<R>(eigen, form.q.adjoint() * v);
  for (Index k = 0; k < n; ++k) components[k] *= function(eigen.values[k]);
  return form.q * from_components<R>(eigen, std::move(components));
}

}  // namespace drift::calculus
