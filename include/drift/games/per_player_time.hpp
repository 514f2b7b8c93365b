#pragma once
// per_player_time(scheme): the papers' second-order statement about play, in which each player's flow runs in its own time.
//
//     (phi', theta') = (f - s_phi f_phi f - i_phi f_theta g,  g - i_theta g_phi f - s_theta g_theta g)
//     the update is (phi(A), theta(B)), both from the same start, up to O(rate^3);    A and B the total rates
//
//                    s_phi    i_phi    i_theta    s_theta          a, b rates of an inner step
//     simultaneous   a/2      A/2      B/2        b/2
//     alternating    a/2      A/2      B/2 - A    b/2              phi first; otherwise the roles are swapped
//
//     auto papers = games::per_player_time(alt);
//     Vector<double> v = papers.field(z);           // (f~, g~), no rate in front
//     Vector<double> next = papers.read_off(z).state;     // (phi(A), theta(B)); .status is reached_end
//
// THIS IS NOT A FLOW OF z for A != B: after an update (phi(A), theta(B)) is no point of one trajectory, so the statement is about one
// step and starts anew from each iterate. It has no step_time() for that reason. For trajectories use games::modified_flow. Its
// coefficients in a joint flow drop that to first order.
//
// Source: arXiv 2105.13922, theorems 3.1 and 3.2. Needs: losses of tier 2. Cost: a field as drift_terms; read_off two integrations.
// Errors: those of play. An integration that does not reach its end says so in the status.

#include <drift/games/drift_terms.hpp>
#include <drift/integrate/integrate.hpp>

#include <utility>

namespace drift::games {

/// (phi(A), theta(B)), or where the integrations ended that did not get there.
template <class S>
struct ReadOff {
  Vector<S> state;
  Status status;  ///< reached_end, or why not: phi's reason before theta's
};

template <Game G>
class PerPlayerTime {
 public:
  using Scalar = typename G::Scalar;

  explicit PerPlayerTime(GradientPlay<G> play) : play_(std::move(play)) {}

  const GradientPlay<G>& play() const { return play_; }
  Index dimension() const { return play_.dimension(); }

  /// When phi and theta are read off: the total rates.
  Rates<Scalar> times() const { return play_.total_rates(); }

  /// (f~, g~)
  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> field(const X& z) const {
    const GameCoefficients<Scalar> c = drift_coefficients(play_, Convention::own_rate);
    const auto& state = evaluated(z);
    const GameTerms<ScalarOf<X>> t = loss_gradient_terms(play_.game(), state);
    Vector<ScalarOf<X>> v = -play_.game().own_gradients(state);
    block<Player::phi>(v, t.phi.self.size()) -= c.phi.self * t.phi.self + c.phi.interaction * t.phi.interaction;
    block<Player::theta>(v, t.phi.self.size()) -=
        c.theta.self * t.theta.self + c.theta.interaction * t.theta.interaction;
    return v;
  }

  /// (phi(A), theta(B)) of the field's solution from z.
  ReadOff<Scalar> read_off(const Vector<Scalar>& z,
                           const IntegrateOptions& options = {.relative_tolerance = 1e-13,
                                                              .absolute_tolerance = 1e-15}) const {
    const Rates<Scalar> at = times();
    const auto solve = [&](const Scalar& time) {
      return integrate([&](const Vector<Scalar>& x) -> Vector<Scalar> { return field(x); }, z, time, options);
    };
    const Index split = play_.game().phi_dimension();
    const auto for_phi = solve(at.phi), for_theta = solve(at.theta);
    const auto arrived = [](const auto& path) {
      return path.status == Status::reached_end || path.status == Status::stationary;
    };
    ReadOff<Scalar> result{for_theta.state, Status::reached_end};
    block<Player::phi>(result.state, split) = block<Player::phi>(for_phi.state, split);
    if (!arrived(for_theta)) result.status = for_theta.status;
    if (!arrived(for_phi)) result.status = for_phi.status;
    return result;
  }

 private:
  GradientPlay<G> play_;
};

template <Game G>
PerPlayerTime<G> per_player_time(GradientPlay<G> play) {
  return PerPlayerTime<G>(std::move(play));
}

}  // namespace drift::games
