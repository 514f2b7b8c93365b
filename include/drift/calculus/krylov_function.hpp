#pragma once
// F(A) b from products with A alone: an orthonormal basis V of b, A b, A A b, ... and the function of the small matrix V^H A V.
//
//     F(A) b = |b| V F(V^H A V) e_1 + ...
//
// Over real scalars A is symmetric, V^H A V tridiagonal (Lanczos) and F goes through its eigenvectors; over complex scalars A is
// any matrix, V^H A V upper Hessenberg (Arnoldi) and F goes through its Schur form. A Hessian at a complex state is complex
// symmetric, not Hermitian, so it takes the latter. Every new basis vector is orthogonalised against all others, and once more
// unless most of it remains.
//
// The dimension m grows until the result's relative change from one check to the next is below the tolerance (checks become rarer
// as m grows, so that they stay cheaper than the products), until the space is invariant, when the result is exact, or until the
// limit. The change says how fast the result still moves: where F is singular inside the spectrum the error may be much larger.
//
// Source: Saad, Analysis of some Krylov subspace approximations to the matrix exponential operator, SIAM J. Numer. Anal. 29
//   (1992), for functions in general Higham, Functions of Matrices, 13.2.
// Cost: m products, up to 8 m^2 n operations of orthogonalisation, m^3 for the small matrix. Memory n m.
// Failure: b = 0 gives 0 with dimension 0; a non-finite product or b gives a NaN result.

#include <drift/calculus/hessenberg.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/core/norm.hpp>

#include <functional>

namespace drift::calculus {

struct KrylovLimits {
  Index fixed = 0;      ///< exactly this many dimensions (fewer where the space is invariant); 0: grow by tolerance
  Index largest = 200;  ///< never more than this
  double tolerance = 1e-10;  ///< relative change at which growth ends; raised to 8 epsilon of the number type
};

template <class R>
struct KrylovResult {
  Vector<std::complex<R>> value;        ///< F(A) b
  Vector<std::complex<R>> ritz_values;  ///< the eigenvalues of V^H A V
  Index dimension = 0;                  ///< m, the number of products
  R change = R(0);                      ///< relative change since the last check; 0 where the space was invariant
};

/// result = A v
template <class S>
using LinearMap = std::function<void(const Vector<S>& v, Vector<S>& result)>;

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
    // One pass leaves components along the basis of the size of rounding errors of the vector before it. Unless most of the vector
    // is left, it goes through again (twice is enough: Daniel, Gragg, Kaufman, Stewart, Math. Comp. 30, 1976).
    R before = next_.norm();
    for (int pass = 0; pass < 2; ++pass) {
      coefficients_.noalias() = basis().adjoint() * next_;
      next_.noalias() -= basis() * coefficients_;
      projected_.col(k).head(dimension_) += coefficients_;
      next_norm_ = next_.norm();
      if (next_norm_ > R(0.7) * before) break;
      before = next_norm_;
    }
    next_norm_ = norm_of(next_);
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

namespace detail {

/// F(small) e_1 and the eigenvalues of small.
template <class S, class F>
void first_column(const Matrix<S>& small, const F& function, Vector<Complex<S>>& column,
                  Vector<Complex<S>>& eigenvalues) {
  using C = Complex<S>;
  const Index m = small.rows();
  if constexpr (is_complex<S>) {
    const auto form = schur_of_hessenberg<Real<S>>(small);
    eigenvalues = form.t.diagonal();
    Vector<C> unit = Vector<C>::Zero(m);
    unit[0] = C(1);
    column = times_function(form, function, unit);
  } else {
    Matrix<S> tridiagonal = Matrix<S>::Zero(m, m);
    tridiagonal.diagonal() = small.diagonal();
    for (Index i = 1; i < m; ++i) tridiagonal(i, i - 1) = tridiagonal(i - 1, i) = small(i, i - 1);
    const auto eigen = symmetric_eigen<S>(tridiagonal);
    eigenvalues = eigen.values.template cast<C>();
    Vector<C> weights(m);
    for (Index i = 0; i < m; ++i) weights[i] = function(eigen.values[i]) * C(eigen.vectors(0, i));
    column.resize(m);
    column.real() = eigen.vectors * weights.real();
    column.imag() = eigen.vectors * weights.imag();
  }
}

}  // namespace detail

/// F(A) b. `function` takes an eigenvalue (S: real where A is symmetric) and gives a complex number.
template <class S, class F>
KrylovResult<Real<S>> krylov_function(LinearMap<S> map, const Vector<S>& b, const F& function,
                                      const KrylovLimits& limits) {
  using C = Complex<S>;
  using R = Real<S>;
  const Index n = b.size();
  const R norm = norm_of(b);
  KrylovResult<R> result;
  const auto not_finite = [&] { result.value = Vector<C>::Constant(n, C(Eigen::NumTraits<R>::quiet_NaN(), R(0))); };
  if (!b.allFinite()) {
    not_finite();
    return result;
  }
  if (norm == R(0)) {
    result.value = Vector<C>::Zero(n);
    return result;
  }

  const Index wanted = limits.fixed > 0 ? limits.fixed : limits.largest;
  const Index limit = wanted < n ? wanted : n;
  const R floor = R(8) * epsilon<R>();
  const R tolerance = limits.fixed > 0 ? R(-1) : R(limits.tolerance) < floor ? floor : R(limits.tolerance);
  Index check = limits.fixed > 2 ? limits.fixed - 2 : limits.fixed > 0 ? 1 : 3;

  KrylovSpace<S> space(std::move(map), b, norm, limits.fixed > 0 ? limit : Index{4});
  Vector<C> column, before = Vector<C>::Zero(limit);
  for (bool done = false; !done;) {
    space.extend();
    const Index m = result.dimension = space.dimension();
    if (!space.finite()) {
      not_finite();
      return result;
    }
    done = space.invariant() || m >= limit;
    if (!done && m < check) continue;
    detail::first_column<S>(space.projected(), function, column, result.ritz_values);
    const R size = column.stableNorm();
    before.head(m) -= column;
    result.change = size > R(0) ? R(before.stableNorm() / size) : R(0);
    if (space.invariant()) result.change = R(0);
    done = done || result.change <= tolerance || !column.allFinite();
    before.setZero();
    before.head(m) = column;
    check = m + (m < 8 ? 2 : m / 4);
  }

  result.value.resize(n);
  if constexpr (is_complex<S>) {
    result.value.noalias() = space.basis() * column;
    result.value *= C(norm);
  } else {
    result.value.real() = norm * (space.basis() * column.real());
    result.value.imag() = norm * (space.basis() * column.imag());
  }
  return result;
}

}  // namespace drift::calculus
