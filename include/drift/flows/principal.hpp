#pragma once
// principal(problem, h): the principal flow of gradient descent with learning rate h.
//
//     theta' = alpha(h H) g = sum_i alpha(h lambda_i) (u_i' g) u_i,        alpha(x) = log(1 - x) / x
//
// It sums the terms -(h H)^(j-1) g / j of the modified equation to all orders, so it exists where the truncations of
// flows/modified.hpp no longer mean anything: on a quadratic it passes through every iterate of descent exactly, for any h, and at
// every stationary point it is stable exactly where descent is, 0 < lambda < 2/h. Where h lambda > 1 descent oscillates, and the
// flow leaves the real line to do so: the field is complex, always, and the real part of the state is what to compare with descent.
//
// What to know before trusting it
//   - Off quadratics its one-step error is O(h^3), like that of modified<2>: it misses (h^2 / 12) D^3E[g, g, .], which
//     `third_derivative_term` subtracts (then O(h^4)). At small h it is not uniformly better than modified<2>.
//   - The default branch is the continued one. The principal branch of the logarithm is ill-posed off quadratics where
//     h lambda > 1: the state is driven onto the cut and chatters there (flows/principal_coefficient.hpp).
//   - The continued branch jumps where Re h lambda crosses 1 with Im h lambda > 0. `evaluate(theta).beyond_one` counts the
//     eigenvalues beyond 1: a trajectory on which it never changes met no jump; each change is a crossing. Where the field points
//     at the jump from both sides the state is held there and an integration ends as budget_spent (E = x^2/2 + x^4/4 from 1.2 at
//     h = 0.45). At h lambda = 1 the field has a logarithmic singularity, cut off at log(epsilon): integrate adaptively across it.
//   - Krylov is accurate where the eigenvalues above about 0.6 / h are few and isolated. Where many straddle 1/h it fails until
//     m = n, and says so:
//
//     const auto at = flows::principal(problem, h, {.krylov_dimension = 30}).evaluate(theta);
//     at.field;                // as flow(theta)
//     at.reliability;          // exact, converged, unconverged, straddling or non_finite
//     at.doubt, at.change;     // by how much, relative to |field|
//     at.nearest;              // the smallest |1 - h lambda|, of the Ritz values; not a danger where they are converged
//
// FLAG  A Ritz value theta_i with residual r_i stands for an eigenvalue within r_i of it (real states). Where h r_i reaches the
// singularity of alpha, nothing tells whether descent oscillates there: `doubt` is the part of the field along all such Ritz
// vectors, and above krylov_tolerance the field is `straddling`. An outlier close to 1/h raises it only until it has converged.
//
// At complex states the Hessian is complex symmetric, not Hermitian; alpha(h H) g is then taken through Arnoldi and a Schur form,
// never through V V' with unit-norm eigenvectors. Where it is exactly real (quadratics) the symmetric route is used, and states
// without imaginary part are treated as real.
//
// Source: Rosca et al. arXiv 2302.01952, thesis arXiv 2310.14036.
// Shapes: state real or complex, field complex, of problem.dimension(). step_time() is h. h = 0 gives -g.
// Needs: tier 2 at real states, tier 4 (HolomorphicProblem) at complex ones and so for integrating it; tier 3 for the third term.
// Cost: dense n Hessian-vector products and an eigenproblem, Krylov m products (14 to 25 gradients of a network for m = 10);
//   four times that at complex states.
// Errors: options or h out of range throw InvalidArgument where the flow is made, a state of the wrong length at the call.
//   A non-finite gradient or Hessian gives a NaN field, which the integrator turns into a Status.

#include <drift/calculus/borrowed_point.hpp>
#include <drift/calculus/krylov_function.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/core/errors.hpp>
#include <drift/flows/principal_coefficient.hpp>

#include <cmath>
#include <limits>
#include <ostream>
#include <string_view>
#include <utility>

namespace drift::flows {

enum class PrincipalMethod {
  automatic,  ///< dense up to dimension 64, Krylov beyond
  dense,      ///< the whole Hessian
  krylov,     ///< Hessian-vector products only
};

struct PrincipalOptions {
  /// Which logarithm: continued, principal or real_part (flows/principal_coefficient.hpp).
  PrincipalBranch branch = PrincipalBranch::continued;

  PrincipalMethod method = PrincipalMethod::automatic;

  /// Krylov: exactly this many products, fewer where they already span everything. 0: as many as the tolerance asks for.
  Index krylov_dimension = 0;

  /// Krylov: growth ends when the field changes by less than this, relatively. Above 0; raised to 8 epsilon of the number type.
  double krylov_tolerance = 1e-10;

  /// Krylov: growth ends here at the latest; `change` then tells what was missed. 1 or above. Memory: this many states.
  Index largest_krylov_dimension = 200;

  /// Adds -(h^2 / 12) D^3E[g, g, .], the first term that the principal flow lacks. Needs problem.expand.
  bool third_derivative_term = false;

