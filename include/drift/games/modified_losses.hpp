#pragma once
// Modified losses: a game whose plain field, with the total rates, is the second-order modified flow of play.
//
//     grad_p E~_p = grad_p E_p + s S_p + i I_p        s, i the joint coefficients of games/drift_terms.hpp
//
//     zero sum        E~_p = E_p + (s/2) |grad_p E_p|^2 - (i/2) |grad_q E_p|^2          E_theta = -E_phi
//     common payoff   E~_p = E_p + (s/2) |grad_p E_p|^2 + (i/2) |grad_q E_p|^2          E_theta = E_phi
//     any game        E~_p = E_p + (s/2) |grad_p E_p|^2 + i grad_q E_p . [grad_q E_q at the start of the update]
//
// q is p's opponent. With s = a/2, i = +-B/2 for phi these are the usual h/4 |.|^2.
//
//     auto modified = games::zero_sum_modified_losses(sim);           // a TwoPlayerGame
//     modified.field(z, sim.total_rates())                            // = modified_flow<2>(sim)(z)
//     value(modified.phi_loss(), z)                                   // what phi descends
//     auto anchored = games::anchored_modified_losses(alt, z);        // z the start of the update: make it anew for each
//
// Of regularised play the explicit terms are in: s, i are then all of F_2's coefficients, and an opponent term o adds (o/2) |grad_q E_p|^2
// in the first two forms; the anchored one has no place for it (InvalidArgument).
//
// The first two suppose what their names say of the losses and use each player's own; they cannot know: of a GAN take the objectives that
// games/adversarial.hpp calls zero-sum, not games::non_saturating(). In a zero-sum game
// simultaneous play makes each player maximise the norm of the opponent's gradient: that is what destabilises. In general games
// there is no such loss; the anchored one is a statement about one update: its flow from z misses it by O(rate^3).
//
// Source: arXiv 2105.13922, sections 3 and 4; anchoring: thesis arXiv 2310.14036. Gives: value and gradient with losses of tier 2; with
// nestable ones (all of the library's) every derivative. Cost: a gradient is one of E_p and one Hessian-vector product (anchored: two).
// Errors: an anchor of the wrong length: InvalidArgument.

#include <drift/calculus/algebra.hpp>
#include <drift/calculus/of_gradient.hpp>
#include <drift/games/drift_terms.hpp>
#include <drift/games/game.hpp>
#include <drift/games/play.hpp>

#include <utility>

namespace drift::games {

/// R = sum_i w_i g_i^2 / 2, g the gradient: grad R = H (w g).
template <class R>
struct WeightedNormRule {
  Vector<R> weights;

  template <class S>
  S value(const Vector<S>& g) const {
    return weights.template cast<S>().cwiseProduct(g).cwiseProduct(g).sum() / S(2);
  }
  template <class S>
  void direction(Index /*stage*/, const Vector<S>& g, Vector<S>& w) const {
    w = weights.template cast<S>().cwiseProduct(g);
  }
};

/// R = w . g with fixed weights w: grad R = H w.
template <class R>
struct FixedDirectionRule {
  Vector<R> weights;

  template <class S>
  S value(const Vector<S>& g) const {
    return weights.template cast<S>().cwiseProduct(g).sum();
  }
  template <class S>
  void direction(Index stage, const Vector<S>& g, Vector<S>& w) const {
    w = weights.template cast<S>();
    if (stage > 0) w.setZero(g.size());
  }
};

namespace detail {

/// sum over both blocks of (weight / 2) |the loss's gradient in the block|^2
template <class P, class S>
auto weighted_norm(const P& loss, Index phi_dimension, const S& phi_weight, const S& theta_weight) {
  Vector<S> weights(loss.dimension());
  block<Player::phi>(weights, phi_dimension).setConstant(phi_weight);
  block<Player::theta>(weights, phi_dimension).setConstant(theta_weight);
  return calculus::OfGradient<P, WeightedNormRule<S>>(loss, {std::move(weights)});
}

/// Of games in which grad_q E_q = sign grad_q E_p.
template <class G>
auto modified_by_norms(const GradientPlay<G>& play, const typename G::Scalar& sign) {
  const auto c = second_order_coefficients(play);
  const G& game = play.game();
  const Index split = game.phi_dimension();
  const auto of_opponent = [&](const auto& terms) { return sign * terms.interaction + terms.opponent; };
  return two_player_game(
      game.phi_loss() + weighted_norm(game.phi_loss(), split, c.phi.self, of_opponent(c.phi)),
      game.theta_loss() + weighted_norm(game.theta_loss(), split, of_opponent(c.theta), c.theta.self), split);
}

template <class G>
const auto& without_regularisers(const G& game) {
  if constexpr (requires { game.coefficients(); }) {
    return game.game();
  } else {
    return game;
  }
}

template <Player player, class P, class S>
auto anchored(const P& loss, Index split, const TermCoefficients<S>& c, const Vector<S>& gradients_at_anchor) {
  Vector<S> direction = c.interaction * gradients_at_anchor;
  block<player>(direction, split).setZero();
  constexpr bool is_phi = player == Player::phi;
  return loss + weighted_norm(loss, split, is_phi ? c.self : S(0), is_phi ? S(0) : c.self) +
         calculus::OfGradient<P, FixedDirectionRule<S>>(loss, {std::move(direction)});
}

}  // namespace detail

/// Of play whose game has E_theta = -E_phi.
template <Game G>
auto zero_sum_modified_losses(const GradientPlay<G>& play) {
  return detail::modified_by_norms(play, typename G::Scalar(-1));
}

/// Of play whose game has E_theta = E_phi.
template <Game G>
auto common_payoff_modified_losses(const GradientPlay<G>& play) {
  return detail::modified_by_norms(play, typename G::Scalar(1));
}

/// Of play of any game, for one update from `start`.
template <Game G>
auto anchored_modified_losses(const GradientPlay<G>& play, const Vector<typename G::Scalar>& start) {
  require_size(start, play.dimension(), "start", "the game's dimension");
  using S = typename G::Scalar;
  const auto c = second_order_coefficients(play);
  require(c.phi.opponent == S(0) && c.theta.opponent == S(0), "coefficients of opponent terms", "not zero",
          "0 in the anchored form");
  const G& game = play.game();
  const Index split = game.phi_dimension();
  const Vector<S> gradients = detail::without_regularisers(game).own_gradients(start);
  return two_player_game(detail::anchored<Player::phi>(game.phi_loss(), split, c.phi, gradients),
                         detail::anchored<Player::theta>(game.theta_loss(), split, c.theta, gradients), split);
}

}  // namespace drift::games
