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
#include <drift/games/workspaces.hpp>

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
    require_size(z, game_.dimension(), "z", "the game's dimension");
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
    Vector<ScalarOf<X>> next = state;
    advance(next);
    return next;
  }

  /// The update in place: no allocation from the second call on.
  template <class S>
  void advance(Vector<S>& state) const {
    require_size(state, dimension(), "state", "parameters and memory, as start(z) gives them");
    const auto workspace = workspaces_.template borrow<S>();
    auto& [z, gradients] = *workspace;
    const Index n = game_.dimension(), split = game_.phi_dimension();
    z = state.head(n);
    game_.own_gradients(z, gradients);
    state.head(split) -= rates_.phi * (Scalar(2) * gradients - state.tail(n)).head(split);
    state.segment(split, n - split) -= rates_.theta * (Scalar(2) * gradients - state.tail(n)).tail(n - split);
    state.tail(n) = gradients;
  }

 private:
  G game_;
  Rates<Scalar> rates_;
  Workspaces<Scalar, 2> workspaces_;
};

template <Game G>
Optimistic<G> optimistic(G game, const Rates<typename G::Scalar>& rates) {
  return {std::move(game), rates};
}

}  // namespace drift::games
