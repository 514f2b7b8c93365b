#pragma once
// drift_measures(problem, x, h): how far one step of gradient descent drifts from the negative gradient flow (NGF), measured and
// as theory has it, in total and along eigenvectors.
//
//     drift = NGF(h) - (x - h g) = int_0^h (h - s) H g ds = (h^2/2) H g + O(h^3),       H and g in the integral at NGF(s)
//
//     const auto d = curvature::drift_measures(problem, x, h);
//     d.measured;                  // |drift|
//     d.leading;                   // (h^2/2) |H g|
//     d.ratio;                     // measured / leading: 1 + O(h)
//     const auto top = curvature::top_eigenpairs(problem, x, 3);
//     for (const auto& along : curvature::drift_along(d, top)) along.measured, along.leading, along.predicted;
//
//     curvature::drift_remainder(problem, x, h).drift;                      // the integral, by quadrature
//     curvature::drift_from(flows::principal(problem, h), x).real_norm;     // the same step against another flow
//
// SIGN  Flow minus step, as one_step_error's `difference`. The second derivative of the NGF's state is + H g: it bends away from
// the straight step against the gradient, so that the drift points along + H g.
//
// EXACT  The integral is Taylor's remainder, an identity. Its mean-value form (h^2/2) H g at one point of the path holds for each
// coordinate with a point of its own, not for vectors. Measured, the drift is a difference of two states: its error is about
// epsilon |x| + 1e-13 of the step, which is all of it once h |H g| <= 1e-13 |g|. The integral has no such floor: take it for small
// h.
//
// ALONG u_i  On a quadratic, and with frozen eigenvectors generally, y = h lambda_i,
//     u_i.drift = h (u_i.g) (e^-y - 1 + y) / y,       leading order h (u_i.g) y / 2 = (h^2/2) u_i.H g
// `predicted` is the former, `leading` the latter: at y = 2 the leading order overstates the drift 1.76 times.
//
// Source: thesis arXiv 2310.14036; arXiv 2302.01952; the integral form was derived for drift.
// Shapes: x of problem.dimension(), real. Units: drift and norms of x; h one step's rate and the flow's time.
// Needs: tier 2 (a SecondOrderProblem); drift_from what its flow needs.
// Cost: drift_measures one Hessian-vector product and one integration, at its tolerance of 1e-13 about 100 gradients where
//   h |lambda| is 0.1, 1000 at 1 to 2, 5000 at 10; a relative tolerance of 1e-9 takes a sixth of that. drift_remainder an
//   integration, and for each of 1.5 x nodes a gradient and a product there. drift_from: integrate/one_step_error.hpp.
// Failure: a flow that does not last for time h (Status) or derivatives that are not finite make the measured norms infinity.
// Errors: h not above 0 and finite, options out of range, sizes that do not fit: InvalidArgument.

#include <drift/calculus/borrowed_point.hpp>
#include <drift/calculus/gauss_legendre.hpp>
#include <drift/core/norm.hpp>
#include <drift/curvature/stability_coefficients.hpp>
#include <drift/flows/modified.hpp>
#include <drift/flows/negative_gradient.hpp>
#include <drift/integrate/one_step_error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

namespace drift::curvature {

/// What it takes to see a drift of order h^2: one_step_error's tolerances.
inline IntegrateOptions drift_tolerances() { return {.relative_tolerance = 1e-13, .absolute_tolerance = 1e-15}; }

template <class R>
struct DriftMeasures {
  R h = R(0);
  R hessian_gradient_norm = R(0);  ///< |H g| at x
  R leading = R(0);                ///< (h^2/2) |H g|
  R measured = R(0);               ///< |drift|; infinity where the flow or the step did not get there
  R ratio = R(0);                  ///< measured / leading; where leading is 0: infinity, or 1 if measured is 0 too
  R resolution = R(0);      ///< about the error of measured; a ratio means nothing where leading is not well above it
  Vector<R> gradient;       ///< g at x
  Vector<R> leading_drift;  ///< (h^2/2) H g
  Vector<R> drift;          ///< NGF(h) - (x - h g); all infinity where measured is
  Status status = Status::reached_end;  ///< of the flow; non_finite also where g or the step is not finite
};

namespace detail {

/// One step of descent. descent::step holds its rate as a double; here it is of the problem's own numbers.
template <class P>
struct DescentStep {
  P problem;
  ScalarOfProblem<P> h;

