#pragma once
// Play in which each player has an optimiser of its own: momentum, Adam, ..., simultaneous or alternating, as an Update.
//
//     phi', memory' = optimiser(phi, memory; grad_phi E_phi(phi, theta)),      theta likewise, from the same phi or the new one
//
//     const Momentum momentum{.learning_rate = 0.1, .momentum = 0.5};
//     auto sim = games::simultaneous(game, momentum, Adam{});            // phi's optimiser, theta's
//     auto alt = games::alternating(game, momentum, momentum, {.phi_steps = 1, .theta_steps = 2});
//     Vector<double> state = alt.start(z);                               // before the first update
//     state = alt(state);
//     alt.parameters(state)                                              // z
//     auto run = iterate(alt, alt.start(z), {.iterations = 3000});
//     auto st  = games::stability(alt, alt.start(z));
//     auto reg = games::regularised(sim, {.phi = {.interaction = -0.05}});   // the optimisers see the regularised gradients
//
// STATE    z, then the numbers of phi's memory, then of theta's, as descent/step.hpp orders them: dimension() in all, z alone
//          where both have none. A memory goes on through its player's inner steps, and from update to update.
// OPTIMISERS  those of descent/optimiser.hpp, wrapped ones too; not OptimiserChoice, whose memory is no fixed set of numbers. Each
//          sees a PlayerPoint: the player's own block, own gradient and loss. So clipping clips a player's gradient, and
//          DriftAdjusted takes |H g| / |g| with the player's own block of H, the opponent held fixed (not of a regularised
//          game: that does not compile). A rate is that of one inner step, above 0.
// TIME     An Update does not know how often it was called, so schedules are asked for the iteration given as the last argument (0
//          unless said otherwise), at every inner step and with a fresh copy of the optimiser, as in descent/step.hpp.
// COMPLEX  states are for holomorphic losses and optimisers that take them: GradientDescent, Momentum, Nesterov. Adam and RMSProp
//          do not, so games::stability and jacobian do not compile with one. Rates and clipping that look at norms are
//          no analytic functions: the Jacobian is then that of the update with the rates that it has at the point.
// FLOWS    map_logarithm applies, as far as descent/step.hpp says: with memory no update is a small step. On the slow modes its
//          error is O(h^(n+1)) all the same.
//
// GradientDescent on both sides is the play of games/play.hpp, of which more is known: the drift terms are that one's, so
// cancel_interaction and its like do not take an OptimisedPlay; regularised, sga, consensus and gradient_penalty do.
//
// On the bilinear game with rates a, b and momenta beta, gamma the eigenvalues of an update are the roots of
//     (r - 1)^2 (r - beta) (r - gamma) + a b r^2 = 0   simultaneous;     the same with r^3   alternating.
// Both players alike, with eta = h / (1 - beta), the rate that momentum comes to: the slow modes grow by
// 1 + eta^2 (1 + beta) / (2 (1 - beta)) and by 1 + eta^2 beta / (1 - beta) an update, to O(h^4). So alternating play, neutral
// without momentum, spirals out with it. (Negative momentum would help; Momentum does not offer it.)
//
// Source: optimisers as their headers say; momentum in games: Gidel et al., arXiv 1807.04740; the growth derived for drift.
// Cost: one own gradient a step a player; a rate that pushes costs another and its products. advance allocates nothing after its
// first call. Failure: a gradient that is not finite makes the result not finite. Errors: a setting out of bounds, with its
// player's name, and those of play: InvalidArgument.

#include <drift/core/pool.hpp>
#include <drift/descent/optimiser.hpp>
#include <drift/descent/step.hpp>
#include <drift/games/play.hpp>

#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace drift::games {

/// The player's loss, without the terms that a regularised game adds to its gradient.
template <Player player, Game G>
const auto& loss_of(const G& game) {
  if constexpr (player == Player::phi) {
    return game.phi_loss();
  } else {
    return game.theta_loss();
  }
}

/// The player descends its loss and nothing else (a regularised game's players do not), and that has Hessian-vector products.
template <class G, Player player, class S>
concept HasOwnProducts = Game<G> && !requires(const G& game) { game.coefficients(); } &&
                         SecondOrderProblem<std::decay_t<decltype(loss_of<player>(std::declval<const G&>()))>> &&
                         AcceptsScalar<std::decay_t<decltype(loss_of<player>(std::declval<const G&>()))>, S>;

