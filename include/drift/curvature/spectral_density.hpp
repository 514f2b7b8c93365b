#pragma once
// spectral_density(problem, theta, random): the distribution of a Hessian's eigenvalues, by stochastic Lanczos quadrature.
//
//     phi(t) = (1/n) sum over i of delta(t - lambda_i)    is estimated by    sum over k of weight_k delta(t - node_k)
//
//     auto density = curvature::spectral_density(problem, theta, Random(1), {.probes = 10, .steps = 80});
//     density.nodes;  density.weights;                               // ascending; the weights sum to 1
//     auto curve = curvature::smoothed(density, {.points = 400});    // curve.grid, curve.density: to plot
//     auto mean = density.average([](double t) { return t * t; });   // (1/n) trace of f(H): mean.value, mean.standard_error
//
// For a unit vector v, v' f(H) v is the integral of f over the measure that has weight (u_i' v)^2 at lambda_i. Its Gauss
// quadrature with m nodes comes from m steps of Lanczos begun at v: the nodes are the eigenvalues of the tridiagonal matrix,
// the weights the squared first components of its eigenvectors. It is exact for polynomials f up to degree 2 m - 1, and for
// all f once m reaches the number of distinct eigenvalues. Over random v, probes scaled to length 1, the mean is (1/n) trace
// f(H).
//
// So the moments are unbiased, outliers are found to Lanczos' accuracy, and what lies densely is seen at the resolution that
// `steps` allow, about (largest - smallest) / steps; a node in the bulk is no eigenvalue. The standard errors tell the spread
// over probes, not what the steps leave unresolved. Lanczos is fully reorthogonalised: otherwise outliers would come several
// times.
//
// Source: Ubaru, Chen, Saad, Fast estimation of tr(f(A)) via stochastic Lanczos quadrature, SIAM J. Matrix Anal. Appl. 38
//   (2017), algorithm 1; Ghorbani, Krishnan, Xiao, An investigation into neural net optimization via Hessian eigenvalue
//   density, ICML 2019 (smoothing).
// Needs: a SecondOrderProblem over a built-in floating-point type; theta real. Another operator: any Problem with
//   hessian_vector_product (curvature/gauss_newton.hpp). Units: nodes those of H, weights none.
// Cost: one evaluation at theta and probes x steps Hessian-vector products there, fewer where a probe spans less; 2 to 4
//   n steps^2 operations a probe beside them; memory n steps.
// Failure: options out of range, theta of the wrong length: InvalidArgument. A product that is not finite: Status::non_finite,
//   and no nodes.

#include <drift/calculus/krylov_space.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/status.hpp>
#include <drift/curvature/hessian_at.hpp>
#include <drift/curvature/probes.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace drift::curvature {

struct SpectralDensityOptions {
  Index probes = 10;  ///< random starts, 1 or above; from 2 on standard errors are known
  Index steps = 80;   ///< of Lanczos, 1 or above: nodes a probe. More than n count as n.
  ProbeDistribution distribution = ProbeDistribution::rademacher;

  void validate() const {
    require(probes >= 1, "probes", probes, "1 or above");
    require(steps >= 1, "steps", steps, "1 or above");
  }
};

/// Weights at nodes on the real line, from one probe.
template <class T>
struct Quadrature {
  Vector<T> nodes;    ///< ascending
  Vector<T> weights;  ///< 0 or above; they sum to 1

  /// The sum of weight f(node).
  template <class F>
  T integral(const F& f) const {
    T sum(0);
    for (Index k = 0; k < nodes.size(); ++k) sum += weights[k] * T(f(nodes[k]));
    return sum;
  }
};

template <class T>
struct SpectralDensity {
  Vector<T> nodes;                       ///< of all probes, ascending
  Vector<T> weights;                     ///< 0 or above; they sum to 1
  std::vector<Quadrature<T>> of_probes;  ///< each probe's own, whose mean they are
  Index products = 0;                    ///< Hessian-vector products
  Status status = Status::reached_end;

  /// (1/n) trace f(H), the mean of f over the eigenvalues. f takes an eigenvalue and gives a number.
  template <class F>
  Estimate<T> average(const F& f) const {
    require(!of_probes.empty(), "density", "without nodes: a product was not finite", "one that reached its end");
    Vector<T> samples(static_cast<Index>(of_probes.size()));
    for (Index i = 0; i < samples.size(); ++i) samples[i] = of_probes[static_cast<std::size_t>(i)].integral(f);
    return mean_of(samples);
  }
};

/// How a quadrature becomes a curve.
struct SmoothingOptions {
  /// The standard deviation of the normal distribution that takes each node's place; finite, 0 or above. 0: a hundredth of the
  /// nodes' range; where that is rounding, of their size; where they are all 0, of 1.
  double width = 0;

  /// Of the grid, 2 or above, and so many that it is no coarser than the width.
  Index points = 400;

  /// Where the grid begins and ends; lower below upper. Infinite: five widths beyond the outermost node.
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();

  void validate() const {
    require_not_negative(width, "width");
    require(points >= 2, "points", points, "2 or above");
    require(lower < std::numeric_limits<double>::infinity(), "lower", lower, "a number, or -infinity");
    require(upper > lower, "upper", upper, "a number above lower, or infinity");
  }
};

