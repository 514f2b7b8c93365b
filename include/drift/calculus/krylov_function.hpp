#pragma once
// F(A) b from products with A alone: an orthonormal basis V of b, A b, A A b, ... and the function of the small matrix V^H A V.
//
//     F(A) b = |b| V F(V^H A V) e_1 + ...
//
// Over real scalars A is symmetric, V^H A V tridiagonal (Lanczos) and F goes through its eigenvectors; over complex scalars A is
// any matrix, V^H A V upper Hessenberg (Arnoldi) and F goes through its Schur form. A Hessian at a complex state is complex
// symmetric, not Hermitian, so it takes the latter. The basis is calculus/krylov_space.hpp's.
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
#include <drift/calculus/krylov_space.hpp>
#include <drift/core/norm.hpp>

namespace drift::calculus {

struct KrylovLimits {
  Index fixed = 0;      ///< exactly this many dimensions (fewer where the space is invariant); 0: grow by tolerance
  Index largest = 200;  ///< never more than this
  double tolerance = 1e-10;  ///< relative change at which growth ends; raised to 8 epsilon of the number type
};

/// The tolerance as far as the number type can meet it.
template <class R>
R krylov_tolerance(double wanted) {
  const R floor = R(8) * epsilon<R>();
  return R(wanted) < floor ? floor : R(wanted);
}

template <class R>
struct KrylovResult {
  Vector<std::complex<R>> value;        ///< F(A) b
  Vector<std::complex<R>> ritz_values;  ///< theta_i, the eigenvalues of V^H A V
  Vector<R> residuals;                  ///< |A y_i - theta_i y_i|, y_i the Ritz vectors of length 1
  Vector<R> components;  ///< of value along each y_i, absolute and in units of |value|: how much theta_i counts
  Index dimension = 0;   ///< m, the number of products
  R change = R(0);       ///< relative change since the last check; 0 where the space was invariant
};

namespace detail {

/// F(small) e_1 and the eigenpairs of small that it comes from.
template <class R>
struct FirstColumn {
  Vector<std::complex<R>> value;
  Vector<std::complex<R>> eigenvalues;
  Vector<R> last_entries;  ///< |e_m^T y_i| of eigenvectors of length 1
  Vector<R> components;    ///< of value along these, absolute
};

template <class S, class F>
FirstColumn<Real<S>> first_column(const Matrix<S>& small, const F& function) {
  using C = Complex<S>;
  using R = Real<S>;
  const Index m = small.rows();
  FirstColumn<R> column;
  if constexpr (is_complex<S>) {
    const auto form = schur_of_hessenberg<R>(small);
    if (!form.converged) {
      column.value = column.eigenvalues = Vector<C>::Constant(m, C(Eigen::NumTraits<R>::quiet_NaN(), R(0)));
      column.last_entries = column.components = column.value.real();
      return column;
    }
    const auto eigen = eigen_of_triangular<R>(form.t);
    column.eigenvalues = form.t.diagonal();
    Vector<C> weights = components_along<R>(eigen, form.q.row(0).adjoint());
    for (Index i = 0; i < m; ++i) weights[i] *= function(eigen.values[i]);
    const Vector<R> lengths = eigen.vectors.colwise().norm().transpose();
    column.last_entries = (form.q.row(m - 1) * eigen.vectors).transpose().cwiseAbs().cwiseQuotient(lengths);
    column.components = weights.cwiseAbs().cwiseProduct(lengths);
    column.value.noalias() = form.q * from_components<R>(eigen, std::move(weights));
  } else {
    const auto eigen = ritz_pairs<S>(small);
    column.eigenvalues = eigen.values.template cast<C>();
    Vector<C> weights(m);
    for (Index i = 0; i < m; ++i) weights[i] = function(eigen.values[i]) * C(eigen.vectors(0, i));
    column.last_entries = eigen.vectors.row(m - 1).transpose().cwiseAbs();
    column.components = weights.cwiseAbs();
    column.value.resize(m);
    column.value.real() = eigen.vectors * weights.real();
    column.value.imag() = eigen.vectors * weights.imag();
  }
  return column;
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
  const R tolerance = limits.fixed > 0 ? R(-1) : krylov_tolerance<R>(limits.tolerance);
  Index check = limits.fixed > 2 ? limits.fixed - 2 : limits.fixed > 0 ? 1 : 3;

  KrylovSpace<S> space(std::move(map), b, norm, limits.fixed > 0 ? limit : Index{4});
  detail::FirstColumn<R> column;
  Vector<C> before = Vector<C>::Zero(limit);
  R size(0);
  for (bool done = false; !done;) {
    space.extend();
    const Index m = result.dimension = space.dimension();
    if (!space.finite()) {
      not_finite();
      return result;
    }
    done = space.invariant() || m >= limit;
    if (!done && m < check) continue;
    column = detail::first_column<S>(space.projected(), function);
    size = norm_of(column.value);
    before.head(m) -= column.value;
    result.change = size > R(0) ? R(norm_of(before) / size) : R(0);
    if (space.invariant()) result.change = R(0);
    done = done || result.change <= tolerance || !column.value.allFinite();
    before.setZero();
    before.head(m) = column.value;
    check = m + (m < 8 ? 2 : m / 4);
  }

  result.value.resize(n);
  if constexpr (is_complex<S>) {
    result.value.noalias() = space.basis() * column.value;
    result.value *= C(norm);
  } else {
    result.value.real() = norm * (space.basis() * column.value.real());
    result.value.imag() = norm * (space.basis() * column.value.imag());
  }
  result.ritz_values = std::move(column.eigenvalues);
  result.residuals = space.remainder_norm() * column.last_entries;
  result.components = size > R(0) ? Vector<R>(column.components / size) : std::move(column.components);
  return result;
}

}  // namespace drift::calculus
