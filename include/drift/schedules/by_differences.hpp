#pragma once
// ByDifferences: a schedule that pushes, with differences of gradients in place of Hessian-vector products.
//
//     H v ~ (g(theta + epsilon v) - g(theta)) / epsilon,      epsilon = offset / |v|
//
//     GradientDescent{.learning_rate = ByDifferences{.schedule = DriftAdjusted{}}}                  // epsilon = 0.01 / |g|
//     GradientDescent{.learning_rate = ByDifferences{.schedule = QuadraticModel{}, .offset = 1e-6}}
//
// For problems and FiniteSums of tier 1, value and gradient, which schedules such as DriftAdjusted refuse. The gradient is
// evaluated at the distance `offset` from theta, wherever theta is and however long v is: so epsilon = 0.01 / |g| is well
// defined where the gradient all but vanishes, and H 0 is 0 without an evaluation.
//
// The error is about offset |D^3 E(u, u)| |v| / 2, u = v / |v|, and 2 epsilon_machine |g| |v| / offset from rounding; exact on
// a quadratic but for the latter. An offset below epsilon_machine |theta| sees no difference at all, and a flat loss. More
// digits cost as much: with_finite_differences(problem) (calculus/finite_differences.hpp) makes a tier-2 problem by central
// differences, to which any schedule goes as it is; {.offset = 0.01} there is the same distance as here.
//
// Source: the forward difference of dal.py (google-deepmind/discretisation_drift). Its docstring has 0.01 |g| for epsilon, its
//         code 0.01 / |g|, which is what is meant.
// Needs: a point that gives gradient_at(theta) or move_to(theta): those of every Problem, not a player's in a game.
// Cost: a product is one gradient where the point has gradient_at (tiers 1 and 2), otherwise two, there and back; a few vectors
//       are allocated. Run's `evaluations` does not count them.
// Failure: a gradient that is not finite at theta + epsilon v gives no rate; with a point of tier 1, where nothing else tells
//          of the curvature, that is an InvalidArgument that names the iteration, with others a run ends with
//          Status::non_finite.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/descent/learning_rate.hpp>

#include <cmath>
#include <utility>

namespace drift {

namespace schedules {

/// The gradient can be had at other states than the point's own.
template <class E>
concept Movable = requires(E& e, const Vector<descent::ScalarOfPoint<E>>& theta) { e.move_to(theta); } ||
                  requires(E& e, const Vector<descent::ScalarOfPoint<E>>& theta) { e.gradient_at(theta); };

/// The point e as one of tier 2, with one push from stage 0, repeatable after rewind(0), by differences of e's gradients.
/// Refers to e, which is where it was whenever push is over.
template <Movable E>
class DifferencePoint {
 public:
  using Scalar = descent::ScalarOfPoint<E>;

  /// `offset`: the distance from e.state(), above 0.
  DifferencePoint(E& e, double offset) : e_(e), offset_(static_cast<Real<Scalar>>(offset)) {}

  const Vector<Scalar>& state() const { return e_.state(); }
  Scalar value() const { return e_.value(); }
  const Vector<Scalar>& gradient() const { return e_.gradient(); }
  Index stage() const { return stage_; }

  const Vector<Scalar>& push(const Vector<Scalar>& direction) {
    require(stage_ == 0, "stage", stage_, "0: a point with differences has one push, then rewind(0)");
    require_size(direction, e_.state().size(), "direction");
    const Real<Scalar> length = norm_of(direction);
    using std::isfinite;
    if (length == Real<Scalar>(0)) {
      product_.setZero(direction.size());
    } else if (!isfinite(length)) {
      product_.setConstant(direction.size(), Scalar(length));
    } else {
      const Vector<Scalar> aside = e_.state() + Scalar(offset_) * (direction / Scalar(length));
      difference_to(aside);
      product_ *= Scalar(length / offset_);
    }
    stage_ = 1;
    return product_;
  }

  void rewind(Index stage) {
    require(stage >= 0 && stage <= stage_, "stage", stage, "between 0 and the last stage pushed");
    stage_ = stage;
  }

 private:
  /// product_ = g(aside) - g
  void difference_to(const Vector<Scalar>& aside) {
    if constexpr (requires { e_.gradient_at(aside); }) {
      product_ = e_.gradient_at(aside);
      product_ -= e_.gradient();
    } else {
      const Vector<Scalar> home = e_.state();
      e_.move_to(aside);
      product_ = e_.gradient();
      e_.move_to(home);
      product_ -= e_.gradient();
    }
  }

  E& e_;
  Real<Scalar> offset_;
  Vector<Scalar> product_;
  Index stage_ = 0;
};

}  // namespace schedules

template <class S>
struct ByDifferences {
  /// A Schedule that pushes once at a time from stage 0: DriftAdjusted, QuadraticModel, InverseSharpness, or those in a WarmUp.
  S schedule;

  /// How far from theta the other gradient is taken, in units of theta: epsilon |v|. Above 0, finite; small against the
  /// distance over which the Hessian changes.
  double offset = 0.01;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("schedule", self.schedule);
    visit("offset", self.offset);
  }

  /// Throws InvalidArgument that names the first field out of its bounds, those of the schedule inside included.
  void validate() const {
    descent::validate_rate(schedule, "schedule");
    require_positive(offset, "offset");
  }

  template <Point E>
    requires schedules::Movable<E> && descent::ScheduledRate<S, schedules::DifferencePoint<E>>
  auto rate(Index iteration, E& e) {
    schedules::DifferencePoint<E> seen(e, offset);
    return schedule.rate(iteration, seen);
  }
};

}  // namespace drift