/// A density on a grid of equal spacing.
template <class T>
struct SmoothedDensity {
  Vector<T> grid;
  Vector<T> density;  ///< per unit of lambda: it integrates to 1, but for what lies outside the grid
  T width;            ///< the standard deviation that was used
};

/// sum over k of weight_k N(t; node_k, width^2) on a grid. Of an exact spectrum the nodes are the eigenvalues, the weights
/// 1 / n.
template <class T>
SmoothedDensity<T> smoothed(const Vector<T>& nodes, const Vector<T>& weights, const SmoothingOptions& options = {}) {
  using std::exp, std::isfinite, std::sqrt;
  options.validate();
  require(nodes.size() > 0, "nodes", "none", "one or more");
  require_size(weights, nodes.size(), "weights", "one for each node");
  require(nodes.allFinite(), "nodes", "with NaN or infinite ones", "finite");
  const T least = nodes.minCoeff(), greatest = nodes.maxCoeff();

  T width(static_cast<T>(options.width));
  if (width == T(0)) {
    const T range = greatest - least, size = nodes.cwiseAbs().maxCoeff();
    width = T(0.01) * (range > T(1e4) * epsilon<T>() * size ? range : size > T(0) ? size : T(1));
  }
  const T lower = isfinite(options.lower) ? T(options.lower) : least - T(5) * width;
  const T upper = isfinite(options.upper) ? T(options.upper) : greatest + T(5) * width;
  require(lower < upper, "lower", lower, "below upper, " + std::to_string(upper));
  require(upper - lower <= width * T(options.points - 1), "points", options.points,
          "(upper - lower) / width + 1 or more: peaks would fall between coarser ones");

  SmoothedDensity<T> curve{Vector<T>::LinSpaced(options.points, lower, upper), Vector<T>::Zero(options.points), width};
  const T height = T(1) / (width * sqrt(T(2) * std::numbers::pi_v<T>));
  for (Index i = 0; i < options.points; ++i) {
    for (Index k = 0; k < nodes.size(); ++k) {
      const T distance = (nodes[k] - curve.grid[i]) / width;
      curve.density[i] += height * weights[k] * exp(-distance * distance / T(2));
    }
  }
  return curve;
}

template <class T>
SmoothedDensity<T> smoothed(const SpectralDensity<T>& density, const SmoothingOptions& options = {}) {
  return smoothed(density.nodes, density.weights, options);
}

namespace detail {

/// The Gauss quadrature of the measure that the symmetric map and a start define. No nodes where a product is not finite.
template <class T>
[[gnu::noinline]] Quadrature<T> lanczos_quadrature(const calculus::LinearMap<T>& map, const Vector<T>& start,
                                                   Index steps, Index& products) {
  const Index most = std::min(steps, start.size());
  calculus::KrylovSpace<T> space(map, start, norm_of(start), most);
  while (space.dimension() < most && !space.invariant()) {
    space.extend();
    ++products;
    if (!space.finite()) return {};
  }
  const auto ritz = calculus::ritz_pairs<T>(space.projected());
  if (!ritz.values.allFinite()) return {};
  return {ritz.values, ritz.vectors.row(0).transpose().cwiseAbs2()};
}

/// Brings the probes' nodes together, ascending, with an equal share of the weight for each probe.
template <class T>
void pool(SpectralDensity<T>& density) {
  std::vector<std::pair<T, T>> all;
  const T share = T(1) / static_cast<T>(density.of_probes.size());
  for (const Quadrature<T>& one : density.of_probes) {
    for (Index k = 0; k < one.nodes.size(); ++k) all.emplace_back(one.nodes[k], share * one.weights[k]);
  }
  std::sort(all.begin(), all.end());
  density.nodes.resize(static_cast<Index>(all.size()));
  density.weights.resize(density.nodes.size());
  for (Index k = 0; k < density.nodes.size(); ++k) {
    std::tie(density.nodes[k], density.weights[k]) = all[static_cast<std::size_t>(k)];
  }
}

template <class T>
[[gnu::noinline]] SpectralDensity<T> spectral_density(const calculus::LinearMap<T>& map, Index n, const Random& random,
                                                      const SpectralDensityOptions& options) {
  SpectralDensity<T> density;
  for (Index i = 0; i < options.probes; ++i) {
    const Vector<T> start = probe<T>(options.distribution, random.split(static_cast<std::uint64_t>(i)), n);
    density.of_probes.push_back(lanczos_quadrature<T>(map, start, options.steps, density.products));
    if (density.of_probes.back().nodes.size() > 0) continue;
    density.of_probes.clear();
    density.status = Status::non_finite;
    return density;
  }
  pool(density);
  return density;
}

}  // namespace detail

/// The distribution of the eigenvalues of the Hessian at theta.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
SpectralDensity<ScalarOf<X>> spectral_density(const P& problem, const X& theta, Random random,
                                              const SpectralDensityOptions& options = {}) {
  using T = ScalarOf<X>;
  options.validate();
  require(problem.dimension() > 0, "problem's dimension", problem.dimension(), "1 or above");
  const auto& point = evaluated(theta);
  auto hessian = hessian_at(problem, point);
  return detail::spectral_density<T>(std::ref(hessian), problem.dimension(), random, options);
}

}  // namespace drift::curvature
