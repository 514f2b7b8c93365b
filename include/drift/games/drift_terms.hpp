#pragma once
// drift_terms(scheme, z): what discrete play adds to the game's own flow at second order, player by player and term by term.
//
//     d.phi.self + d.phi.interaction   = phi's block of F_2,      z' = F_1 + F_2 + ...,  F_1 = (A f, B g), one update is time 1
//
// With rates a, b of an inner step, m and k steps, totals A = m a, B = k b, and f = -grad_phi E_phi, g = -grad_theta E_theta:
//
//                        d.phi.self          d.phi.interaction    d.theta.self        d.theta.interaction
//     simultaneous       -(A a / 2) f_phi f  -(A B / 2) f_theta g -(B b / 2) g_theta g  -(A B / 2) g_phi f
//     alternating, phi   the same            the same             the same              +(A B / 2) g_phi f
//     alternating, theta first: the sign of d.phi.interaction is the one that is plus
//
// (f_theta is the matrix df/dtheta.) This is the JOINT convention, in which the terms are those of one flow of z. The papers' own-rate
// convention, where each player's flow runs in its own time, has other coefficients: drift_coefficients(play, Convention::own_rate),
// games/per_player_time.hpp. They agree where the total rates are equal, and must not be mixed elsewhere.
//
//     auto d = games::drift_terms(alt, z);      // d.phi.self, d.phi.interaction, d.theta.self, d.theta.interaction: vectors
//
// Of regularised play (games/regularised.hpp) these are the implicit terms plus the explicit ones, -A times the explicit
// coefficients, which also fill d.phi.opponent, d.theta.opponent; with coefficients proportional to rates that is all of F_2. Play whose
// terms are estimated from two batches has none of its own (InvalidArgument): its field is a sample's.
//
// Source: arXiv 2105.13922 for the terms; the joint form was derived for drift. Needs: losses of tier 2.
// Cost: a gradient and two or three Hessian-vector products of each loss. Errors: those of play.

#include <drift/calculus/borrowed_point.hpp>
#include <drift/games/play.hpp>

namespace drift::games {

/// Which flow the coefficients are meant for.
enum class Convention {
  joint,     ///< one flow of z = (phi, theta), an update takes it one unit of time
  own_rate,  ///< the papers': phi is read at time A and theta at time B of a field (games/per_player_time.hpp)
};

/// Coefficients of a player's terms in the gradient that it descends.
template <class S = double>
struct TermCoefficients {
  S self = S(0);         ///< of grad_p (1/2) |grad_p E_p|^2
  S interaction = S(0);  ///< of grad_p (grad_q E_p . grad_q E_q), the last factor held fixed; q is the opponent
  S opponent = S(0);     ///< of grad_p (1/2) |grad_q E_q|^2

  friend TermCoefficients operator+(const TermCoefficients& x, const TermCoefficients& y) {
    return {x.self + y.self, x.interaction + y.interaction, x.opponent + y.opponent};
  }
};

template <class S = double>
struct GameCoefficients {
  TermCoefficients<S> phi;
  TermCoefficients<S> theta;

  friend GameCoefficients operator+(const GameCoefficients& x, const GameCoefficients& y) {
    return {x.phi + y.phi, x.theta + y.theta};
  }

  template <Player player>
  const TermCoefficients<S>& of() const {
    if constexpr (player == Player::phi) {
      return phi;
    } else {
      return theta;
    }
  }
};

/// Vectors of a player's length.
template <class S>
struct PlayerTerms {
  Vector<S> self;
  Vector<S> interaction;
  Vector<S> opponent;

  Vector<S> sum() const { return self + interaction + opponent; }
};

template <class S>
struct GameTerms {
  PlayerTerms<S> phi;
  PlayerTerms<S> theta;

