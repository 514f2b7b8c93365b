#pragma once
// A two-player game: two losses over one joint vector z = (phi, theta), each player descending its own in its own block.
//
//     phi minimises E_phi(phi, theta),  theta minimises E_theta(phi, theta);   f = -grad_phi E_phi,  g = -grad_theta E_theta
//
//     auto game = two_player_game([](const auto& phi, const auto& theta) { return phi.dot(theta); },     // callables (phi, theta) -> T,
//                                 [](const auto& phi, const auto& theta) { return -phi.dot(theta); },    // written for every T
//                                 2, 2);                                                                 // lengths of phi and theta
//     auto same = two_player_game(loss_phi, loss_theta, 2);    // two Problems over z, and the length of phi
//     Vector<double> v = game.field(z, {.phi = 0.1, .theta = 0.2});   // (0.1 f, 0.2 g)
//
// Every derivative of a game is a derivative of one of its two Problems: phi_loss() and theta_loss() have their tiers
// (core/concepts.hpp), callables all four. A game is a value; steps and flows hold it.
//
// What a step of play asks of a Game: g.own_gradient<player>(z, out), the gradient of a player's loss in its own block, and
// g.own_gradients(z, out), both blocks; the flows also g.along(z) (below). games/regularised.hpp has the other model. Both also by value.
//
// MINIBATCHES  Where both losses have them, g.on(batch) is the same game on other data, in the same workspaces, and g.halves() are
// the games on the two halves of its data. batch is a list of examples for losses that are FiniteSums (core/concepts.hpp), of a GAN
// data and latents (games/gan.hpp). Of a scheme: games::on(scheme, batch) (games/play.hpp).
//
// Source: arXiv 2105.13922 (Discretization drift in two-player games), section 2. Cost: own_gradient a gradient of one loss,
// own_gradients and field one of each. Errors: losses of different dimensions, a block without parameters, a state of the wrong
// length, a rate that is negative or not finite: InvalidArgument.

#include <drift/calculus/borrowed_point.hpp>
#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>

#include <concepts>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace drift {
namespace games {

enum class Player { phi, theta };

constexpr Player opponent_of(Player player) { return player == Player::phi ? Player::theta : Player::phi; }

/// The block of a joint vector (or of a matrix of them) that belongs to the player; an expression that refers to v.
template <Player player, class V>
auto block(V&& v, Index phi_dimension) {
  static_assert(
      std::is_lvalue_reference_v<V> || !std::is_base_of_v<Eigen::PlainObjectBase<std::decay_t<V>>, std::decay_t<V>>,
      "a block of a temporary would outlive it: keep the vector in a variable");
  if constexpr (player == Player::phi) {
    return v.topRows(phi_dimension);
  } else {
    return v.bottomRows(v.rows() - phi_dimension);
  }
}

/// Learning rates, one for each player: of one inner step where a player takes several. 0 keeps a player where it is.
template <class S = double>
struct Rates {
  S phi;
  S theta;

  void validate() const {
    require_not_negative(phi, "rates.phi");
    require_not_negative(theta, "rates.theta");
  }
};

/// `v` becomes (rate f, rate g) of any Game at z.
template <class G, class S>
void joint_field(const G& game, const Vector<S>& z, const Rates<typename G::Scalar>& rates, Vector<S>& v) {
  game.own_gradients(z, v);
  block<Player::phi>(v, game.phi_dimension()) *= -rates.phi;
  block<Player::theta>(v, game.phi_dimension()) *= -rates.theta;
}
template <class G, VectorExpression X>
Vector<ScalarOf<X>> joint_field(const G& game, const X& z, const Rates<typename G::Scalar>& rates) {
  Vector<ScalarOf<X>> v;
  joint_field(game, evaluated(z), rates, v);
  return v;
}

/// State, gradient and pushes of a player's loss at z, used like a pointer (calculus/borrowed_point.hpp). Unless `whole` is asked for only
/// the player's own block of its gradients counts: a loss that has borrow_block(z, player) need not work out the rest.
template <Player player, class Loss, class X>
auto point_of_loss(const Loss& loss, const X& z, bool whole) {
  static_assert(AcceptsScalar<Loss, ScalarOf<X>>,
                "complex states, which jacobian and stability may use, need losses that are holomorphic "
                "(core/concepts.hpp): no ReLU, no max pooling");
  if constexpr (requires { loss.borrow_block(z, player); }) {
    return whole ? calculus::borrowed_point(loss, z) : loss.borrow_block(z, player);
  } else {
    return calculus::borrowed_point(loss, z);
  }
}

namespace detail {

/// The loss on other data.
template <class Loss, class Batch>
Loss loss_on(const Loss& loss, const Batch& batch) {
  if constexpr (requires { loss.on(batch); }) {
    return loss.on(batch);
  } else {
    return loss.batch(batch);
  }
}

/// The loss on the first and on the second half of its data.
template <class Loss>
std::pair<Loss, Loss> halves_of(const Loss& loss) {
  if constexpr (requires { loss.halves(); }) {
    return loss.halves();
  } else {
    const Index examples = loss.examples();
    require(examples % 2 == 0, "examples", examples, "an even number, to be halved");
    std::vector<Index> first(static_cast<std::size_t>(examples / 2)),
        second(static_cast<std::size_t>(examples - examples / 2));
    std::iota(first.begin(), first.end(), Index{0});
    std::iota(second.begin(), second.end(), examples / 2);
    return {loss.batch(first), loss.batch(second)};
  }
}

template <class Loss, class Batch>
concept LossWithBatches = requires(const Loss& loss, const Batch& batch) {
  { loss.on(batch) } -> std::same_as<Loss>;
} || requires(const Loss& loss, const Batch& batch) {
  { loss.batch(batch) } -> std::same_as<Loss>;
};

template <class Loss>
concept LossWithHalves = requires(const Loss& loss) { loss.halves(); } || FiniteSum<Loss>;

}  // namespace detail

/// Coefficients of both losses' gradients along curves through one point, one player's block at a time.
template <class PhiExpansion, class ThetaExpansion>
class GradientsAlong {
 public:
  GradientsAlong(PhiExpansion phi, ThetaExpansion theta, Index phi_dimension)
      : phi_(std::move(phi)), theta_(std::move(theta)), phi_dimension_(phi_dimension) {}