namespace detail {

/// One player in an update: its block of z before and after its step, and vectors to work in.
template <class O, class S>
struct PlayerSide {
  O optimiser;
  descent::MemoryOf<O, S> memory;
  Vector<S> before, after, gradient, direction, product;
};

template <class PhiOptimiser, class ThetaOptimiser, class S>
struct BothSides {
  PlayerSide<PhiOptimiser, S> phi;
  PlayerSide<ThetaOptimiser, S> theta;
  Vector<S> z, gradients;
};

struct Nothing {};

/// The point of the player's loss, for its products.
template <Player player, class G, class S>
auto point_for_products(const G& game, const Vector<S>& z) {
  if constexpr (HasOwnProducts<G, player, S>) {
    return point_of_loss<player>(loss_of<player>(game), z, false);
  } else {
    return Nothing{};
  }
}

}  // namespace detail

/// What a player's optimiser sees at z: a Point (core/concepts.hpp) in the player's own block, with the opponent where it is.
/// Lives inside one step.
template <Player player, Game G, class S>
class PlayerPoint {
 public:
  template <class O>
  PlayerPoint(const G& game, const Vector<S>& z, detail::PlayerSide<O, S>& side)
      : game_(game),
        z_(z),
        state_(side.before),
        gradient_(side.gradient),
        direction_(side.direction),
        product_(side.product) {}

  const Vector<S>& state() const { return state_; }
  const Vector<S>& gradient() const { return gradient_; }

  /// The player's loss, evaluated when asked for; of a regularised game without the regulariser.
  S value() const { return drift::value(loss_of<player>(game_), z_); }

  /// The player's block of its Hessian times a direction in that block. Once from stage 0, repeatable after rewind(0).
  const Vector<S>& push(const Vector<S>& direction)
    requires HasOwnProducts<G, player, S>
  {
    require(stage_ == 0, "stage", stage_, "0: a player's point has one push, then rewind(0)");
    require_size(direction, state_.size(), "direction", "the player's parameters");
    if (!point_) point_.emplace(detail::point_for_products<player>(game_, z_));
    direction_.setZero(z_.size());
    block<player>(direction_, game_.phi_dimension()) = direction;
    product_ = block<player>((*point_)->push(direction_), game_.phi_dimension());
    stage_ = 1;
    return product_;
  }

  void rewind(Index stage)
    requires HasOwnProducts<G, player, S>
  {
    require(stage >= 0 && stage <= stage_, "stage", stage, "between 0 and the last stage pushed");
    if (point_) (*point_)->rewind(stage);
    stage_ = stage;
  }

  Index stage() const
    requires HasOwnProducts<G, player, S>
  {
    return stage_;
  }

 private:
  using LossPoint =
      decltype(detail::point_for_products<player>(std::declval<const G&>(), std::declval<const Vector<S>&>()));

  const G& game_;
  const Vector<S>& z_;
  const Vector<S>& state_;
  const Vector<S>& gradient_;
  Vector<S>& direction_;
  Vector<S>& product_;
  std::optional<LossPoint> point_;  // once something was pushed
  Index stage_ = 0;
};

template <Game G, class PhiOptimiser, class ThetaOptimiser>
class OptimisedPlay {
 public:
  using Scalar = typename G::Scalar;

  /// Both optimisers take parameters of scalar S.
  template <class S>
  static constexpr bool takes = descent::StartsOver<PhiOptimiser, S> && descent::StartsOver<ThetaOptimiser, S>;

  /// Made by simultaneous() and alternating().
  OptimisedPlay(G game, PhiOptimiser phi_optimiser, ThetaOptimiser theta_optimiser, const std::array<Turn, 2>& turns,
                Index iteration)
      : game_(std::move(game)),
        phi_optimiser_(std::move(phi_optimiser)),
        theta_optimiser_(std::move(theta_optimiser)),
        turns_(turns),
        iteration_(iteration) {
    require_fit<Player::phi, PhiOptimiser>();
    require_fit<Player::theta, ThetaOptimiser>();
    validate(phi_optimiser_, "phi");
    validate(theta_optimiser_, "theta");
    require(iteration >= 0, "iteration", iteration, "0 or above");
    const auto sides = sides_at_rest<Scalar>();
    memory_size_ =
        descent::detail::numbers_in<Scalar>(sides.phi.memory) + descent::detail::numbers_in<Scalar>(sides.theta.memory);
  }