  /// As one joint vector.
  Vector<S> sum() const {
    Vector<S> joint(phi.self.size() + theta.self.size());
    joint << phi.sum(), theta.sum();
    return joint;
  }
};

/// The implicit terms' coefficients: play descends, to second order, grad_p E_p + self S_p + interaction I_p with the rates' totals.
template <Game G>
GameCoefficients<typename G::Scalar> drift_coefficients(const GradientPlay<G>& play,
                                                        Convention convention = Convention::joint) {
  using S = typename G::Scalar;
  const Rates<S> total = play.total_rates();
  const bool joint = convention == Convention::joint;
  GameCoefficients<S> c;
  c.phi.self = play.rates().phi / S(2);
  c.theta.self = play.rates().theta / S(2);
  c.phi.interaction = (joint ? total.theta : total.phi) / S(2);
  c.theta.interaction = (joint ? total.phi : total.theta) / S(2);
  if (play.is_simultaneous()) return c;
  if (play.first() == Player::phi) {  // the second player meets the first one's new point
    c.theta.interaction -= total.phi;
  } else {
    c.phi.interaction -= total.theta;
  }
  return c;
}

/// The same of all of F_2: of regularised play the explicit terms' coefficients are added.
template <Game G>
GameCoefficients<typename G::Scalar> second_order_coefficients(const GradientPlay<G>& play) {
  if constexpr (requires { play.game().coefficients(); }) {
    require(play.game().takes_terms_from_all_data(), "estimator", "two_batches",
            "same_batch, where a flow is asked for");
    return drift_coefficients(play) + play.game().coefficients();
  } else {
    return drift_coefficients(play);
  }
}

/// The terms themselves, without coefficients, in the sign of loss gradients: S_p, I_p and the opponent's norm's.
template <class G, StateOver<typename G::Scalar> X>
GameTerms<ScalarOf<X>> loss_gradient_terms(const G& game, const X& z) {
  using V = Vector<ScalarOf<X>>;
  require_size(z, game.dimension(), "z", "the game's dimension");
  const Index split = game.phi_dimension();
  auto e_phi = calculus::borrowed_point(game.phi_loss(), z);
  auto e_theta = calculus::borrowed_point(game.theta_loss(), z);
  V of_phi = e_phi->gradient(), of_theta = e_theta->gradient();  // (grad_phi E_phi, 0) and (0, grad_theta E_theta)
  block<Player::theta>(of_phi, split).setZero();
  block<Player::phi>(of_theta, split).setZero();

  GameTerms<ScalarOf<X>> t;
  const auto push = [](auto& e, const V& v) -> const V& {
    e->rewind(0);
    return e->push(v);
  };
  const V& phi_phi = push(e_phi, of_phi);
  t.phi.self = block<Player::phi>(phi_phi, split);
  t.theta.opponent = block<Player::theta>(phi_phi, split);
  t.phi.interaction = block<Player::phi>(push(e_phi, of_theta), split);
  const V& theta_theta = push(e_theta, of_theta);
  t.theta.self = block<Player::theta>(theta_theta, split);
  t.phi.opponent = block<Player::phi>(theta_theta, split);
  t.theta.interaction = block<Player::theta>(push(e_theta, of_phi), split);
  return t;
}

/// The terms of F_2.
template <Game G, StateOver<typename G::Scalar> X>
GameTerms<ScalarOf<X>> drift_terms(const GradientPlay<G>& play, const X& z) {
  using S = typename G::Scalar;
  const GameCoefficients<S> c = second_order_coefficients(play);
  const Rates<S> total = play.total_rates();
  GameTerms<ScalarOf<X>> t = loss_gradient_terms(play.game(), z);
  const auto scale = [](PlayerTerms<ScalarOf<X>>& terms, const TermCoefficients<S>& by, const S& rate) {
    terms.self *= -rate * by.self;
    terms.interaction *= -rate * by.interaction;
    terms.opponent *= -rate * by.opponent;
  };
  scale(t.phi, c.phi, total.phi);
  scale(t.theta, c.theta, total.theta);
  return t;
}

}  // namespace drift::games
