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
//     auto pen = games::gradient_penalty<games::Player::phi>(sim, 0.1, games::Player::theta);   // phi also descends 0.1/2 |grad_theta E_theta|^2
//     auto two = games::two_batches(reg);                      // the terms' factors from the two halves of a minibatch
//
// Each gives the scheme back with a RegularisedGame in it: an Update as before; drift_terms, modified_flow, map_logarithm and
// stability apply. Regularising twice adds the coefficients.
//
// CANCEL   Multiples of the implicit drift's coefficients (games/drift_terms.hpp) are added: -1 removes a term of F_2, +1 doubles it.
//          Convention::joint, the default, removes the terms of the flow that z follows. Convention::own_rate are the papers'
//          coefficients, each player's own rate in its interaction; with unequal total rates they leave (A (A - B) / 2) f_theta g of
//          phi's interaction in the flow. Equal total rates: no difference. Cancelling what is cancelled already turns the term's sign:
//          the multiples are of the scheme's implicit drift, and coefficients add up.
// SGA      symplectic gradient adjustment, xi + lambda A^T xi with xi the own gradients and A the antisymmetric part of their
//          Jacobian: i = -lambda / 2, o = lambda / 2. In a zero-sum game I_p = -O_p, and lambda = rate / 2 is the cancelled
//          simultaneous step. The papers' code has o = lambda alone, which is the same in zero-sum games only: opponent_norm.
// CONSENSUS  xi + lambda J^T xi: each player also descends (lambda / 2) |xi|^2: s = o = lambda.
//
// MINIBATCHES  On a batch each term is a product of two sample means, so its mean is off by their covariance. two_batches(scheme) takes
// the differentiated factor from the first half of the batch and the one held fixed from the second: unbiased, with more variance, and
// the terms cost half. The players' own gradients are those of the whole batch either way.
//
// Exact: Hessian-vector products, no differences. Source: arXiv 2105.13922; Balduzzi et al. arXiv 1802.05642 (SGA); Mescheder et al. arXiv
// 1705.10461 (consensus). Needs: losses of tier 2; modified flows from n = 2 on nestable ones (tier 3 with depth).
// Cost of own_gradients: a gradient and one Hessian-vector product of each loss, with opponent terms two.
// Errors: a coefficient that is not finite: InvalidArgument.

#include <drift/calculus/algebra.hpp>
#include <drift/calculus/borrowed_point.hpp>
#include <drift/games/drift_terms.hpp>
#include <drift/games/extragradient.hpp>
#include <drift/games/game.hpp>
#include <drift/games/play.hpp>
#include <drift/games/workspaces.hpp>

#include <optional>
#include <utility>