  Vector<ScalarOfProblem<P>> operator()(const Vector<ScalarOfProblem<P>>& theta) const {
    return theta - h * drift::gradient(problem, theta);
  }
};

}  // namespace detail

/// One step of gradient descent on the flow's own problem, with rate flow.step_time(), against that flow: a OneStepError, whose
/// `difference` is flow - step. For flows::modified<n> and flows::principal.
template <class Flow, VectorExpression X>
  requires SteppedField<const Flow&, ScalarOf<X>> && requires(const Flow& flow) { flow.problem(); }
auto drift_from(const Flow& flow, const X& x, const IntegrateOptions& options = drift_tolerances()) {
  using P = std::decay_t<decltype(flow.problem())>;
  return one_step_error(flow, detail::DescentStep<P>{flow.problem(), flow.step_time()}, x, options);
}

/// The drift of one step from the negative gradient flow.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
DriftMeasures<ScalarOf<X>> drift_measures(const P& problem, const X& x, const std::type_identity_t<ScalarOf<X>>& h,
                                          const IntegrateOptions& options = drift_tolerances()) {
  using R = ScalarOf<X>;
  require_positive(h, "h");
  DriftMeasures<R> result;
  result.h = h;
  const Vector<R>& start = evaluated(x);
  {
    auto e = calculus::borrowed_point(problem, start);
    result.gradient = e->gradient();
    const Vector<R> hg = e->push(result.gradient);
    result.hessian_gradient_norm = norm_of(hg);
    result.leading_drift = (h * h / R(2)) * hg;
    result.leading = (h * h / R(2)) * result.hessian_gradient_norm;
  }
  result.resolution = epsilon<R>() * norm_of(start) + R(options.relative_tolerance) * h * norm_of(result.gradient);
  auto error = drift_from(flows::modified<1>(problem, h), start, options);
  result.measured = error.norm;
  result.drift = std::move(error.difference);
  result.status = error.status;
  if (result.measured == std::numeric_limits<R>::infinity()) result.drift.setConstant(result.measured);
  if (result.leading > R(0)) {
    result.ratio = result.measured / result.leading;
  } else {
    result.ratio = result.measured == R(0) ? R(1) : std::numeric_limits<R>::infinity();
  }
  return result;
}

/// (e^-y - 1 + y) / y: the drift along an eigenvector of a quadratic in units of the step h (u.g), y = h lambda. y/2 - y^2/6 + ...
template <class R>
R frozen_drift(const R& h_lambda) {
  using std::abs;
  using std::expm1;
  if (!(abs(h_lambda) < R(1))) return R(1) + expm1(-h_lambda) / h_lambda;
  R term = h_lambda / R(2), sum = term;  // nearer to 0 the difference would lose digits
  for (int j = 2; abs(term) > epsilon<R>() * abs(sum); ++j) {
    term *= -h_lambda / R(j + 1);
    sum += term;
  }
  return sum;
}

/// Along one eigenvector u.
template <class R>
struct DriftAlong {
  R lambda = R(0);
  R measured = R(0);   ///< u.drift; infinity where the drift could not be measured
  R leading = R(0);    ///< (h^2/2) u.H g
  R predicted = R(0);  ///< h (u.g) (e^-y - 1 + y) / y, y = h lambda: exact where the Hessian is constant
};

/// The drift's components along given eigenvectors of the Hessian at x: values of length k, vectors n x k, orthonormal columns.
template <class R, VectorExpression L, class U>
std::vector<DriftAlong<R>> drift_along(const DriftMeasures<R>& measures, const L& values,
                                       const Eigen::MatrixBase<U>& vectors) {
  const Vector<R>& lambda = evaluated(values);
  const Matrix<R> u = vectors;
  detail::require_eigenpairs(lambda, u, measures.gradient.size());
  const bool measured = measures.measured < std::numeric_limits<R>::infinity();
  std::vector<DriftAlong<R>> result;
  result.reserve(static_cast<std::size_t>(lambda.size()));
  for (Index i = 0; i < lambda.size(); ++i) {
    DriftAlong<R> along;
    along.lambda = lambda[i];
    along.measured = measured ? u.col(i).dot(measures.drift) : measures.measured;
    along.leading = u.col(i).dot(measures.leading_drift);
    along.predicted = measures.h * u.col(i).dot(measures.gradient) * frozen_drift(R(measures.h * lambda[i]));
    result.push_back(along);
  }
  return result;
}

template <class R>
std::vector<DriftAlong<R>> drift_along(const DriftMeasures<R>& measures, const Eigenpairs<R>& pairs) {
  return drift_along(measures, pairs.values, pairs.vectors);
}

struct RemainderOptions {
  /// Gauss-Legendre nodes on [0, h]. Even, 2 to 100. 16 are exact to rounding where h |lambda| <= 2, and to 1e-6 or better at 10.
  Index nodes = 16;

