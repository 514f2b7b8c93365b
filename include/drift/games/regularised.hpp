#pragma once
// Explicit regularisers of play: multiples of the terms that drift is made of, added to the gradients that the players descend.
//
//     p descends  grad_p E_p + s S_p + i I_p + o O_p,    S_p = grad_p (1/2) |grad_p E_p|^2          self
//                                                        I_p = grad_p (grad_q E_p . [grad_q E_q])   interaction; [.] is held fixed
//                                                        O_p = grad_p (1/2) |grad_q E_q|^2          opponent; q is the other player
//
//     auto reg = games::cancel_interaction(sim);                                            // or {.convention = games::Convention::own_rate}
//     auto all = games::cancel_all(alt);                                                    // self terms too
//     auto mor = games::strengthen_interaction(sim);
//     auto any = games::add_drift(alt, {.phi = {.self = 0.5, .interaction = -1}, .theta = {.interaction = -1}});
//     auto s   = games::sga(sim, 0.1);    auto c = games::consensus(sim, 0.1);
//     auto own = games::regularised(games::extragradient(game, rates), {.phi = {.opponent = 0.1}});
//
// Each gives the scheme back with a RegularisedGame in it: an Update as before; drift_terms, modified_flow, map_logarithm and
// stability apply. Regularising twice adds the coefficients.
//
// CANCEL   Multiples of the implicit drift's coefficients (games/drift_terms.hpp) are added: -1 removes a term of F_2, +1 doubles it.
//          Convention::joint, the default, removes the terms of the flow that z follows. Convention::own_rate are the papers'
//          coefficients, each player's own rate in its interaction; with unequal total rates they leave (A (A - B) / 2) f_theta g of
//          phi's interaction in the flow. Equal total rates: no difference.
// SGA      symplectic gradient adjustment, xi + lambda A^T xi with xi the own gradients and A the antisymmetric part of their
//          Jacobian: i = -lambda / 2, o = lambda / 2. In a zero-sum game I_p = -O_p, and lambda = rate / 2 is the cancelled
//          simultaneous step. The papers' code has o = lambda alone, which is the same in zero-sum games only: opponent_norm.
// CONSENSUS  xi + lambda J^T xi: each player also descends (lambda / 2) |xi|^2: s = o = lambda.
//
// Exact: Hessian-vector products, no differences. Source: arXiv 2105.13922; Balduzzi et al. arXiv 1802.05642 (SGA); Mescheder et al. arXiv
// 1705.10461 (consensus). Needs: losses of tier 2; modified flows from n = 2 on nestable ones (tier 3 with depth).
// Cost of own_gradients: a gradient and one Hessian-vector product of each loss, with opponent terms two.
// Errors: a coefficient that is not finite: InvalidArgument.

#include <drift/calculus/algebra.hpp>
#include <drift/flows/borrowed_point.hpp>
#include <drift/games/drift_terms.hpp>
#include <drift/games/extragradient.hpp>
#include <drift/games/game.hpp>
#include <drift/games/play.hpp>

#include <utility>

namespace drift::games {

namespace detail {

/// Coefficients of a player's regularised gradient along a curve, from an expansion of its own loss and one of the opponent's. Beside the
/// curve each carries one infinitesimal, whose direction is made of the gradients found so far (calculus/stage.hpp). A curve of
/// one column is a point: then one Hessian-vector product of each is all that is asked.
template <Player player, class Own, class Other, class S, class R>
void fill_regularised(Own& own, Other& other, const TermCoefficients<R>& c, Index split, const Matrix<S>& curve,
                      Matrix<S>& gradients) {
  constexpr Player q = opponent_of(player);
  const bool one_stage = gradients.cols() == 1;
  own.rewind(0);
  other.rewind(0);
  Vector<S> direction(curve.rows());
  for (Index k = 0; k < gradients.cols(); ++k) {
    direction = curve.col(k);
    const Vector<S>& g = k == 0 ? own.gradient() : own.push(direction);
    const Vector<S>& h = k == 0 ? other.gradient() : other.push(direction);
    gradients.col(k) = block<player>(g, split);
    block<player>(direction, split) = c.self * block<player>(g, split);
    block<q>(direction, split) = c.interaction * block<q>(h, split);
    gradients.col(k) += block<player>(own.push(direction), split);
    if (one_stage && c.opponent == R(0)) return;
    block<player>(direction, split).setZero();
    block<q>(direction, split) = c.opponent * block<q>(h, split);
    gradients.col(k) += block<player>(other.push(direction), split);
  }
}

template <class PhiExpansion, class ThetaExpansion, class R>
class RegularisedAlong {
 public:
  RegularisedAlong(PhiExpansion phi, ThetaExpansion theta, Index split, const GameCoefficients<R>& coefficients)
      : phi_(std::move(phi)), theta_(std::move(theta)), split_(split), coefficients_(coefficients) {}

