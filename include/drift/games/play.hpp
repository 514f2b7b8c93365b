#pragma once
// Gradient play as an Update of z = (phi, theta): simultaneous and alternating.
//
//     simultaneous   phi' = phi - a grad_phi E_phi(phi, theta),    theta' = theta - b grad_theta E_theta(phi, theta)
//     alternating    phi takes m such steps at fixed theta, then theta k steps at the new phi
//
//     auto sim = games::simultaneous(game, {.phi = 0.1, .theta = 0.1});
//     auto alt = games::alternating(game, {.phi = 0.1, .theta = 0.2}, {.phi_steps = 1, .theta_steps = 2});   // phi moves first
//     auto rev = games::alternating(game, {.phi = 0.1, .theta = 0.1}, {.first = games::Player::theta});
//     Vector<double> next = alt(z);
//     auto field = flows::map_logarithm<4>(alt);         // or exactly: games::modified_flow<4>(alt)
//
// RATES    are per inner step: a player that takes m steps moves by about m * rate. total_rates() are these products, the rates that
//          stand in first-order statements. (Papers often write u for the total and step by u / m.)
// Source: arXiv 2105.13922. Shapes: z of game.dimension(); real, or complex where the losses are holomorphic.
// Cost: one own gradient a step a player. Errors: a rate that is negative or not finite, fewer than 1 step: InvalidArgument.

#include <drift/games/game.hpp>
#include <drift/games/workspaces.hpp>

#include <array>
#include <utility>

namespace drift::games {

/// Who moves in a turn; both from the same point.
enum class Mover { phi, theta, both };

struct Turn {
  Mover who;
  int steps;
};

struct AlternatingOptions {
  int phi_steps = 1;           ///< 1 or more
  int theta_steps = 1;         ///< 1 or more
  Player first = Player::phi;  ///< the player that moves first; the other sees the new point

  void validate() const {
    require(phi_steps >= 1, "phi_steps", phi_steps, "1 or more");
    require(theta_steps >= 1, "theta_steps", theta_steps, "1 or more");
  }
};

template <Game G>
class GradientPlay {
 public:
  using Scalar = typename G::Scalar;

  /// Made by simultaneous() and alternating().
  GradientPlay(G game, const Rates<Scalar>& rates, const std::array<Turn, 2>& turns)
      : game_(std::move(game)), rates_(rates), turns_(turns) {
    rates_.validate();
  }

  const G& game() const { return game_; }
  Index dimension() const { return game_.dimension(); }

  /// Of one inner step.
  const Rates<Scalar>& rates() const { return rates_; }
  Rates<Scalar> total_rates() const {
    return {Scalar(steps(Player::phi)) * rates_.phi, Scalar(steps(Player::theta)) * rates_.theta};
  }

  /// What an update consists of, in order; the second turn of simultaneous play has no steps.
  const std::array<Turn, 2>& turns() const { return turns_; }
  bool is_simultaneous() const { return turns_[0].who == Mover::both; }
  /// Of alternating play.
  Player first() const { return turns_[0].who == Mover::theta ? Player::theta : Player::phi; }

  /// Inner steps of a player in an update.
  int steps(Player player) const {
    const bool opens = is_simultaneous() || first() == player;
    return turns_[opens ? 0 : 1].steps;
  }

  /// The same play of another game with the same players, such as a regularised one.
  template <Game Other>
  GradientPlay<Other> with_game(Other other) const {
    return {std::move(other), rates_, turns_};
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
    require_size(z, dimension(), "z", "the game's dimension");
    const auto workspace = workspaces_.template borrow<S>();
    for (const Turn& turn : turns_) {
      for (int i = 0; i < turn.steps; ++i) move(z, turn.who, (*workspace)[turn.who == Mover::theta ? 1 : 0]);
    }
  }

 private:
  template <class S>
  void move(Vector<S>& z, Mover who, Vector<S>& g) const {
    const Index split = game_.phi_dimension();
    if (who == Mover::both) {
      game_.own_gradients(z, g);
      block<Player::phi>(z, split) -= rates_.phi * block<Player::phi>(g, split);
      block<Player::theta>(z, split) -= rates_.theta * block<Player::theta>(g, split);
    } else if (who == Mover::phi) {
      game_.template own_gradient<Player::phi>(z, g);
      block<Player::phi>(z, split) -= rates_.phi * g;
    } else {
      game_.template own_gradient<Player::theta>(z, g);
      block<Player::theta>(z, split) -= rates_.theta * g;
    }
  }

  G game_;
  Rates<Scalar> rates_;
  std::array<Turn, 2> turns_;
  Workspaces<Scalar, 2> workspaces_;  // for theta's block alone, and for the others
};

/// The scheme on other data: any scheme of a game that has on(batch).
template <class Scheme, class Batch>
auto on(const Scheme& scheme, const Batch& batch) {
  return scheme.with_game(scheme.game().on(batch));
}

/// Both players step from the same point.
template <Game G>
GradientPlay<G> simultaneous(G game, const Rates<typename G::Scalar>& rates) {
  return {std::move(game), rates, {Turn{Mover::both, 1}, Turn{Mover::both, 0}}};
}

/// One player steps, then the other at the new point.
template <Game G>
GradientPlay<G> alternating(G game, const Rates<typename G::Scalar>& rates, const AlternatingOptions& options = {}) {
  options.validate();
  const Turn phi{Mover::phi, options.phi_steps}, theta{Mover::theta, options.theta_steps};
  if (options.first == Player::phi) return {std::move(game), rates, {phi, theta}};
  return {std::move(game), rates, {theta, phi}};
}

}  // namespace drift::games