  void validate() const {
    require(krylov_dimension >= 0, "krylov_dimension", krylov_dimension, "0 (by tolerance) or above");
    require_positive(krylov_tolerance, "krylov_tolerance");
    require(largest_krylov_dimension >= 1, "largest_krylov_dimension", largest_krylov_dimension, "1 or above");
  }
};

/// How far a field can be trusted.
enum class PrincipalReliability {
  exact,        ///< the whole Hessian, or a Krylov space that is invariant: nothing is left out
  converged,    ///< the Krylov space's last growth changed it by no more than krylov_tolerance
  unconverged,  ///< it changed it by more: the error is at most about `change`, often orders below it
  straddling,  ///< eigenvalues that may lie on either side of 1/h matter: the error may be as large as `doubt`, or larger
  non_finite,  ///< gradient or Hessian were not finite, and neither is the field
};

constexpr std::string_view to_string(PrincipalReliability reliability) {
  switch (reliability) {
    case PrincipalReliability::exact: return "exact";
    case PrincipalReliability::converged: return "converged";
    case PrincipalReliability::unconverged: return "unconverged";
    case PrincipalReliability::straddling: return "straddling";
    case PrincipalReliability::non_finite: return "non_finite";
  }
  return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, PrincipalReliability reliability) {
  return out << to_string(reliability);
}

/// The field with what is known about its reliability.
template <class R>
struct PrincipalEvaluation {
  Vector<std::complex<R>> field;
  R nearest =
      std::numeric_limits<R>::infinity();  ///< min |1 - h lambda| over the eigenvalues seen; infinity: none was seen
  Index beyond_one = 0;                    ///< how many of them have Re h lambda > 1
  Index products = 0;                      ///< Hessian-vector products
  Index krylov_dimension = 0;              ///< 0 where the whole Hessian was decomposed as a symmetric matrix
  R change = R(0);  ///< relative change of the field by the last growth of the Krylov space; 0: exact
  R doubt = R(0);   ///< of |field|, what lies along Ritz vectors whose eigenvalue may be on either side of 1/h
  PrincipalReliability reliability = PrincipalReliability::exact;
};

template <class P>
class Principal {
 public:
  using Scalar = ScalarOfProblem<P>;
  using Evaluation = PrincipalEvaluation<Scalar>;

  Principal(P problem, const Scalar& h, const PrincipalOptions& options)
      : problem_(std::move(problem)), h_(h), options_(options) {
    require_not_negative(h, "h");
    options_.validate();
    require(ExpandableProblem<P> || !options_.third_derivative_term, "third_derivative_term", "true",
            "false for a problem without expand (core/concepts.hpp)");
  }

  const P& problem() const { return problem_; }
  const PrincipalOptions& options() const { return options_; }
  Index dimension() const { return problem_.dimension(); }

  /// h: one step of gradient descent.
  Scalar step_time() const { return h_; }

  /// alpha(h H) g
  template <StateOver<Scalar> X>
    requires AcceptsScalar<P, ScalarOf<X>>
  Vector<Complex<Scalar>> operator()(const X& theta) const {
    return evaluate(theta).field;
  }

  /// The same, with how close the spectrum comes to 1/h and what it cost.
  template <StateOver<Scalar> X>
    requires AcceptsScalar<P, ScalarOf<X>>
  Evaluation evaluate(const X& theta) const {
    require_size(theta, dimension(), "theta");
    if constexpr (is_complex<ScalarOf<X>>) {
      const Vector<Complex<Scalar>> state = theta;
      if (vanishes(state.imag())) return evaluate_at(Vector<Scalar>(state.real()));
      return evaluate_at(state);
    } else {
      return evaluate_at(Vector<Scalar>(theta));
    }
  }

 private:
  using C = Complex<Scalar>;

  /// alpha(h lambda) as a function of lambda.
  struct Coefficient {
    Scalar h;
    PrincipalBranch branch;
    C operator()(const Scalar& lambda) const { return principal_coefficient(Scalar(h * lambda), branch); }
    C operator()(const C& lambda) const { return principal_coefficient(C(h * lambda), branch); }
  };

  template <class V>
  static bool vanishes(const V& v) {
    return (v.array() == Scalar(0)).all();
  }

  template <class S>
  Evaluation evaluate_at(const Vector<S>& theta) const {
    auto e = calculus::borrowed_point(problem_, theta);
    const Vector<S>& g = e->gradient();
    if (!g.allFinite()) return not_a_number();
    Evaluation result;
    if (h_ == Scalar(0)) {
      result.field = -g.template cast<C>();
      result.nearest = Scalar(1);
      return result;
    }
    const auto product = [&](const Vector<S>& v, Vector<S>& hv) {
      e->rewind(0);
      hv = e->push(v);
    };
    const bool dense = options_.method == PrincipalMethod::dense ||
                       (options_.method == PrincipalMethod::automatic && dimension() <= 64);
    if (dense) {
      from_hessian(result, hessian_of<S>(product), g);
    } else {
      const calculus::KrylovLimits limits{options_.krylov_dimension, options_.largest_krylov_dimension,
                                          options_.krylov_tolerance};
      from_krylov<S>(result, product, g, limits);
      result.products = result.krylov_dimension;
    }
    if constexpr (HasExpand<P, S>) {
      if (options_.third_derivative_term) {
        e->rewind(0);
        e->push(g);
        result.field -= (C(h_ * h_ / Scalar(6)) * e->push_zero().template cast<C>());  // push_zero: D^3E[g, g, .] / 2
      }
    }
    if (!result.field.allFinite()) result.reliability = PrincipalReliability::non_finite;
    return result;
  }