  template <Player player, class S>
  void fill(const Matrix<S>& curve, Matrix<S>& gradients) {
    const auto& c = coefficients_.template of<player>();
    if constexpr (player == Player::phi) {
      fill_regularised<player>(phi_, theta_, c, split_, curve, gradients);
    } else {
      fill_regularised<player>(theta_, phi_, c, split_, curve, gradients);
    }
  }

 private:
  PhiExpansion phi_;
  ThetaExpansion theta_;
  Index split_;
  GameCoefficients<R> coefficients_;
};

}  // namespace detail

/// A game whose players descend regularised gradients. In general no loss has them: phi_loss() and theta_loss() are the game's own.
template <Game G>
class RegularisedGame {
 public:
  using Scalar = typename G::Scalar;

  RegularisedGame(G game, const GameCoefficients<Scalar>& coefficients)
      : game_(std::move(game)), coefficients_(coefficients) {
    validate(coefficients.phi, "phi");
    validate(coefficients.theta, "theta");
  }

  const G& game() const { return game_; }
  const GameCoefficients<Scalar>& coefficients() const { return coefficients_; }

  Index dimension() const { return game_.dimension(); }
  Index phi_dimension() const { return game_.phi_dimension(); }
  Index theta_dimension() const { return game_.theta_dimension(); }
  const auto& phi_loss() const { return game_.phi_loss(); }
  const auto& theta_loss() const { return game_.theta_loss(); }

  template <Player player, StateOver<Scalar> X>
  Vector<ScalarOf<X>> own_gradient(const X& z) const {
    Vector<ScalarOf<X>> g;
    at(z, [&](auto& fill, const auto& point) { g = fill.template operator()<player>(point); });
    return g;
  }

  /// Both blocks.
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> own_gradients(const X& z) const {
    Vector<ScalarOf<X>> g(dimension());
    at(z, [&](auto& fill, const auto& point) {
      block<Player::phi>(g, phi_dimension()) = fill.template operator()<Player::phi>(point);
      block<Player::theta>(g, phi_dimension()) = fill.template operator()<Player::theta>(point);
    });
    return g;
  }

  /// Both regularised gradients along curves through z.
  template <StateOver<Scalar> X>
    requires(NestableProblem<std::decay_t<decltype(std::declval<const G&>().phi_loss())>, ScalarOf<X>> &&
             NestableProblem<std::decay_t<decltype(std::declval<const G&>().theta_loss())>, ScalarOf<X>>)
  auto along(const X& z) const {
    return detail::RegularisedAlong(phi_loss().expand(evaluated(z), 1), theta_loss().expand(evaluated(z), 1),
                                    phi_dimension(), coefficients_);
  }

 private:
  /// Calls use(fill, z) with fill<player>(z) giving a player's gradient; both players share the points.
  template <class X, class Use>
  void at(const X& z, const Use& use) const {
    using S = ScalarOf<X>;
    require_size(z, dimension(), "z", "the game's dimension");
    auto e_phi = calculus::borrowed_point(phi_loss(), z);
    auto e_theta = calculus::borrowed_point(theta_loss(), z);
    auto fill = [&]<Player player>(const Matrix<S>& point) {
      Matrix<S> gradient(player == Player::phi ? phi_dimension() : theta_dimension(), 1);
      const auto& c = coefficients_.template of<player>();
      if constexpr (player == Player::phi) {
        detail::fill_regularised<player>(*e_phi, *e_theta, c, phi_dimension(), point, gradient);
      } else {
        detail::fill_regularised<player>(*e_theta, *e_phi, c, phi_dimension(), point, gradient);
      }
      return Vector<S>(gradient.col(0));
    };
    use(fill, Matrix<S>(z));
  }

