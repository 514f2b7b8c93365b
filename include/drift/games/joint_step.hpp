#pragma once
// JointStep: an explicit step of length 1 along a game's joint field F = (rate f, rate g), both players together, as an Update of z.
// games::extragradient and games::runge_kutta_4 are of this class.
//
// Method::vectors is how many vectors it works in, Method::advance(field, z, w) makes of z the next one, with field(point, out) setting
// `out` to F there and w an array of that many vectors. No allocation from the second call on.

#include <drift/games/game.hpp>
#include <drift/games/workspaces.hpp>

#include <utility>

namespace drift::games {

template <Game G, class Method>
class JointStep {
 public:
  using Scalar = typename G::Scalar;

  JointStep(G game, const Rates<Scalar>& rates) : game_(std::move(game)), rates_(rates) { rates_.validate(); }

  const G& game() const { return game_; }
  const Rates<Scalar>& rates() const { return rates_; }
  Index dimension() const { return game_.dimension(); }

  /// The same step of another game with the same players, such as a regularised one.
  template <Game Other>
  JointStep<Other, Method> with_game(Other other) const {
    return {std::move(other), rates_};
  }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> operator()(const X& state) const {
    Vector<ScalarOf<X>> z = state;
    advance(z);
    return z;
  }

  /// The update in place.
  template <class S>
  void advance(Vector<S>& z) const {
    const auto workspace = workspaces_.template borrow<S>();
    Method::advance([this](const Vector<S>& point, Vector<S>& v) { joint_field(game_, point, rates_, v); }, z,
                    *workspace);
  }

 private:
  G game_;
  Rates<Scalar> rates_;
  Workspaces<Scalar, Method::vectors> workspaces_;
};

}  // namespace drift::games
