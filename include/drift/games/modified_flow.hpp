#pragma once
// modified_flow<n>(scheme): the flow that simultaneous or alternating play follows, to order n. n = 2 unless said otherwise.
//
//     z' = F_1 + F_2 + ... + F_n,     F_1 = (A f, B g),  A and B the total rates,  F_j of degree j in the rates
//
//     auto mf = games::modified_flow(alt);          // F_1 + F_2: the game with its drift (games/drift_terms.hpp)
//     auto m4 = games::modified_flow<4>(alt);
//     Vector<double> v = m4(z);
//     auto along = follow(m4, z, 10);               // ten updates' worth of flow
//
// CLOCK    One update is time 1 (step_time()), however many inner steps it has. The flow for time 1 misses the update by O(rate^(n+1)).
// CONVENTION  The joint one: a flow of z. The papers' statement in each player's own time is games/per_player_time.hpp.
//
// The coefficients are exact, by the Taylor logarithm: n updates with all rates multiplied by t as truncated power series in t, and
// the logarithm of the update read off them with logarithm_weights (flows/logarithm_weights.hpp). One text serves both schemes, any
// numbers of inner steps, and regularised play, whose explicit coefficients are held fixed while the rates vary: for those of the
// size of a rate that regroups terms beyond order n only.
//
// The series is asymptotic: raise n only while rate * |F'| is well below 1.
// Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, IX; arXiv 2105.13922 for n = 2; the series was derived for drift.
// Shapes: z of the game's dimension; real, or complex where the losses are holomorphic.
// Needs: n = 1 tier 1, n = 2 tier 2, n >= 3 expandable losses; with regularisers n >= 2 nestable ones.
// Cost: n = 1: the own gradients; n = 2: those and two or three Hessian-vector products of each loss; beyond, n (m + k) curves of n
// stages. Rounding: a few epsilon to F_3, up to 1e3 epsilon for F_5. Errors: those of play.

#include <drift/core/errors.hpp>
#include <drift/flows/logarithm_weights.hpp>
#include <drift/games/drift_terms.hpp>
#include <drift/games/play.hpp>

#include <utility>

namespace drift::games {

/// F_1, ..., F_n as the columns of a dimension x n matrix.
template <Game G, StateOver<typename G::Scalar> X>
  requires ExpandableGame<G, ScalarOf<X>>
Matrix<ScalarOf<X>> modified_field_coefficients(const GradientPlay<G>& play, const X& z, int n) {
  using S = ScalarOf<X>;
  require(n >= 1, "n", n, "1 or more");
  require_size(z, play.dimension(), "z", "the game's dimension");
  const Index split = play.game().phi_dimension(), dimension = play.dimension();
  auto along = play.game().along(z);  // every curve starts at z

  Matrix<S> curve = Matrix<S>::Zero(dimension, n + 1);  // column k: coefficient k of the iterate
  curve.col(0) = z;
  Matrix<S> increment(dimension, n), gradients(dimension, n), phi_gradients(split, n),
      theta_gradients(dimension - split, n);
  const auto move = [&](Mover who) {
    gradients.setZero();
    if (who != Mover::theta) {
      along.template fill<Player::phi>(curve, phi_gradients);
      gradients.topRows(split) = play.rates().phi * phi_gradients;
    }
    if (who != Mover::phi) {
      along.template fill<Player::theta>(curve, theta_gradients);
      gradients.bottomRows(dimension - split) = play.rates().theta * theta_gradients;
    }
    curve.rightCols(n) -= gradients;  // the rate's t raises each by one
    increment -= gradients;
  };

  Matrix<Real<S>> weights = Matrix<Real<S>>::Zero(n, n);  // column m - 1: those of F_m
  for (int m = 1; m <= n; ++m) weights.col(m - 1).head(m) = flows::logarithm_weights<Real<S>>(m);

  Matrix<S> f = Matrix<S>::Zero(dimension, n);
  for (int i = 0; i < n; ++i) {
    increment.setZero();
    for (const Turn& turn : play.turns()) {
      for (int step = 0; step < turn.steps; ++step) move(turn.who);
    }
    for (int m = i; m < n; ++m) f.col(m) += S(weights(i, m)) * increment.col(m);
  }
  return f;
}

template <int n, Game G>
class ModifiedFlow {
 public:
  using Scalar = typename G::Scalar;
  static_assert(n >= 1, "modified_flow<n> needs n >= 1, the number of terms of the field");

  explicit ModifiedFlow(GradientPlay<G> play) : play_(std::move(play)) {}

  const GradientPlay<G>& play() const { return play_; }
  Index dimension() const { return play_.dimension(); }

  /// One update is time 1.
  Scalar step_time() const { return Scalar(1); }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> operator()(const X& z) const {
    constexpr bool has_explicit_terms = requires(const G& game) { game.coefficients(); };
    if constexpr (n == 1) {
      return joint_field(play_.game(), z, play_.total_rates());
    } else if constexpr (n == 2 && !has_explicit_terms) {
      const auto& state = evaluated(z);
      return joint_field(play_.game(), state, play_.total_rates()) + drift_terms(play_, state).sum();
    } else {
      static_assert(
          ExpandableGame<G, ScalarOf<X>>,
          "modified_flow<n> with n >= 3 needs a game of ExpandableProblems (core/concepts.hpp), of regularised play "
          "with n >= 2 a game of problems whose expand takes a depth");
      const Matrix<ScalarOf<X>> f = modified_field_coefficients(play_, z, n);
      Vector<ScalarOf<X>> field = f.col(n - 1);  // the smallest terms first
      for (int m = n - 2; m >= 0; --m) field += f.col(m);
      return field;
    }
  }

 private:
  GradientPlay<G> play_;
};

/// The n-term modified flow of simultaneous or alternating play.
template <int n = 2, Game G>
ModifiedFlow<n, G> modified_flow(GradientPlay<G> play) {
  return ModifiedFlow<n, G>(std::move(play));
}

}  // namespace drift::games
