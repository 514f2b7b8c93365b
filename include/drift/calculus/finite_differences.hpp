#pragma once
// with_finite_differences(problem): a Problem of tier 1, value and gradient, gets Hessian-vector products.
//
//     H v ~ |v| (g(theta + d u) - g(theta - d u)) / (2 d),    u = v / |v|,    d = epsilon^(1/3) max(1, |theta|)
//
//     auto igr = flows::modified<2>(with_finite_differences(problem), h);
//
// The library never does this by itself: exact derivatives cost as little (differentiable, nn), and a difference has
// about two thirds of the digits, 1e-10 relative in double. The offset depends on theta and the direction of v alone,
// so it is as good at a vanishing gradient and for a tiny or huge v, and H 0 is 0 without an evaluation. The product is
// symmetric and linear in v up to that error only; H (c v) is c H v up to rounding.
//
// Source: Nocedal & Wright, Numerical Optimization (2006), section 8.1 (the choice of d).
// Cost: a Hessian-vector product is two gradients. Failure: a gradient that is not finite at theta +- d u gives a
// product that is not. Errors: an offset that is negative or not finite throws InvalidArgument.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>

#include <cmath>
#include <utility>

namespace drift {

struct FiniteDifferenceOptions {
  /// The distance d of the two points from theta, in units of theta. 0: epsilon^(1/3) max(1, |theta|), which suits a
  /// gradient that changes on the scale of |theta| or of 1, whichever is larger. 0 or above, finite.
  double offset = 0;
};

template <Problem P>
class FiniteDifferences {
 public:
  using Scalar = ScalarOfProblem<P>;

  FiniteDifferences(P problem, const FiniteDifferenceOptions& options)
      : problem_(std::move(problem)), offset_(static_cast<Scalar>(options.offset)) {
    require_not_negative(options.offset, "offset");
  }

  Index dimension() const { return problem_.dimension(); }
  Scalar value(const Vector<Scalar>& theta) const { return problem_.value(theta); }
  Vector<Scalar> gradient(const Vector<Scalar>& theta) const { return problem_.gradient(theta); }

  Vector<Scalar> hessian_vector_product(const Vector<Scalar>& theta, const Vector<Scalar>& v) const {
    require_size(theta, dimension(), "theta");
    require_size(v, dimension(), "v");
    if ((v.array() == Scalar(0)).all()) return Vector<Scalar>::Zero(v.size());
    // Normalised in two steps: squares of very small or large components would leave the range of numbers.
    const Scalar largest = v.cwiseAbs().maxCoeff();
    Vector<Scalar> u = v / largest;
    const Scalar length = u.norm();
    u /= length;
    const Scalar d = offset(theta);
    const Vector<Scalar> change =
        problem_.gradient(Vector<Scalar>(theta + d * u)) - problem_.gradient(Vector<Scalar>(theta - d * u));
    return change * (length / (Scalar(2) * d)) * largest;
  }

 private:
  Scalar offset(const Vector<Scalar>& theta) const {
    using std::cbrt;
    if (offset_ > Scalar(0)) return offset_;
    const Scalar norm = theta.norm();
    return Scalar(cbrt(epsilon<Scalar>())) * (norm > Scalar(1) ? norm : Scalar(1));
  }

  P problem_;
  Scalar offset_;
};

/// The problem with Hessian-vector products by central differences of its gradient: tier 2.
template <Problem P>
FiniteDifferences<P> with_finite_differences(P problem, const FiniteDifferenceOptions& options = {}) {
  return {std::move(problem), options};
}

}  // namespace drift
