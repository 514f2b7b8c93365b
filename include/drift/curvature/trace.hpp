#pragma once
// The trace and the squared Frobenius norm of a Hessian from Hessian-vector products, each with its standard error.
//
//     trace H = sum of lambda_i,     |H|_F^2 = sum of lambda_i^2
//
//     auto t = curvature::hutchinson(problem, theta, Random(1), {.probes = 100});
//     auto s = curvature::hutch_plus_plus(problem, theta, Random(1), {.sketch = 30, .probes = 40});   // as many products
//     t.trace.value;  t.trace.standard_error;  t.squared_frobenius_norm.value;  t.products;  t.status;
//
//   hutchinson        means of z' H z and |H z|^2 over random probes z. The error falls with the root of their number.
//   hutch_plus_plus   with Q an orthonormal basis of H S, S `sketch` random columns, and R = I - Q Q',
//                         trace H = trace(Q' H Q) + trace(R H R),     |H|_F^2 = |H Q|_F^2 + |H R|_F^2
//                     whose first terms are exact and whose second ones are hutchinson's. Of its error only the part of H is
//                     left that few large eigenvalues do not explain: exact where `sketch` reaches H's rank.
//
// Both are unbiased, for indefinite H too. The variance of hutchinson's trace is 2 |H|_F^2 / probes or less
// (curvature/probes.hpp). The standard errors are estimated from the probes, those of hutch_plus_plus for the basis that was
// drawn: with few probes trust them to a factor only. Another operator than a loss's Hessian: any Problem with
// hessian_vector_product (curvature/gauss_newton.hpp).
//
// Source: Hutchinson, Commun. Stat. Simul. Comput. 19 (1990); Meyer, Musco, Musco, Woodruff, Hutch++: Optimal stochastic trace
//   estimation, SOSA 2021, algorithm 1. The norm is the trace of H' H, by the same split and with the same products.
// Needs: a SecondOrderProblem over a built-in floating-point type; theta real.
// Cost: hutchinson one evaluation at theta and `probes` products there; hutch_plus_plus 2 sketch + probes products, less where
//   the sketch has lower rank, 4 n sketch (2 sketch + probes) operations beside them, and memory n sketch.
// Failure: options out of range, theta of the wrong length: InvalidArgument. A product that is not finite: Status::non_finite,
//   and NaN for the estimates. Finite products whose squares leave the range of numbers: an infinite norm, its error NaN.

#include <drift/calculus/krylov_space.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/status.hpp>
#include <drift/curvature/hessian_at.hpp>
#include <drift/curvature/probes.hpp>

#include <algorithm>
#include <functional>

namespace drift::curvature {

struct HutchinsonOptions {
  Index probes = 100;  ///< 1 or above; from 2 on the standard errors are known
  ProbeDistribution distribution = ProbeDistribution::rademacher;

  void validate() const { require(probes >= 1, "probes", probes, "1 or above"); }
};

struct HutchPlusPlusOptions {
  Index sketch = 30;  ///< columns of S, 1 or above; each costs two products. More than n count as n.
  Index probes = 40;  ///< for what is left, 1 or above; from 2 on the standard errors are known
  ProbeDistribution distribution = ProbeDistribution::rademacher;  ///< the columns of S too