  template <class S>
  Matrix<S> hessian_of(const calculus::LinearMap<S>& product) const {
    const Index n = dimension();
    Matrix<S> hessian(n, n);
    Vector<S> unit = Vector<S>::Zero(n), column;
    for (Index i = 0; i < n; ++i) {
      unit[i] = S(1);
      product(unit, column);
      hessian.col(i) = column;
      unit[i] = S(0);
    }
    return hessian;
  }

  template <class S>
  void from_hessian(Evaluation& result, const Matrix<S>& hessian, const Vector<S>& g) const {
    if (!hessian.allFinite()) {
      result = not_a_number();
    } else if constexpr (!is_complex<S>) {
      from_symmetric(result, hessian, g);
    } else if (vanishes(hessian.imag())) {
      from_symmetric(result, Matrix<Scalar>(hessian.real()), g);
    } else {
      const auto product = [&](const Vector<S>& v, Vector<S>& hv) { hv.noalias() = hessian * v; };
      from_krylov<S>(result, product, g, {dimension(), dimension(), 1.0});
    }
    result.products = dimension();
  }

  template <class S>
  void from_symmetric(Evaluation& result, const Matrix<Scalar>& hessian, const Vector<S>& g) const {
    const auto eigen = calculus::symmetric_eigen<Scalar>(hessian);
    const Coefficient alpha{h_, options_.branch};
    Vector<C> weights(dimension());
    weights.real() = eigen.vectors.transpose() * g.real();
    if constexpr (is_complex<S>) {
      weights.imag() = eigen.vectors.transpose() * g.imag();
    } else {
      weights.imag().setZero();
    }
    for (Index i = 0; i < dimension(); ++i) weights[i] *= alpha(eigen.values[i]);
    result.field.resize(dimension());
    result.field.real() = eigen.vectors * weights.real();
    result.field.imag() = eigen.vectors * weights.imag();
    see(result, eigen.values.template cast<C>());
  }

  template <class S>
  void from_krylov(Evaluation& result, calculus::LinearMap<S> product, const Vector<S>& g,
                   const calculus::KrylovLimits& limits) const {
    auto krylov = calculus::krylov_function<S>(std::move(product), g, Coefficient{h_, options_.branch}, limits);
    result.field = std::move(krylov.value);
    result.krylov_dimension = krylov.dimension;
    result.change = krylov.change;
    see(result, krylov.ritz_values);
    judge(result, krylov);
  }

  void see(Evaluation& result, const Vector<C>& eigenvalues) const {
    using std::abs;
    for (Index i = 0; i < eigenvalues.size(); ++i) {
      const Scalar distance = abs(C(Scalar(1)) - C(h_) * eigenvalues[i]);
      if (distance < result.nearest) result.nearest = distance;
      if (h_ * eigenvalues[i].real() > Scalar(1)) ++result.beyond_one;
    }
  }

  void judge(Evaluation& result, const calculus::KrylovResult<Scalar>& krylov) const {
    using std::sqrt;
    const bool exact = krylov.residuals.size() == 0 || krylov.residuals.maxCoeff() == Scalar(0);  // none: g = 0
    if (exact) return;
    // A Ritz value is no better known than to rounding, and alpha's logarithm sees that next to 1.
    const Scalar rounding = Scalar(8) * epsilon<Scalar>() * (Scalar(1) + h_ * norm_of(krylov.ritz_values));
    Scalar square(0);
    for (Index i = 0; i < krylov.ritz_values.size(); ++i) {
      const Scalar distance = distance_to_jump(C(C(h_) * krylov.ritz_values[i]), options_.branch);
      if (h_ * krylov.residuals[i] + rounding > distance) square += krylov.components[i] * krylov.components[i];
    }
    result.doubt = sqrt(square);
    const Scalar tolerance = calculus::krylov_tolerance<Scalar>(options_.krylov_tolerance);
    result.reliability = result.doubt > tolerance    ? PrincipalReliability::straddling
                         : result.change > tolerance ? PrincipalReliability::unconverged
                                                     : PrincipalReliability::converged;
  }

  Evaluation not_a_number() const {
    Evaluation result;
    result.field = Vector<C>::Constant(dimension(), C(Eigen::NumTraits<Scalar>::quiet_NaN()));
    result.reliability = PrincipalReliability::non_finite;
    return result;
  }

  P problem_;
  Scalar h_;
  PrincipalOptions options_;
};

/// The principal flow of gradient descent with learning rate h.
template <SecondOrderProblem P>
Principal<P> principal(P problem, const std::type_identity_t<ScalarOfProblem<P>>& h,
                       const PrincipalOptions& options = {}) {
  return {std::move(problem), h, options};
}

}  // namespace drift::flows
