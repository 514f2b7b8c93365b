#pragma once
// stability_coefficients(problem, x, h, k): what one step of gradient descent does along each of the k top eigenvectors of the
// Hessian, as the principal flow tells it.
//
//     theta' = sum_i alpha(h lambda_i) (u_i.g) u_i,      alpha(y) = log(1 - y) / y,      c_i = Re alpha(h lambda_i)
//
//     const auto sc = curvature::stability_coefficients(problem, x, h, 3);
//     for (const auto& d : sc.directions) {             // largest eigenvalue first
//       d.coefficient;        // c_i              negative: the flow descends along u_i, positive: it climbs
//       d.field_component;    // c_i (u_i.g)      how fast the state moves along u_i: the real part of the flow's component
//       d.loss_rate;          // c_i (u_i.g)^2    the direction's share of dE/dt
//       d.next_component;     // (1 - h lambda_i) (u_i.g)
//       d.verdict;
//     }
//     sc.loss_rate;           // sum of the shares: positive where the k directions raise the loss
//     curvature::stability_coefficients(pairs, gradient, h);             // with eigenpairs at hand, such as a tracker's
//
// These three are often all called the stability coefficient, so they are kept apart here. The papers' sc_i, which is
// alpha(h lambda_i) (u_i.g), is complex beyond h lambda = 1; field_component is its real part.
//
//   h lambda   verdict      c_i           u_i.(theta - theta*) after n steps, loss quadratic along u_i
//   < 0        escaping     in (-1, 0)    (1 + h |lambda|)^n: away from a saddle or maximum, slower than the gradient flow
//   0          flat         -1            the gradient stays as it is: what the gradient flow does
//   (0, 1]     monotone     below -1      (1 - h lambda)^n; 0 after one step at 1, where c_i is log(epsilon) for -infinity
//   (1, 2)     oscillating  < 0           (-1)^n (h lambda - 1)^n
//   2          neutral      0             (-1)^n
//   > 2        divergent    > 0           (-1)^n (h lambda - 1)^n
//
// SIGN RULE  Along the principal flow dE/dt = Re sum_i alpha(h lambda_i) (u_i.g)^2 over all n directions, at a real state. So u_i
// raises the loss exactly where it is divergent and (u_i.g) != 0. It speaks of the rate at this instant, not of E after the step.
//
// PREDICTION  With the eigenvectors frozen d(u_i.g)/dt = (log(1 - h lambda_i) / h) (u_i.g): a factor 1 - h lambda_i in each step
// of descent, exp(log(1 - h lambda_i) t/h) in between (component_after). Exact on quadratics; otherwise u_i.g(theta - h g) differs
// from next_component by (h^2/2) D^3E[g, g, u_i] + O(h^3).
//
// Verdicts are those of the numbers given. An eigenvalue with a residual r is known to r, so that h lambda within h r of 0, 1 or 2
// is not decided: with networks many lambda are 0 but for rounding, and monotone or escaping by chance. Within 4 epsilon of 2 is
// neutral.
//
// Source: Rosca et al. arXiv 2302.01952, thesis arXiv 2310.14036.
// Shapes: lambda k values, u n x k orthonormal columns, g of n. Units: c_i 1, field_component of g, loss_rate of |g|^2 (E over
//   time, one step being time h). Needs: tier 2 (a SecondOrderProblem).
// Cost: 4 n k operations with pairs and gradient given; otherwise one gradient and the Hessian-vector products of top_eigenpairs.
// Failure: `status` is that of the eigenpairs: budget_spent means unconverged ones, possibly fewer than k. A lambda that is not
//   finite is `undetermined` and its numbers are not finite.
// Errors: k below 1, h not above 0 and finite, sizes that do not fit, a finite column that is no unit vector: InvalidArgument.

#include <drift/calculus/derivatives.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/status.hpp>
#include <drift/curvature/lanczos.hpp>
#include <drift/curvature/top_eigenpairs.hpp>
#include <drift/flows/principal_coefficient.hpp>

#include <cmath>
#include <complex>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace drift::curvature {

enum class Verdict {
  monotone,      ///< h lambda in (0, 1]: shrinks without a change of sign
  oscillating,   ///< in (1, 2): shrinks, with a change of sign in each step
  neutral,       ///< 2, to rounding: changes sign and keeps its size
  divergent,     ///< above 2: grows, with a change of sign in each step
  escaping,      ///< below 0: grows without a change of sign, and the loss falls by it
  flat,          ///< 0: no curvature, the gradient's component stays
  undetermined,  ///< not finite
};

constexpr std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::monotone: return "monotone";
    case Verdict::oscillating: return "oscillating";
    case Verdict::neutral: return "neutral";
    case Verdict::divergent: return "divergent";
    case Verdict::escaping: return "escaping";
    case Verdict::flat: return "flat";
    case Verdict::undetermined: return "undetermined";
  }
  return "unknown";
}

/// The table's column for a real h lambda.
template <class R>
Verdict verdict_of(const R& h_lambda) {
  using std::abs;
  using std::isfinite;
  if (!isfinite(h_lambda)) return Verdict::undetermined;
  if (h_lambda < R(0)) return Verdict::escaping;
  if (h_lambda == R(0)) return Verdict::flat;
  if (h_lambda <= R(1)) return Verdict::monotone;
  if (abs(h_lambda - R(2)) <= R(4) * epsilon<R>()) return Verdict::neutral;  // h = 2 / lambda, rounded
  return h_lambda < R(2) ? Verdict::oscillating : Verdict::divergent;
}

