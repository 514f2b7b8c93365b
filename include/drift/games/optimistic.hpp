#pragma once
// Optimistic gradient play: extragradient's look ahead, with the last step's gradients in place of new ones.
//
//     z' = z + rates * (2 F(z) - F(z_previous)),    F = (f, g)
//
//     auto step = games::optimistic(game, {.phi = 0.1, .theta = 0.1});
//     Vector<double> state = step.start(z);         // (z, own gradients at z): the first step is then a simultaneous one
//     state = step(state);
//     step.parameters(state)                        // z
//
// STATE    z, then the own gradients (grad_phi E_phi, grad_theta E_theta) at the point before: twice the game's dimension.
// FLOWS    The memory is forgotten within one step, so the map on the state is far from the identity, and map_logarithm, though it
//          can be called, does not converge to a flow of it. Its stability (games/stability.hpp) is exact all the same.
// Source: Popov, Math. Notes 28 (1980); Daskalakis et al., arXiv 1711.00141. Cost: one own gradient of each player. Errors: those of
// simultaneous play; a vector that is no state.

#include <drift/games/game.hpp>

#include <utility>

namespace drift::games {

template <Game G>
class Optimistic {
 public:
  using Scalar = typename G::Scalar;

  Optimistic(G game, const Rates<Scalar>& rates) : game_(std::move(game)), rates_(rates) { rates_.validate(); }

  const G& game() const { return game_; }
  const Rates<Scalar>& rates() const { return rates_; }

  /// The length of the state: parameters and memory.
  Index dimension() const { return 2 * game_.dimension(); }

  template <Game Other>
  Optimistic<Other> with_game(Other other) const {
    return {std::move(other), rates_};
  }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> start(const X& z) const {
    Vector<ScalarOf<X>> state(dimension());
    state.head(game_.dimension()) = z;
    state.tail(game_.dimension()) = game_.own_gradients(z);
    return state;
  }

  /// z of a state.
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> parameters(const X& state) const {
    require_size(state, dimension(), "state", "parameters and memory, as start(z) gives them");
    return state.head(game_.dimension());
  }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> operator()(const X& state) const {
    using V = Vector<ScalarOf<X>>;
    const Index split = game_.phi_dimension();
    V next(dimension());
    V z = parameters(state);
    next.tail(z.size()) = game_.own_gradients(z);
    const V look_ahead = Scalar(2) * next.tail(z.size()) - state.tail(z.size());
    block<Player::phi>(z, split) -= rates_.phi * block<Player::phi>(look_ahead, split);
    block<Player::theta>(z, split) -= rates_.theta * block<Player::theta>(look_ahead, split);
    next.head(z.size()) = z;
    return next;
  }

 private:
  G game_;
  Rates<Scalar> rates_;
};

template <Game G>
Optimistic<G> optimistic(G game, const Rates<typename G::Scalar>& rates) {
  return {std::move(game), rates};
}

}  // namespace drift::games