  static void validate(const TermCoefficients<Scalar>& c, const std::string& player) {
    using std::isfinite;
    require(isfinite(c.self), "coefficient of " + player + "'s self term", c.self, "finite");
    require(isfinite(c.interaction), "coefficient of " + player + "'s interaction term", c.interaction, "finite");
    require(isfinite(c.opponent), "coefficient of " + player + "'s opponent term", c.opponent, "finite");
  }

  G game_;
  GameCoefficients<Scalar> coefficients_;
};

/// A scheme of play: it has a game and can be given another.
template <class Scheme>
using GameOf = std::decay_t<decltype(std::declval<const Scheme&>().game())>;

namespace detail {

template <class G>
auto regularised_game(const G& game, const GameCoefficients<typename G::Scalar>& c) {
  return RegularisedGame<G>(game, c);
}
template <class G>
auto regularised_game(const RegularisedGame<G>& game, const GameCoefficients<typename G::Scalar>& c) {
  return RegularisedGame<G>(game.game(), game.coefficients() + c);
}

}  // namespace detail

/// The scheme with these terms added to the players' gradients.
template <class Scheme>
auto regularised(const Scheme& scheme, const GameCoefficients<typename Scheme::Scalar>& coefficients) {
  return scheme.with_game(detail::regularised_game(scheme.game(), coefficients));
}

/// Multiples of the implicit drift's terms.
template <class S = double>
struct DriftMultiples {
  struct OfPlayer {
    S self = S(0);
    S interaction = S(0);
  };
  OfPlayer phi;
  OfPlayer theta;
};

struct DriftOptions {
  Convention convention = Convention::joint;
};

/// Adds multiples of the scheme's own implicit drift: -1 cancels a term, +1 doubles it.
template <Game G>
auto add_drift(const GradientPlay<G>& play, const DriftMultiples<typename G::Scalar>& multiples,
               const DriftOptions& options = {}) {
  GameCoefficients<typename G::Scalar> c = drift_coefficients(play, options.convention);
  c.phi.self *= multiples.phi.self;
  c.phi.interaction *= multiples.phi.interaction;
  c.theta.self *= multiples.theta.self;
  c.theta.interaction *= multiples.theta.interaction;
  return regularised(play, c);
}

/// Removes the interaction terms from the flow that play follows.
template <Game G>
auto cancel_interaction(const GradientPlay<G>& play, const DriftOptions& options = {}) {
  return add_drift(play, {.phi = {.self = 0, .interaction = -1}, .theta = {.self = 0, .interaction = -1}}, options);
}

/// Removes all of the second-order drift.
template <Game G>
auto cancel_all(const GradientPlay<G>& play, const DriftOptions& options = {}) {
  return add_drift(play, {.phi = {.self = -1, .interaction = -1}, .theta = {.self = -1, .interaction = -1}}, options);
}

/// Doubles the interaction terms.
template <Game G>
auto strengthen_interaction(const GradientPlay<G>& play, const DriftOptions& options = {}) {
  return add_drift(play, {.phi = {.self = 0, .interaction = 1}, .theta = {.self = 0, .interaction = 1}}, options);
}

/// Symplectic gradient adjustment with weight lambda.
template <class Scheme>
auto sga(const Scheme& scheme, const std::type_identity_t<typename Scheme::Scalar>& lambda) {
  using S = typename Scheme::Scalar;
  const TermCoefficients<S> c{.self = S(0), .interaction = -lambda / S(2), .opponent = lambda / S(2)};
  return regularised(scheme, {c, c});
}

/// Consensus optimisation with weight lambda.
template <class Scheme>
auto consensus(const Scheme& scheme, const std::type_identity_t<typename Scheme::Scalar>& lambda) {
  using S = typename Scheme::Scalar;
  const TermCoefficients<S> c{.self = lambda, .interaction = S(0), .opponent = lambda};
  return regularised(scheme, {c, c});
}

/// Each player also descends (lambda / 2) |the opponent's own gradient|^2.
template <class Scheme>
auto opponent_norm(const Scheme& scheme, const std::type_identity_t<typename Scheme::Scalar>& lambda) {
  using S = typename Scheme::Scalar;
  const TermCoefficients<S> c{.self = S(0), .interaction = S(0), .opponent = lambda};
  return regularised(scheme, {c, c});
}

}  // namespace drift::games