/// One direction.
template <class R>
struct StabilityCoefficient {
  R lambda = R(0);
  R h_lambda = R(0);
  R component = R(0);        ///< u_i.g; its sign is that of u_i, which is arbitrary
  R coefficient = R(0);      ///< c_i = Re alpha(h lambda_i)
  R field_component = R(0);  ///< c_i (u_i.g)
  R loss_rate = R(0);        ///< c_i (u_i.g)^2
  R next_component = R(0);   ///< (1 - h lambda_i) (u_i.g), predicted for after the step
  Verdict verdict = Verdict::undetermined;

  /// u_i.g predicted for after `steps` steps of descent, any number; complex between them where h lambda > 1.
  std::complex<R> component_after(const R& steps) const {
    using std::exp;
    const std::complex<R> log_of_factor = flows::principal_coefficient(h_lambda) * h_lambda;
    return exp(log_of_factor * steps) * component;
  }
};

template <class R>
struct StabilityCoefficients {
  std::vector<StabilityCoefficient<R>> directions;  ///< in the order of the eigenpairs
  R gradient_norm = R(0);                           ///< |g|
  R rest_norm = R(0);                               ///< |g - sum_i (u_i.g) u_i|: what the directions do not see of it
  R loss_rate = R(0);  ///< sum_i c_i (u_i.g)^2; where the rest has small h lambda, dE/dt is about this - rest_norm^2

  // Of the eigenpairs; with bare values and vectors as they stand.
  Vector<R> residuals = {};           ///< |H u_i - lambda_i u_i|
  Index products = 0;                 ///< Hessian-vector products
  Status status = Status::converged;  ///< whether they were found
};

/// Along one eigenvector, lambda its eigenvalue and component = u.g.
template <class R>
StabilityCoefficient<R> stability_coefficient(const R& lambda, const std::type_identity_t<R>& component,
                                              const std::type_identity_t<R>& h) {
  require_positive(h, "h");
  StabilityCoefficient<R> d;
  d.lambda = lambda;
  d.h_lambda = h * lambda;
  d.component = component;
  d.coefficient = flows::principal_coefficient(d.h_lambda).real();
  d.field_component = d.coefficient * component;
  d.loss_rate = d.field_component * component;
  d.next_component = (R(1) - d.h_lambda) * component;
  d.verdict = verdict_of(d.h_lambda);
  return d;
}

namespace detail {

/// Throws where the k columns cannot be eigenvectors of an n x n matrix to these values. NaN columns pass: they come out as NaN.
template <class R>
void require_eigenpairs(const Vector<R>& values, const Matrix<R>& vectors, Index n) {
  using std::abs;
  using std::sqrt;
  require(vectors.rows() == n, "rows of the vectors", vectors.rows(), std::to_string(n) + ", the gradient's length");
  require_size(values, vectors.cols(), "values", "the number of vectors");
  for (Index i = 0; i < vectors.cols(); ++i) {
    const R norm = norm_of(vectors.col(i));
    require(!(abs(norm - R(1)) > sqrt(epsilon<R>())), "norm of vector " + std::to_string(i), norm, "1: a unit vector");
  }
}

}  // namespace detail

/// For given eigenpairs: values of length k, vectors n x k with orthonormal columns, the gradient at the same point.
template <VectorExpression L, class U, VectorExpression G>
StabilityCoefficients<ScalarOf<L>> stability_coefficients(const L& values, const Eigen::MatrixBase<U>& vectors,
                                                          const G& gradient,
                                                          const std::type_identity_t<ScalarOf<L>>& h) {
  using R = ScalarOf<L>;
  require_positive(h, "h");
  const Vector<R>& lambda = evaluated(values);
  const Vector<R>& g = evaluated(gradient);
  const Matrix<R> u = vectors;
  detail::require_eigenpairs(lambda, u, g.size());

  const Vector<R> components = u.transpose() * g;
  StabilityCoefficients<R> result;
  result.directions.reserve(static_cast<std::size_t>(lambda.size()));
  result.gradient_norm = norm_of(g);
  result.rest_norm = norm_of(Vector<R>(g - u * components));
  for (Index i = 0; i < lambda.size(); ++i) {
    result.directions.push_back(stability_coefficient(lambda[i], components[i], h));
    result.loss_rate += result.directions.back().loss_rate;
  }
  return result;
}

/// For given eigenpairs with what is known about them.
template <class R, VectorExpression G>
  requires std::same_as<ScalarOf<G>, R>
StabilityCoefficients<R> stability_coefficients(const Eigenpairs<R>& pairs, const G& gradient,
                                                const std::type_identity_t<R>& h) {
  auto result = stability_coefficients(pairs.values, pairs.vectors, gradient, h);
  result.residuals = pairs.residuals;
  result.products = pairs.products;
  result.status = pairs.status;
  return result;
}

/// For the k largest eigenvalues at x (all of them where k is above n), largest first.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
StabilityCoefficients<ScalarOf<X>> stability_coefficients(const P& problem, const X& x,
                                                          const std::type_identity_t<ScalarOf<X>>& h, Index k,
                                                          const EigenpairOptions& options = {}) {
  require_positive(h, "h");  // before the search
  return stability_coefficients(top_eigenpairs(problem, x, k, options), drift::gradient(problem, x), h);
}

}  // namespace drift::curvature
