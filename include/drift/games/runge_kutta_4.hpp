#pragma once
// Runge-Kutta 4 on the joint field: both players move together along the game's own flow.
//
//     v_1 = F(z),  v_2 = F(z + v_1 / 2),  v_3 = F(z + v_2 / 2),  v_4 = F(z + v_3),    z' = z + (v_1 + 2 v_2 + 2 v_3 + v_4) / 6
//
//     auto step = games::runge_kutta_4(game, {.phi = 0.01, .theta = 0.01});   // F = (rate f, rate g); an Update, map_logarithm applies
//
// Its modified flow is F + O(rate^5): no drift of order 2, 3 or 4.
// Source: Qin et al., Training GANs by solving ODEs, arXiv 2010.15040. Cost: four own gradients of each player. Errors: those of
// simultaneous play.

#include <drift/games/game.hpp>
#include <drift/games/workspaces.hpp>

#include <utility>

namespace drift::games {

template <Game G>
class RungeKutta4 {
 public:
  using Scalar = typename G::Scalar;

  RungeKutta4(G game, const Rates<Scalar>& rates) : game_(std::move(game)), rates_(rates) { rates_.validate(); }

  const G& game() const { return game_; }
  const Rates<Scalar>& rates() const { return rates_; }
  Index dimension() const { return game_.dimension(); }

  template <Game Other>
  RungeKutta4<Other> with_game(Other other) const {
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
    auto& [v, sum, point] = *workspace;
    joint_field(game_, z, rates_, v);
    sum = v;
    for (const double part : {0.5, 0.5, 1.0}) {
      point = z + Scalar(part) * v;
      joint_field(game_, point, rates_, v);
      sum += Scalar(part == 1 ? 1 : 2) * v;
    }
    z += sum / Scalar(6);
  }

 private:
  G game_;
  Rates<Scalar> rates_;
  Workspaces<Scalar, 3> workspaces_;
};

template <Game G>
RungeKutta4<G> runge_kutta_4(G game, const Rates<typename G::Scalar>& rates) {
  return {std::move(game), rates};
}

}  // namespace drift::games