  /// Column k of `gradients` becomes coefficient k of the player's own gradient along the curve whose coefficients are the columns of
  /// `curve`; column 0 must be the point.
  template <Player player, class S>
  void fill(const Matrix<S>& curve, Matrix<S>& gradients) {
    auto& e = [this]() -> auto& {
      if constexpr (player == Player::phi)
        return *phi_;
      else
        return *theta_;
    }();
    e.rewind(0);
    gradients.col(0) = block<player>(e.gradient(), phi_dimension_);
    for (Index k = 1; k < gradients.cols(); ++k) {
      const Vector<S> direction = curve.col(k);
      const bool is_zero = (direction.array() == S(0)).all();
      gradients.col(k) = block<player>(is_zero ? e.push_zero() : e.push(direction), phi_dimension_);
    }
  }

 private:
  PhiExpansion phi_;
  ThetaExpansion theta_;
  Index phi_dimension_;
};

}  // namespace games

template <Problem P, Problem Q>
class TwoPlayerGame {
 public:
  using Scalar = ScalarOfProblem<P>;
  static_assert(std::same_as<Scalar, ScalarOfProblem<Q>>, "the two losses of a game must have the same Scalar");
  using Player = games::Player;

  TwoPlayerGame(P phi_loss, Q theta_loss, Index phi_dimension)
      : phi_loss_(std::move(phi_loss)), theta_loss_(std::move(theta_loss)), phi_dimension_(phi_dimension) {
    require(theta_loss_.dimension() == phi_loss_.dimension(), "dimension of theta's loss", theta_loss_.dimension(),
            "that of phi's, " + std::to_string(phi_loss_.dimension()) + ": both are over (phi, theta)");
    require(phi_dimension > 0 && phi_dimension < phi_loss_.dimension(), "phi_dimension", phi_dimension,
            "between 1 and " + std::to_string(phi_loss_.dimension() - 1) + ": each player has a parameter");
  }

  /// The length of z.
  Index dimension() const { return phi_loss_.dimension(); }
  Index phi_dimension() const { return phi_dimension_; }
  Index theta_dimension() const { return dimension() - phi_dimension_; }
  const P& phi_loss() const { return phi_loss_; }
  const Q& theta_loss() const { return theta_loss_; }

  template <Player player>
  const auto& loss() const {
    if constexpr (player == Player::phi) {
      return phi_loss_;
    } else {
      return theta_loss_;
    }
  }

  /// `g` becomes grad_phi E_phi or grad_theta E_theta at z.
  template <Player player, class S>
    requires StateOver<Vector<S>, Scalar>
  void own_gradient(const Vector<S>& z, Vector<S>& g) const {
    require_size(z, dimension(), "z", "the game's dimension");
    own_gradient_into<player>(z, g);
  }
  template <Player player, StateOver<Scalar> X>
  Vector<ScalarOf<X>> own_gradient(const X& z) const {
    Vector<ScalarOf<X>> g;
    own_gradient<player>(evaluated(z), g);
    return g;
  }

  /// `g` becomes (grad_phi E_phi, grad_theta E_theta) at z.
  template <class S>
    requires StateOver<Vector<S>, Scalar>
  void own_gradients(const Vector<S>& z, Vector<S>& g) const {
    require_size(z, dimension(), "z", "the game's dimension");
    require(&z != &g, "g", "z itself", "another vector: theta's gradient is taken at z after phi's is written");
    g.resize(dimension());
    auto of_phi = games::block<Player::phi>(g, phi_dimension_);
    auto of_theta = games::block<Player::theta>(g, phi_dimension_);
    own_gradient_into<Player::phi>(z, of_phi);
    own_gradient_into<Player::theta>(z, of_theta);
  }
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> own_gradients(const X& z) const {
    Vector<ScalarOf<X>> g;
    own_gradients(evaluated(z), g);
    return g;
  }

