#pragma once
// sharpness(problem, x): the largest algebraic eigenvalue of a Problem's Hessian. spectral_radius(problem, x): the largest magnitude.
//
//     sharpness = max_i lambda_i,        spectral radius = max_i |lambda_i|
//
//     const double s = curvature::sharpness(problem, x);            // gradient descent is stable along its direction for h < 2 / s
//     const double rough = curvature::sharpness(problem, x, {.tolerance = 1e-3});
//
// They differ where the most negative curvature is stronger than the most positive: at a saddle or maximum the spectral radius says
// nothing of the step that descent can take. Sharpness is below 0 where every curvature is; the spectral radius never is.
//
// Each is a Rayleigh quotient: a sharpness is never above the true one but for rounding, and off by about residual^2 / gap where it
// converged. Whether it did, its eigenvector and its residual: top_eigenpairs(problem, x, 1); along a run: SharpnessTracker.
//
// Source: Cohen et al., arXiv 2103.00065 (sharpness at the edge of stability). Shapes: x of problem.dimension(), real; a number. Units:
//   those of E over |x|^2. Cost: one evaluation at x and about 10 to 40 Hessian-vector products. Needs: tier 2.
// Failure: NaN where a product is not finite. Errors: as of top_eigenpairs; a problem of dimension 0: InvalidArgument.

#include <drift/curvature/top_eigenpairs.hpp>

namespace drift::curvature {

/// max lambda_i
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
ScalarOf<X> sharpness(const P& problem, const X& x, const EigenpairOptions& options = {}) {
  require(problem.dimension() > 0, "problem's dimension", problem.dimension(), "1 or above");
  return top_eigenpairs(problem, x, 1, options).values[0];
}

/// max |lambda_i|
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
ScalarOf<X> spectral_radius(const P& problem, const X& x, const EigenpairOptions& options = {}) {
  require(problem.dimension() > 0, "problem's dimension", problem.dimension(), "1 or above");
  const auto pairs = detail::hessian_eigenpairs(problem, x, 1, SpectrumEnd::largest_magnitude, options, {});
  return Eigen::numext::abs(pairs.values[0]);
}

}  // namespace drift::curvature
