#pragma once
// point_at(problem, theta): the current point of a run, with as many pushes as the problem's tier has.
//
//   tier 1   state(), value(), gradient(), move_to(theta), and gradient_at(theta) elsewhere
//   tier 2   also push(v) = H v once from stage 0, rewind(0), stage()
//   tier 3   the problem's Expansion
//
// Steps, flows and schedules are written against it, so that a drift-adjusted rate shares the gradient with the step, and a
// schedule that needs a Hessian-vector product does not compile with a tier-1 problem.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>

#include <utility>

namespace drift {

/// The point of a tier-1 problem.
template <Problem P>
class GradientPoint {
 public:
  using Scalar = ScalarOfProblem<P>;

  GradientPoint(P problem, const Vector<Scalar>& theta) : problem_(std::move(problem)) { move_to(theta); }

  const Vector<Scalar>& state() const { return state_; }
  const Scalar& value() const { return value_; }
  const Vector<Scalar>& gradient() const { return gradient_; }

  /// The gradient at another state; the point stays where it is.
  Vector<Scalar> gradient_at(const Vector<Scalar>& theta) const {
    require_size(theta, problem_.dimension(), "theta");
    return problem_.gradient(theta);
  }

  void move_to(const Vector<Scalar>& theta) {
    require_size(theta, problem_.dimension(), "theta");
    Scalar value = problem_.value(theta);  // the user's code may throw: the point then stays as it was
    Vector<Scalar> gradient = problem_.gradient(theta);
    state_ = theta;
    value_ = std::move(value);
    gradient_ = std::move(gradient);
  }

 protected:
  P problem_;
  Vector<Scalar> state_;
  Scalar value_ = Scalar(0);
  Vector<Scalar> gradient_;
};

/// The point of a tier-2 problem: one push from stage 0, repeatable after rewind(0).
template <class P>
  requires HasHessianVectorProduct<P>
class HessianPoint : public GradientPoint<P> {
 public:
  using Scalar = ScalarOfProblem<P>;
  using GradientPoint<P>::GradientPoint;

  Index stage() const { return stage_; }

  const Vector<Scalar>& push(const Vector<Scalar>& direction) {
    require(stage_ == 0, "stage", stage_,
            "0: a problem with Hessian-vector products alone has one push, then rewind(0)");
    require_size(direction, this->problem_.dimension(), "direction");
    product_ = this->problem_.hessian_vector_product(this->state_, direction);
    stage_ = 1;
    return product_;
  }

  void rewind(Index stage) {
    require(stage >= 0 && stage <= stage_, "stage", stage, "between 0 and the last stage pushed");
    stage_ = stage;
  }

  void move_to(const Vector<Scalar>& theta) {
    GradientPoint<P>::move_to(theta);
    stage_ = 0;
  }

 private:
  Vector<Scalar> product_;
  Index stage_ = 0;
};

/// The current point of a run at theta.
template <Problem P, StateOver<ScalarOfProblem<P>> X>
auto point_at(const P& problem, const X& theta) {
  require_size(theta, problem.dimension(), "theta");
  if constexpr (HasExpand<P, ScalarOf<X>>) {
    require_expansion<decltype(problem.expand(evaluated(theta))), ScalarOf<X>>();
    return problem.expand(evaluated(theta));
  } else if constexpr (HasHessianVectorProduct<P>) {
    return HessianPoint<P>(problem, evaluated(theta));
  } else {
    return GradientPoint<P>(problem, evaluated(theta));
  }
}

/// expand(problem, theta): the Expansion at theta, of any Eigen expression.
template <ExpandableProblem P, StateOver<ScalarOfProblem<P>> X>
auto expand(const P& problem, const X& theta) {
  static_assert(HasExpand<P, ScalarOf<X>>, "a complex state needs a HolomorphicProblem (core/concepts.hpp)");
  require_expansion<decltype(problem.expand(evaluated(theta))), ScalarOf<X>>();
  require_size(theta, problem.dimension(), "theta");
  return problem.expand(evaluated(theta));
}

}  // namespace drift