  const G& game() const { return game_; }
  const PhiOptimiser& phi_optimiser() const { return phi_optimiser_; }
  const ThetaOptimiser& theta_optimiser() const { return theta_optimiser_; }

  /// What an update consists of, in order; the second turn of simultaneous play has no steps.
  const std::array<Turn, 2>& turns() const { return turns_; }

  /// The length of the state: parameters and both memories.
  Index dimension() const { return game_.dimension() + memory_size_; }

  /// The same play of another game with the same players, such as a regularised one.
  template <Game Other>
  OptimisedPlay<Other, PhiOptimiser, ThetaOptimiser> with_game(Other other) const {
    return {std::move(other), phi_optimiser_, theta_optimiser_, turns_, iteration_};
  }

  /// The state before the first update.
  template <StateOver<Scalar> X>
    requires takes<ScalarOf<X>>
  Vector<ScalarOf<X>> start(const X& z) const {
    using S = ScalarOf<X>;
    require_size(z, game_.dimension(), "z", "the game's dimension");
    const Vector<S>& parameters = evaluated(z);
    const Vector<S> phi = block<Player::phi>(parameters, split()), theta = block<Player::theta>(parameters, split());
    Vector<S> state(dimension());
    state.head(parameters.size()) = parameters;
    write_memories(phi_optimiser_.start(phi), theta_optimiser_.start(theta), state);
    return state;
  }

  /// z of a state.
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> parameters(const X& state) const {
    require_state(state);
    return state.head(game_.dimension());
  }

  template <StateOver<Scalar> X>
    requires takes<ScalarOf<X>>
  Vector<ScalarOf<X>> operator()(const X& state) const {
    Vector<ScalarOf<X>> next = state;
    advance(next);
    return next;
  }

  /// The update in place: no allocation from the second call on.
  template <class S>
    requires(StateOver<Vector<S>, Scalar> && takes<S>)
  void advance(Vector<S>& state) const {
    require_state(state);
    const auto lease = borrow_sides<S>();
    auto& sides = *lease;
    const Index n = game_.dimension();
    sides.z = state.head(n);
    const Index phi_end = descent::detail::read_numbers(state, n, sides.phi.memory);
    descent::detail::read_numbers(state, phi_end, sides.theta.memory);
    for (const Turn& turn : turns_) {
      for (int i = 0; i < turn.steps; ++i) move(sides, turn.who);
    }
    state.head(n) = sides.z;
    write_memories(sides.phi.memory, sides.theta.memory, state);
  }

 private:
  Index split() const { return game_.phi_dimension(); }

  template <class Sides>
  void move(Sides& sides, Mover who) const {
    if (who == Mover::both) {
      game_.own_gradients(sides.z, sides.gradients);
      sides.phi.gradient = block<Player::phi>(sides.gradients, split());
      sides.theta.gradient = block<Player::theta>(sides.gradients, split());
      step<Player::phi>(sides.phi, phi_optimiser_, sides.z);
      step<Player::theta>(sides.theta, theta_optimiser_, sides.z);
      block<Player::phi>(sides.z, split()) = sides.phi.after;
      block<Player::theta>(sides.z, split()) = sides.theta.after;
    } else if (who == Mover::phi) {
      game_.template own_gradient<Player::phi>(sides.z, sides.phi.gradient);
      step<Player::phi>(sides.phi, phi_optimiser_, sides.z);
      block<Player::phi>(sides.z, split()) = sides.phi.after;
    } else {
      game_.template own_gradient<Player::theta>(sides.z, sides.theta.gradient);
      step<Player::theta>(sides.theta, theta_optimiser_, sides.z);
      block<Player::theta>(sides.z, split()) = sides.theta.after;
    }
  }

  /// Leads the player from its block of z, where its gradient is known, to side.after.
  template <Player player, class O, class S>
  void step(detail::PlayerSide<O, S>& side, const O& optimiser, const Vector<S>& z) const {
    side.before = block<player>(z, split());
    side.after = side.before;
    side.optimiser = optimiser;
    PlayerPoint<player, G, S> point(game_, z, side);
    descent::detail::step_with(side.optimiser, side.after, side.memory, iteration_, point);
  }