  /// How the negative gradient flow is followed to the nodes. save_at must be empty: the nodes are what is saved.
  IntegrateOptions integration = drift_tolerances();

  void validate() const {
    require(nodes >= 2 && nodes <= 100 && nodes % 2 == 0, "nodes", nodes, "an even number from 2 to 100");
    integration.validate();
    require(integration.save_at.empty(), "integration.save_at", "a list of times", "empty: the nodes are saved");
  }
};

template <class R>
struct DriftRemainder {
  Vector<R>
      drift;  ///< int_0^h (h - s) H g ds along the negative gradient flow; all infinity where it was not followed to h
  R norm = R(0);    ///< |drift|
  R change = R(0);  ///< |this rule - that of half as many nodes| / norm: where small, far above the error of this one;
                    ///< above about 0.1 the nodes do not resolve the path: take more of them
  Index products = 0;                   ///< Hessian-vector products
  Index evaluations = 0;                ///< gradients of the integration
  Status status = Status::reached_end;  ///< of the flow; non_finite also where a product is not finite
};

namespace detail {

/// A node of either of two rules, as a fraction of the interval, with its weights in them.
template <class R>
struct RemainderNode {
  R fraction, fine, coarse;
};

/// In order, since one integration serves both rules.
template <class R>
std::vector<RemainderNode<R>> remainder_nodes(Index count) {
  std::vector<RemainderNode<R>> nodes;
  nodes.reserve(static_cast<std::size_t>(count + count / 2));
  const auto fine = calculus::gauss_legendre<R>(count), coarse = calculus::gauss_legendre<R>(count / 2);
  for (Index i = 0; i < count; ++i) nodes.push_back({fine.nodes[i], fine.weights[i], R(0)});
  for (Index i = 0; i < count / 2; ++i) nodes.push_back({coarse.nodes[i], R(0), coarse.weights[i]});
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.fraction < b.fraction; });
  return nodes;
}

}  // namespace detail

/// The drift as Taylor's remainder integral, by quadrature over the integrator's dense output.
template <SecondOrderProblem P, VectorExpression X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
DriftRemainder<ScalarOf<X>> drift_remainder(const P& problem, const X& x, const std::type_identity_t<ScalarOf<X>>& h,
                                            const RemainderOptions& options = {}) {
  using R = ScalarOf<X>;
  require_positive(h, "h");
  options.validate();
  const auto nodes = detail::remainder_nodes<R>(options.nodes);
  IntegrateOptions integration = options.integration;
  for (const auto& node : nodes) integration.save_at.push_back(static_cast<double>(R(node.fraction * h)));
  const auto path = integrate(flows::negative_gradient(problem), evaluated(x), h, integration);

  DriftRemainder<R> result;
  result.status = path.status;
  result.evaluations = path.evaluations;
  Vector<R> fine = Vector<R>::Zero(problem.dimension()), coarse = fine;
  for (std::size_t i = 0; i < path.saved_states.size() && path.reached(); ++i) {
    auto e = calculus::borrowed_point(problem, path.saved_states[i]);
    const Vector<R>& hg = e->push(e->gradient());
    const R moment = h * (h - path.saved_times[i]);
    fine += (nodes[i].fine * moment) * hg;
    coarse += (nodes[i].coarse * moment) * hg;
    ++result.products;
  }
  if (path.reached() && !fine.allFinite()) result.status = Status::non_finite;
  if (!path.reached() || !fine.allFinite()) fine.setConstant(std::numeric_limits<R>::infinity());
  result.drift = std::move(fine);
  result.norm = norm_of(result.drift);
  if (result.norm > R(0)) {
    const R difference = norm_of(Vector<R>(result.drift - coarse));
    result.change = result.norm < std::numeric_limits<R>::infinity() ? R(difference / result.norm) : result.norm;
  }
  return result;
}

}  // namespace drift::curvature
