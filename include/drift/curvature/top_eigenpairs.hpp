#pragma once
// top_eigenpairs(problem, x, k), bottom_eigenpairs(problem, x, k): the k largest, and smallest, algebraic eigenvalues of a Problem's
// Hessian, with their eigenvectors.
//
//     H(x) u_i = lambda_i u_i + r_i
//
//     const auto top = curvature::top_eigenpairs(problem, x, 3);
//     top.values       // 3, largest first                         top.products     // Hessian-vector products
//     top.vectors      // n x 3, orthonormal columns               top.status       // converged, or why not
//     top.residuals    // 3: |r_i|
//     const auto bottom = curvature::bottom_eigenpairs(problem, x, 3);                             // smallest first
//     const auto next = curvature::top_eigenpairs(problem, y, 3, {.tolerance = 1e-4}, top.vectors);     // warm start, rougher
//
// Algebraic: a large negative curvature is no sharpness. A k above n gives all n pairs. Equal eigenvalues are all found, each with a
// vector of its own. How the search works, ends and fails: curvature/lanczos.hpp; along a run SharpnessTracker does it for less.
//
// Source: as of curvature/lanczos.hpp. Shapes: x of problem.dimension() and real. Units: those of E over |x|^2.
// Cost: one evaluation at x, and the products: of a network's top 20 at tolerance 1e-8 about 150 to 250. Memory: n (2 k + 20) numbers.
// Needs: tier 2 (a SecondOrderProblem). Errors: x of the wrong length, k below 1, options out of bounds: InvalidArgument.

#include <drift/curvature/hessian_at.hpp>
#include <drift/curvature/lanczos.hpp>

#include <functional>

namespace drift::curvature {

/// As lanczos takes it, but for the end of the spectrum.
struct EigenpairOptions {
  double tolerance = 1e-8;      ///< a pair has converged at |r_i| <= tolerance |lambda_i|; above 0
  Index largest_basis = 0;      ///< basis vectors kept at most; 0: chosen, 2 k + 20; otherwise k + 10 or above
  Index most_products = 10000;  ///< 1 or above
  Random random = Random(0);    ///< where the search starts

  LanczosOptions at_end(SpectrumEnd end) const {
    return {.end = end,
            .tolerance = tolerance,
            .largest_basis = largest_basis,
            .most_products = most_products,
            .random = random};
  }
  void validate() const { at_end(SpectrumEnd::largest).validate(); }
};

namespace detail {

template <SecondOrderProblem P, VectorExpression X>
Eigenpairs<ScalarOf<X>> hessian_eigenpairs(const P& problem, const X& x, Index k, SpectrumEnd end,
                                           const EigenpairOptions& options, const Matrix<ScalarOf<X>>& start) {
  using S = ScalarOf<X>;
  const auto& point = evaluated(x);
  auto hessian = hessian_at(problem, point);
  options.validate();
  return detail::eigenpairs<S>(std::ref(hessian), problem.dimension(), k, options.at_end(end), start);
}

}  // namespace detail

/// The k largest algebraic eigenvalues, largest first. `start`: n x any number, approximate eigenvectors to start from.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
Eigenpairs<ScalarOf<X>> top_eigenpairs(const P& problem, const X& x, Index k, const EigenpairOptions& options = {},
                                       const Matrix<ScalarOfProblem<P>>& start = {}) {
  return detail::hessian_eigenpairs(problem, x, k, SpectrumEnd::largest, options, start);
}

/// The k smallest algebraic eigenvalues, smallest first: the most negative ones where there are such.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
Eigenpairs<ScalarOf<X>> bottom_eigenpairs(const P& problem, const X& x, Index k, const EigenpairOptions& options = {},
                                          const Matrix<ScalarOfProblem<P>>& start = {}) {
  return detail::hessian_eigenpairs(problem, x, k, SpectrumEnd::smallest, options, start);
}

}  // namespace drift::curvature