  template <class PhiMemory, class ThetaMemory, class S>
  void write_memories(const PhiMemory& phi, const ThetaMemory& theta, Vector<S>& state) const {
    const Index phi_end = descent::detail::write_numbers(phi, game_.dimension(), state);
    descent::detail::write_numbers(theta, phi_end, state);
  }

  template <class S>
  using SidesOver = detail::BothSides<PhiOptimiser, ThetaOptimiser, S>;

  template <class S>
  SidesOver<S> sides_at_rest() const {
    const Vector<S> phi = Vector<S>::Zero(game_.phi_dimension()), theta = Vector<S>::Zero(game_.theta_dimension());
    return {.phi = {phi_optimiser_, phi_optimiser_.start(phi), {}, {}, {}, {}, {}},
            .theta = {theta_optimiser_, theta_optimiser_.start(theta), {}, {}, {}, {}, {}},
            .z = {},
            .gradients = {}};
  }

  template <class S>
  auto borrow_sides() const {
    const auto make = [&] { return sides_at_rest<S>(); };
    const auto reuse = [](SidesOver<S>&) {};
    if constexpr (is_complex<S>) {
      return complex_.borrow(make, reuse);
    } else {
      return real_.borrow(make, reuse);
    }
  }

  template <Player player, class O>
  static constexpr void require_fit() {
    static_assert(descent::Optimiser<O, PlayerPoint<player, G, Scalar>>,
                  "a player's optimiser does not fit the game. A learning rate that pushes, such as DriftAdjusted, "
                  "needs a game that is not regularised and a loss of the player's that is a SecondOrderProblem "
                  "(core/concepts.hpp). What an optimiser must have is listed in descent/optimiser.hpp");
  }

  template <class O>
  static void validate(const O& optimiser, const std::string& player) {
    try {
      optimiser.validate();
    } catch (const InvalidArgument& fault) {
      throw InvalidArgument(player + "'s optimiser, " + fault.what());
    }
  }

  template <class X>
  void require_state(const X& state) const {
    require_size(state, dimension(), memory_size_ == 0 ? "z" : "state",
                 memory_size_ == 0 ? "the game's dimension" : "parameters and memories, as start(z) gives them");
  }

  G game_;
  PhiOptimiser phi_optimiser_;
  ThetaOptimiser theta_optimiser_;
  std::array<Turn, 2> turns_;
  Index iteration_;
  Index memory_size_ = 0;
  Pool<SidesOver<Scalar>> real_;
  std::conditional_t<takes<Complex<Scalar>>, Pool<SidesOver<Complex<Scalar>>>, detail::Nothing> complex_;
};

/// Both players step from the same point, each with its optimiser.
template <Game G, class PhiOptimiser, class ThetaOptimiser>
  requires descent::StartsOver<PhiOptimiser, typename G::Scalar> &&
           descent::StartsOver<ThetaOptimiser, typename G::Scalar>
OptimisedPlay<G, PhiOptimiser, ThetaOptimiser> simultaneous(G game, PhiOptimiser phi_optimiser,
                                                            ThetaOptimiser theta_optimiser, Index iteration = 0) {
  return {std::move(game),
          std::move(phi_optimiser),
          std::move(theta_optimiser),
          {Turn{Mover::both, 1}, Turn{Mover::both, 0}},
          iteration};
}

/// One player makes its steps, then the other at the new point.
template <Game G, class PhiOptimiser, class ThetaOptimiser>
  requires descent::StartsOver<PhiOptimiser, typename G::Scalar> &&
           descent::StartsOver<ThetaOptimiser, typename G::Scalar>
OptimisedPlay<G, PhiOptimiser, ThetaOptimiser> alternating(G game, PhiOptimiser phi_optimiser,
                                                           ThetaOptimiser theta_optimiser,
                                                           const AlternatingOptions& options = {},
                                                           Index iteration = 0) {
  options.validate();
  const Turn phi{Mover::phi, options.phi_steps}, theta{Mover::theta, options.theta_steps};
  const std::array<Turn, 2> turns = options.first == Player::phi ? std::array{phi, theta} : std::array{theta, phi};
  return {std::move(game), std::move(phi_optimiser), std::move(theta_optimiser), turns, iteration};
}

}  // namespace drift::games