namespace drift::games {

namespace detail {

/// Coefficients of a player's regularised gradient along a curve, from an expansion of its own loss and one of the opponent's. Beside the
/// curve each carries one infinitesimal, whose direction is made of the gradients found so far (calculus/stage.hpp).
template <Player player, class Own, class Other, class S, class R>
void fill_regularised(Own& own, Other& other, const TermCoefficients<R>& c, Index split, const Matrix<S>& curve,
                      Matrix<S>& gradients) {
  constexpr Player q = opponent_of(player);
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
    block<player>(direction, split).setZero();
    block<q>(direction, split) = c.opponent * block<q>(h, split);
    gradients.col(k) += block<player>(other.push(direction), split);
  }
}

/// Adds to `out` a player's explicit terms. Points of both losses: those that are differentiated, and those whose gradients are held
/// fixed; all are left at stage 0.
template <Player player, class Own, class Other, class OwnHeld, class OtherHeld, class R, class S, class Out>
void add_terms(Own& own, Other& other, const OwnHeld& own_held, const OtherHeld& other_held,
               const TermCoefficients<R>& c, Index split, Vector<S>& direction, Out& out) {
  constexpr Player q = opponent_of(player);
  if (c.self != R(0) || c.interaction != R(0)) {
    // A block without a term is exactly zero even where the gradient is not finite: losses skip what is zero.
    direction.setZero();
    if (c.self != R(0)) block<player>(direction, split) = c.self * block<player>(own_held.gradient(), split);
    if (c.interaction != R(0)) block<q>(direction, split) = c.interaction * block<q>(other_held.gradient(), split);
    out += block<player>(own.push(direction), split);
    own.rewind(0);
  }
  if (c.opponent != R(0)) {
    direction.setZero();
    block<q>(direction, split) = c.opponent * block<q>(other_held.gradient(), split);
    out += block<player>(other.push(direction), split);
    other.rewind(0);
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

/// Where the factors of the explicit terms come from.
enum class Estimator {
  same_batch,   ///< both from all of the data: exact for the batch, biased for what it is a sample of
  two_batches,  ///< the differentiated one from the first half, the one held fixed from the second: unbiased
};

template <class G>
concept HasHalves = requires(const G& game) {
  { game.halves() } -> std::same_as<std::pair<G, G>>;
};

/// A game whose players descend regularised gradients. In general no loss has them: phi_loss() and theta_loss() are the game's own.
template <Game G>
class RegularisedGame {
 public:
  using Scalar = typename G::Scalar;

  RegularisedGame(G game, const GameCoefficients<Scalar>& coefficients, Estimator estimator = Estimator::same_batch)
      : game_(std::move(game)), coefficients_(coefficients) {
    validate(coefficients.phi, "phi");
    validate(coefficients.theta, "theta");
    if constexpr (HasHalves<G>) {
      if (estimator == Estimator::two_batches) halves_.emplace(game_.halves());
    } else {
      require(estimator == Estimator::same_batch, "estimator", "two_batches", "same_batch: the game has no halves()");
    }
  }

  const G& game() const { return game_; }
  const GameCoefficients<Scalar>& coefficients() const { return coefficients_; }
  bool takes_terms_from_all_data() const { return !halves_; }
  Estimator estimator() const { return halves_ ? Estimator::two_batches : Estimator::same_batch; }

  Index dimension() const { return game_.dimension(); }
  Index phi_dimension() const { return game_.phi_dimension(); }
  Index theta_dimension() const { return game_.theta_dimension(); }
  const auto& phi_loss() const { return game_.phi_loss(); }
  const auto& theta_loss() const { return game_.theta_loss(); }

  /// `g` becomes the gradient that a player descends at z.
  template <Player player, class S>
    requires StateOver<Vector<S>, Scalar>
  void own_gradient(const Vector<S>& z, Vector<S>& g) const {
    at(z, [&](const auto& fill) {
      g.resize(player == Player::phi ? phi_dimension() : theta_dimension());
      fill.template operator()<player>(g);
    });
  }
  template <Player player, StateOver<Scalar> X>
  Vector<ScalarOf<X>> own_gradient(const X& z) const {
    Vector<ScalarOf<X>> g;
    own_gradient<player>(evaluated(z), g);
    return g;
  }

  /// Both blocks.
  template <class S>
    requires StateOver<Vector<S>, Scalar>
  void own_gradients(const Vector<S>& z, Vector<S>& g) const {
    at(z, [&](const auto& fill) {
      g.resize(dimension());
      auto of_phi = block<Player::phi>(g, phi_dimension());
      auto of_theta = block<Player::theta>(g, phi_dimension());
      fill.template operator()<Player::phi>(of_phi);
      fill.template operator()<Player::theta>(of_theta);
    });
  }
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> own_gradients(const X& z) const {
    Vector<ScalarOf<X>> g;
    own_gradients(evaluated(z), g);
    return g;
  }

  /// The same regularisers of the same game on other data.
  template <class Batch>
    requires requires(const G& game, const Batch& batch) {
      { game.on(batch) } -> std::same_as<G>;
    }
  RegularisedGame on(const Batch& batch) const {
    return {game_.on(batch), coefficients_, estimator()};
  }

  /// Both regularised gradients along curves through z.
  template <StateOver<Scalar> X>
    requires(NestableProblem<std::decay_t<decltype(std::declval<const G&>().phi_loss())>, ScalarOf<X>> &&
             NestableProblem<std::decay_t<decltype(std::declval<const G&>().theta_loss())>, ScalarOf<X>>)
  auto along(const X& z) const {
    require(!halves_, "estimator", "two_batches", "same_batch, where a flow is asked for");
    return detail::RegularisedAlong(phi_loss().expand(evaluated(z), 1), theta_loss().expand(evaluated(z), 1),
                                    phi_dimension(), coefficients_);
  }

 private:
  /// Calls use(fill); fill<player>(out) then sets `out` to a player's gradient at z.
  template <class S, class Use>
  void at(const Vector<S>& z, const Use& use) const {
    require_size(z, dimension(), "z", "the game's dimension");
    if (halves_) {
      auto first = points_of(halves_->first, z), second = points_of(halves_->second, z);
      use_points<S>(first, second, use);
    } else {
      auto points = points_of(game_, z);
      use_points<S>(points, points, use);
    }
  }

  /// An opponent's term needs the derivative of a loss in the block of the player whose loss it is not.
  template <class S>
  auto points_of(const G& game, const Vector<S>& z) const {
    return std::pair(point_of_loss<Player::phi>(game.phi_loss(), z, coefficients_.theta.opponent != Scalar(0)),
                     point_of_loss<Player::theta>(game.theta_loss(), z, coefficients_.phi.opponent != Scalar(0)));
  }

  template <class S, class Points, class Use>
  void use_points(Points& first, Points& second, const Use& use) const {
    const Index split = phi_dimension();
    const auto workspace = workspaces_.template borrow<S>();
    Vector<S>& direction = (*workspace)[0];
    direction.resize(dimension());
    const bool same = &first == &second;
    use([&]<Player player>(auto& out) {
      const auto fill = [&](auto& own, auto& other, auto& own_held, auto& other_held) {
        out = block<player>(own.gradient(), split);
        if (!same) {
          out += block<player>(own_held.gradient(), split);
          out /= Scalar(2);
        }
        detail::add_terms<player>(own, other, own_held, other_held, coefficients_.template of<player>(), split,
                                  direction, out);
      };
      if constexpr (player == Player::phi) {
        fill(*first.first, *first.second, *second.first, *second.second);
      } else {
        fill(*first.second, *first.first, *second.second, *second.first);
      }
    });
  }

  static void validate(const TermCoefficients<Scalar>& c, const std::string& player) {
    using std::isfinite;
    require(isfinite(c.self), "coefficient of " + player + "'s self term", c.self, "finite");
    require(isfinite(c.interaction), "coefficient of " + player + "'s interaction term", c.interaction, "finite");
    require(isfinite(c.opponent), "coefficient of " + player + "'s opponent term", c.opponent, "finite");
  }

  G game_;
  GameCoefficients<Scalar> coefficients_;
  std::optional<std::pair<G, G>> halves_ = {};  // where the terms are estimated from two batches
  Workspaces<Scalar, 1> workspaces_;
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
  return RegularisedGame<G>(game.game(), game.coefficients() + c, game.estimator());
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

/// One player also descends (lambda / 2) |grad_of E_of|^2, the norm of its own gradient or of its opponent's.
template <Player player, class Scheme>
auto gradient_penalty(const Scheme& scheme, const std::type_identity_t<typename Scheme::Scalar>& lambda, Player of) {
  using S = typename Scheme::Scalar;
  TermCoefficients<S> c;
  (of == player ? c.self : c.opponent) = lambda;
  if constexpr (player == Player::phi) {
    return regularised(scheme, {.phi = c, .theta = {}});
  } else {
    return regularised(scheme, {.phi = {}, .theta = c});
  }
}

/// The regularised scheme with its explicit terms estimated from the two halves of the game's data.
template <class Scheme>
  requires requires(const Scheme& scheme) {
    scheme.game().estimator();
    scheme.game().game().halves();
  }
auto two_batches(const Scheme& scheme) {
  return scheme.with_game(GameOf<Scheme>(scheme.game().game(), scheme.game().coefficients(), Estimator::two_batches));
}

}  // namespace drift::games
