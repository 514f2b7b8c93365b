#pragma once
// Extragradient: look ahead by one simultaneous step, then step from the old point with the gradients found there.
//
//     w = z + rates * (f, g)(z),    z' = z + rates * (f, g)(w)
//
//     auto step = games::extragradient(game, {.phi = 0.1, .theta = 0.1});     // an Update; map_logarithm applies
//
// To second order it is an implicit Euler step, z' = z + F + F'F + O(rate^3): its drift is + F'F / 2 where that of simultaneous play is
// - F'F / 2. So it contracts where simultaneous play spirals out.
// Source: Korpelevich, Matekon 13 (1977). Cost: two own gradients of each player. Errors: those of simultaneous play.

#include <drift/games/game.hpp>
#include <drift/games/workspaces.hpp>

#include <utility>

namespace drift::games {

template <Game G>
class Extragradient {
 public:
  using Scalar = typename G::Scalar;

  Extragradient(G game, const Rates<Scalar>& rates) : game_(std::move(game)), rates_(rates) { rates_.validate(); }

  const G& game() const { return game_; }
  const Rates<Scalar>& rates() const { return rates_; }
  Index dimension() const { return game_.dimension(); }

  template <Game Other>
  Extragradient<Other> with_game(Other other) const {
    return {std::move(other), rates_};
  }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> operator()(const X& state) const {
    Vector<ScalarOf<X>> z = state;
    advance(z);
    return z;
  }

  /// The update in place: no allocation from the second call on.
  template <class S>
  void advance(Vector<S>& z) const {
    const auto workspace = workspaces_.template borrow<S>();
    auto& [field, ahead] = *workspace;
    joint_field(game_, z, rates_, field);
    ahead = z + field;
    joint_field(game_, ahead, rates_, field);
    z += field;
  }

 private:
  G game_;
  Rates<Scalar> rates_;
  Workspaces<Scalar, 2> workspaces_;
};

template <Game G>
Extragradient<G> extragradient(G game, const Rates<typename G::Scalar>& rates) {
  return {std::move(game), rates};
}

}  // namespace drift::games