  void validate() const {
    require(sketch >= 1, "sketch", sketch, "1 or above");
    require(probes >= 1, "probes", probes, "1 or above");
  }
};

template <class T>
struct TraceEstimate {
  Estimate<T> trace;
  Estimate<T> squared_frobenius_norm;
  Index products = 0;  ///< Hessian-vector products
  Index rank = 0;      ///< of hutch_plus_plus's basis Q
  Status status = Status::reached_end;
};

namespace detail {

template <class T>
TraceEstimate<T> no_trace(TraceEstimate<T> estimate) {
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  estimate.trace = estimate.squared_frobenius_norm = {nan, nan};
  estimate.status = Status::non_finite;
  return estimate;
}

/// Adds the mean of z' R H R z and |H R z|^2 over the probes, R = I - Q Q'.
template <class T>
[[gnu::noinline]] TraceEstimate<T> with_complement(TraceEstimate<T> estimate, const calculus::LinearMap<T>& map,
                                                   const Matrix<T>& basis, const Random& random,
                                                   const HutchinsonOptions& options) {
  const Index n = basis.rows(), rank = basis.cols();
  if (rank == n) return estimate;  // nothing is left
  Vector<T> traces(options.probes), squares(options.probes), product, work, taken(rank);
  for (Index i = 0; i < options.probes; ++i) {
    Vector<T> z = probe<T>(options.distribution, random.split(static_cast<std::uint64_t>(i)), n);
    calculus::orthogonalise<T>(basis, z, taken, work);
    map(z, product);
    ++estimate.products;
    if (!product.allFinite()) return no_trace(estimate);
    traces[i] = z.dot(product);
    squares[i] = product.squaredNorm();
  }
  const Estimate<T> trace = mean_of(traces), square = mean_of(squares);
  estimate.trace = {estimate.trace.value + trace.value, trace.standard_error};
  estimate.squared_frobenius_norm = {estimate.squared_frobenius_norm.value + square.value, square.standard_error};
  return estimate;
}

/// An orthonormal basis of H S, of as many columns as it has rank; a product that is not finite ends it.
template <class T>
[[gnu::noinline]] Matrix<T> sketched_range(TraceEstimate<T>& estimate, const calculus::LinearMap<T>& map, Index n,
                                           const Random& random, const HutchPlusPlusOptions& options) {
  const Index most = std::min(options.sketch, n);
  Matrix<T> basis(n, most);
  Vector<T> column, work, taken = Vector<T>::Zero(most);
  Index& rank = estimate.rank;
  for (Index j = 0; j < most; ++j) {
    map(probe<T>(options.distribution, random.split(static_cast<std::uint64_t>(j)), n), column);
    ++estimate.products;
    if (!column.allFinite()) {
      estimate.status = Status::non_finite;
      break;
    }
    const T size = norm_of(column);
    if (size == T(0)) continue;
    column /= size;
    const T left = calculus::orthogonalise<T>(basis.leftCols(rank), column, taken.head(rank), work);
    if (left > T(100) * epsilon<T>()) basis.col(rank++) = column / left;  // what is less is rounding
  }
  basis.conservativeResize(Eigen::NoChange, rank);
  return basis;
}

template <class T>
[[gnu::noinline]] TraceEstimate<T> hutch_plus_plus(const calculus::LinearMap<T>& map, Index n, const Random& random,
                                                   const HutchPlusPlusOptions& options) {
  TraceEstimate<T> estimate;
  const Matrix<T> basis = sketched_range(estimate, map, n, random.split("sketch"), options);
  if (estimate.status == Status::non_finite) return no_trace(estimate);
  Vector<T> q, product;
  for (Index j = 0; j < estimate.rank; ++j) {
    q = basis.col(j);
    map(q, product);
    ++estimate.products;
    if (!product.allFinite()) return no_trace(estimate);
    estimate.trace.value += q.dot(product);
    estimate.squared_frobenius_norm.value += product.squaredNorm();
  }
  return with_complement(estimate, map, basis, random, {options.probes, options.distribution});
}

}  // namespace detail

/// Trace and squared Frobenius norm of the Hessian at theta by Hutchinson's means over probes.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
TraceEstimate<ScalarOf<X>> hutchinson(const P& problem, const X& theta, Random random,
                                      const HutchinsonOptions& options = {}) {
  using T = ScalarOf<X>;
  options.validate();
  const auto& point = evaluated(theta);
  auto hessian = hessian_at(problem, point);
  return detail::with_complement<T>({}, std::ref(hessian), Matrix<T>(problem.dimension(), 0), random, options);
}

/// The same by Hutch++: the part of the Hessian on a sketched subspace exactly, the rest by probes.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
TraceEstimate<ScalarOf<X>> hutch_plus_plus(const P& problem, const X& theta, Random random,
                                           const HutchPlusPlusOptions& options = {}) {
  using T = ScalarOf<X>;
  options.validate();
  const auto& point = evaluated(theta);
  auto hessian = hessian_at(problem, point);
  return detail::hutch_plus_plus<T>(std::ref(hessian), problem.dimension(), random, options);
}

}  // namespace drift::curvature
