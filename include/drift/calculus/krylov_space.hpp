#pragma once
// KrylovSpace: an orthonormal basis V of b, A b, A A b, ... and the small matrix V^H A V, from products with A alone.
//
//     A V = V (V^H A V) + r e_m^T,     r orthogonal to V: the next basis vector, before it is normalised
//
//     KrylovSpace<double> space(map, b, norm_of(b), 20);          // map(v, result): result = A v
//     while (space.dimension() < 20 && !space.invariant()) space.extend();
//     const auto ritz = ritz_pairs<double>(space.projected());    // A symmetric: Ritz values, and V^T times the Ritz vectors
//
// For a symmetric A this is Lanczos with full reorthogonalisation, V^H A V tridiagonal up to rounding; for any other it is
// Arnoldi, V^H A V upper Hessenberg. Every new basis vector is orthogonalised against all others, and once more unless most of
// it remains, so that no eigenvalue comes back as a copy.
//
// Source: Golub & Van Loan, Matrix Computations, 10.1 and 10.5; Saad, Numerical Methods for Large Eigenvalue Problems, 6.2.
// Shapes: b n, V n x m, projected m x m. Cost: step m one product and 4 m n to 8 m n operations. Memory n m.
// Failure: after a product that is not finite, finite() is false; where the space is invariant (the zero operator's: at once),
//   invariant() is true. It may then not be extended.

#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/types.hpp>

#include <functional>
#include <utility>

namespace drift::calculus {

/// result = A v
template <class S>
using LinearMap = std::function<void(const Vector<S>& v, Vector<S>& result)>;

/// v less its components along the orthonormal columns of the basis, which are added to `components`; gives the norm of what is
/// left. `work` is memory.
template <class S>
Real<S> orthogonalise(const Eigen::Ref<const Matrix<S>>& basis, Vector<S>& v, Eigen::Ref<Vector<S>> components,
                      Vector<S>& work) {
  using R = Real<S>;
  // One pass leaves components along the basis of the size of rounding errors of the vector before it. Unless most of the vector
  // is left, it goes through again (twice is enough: Daniel, Gragg, Kaufman, Stewart, Math. Comp. 30, 1976).
  R before = v.norm();
  for (int pass = 0; pass < 2; ++pass) {
    work.noalias() = basis.adjoint() * v;
    v.noalias() -= basis * work;
    components += work;
    const R left = v.norm();
    if (left > R(0.7) * before) break;
    before = left;
  }
  return norm_of(v);
}

/// The basis and the projected matrix, one product at a time.
template <class S>
class KrylovSpace {
 public:
  using R = Real<S>;

  /// `room`: how many dimensions there is memory for at first.
  KrylovSpace(LinearMap<S> map, const Vector<S>& start, const R& norm, Index room = 4)
      : map_(std::move(map)),
        basis_(start.size(), room),
        projected_(Matrix<S>::Zero(room, room)),
        next_(start / norm) {}

  Index dimension() const { return dimension_; }
  bool finite() const { return finite_; }
  bool invariant() const { return invariant_; }

  /// |r|, which times the last entry of an eigenvector of the projected matrix is its Ritz pair's residual; 0 where invariant.
  R remainder_norm() const { return invariant_ ? R(0) : next_norm_; }

  auto basis() const { return basis_.leftCols(dimension_); }
  auto projected() const { return projected_.topLeftCorner(dimension_, dimension_); }

  /// One product. Needs: finite and not invariant.
  void extend() {
    make_room();
    const Index k = dimension_++;
    basis_.col(k) = next_;
    if (k > 0) projected_(k, k - 1) = S(next_norm_);
    map_(next_, product_);
    finite_ = product_.allFinite();
    if (!finite_) return;
    next_.swap(product_);
    next_norm_ = orthogonalise<S>(basis(), next_, projected_.col(k).head(dimension_), coefficients_);
    const R column = projected_.col(k).head(dimension_).cwiseAbs().maxCoeff();
    largest_ = largest_ < column ? column : largest_;
    largest_ = largest_ < next_norm_ ? next_norm_ : largest_;
    invariant_ = dimension_ == next_.size() || next_norm_ <= R(10) * epsilon<R>() * largest_;
    if (!invariant_) next_ = (next_ / next_norm_).eval();
  }

 private:
  void make_room() {
    const Index room = projected_.cols();
    if (dimension_ < room) return;
    basis_.conservativeResize(Eigen::NoChange, 2 * room);
    projected_.conservativeResize(2 * room, 2 * room);
    projected_.rightCols(room).setZero();
    projected_.bottomRows(room).setZero();
  }

  LinearMap<S> map_;
  Matrix<S> basis_, projected_;
  Vector<S> next_, product_, coefficients_;
  R next_norm_ = R(0), largest_ = R(0);
  Index dimension_ = 0;
  bool finite_ = true, invariant_ = false;
};

/// The eigenpairs of the projected matrix of a symmetric A, values ascending. Its diagonal and subdiagonal are read: the rest is
/// zero up to rounding.
template <class S>
SymmetricEigen<S> ritz_pairs(const Matrix<S>& projected) {
  const Index m = projected.rows();
  Matrix<S> tridiagonal = Matrix<S>::Zero(m, m);
  tridiagonal.diagonal() = projected.diagonal();
  for (Index i = 1; i < m; ++i) tridiagonal(i, i - 1) = tridiagonal(i - 1, i) = projected(i, i - 1);
  return symmetric_eigen<S>(tridiagonal);
}

}  // namespace drift::calculus
