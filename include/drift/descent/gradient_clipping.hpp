#pragma once
// GradientClipping: an optimiser that never sees a gradient longer than largest_norm.
//
//     c = g                           where |g| <= largest_norm
//     c = g largest_norm / |g|        elsewhere: the direction stays
//
//     GradientClipping{.optimiser = Adam{.learning_rate = 1e-3}, .largest_norm = 1}
//
// The norm is the Euclidean one of the whole gradient, before any weight decay. The optimiser inside works at a ClippedPoint:
// all of the point but the gradient is as it was, so that a drift-adjusted rate, which depends on |H c| / |c|, is the same with
// and without clipping. A gradient within the norm changes no bit. What minimise reports is the gradient unclipped.
//
// Source: Pascanu, Mikolov & Bengio, ICML 2013, algorithm 1.
// Memory: that of the optimiser inside, and scratch. Cost: a copy and a norm of the gradient. Complex states where that
// optimiser takes them. Failure: that of the optimiser inside; a norm that is not finite makes the step not finite.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>
#include <drift/descent/scratch.hpp>

#include <cmath>
#include <limits>

namespace drift {

namespace descent {

/// The point e, but for its gradient. Lives inside one step.
template <Point E>
class ClippedPoint {
 public:
  using Scalar = ScalarOfPoint<E>;

  ClippedPoint(E& e, const Vector<Scalar>& gradient) : e_(e), gradient_(gradient) {}

  decltype(auto) state() const { return e_.state(); }
  decltype(auto) value() const { return e_.value(); }
  const Vector<Scalar>& gradient() const { return gradient_; }

  decltype(auto) push(const Vector<Scalar>& direction)
    requires HasPush<E, Scalar>
  {
    return e_.push(direction);
  }

  decltype(auto) push_zero()
    requires HasPushZero<E, Scalar>
  {
    return e_.push_zero();
  }

  void rewind(Index stage)
    requires HasRewind<E>
  {
    e_.rewind(stage);
  }

  Index stage() const
    requires HasRewind<E>
  {
    return e_.stage();
  }

 private:
  E& e_;
  const Vector<Scalar>& gradient_;
};

/// The memory of GradientClipping: that of the optimiser inside, M.
template <class M, class T>
struct ClippingMemory {
  M optimiser;
  Scratch<T> clipped;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("optimiser", self.optimiser);
  }
};

}  // namespace descent

template <class O>
struct GradientClipping {
  /// The optimiser inside, wrapped itself or not.
  O optimiser;

  /// No gradient that it sees is longer. Above 0, in the gradient's units; infinity: no clipping.
  double largest_norm = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("optimiser", self.optimiser);
    visit("largest_norm", self.largest_norm);
  }

  /// Throws InvalidArgument that names the first field out of its bounds, those of the optimiser inside included.
  void validate() const {
    optimiser.validate();
    require(largest_norm > 0, "largest_norm", largest_norm, "a number above 0, or infinity");
  }

  template <class T>
  descent::ClippingMemory<descent::MemoryOf<O, T>, T> start(const Vector<T>& theta) const {
    return {optimiser.start(theta), {}};
  }

  template <class M, class T>
  bool at_rest(const descent::ClippingMemory<M, T>& memory) const {
    return optimiser.at_rest(memory.optimiser);
  }

  template <class T, Point E>
    requires descent::Optimiser<O, descent::ClippedPoint<E>>
  Real<T> advance(Vector<T>& theta, descent::ClippingMemory<descent::MemoryOf<O, T>, T>& memory, Index iteration,
                  E& e) {
    Vector<T>& clipped = memory.clipped.vector;
    clipped = e.gradient();
    scale_down(clipped);
    descent::ClippedPoint<E> point(e, clipped);
    return optimiser.advance(theta, memory.optimiser, iteration, point);
  }

 private:
  template <class T>
  void scale_down(Vector<T>& gradient) const {
    using R = Real<T>;
    using std::isfinite;
    const R norm = norm_of(gradient), largest = static_cast<R>(largest_norm);
    if (norm <= largest) return;
    gradient *= T(isfinite(norm) ? R(largest / norm) : std::numeric_limits<R>::quiet_NaN());
  }
};

}  // namespace drift