  /// The joint field (rate f, rate g), which play follows to first order.
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> field(const X& z, const games::Rates<Scalar>& rates) const {
    rates.validate();
    return games::joint_field(*this, z, rates);
  }

  /// Both gradients along curves through z, for the modified flow.
  template <StateOver<Scalar> X>
    requires(HasExpand<P, ScalarOf<X>> && HasExpand<Q, ScalarOf<X>>)
  auto along(const X& z) const {
    return games::GradientsAlong(calculus::borrow_expansion(phi_loss_, z), calculus::borrow_expansion(theta_loss_, z),
                                 phi_dimension_);
  }

  /// The same game on other data.
  template <class Batch>
    requires(games::detail::LossWithBatches<P, Batch> && games::detail::LossWithBatches<Q, Batch>)
  TwoPlayerGame on(const Batch& batch) const {
    return {games::detail::loss_on(phi_loss_, batch), games::detail::loss_on(theta_loss_, batch), phi_dimension_};
  }

  /// The games on the first and on the second half of the data.
  std::pair<TwoPlayerGame, TwoPlayerGame> halves() const
    requires(games::detail::LossWithHalves<P> && games::detail::LossWithHalves<Q>)
  {
    auto [phi_first, phi_second] = games::detail::halves_of(phi_loss_);
    auto [theta_first, theta_second] = games::detail::halves_of(theta_loss_);
    return {TwoPlayerGame(std::move(phi_first), std::move(theta_first), phi_dimension_),
            TwoPlayerGame(std::move(phi_second), std::move(theta_second), phi_dimension_)};
  }

 private:
  template <Player player, class S, class Out>
  void own_gradient_into(const Vector<S>& z, Out& g) const {
    using Loss = std::decay_t<decltype(loss<player>())>;
    if constexpr (HasExpand<Loss, S>) {
      g = games::block<player>(games::point_of_loss<player>(loss<player>(), z, false)->gradient(), phi_dimension_);
    } else {
      const Vector<S> whole = drift::gradient(loss<player>(), z);
      g = games::block<player>(whole, phi_dimension_);
    }
  }

  P phi_loss_;
  Q theta_loss_;
  Index phi_dimension_;
};

template <class G>
concept HasSplit = requires(const G& game) {
  { game.dimension() } -> std::convertible_to<Index>;
  { game.phi_dimension() } -> std::convertible_to<Index>;
  { game.theta_dimension() } -> std::convertible_to<Index>;
};

template <class G>
concept HasTwoLosses = requires(const G& game) {
  { game.phi_loss() } -> Problem;
  { game.theta_loss() } -> Problem;
};

template <class G>
concept HasOwnGradients =
    HasScalar<G> && requires(const G& game, const Vector<ScalarOfProblem<G>>& z, Vector<ScalarOfProblem<G>>& out) {
      game.own_gradients(z, out);
      game.template own_gradient<games::Player::phi>(z, out);
      game.template own_gradient<games::Player::theta>(z, out);
    };

/// What play needs.
template <class G>
concept Game = HasSplit<G> && HasTwoLosses<G> && HasOwnGradients<G> && std::copy_constructible<G>;

/// What the modified flow of play to third order and beyond needs at states of scalar S.
template <class G, class S = ScalarOfProblem<G>>
concept ExpandableGame = Game<G> && requires(const G& game, const Vector<S>& z) { game.along(z); };

namespace games {

/// A callable of (phi, theta) as one of z.
template <class F>
struct JointLoss {
  F loss;
  Index phi_dimension;

  template <class T>
  auto operator()(const Vector<T>& z) const {
    return loss(Vector<T>(z.head(phi_dimension)), Vector<T>(z.tail(z.size() - phi_dimension)));
  }
};

template <class F, class S = double>
using CallableLoss = Differentiable<JointLoss<F>, S>;

}  // namespace games

/// The game of two callables (phi, theta) -> T, each written for every number type T as for differentiable().
template <class S = double, class F, class G>
  requires(std::invocable<const F&, const Vector<S>&, const Vector<S>&> &&
           std::invocable<const G&, const Vector<S>&, const Vector<S>&>)
TwoPlayerGame<games::CallableLoss<F, S>, games::CallableLoss<G, S>> two_player_game(F phi_loss, G theta_loss,
                                                                                    Index phi_dimension,
                                                                                    Index theta_dimension) {
  require(phi_dimension > 0, "phi_dimension", phi_dimension, "1 or more");
  require(theta_dimension > 0, "theta_dimension", theta_dimension, "1 or more");
  const Index n = phi_dimension + theta_dimension;
  return {differentiable<S>(games::JointLoss<F>{std::move(phi_loss), phi_dimension}, n),
          differentiable<S>(games::JointLoss<G>{std::move(theta_loss), phi_dimension}, n), phi_dimension};
}

/// The game of two Problems over (phi, theta), of which the first phi_dimension parameters are phi's.
template <Problem P, Problem Q>
TwoPlayerGame<P, Q> two_player_game(P phi_loss, Q theta_loss, Index phi_dimension) {
  return {std::move(phi_loss), std::move(theta_loss), phi_dimension};
}

}  // namespace drift
