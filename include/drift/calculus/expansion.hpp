#pragma once
// ProgramExpansion: the Expansion of core/concepts.hpp made from a program that can run one stage at a time.
//
// A program is a class with
//     using Scalar = ...;
//     Index dimension() const;
//     Scalar start(const Vector<Scalar>& theta, Vector<Scalar>& gradient);                        stage 0: E and grad E
//     void advance(const Stage& stage, const Vector<Scalar>& direction, bool direction_is_zero,
//                  Vector<Scalar>& gradient);                                                     stage m of grad E
//     void rewind(Index stage);                                                                   optional
//     void select(const Selection& selection);                optional: aims it at other data, such as another minibatch
//     Scalar start_for_products(const Vector<Scalar>& theta);           optional: stage 0 and E without grad E, where that is cheaper
// where `direction` is theta_m. It may assume that stages below m are there and that m is at most one more than the last.
//
// The program may throw (a user's callable may). The expansion is then at no point, and refuses all but move_to.
//
// The expansion checks sizes and order, keeps every stage's direction and gradient at a fixed place, and hands out
// references to them. It allocates on the first visit of a stage only.

#include <drift/calculus/stage.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/pool.hpp>

#include <deque>
#include <utility>

namespace drift {

/// What an expansion is moved to a point for. With `products` alone the gradient may stay out, which a Hessian-vector product at a
/// new point does not need: it costs a network a product of matrices a layer.
enum class Wanted { gradient, products };

namespace calculus {

template <class Program>
class ProgramExpansion {
 public:
  using Scalar = typename Program::Scalar;

  /// Runs stage 0 at theta. `depth` first-order infinitesimals stand beside t (stage.hpp); users leave it at 0.
  template <VectorExpression V>
  ProgramExpansion(Program program, const V& theta, int depth = 0)
      : program_(std::move(program)), stages_(depth), directions_(1), gradients_(1) {
    move_to(theta);
  }
  ProgramExpansion(ProgramExpansion&&) noexcept = default;
  ProgramExpansion& operator=(ProgramExpansion&&) noexcept = default;
  ProgramExpansion(const ProgramExpansion&) = delete;
  ProgramExpansion& operator=(const ProgramExpansion&) = delete;
  ~ProgramExpansion() = default;

  const Vector<Scalar>& state() const { return directions_.front(); }
  const Scalar& value() const { return value_; }
  const Vector<Scalar>& gradient() const {
    require_point();
    require(has_gradient_, "gradient()", "asked of an expansion moved to its point for products alone",
            "asked after move_to(theta)");
    return gradients_.front();
  }
  Index dimension() const { return program_.dimension(); }
  Index stage() const { return stage_; }

  /// Coefficient stage() + 1 of the gradient along the curve that goes on with this direction.
  template <VectorExpression V>
  const Vector<Scalar>& push(const V& direction) & {
    require_size(direction, dimension(), "direction");
    const auto slot = open_next_stage();
    if constexpr (std::same_as<V, Vector<Scalar>>) {
      if (is_lower_gradient(direction, slot)) return run(slot, direction, false);  // it stays as it is: no copy
    }
    directions_[slot] = direction;
    return run(slot, directions_[slot], false);
  }

  /// Of an expansion that is about to go, by value: expand(problem, theta).push(v).
  template <VectorExpression V>
  Vector<Scalar> push(const V& direction) && {
    return push(direction);  // *this is an lvalue here
  }

  /// The same for the direction 0.
  const Vector<Scalar>& push_zero() {
    const auto slot = open_next_stage();
    directions_[slot].setZero(dimension());
    return run(slot, directions_[slot], true);
  }

  /// Back to a stage that is already there; later ones are forgotten.
  void rewind(Index stage) {
    require_point();
    require(stage >= 0 && stage <= stage_, "stage", stage, "between 0 and the last stage pushed");
    stage_ = stage;
    if constexpr (requires { program_.rewind(stage); }) program_.rewind(stage);
  }

  /// Starts anew at theta, in the same memory.
  template <VectorExpression V>
  void move_to(const V& theta, Wanted wanted = Wanted::gradient) {
    require_size(theta, dimension(), "theta");
    stage_ = at_no_point;
    if constexpr (PlainVector<V>) {
      directions_.front() = theta;
    } else {
      directions_.front() = theta.eval();  // the expression may refer to state()
    }
    has_gradient_ = wanted == Wanted::gradient || !skips_gradient;
    if constexpr (skips_gradient) {
      value_ = has_gradient_ ? program_.start(directions_.front(), gradients_.front())
                             : program_.start_for_products(directions_.front());
    } else {
      value_ = program_.start(directions_.front(), gradients_.front());
    }
    stage_ = 0;
  }

  /// The same for other data of the program's: another minibatch.
  template <VectorExpression V, class Selection>
    requires requires(Program& program, const Selection& selection) { program.select(selection); }
  void move_to(const V& theta, const Selection& selection) {
    require_size(theta, dimension(), "theta");
    stage_ = at_no_point;
    program_.select(selection);
    move_to(theta);
  }

 private:
  static constexpr Index at_no_point = -1;
  static constexpr bool skips_gradient =
      requires(Program& program, const Vector<Scalar>& theta) { program.start_for_products(theta); };

  void require_point() const {
    require(stage_ != at_no_point, "expansion", "left by an exception", "moved to a point (move_to) before it goes on");
  }

  std::size_t open_next_stage() {
    require_point();
    const auto slot = static_cast<std::size_t>(stage_ + 1);
    if (directions_.size() <= slot) {
      directions_.emplace_back();
      gradients_.emplace_back();
    }
    return slot;
  }

  /// Whether the direction is the very vector that a lower stage returned. That is overwritten only after a rewind below it, when
  /// this stage is forgotten.
  bool is_lower_gradient(const Vector<Scalar>& direction, std::size_t slot) const {
    for (std::size_t lower = 0; lower < slot; ++lower) {
      if (&gradients_[lower] == &direction) return true;
    }
    return false;
  }

  const Vector<Scalar>& run(std::size_t slot, const Vector<Scalar>& direction, bool direction_is_zero) {
    const Index next = stage_ + 1;
    stage_ = at_no_point;
    program_.advance(stages_[next], direction, direction_is_zero, gradients_[slot]);
    stage_ = next;
    return gradients_[slot];
  }

  Program program_;
  Stages stages_;
  Index stage_ = 0;
  bool has_gradient_ = true;
  Scalar value_ = Scalar(0);
  std::deque<Vector<Scalar>> directions_;  // deques: references stay valid while stages are added
  std::deque<Vector<Scalar>> gradients_;
};

/// Idle expansions of a problem, for its own scalar and the complex of it. A problem keeps one as a member and defines borrow
/// with it; an expansion must not hold the problem itself, or the pool would hold itself alive.
template <class RealExpansion, class ComplexExpansion>
class ExpansionPool {
 public:
  template <class P, VectorExpression X>
  auto borrow(const P& problem, const X& theta, Wanted wanted = Wanted::gradient) const {
    const auto make = [&] { return problem.expand(theta); };
    const auto reuse = [&](auto& expansion) { expansion.move_to(theta, wanted); };
    if constexpr (is_complex<ScalarOf<X>>) {
      return complex_.borrow(make, reuse);
    } else {
      return real_.borrow(make, reuse);
    }
  }

 private:
  Pool<RealExpansion> real_;
  Pool<ComplexExpansion> complex_;
};

}  // namespace calculus
}  // namespace drift
