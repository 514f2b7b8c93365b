#include <drift/games/regularised.hpp>

#include "oracle_games.hpp"

#include <drift/flows/map_logarithm.hpp>
#include <drift/games/runge_kutta_4.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

#include <limits>

using namespace drift;
using V = Vector<double>;
using Float50 = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

const V polynomial_start = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();

/// F_2 / h^2 of a scheme whose rates and explicit coefficients are proportional to h, out of three updates at a tiny h and nothing else.
template <class MakePlay>
Vector<Float50> second_order_field(const MakePlay& play_at, const Vector<Float50>& z) {
  const Float50 h("1e-16");
  const auto play = play_at(h);
  const Vector<Float50> field = flows::map_logarithm<3>(play)(z);
  const Vector<Float50> first = games::joint_field(play_at(h).game().game(), z, play.total_rates());
  return (field - first) / (h * h);
}

/// The self terms of the implicit drift per h^2.
template <class Play>
Vector<Float50> self_terms(const Play& play, const Vector<Float50>& z) {
  const auto d = games::drift_terms(play, z);
  Vector<Float50> self(z.size());
  self << d.phi.self, d.theta.self;
  return self;
}

double distance_after(const auto& step, V z, int updates) {
  for (int i = 0; i < updates; ++i) z = step(z);
  return z.norm();
}

}  // namespace

TEST_CASE("after joint cancellation the second-order field of updates holds self terms only") {
  const auto game = games::polynomial<Float50>();
  const Vector<Float50> z = polynomial_start.cast<Float50>();
  const auto check = [&](const auto& plain) {
    const auto cancelled = [&](const Float50& h) { return games::cancel_interaction(plain(h)); };
    CHECK(oracle::relative_error(second_order_field(cancelled, z), self_terms(plain(Float50(1)), z)) < 1e-12);
    const auto all = [&](const Float50& h) { return games::cancel_all(plain(h)); };
    CHECK(second_order_field(all, z).norm() < 1e-12);
    const auto d = games::drift_terms(games::cancel_interaction(plain(Float50(1))), z);
    CHECK(d.phi.interaction.norm() < 1e-40);
    CHECK(d.theta.interaction.norm() < 1e-40);
  };
  for (const double ratio : {1.0, 3.0}) {
    check([&](const Float50& h) { return games::simultaneous(game, {.phi = h, .theta = ratio * h}); });
    check([&](const Float50& h) { return games::alternating(game, {.phi = h, .theta = ratio * h}); });
    check([&](const Float50& h) {
      return games::alternating(game, {.phi = h, .theta = ratio * h},
                                {.phi_steps = 2, .theta_steps = 3, .first = games::Player::theta});
    });
  }
}

TEST_CASE("own-rate cancellation leaves a known part of the interaction where rates differ") {
  const auto game = games::polynomial<Float50>();
  const Vector<Float50> z = polynomial_start.cast<Float50>();
  const Float50 a(1), b(3);
  const auto plain = [&](const Float50& h) { return games::simultaneous(game, {.phi = a * h, .theta = b * h}); };
  const auto own = [&](const Float50& h) {
    return games::cancel_interaction(plain(h), {.convention = games::Convention::own_rate});
  };
  const auto terms = games::loss_gradient_terms(game, z);
  Vector<Float50> rest = second_order_field(own, z) - self_terms(plain(Float50(1)), z);
  CHECK(oracle::relative_error(Vector<Float50>(rest.head(2)),
                               Vector<Float50>(a * (a - b) / 2 * terms.phi.interaction)) < 1e-12);
  CHECK(oracle::relative_error(Vector<Float50>(rest.tail(2)),
                               Vector<Float50>(b * (b - a) / 2 * terms.theta.interaction)) < 1e-12);
}

TEST_CASE("any multiple of any term") {
  const auto play = games::alternating(games::polynomial(), {.phi = 0.1, .theta = 0.2}, {.theta_steps = 2});
  const auto plain = games::drift_terms(play, polynomial_start);
  const auto more = games::drift_terms(
      games::add_drift(play, {.phi = {.self = 0.5, .interaction = 2}, .theta = {.self = -3, .interaction = -1}}),
      polynomial_start);
  CHECK(oracle::relative_error(more.phi.self, V(1.5 * plain.phi.self)) < 1e-14);
  CHECK(oracle::relative_error(more.phi.interaction, V(3 * plain.phi.interaction)) < 1e-14);
  CHECK(oracle::relative_error(more.theta.self, V(-2 * plain.theta.self)) < 1e-14);
  CHECK(more.theta.interaction.norm() < 1e-16);
  const auto doubled = games::drift_terms(games::strengthen_interaction(play), polynomial_start);
  CHECK(oracle::relative_error(doubled.theta.interaction, V(2 * plain.theta.interaction)) < 1e-14);
  const auto none = games::cancel_interaction(games::strengthen_interaction(play));  // coefficients add up
  CHECK(oracle::relative_error(none(polynomial_start), play(polynomial_start)) < 1e-15);
}

TEST_CASE("symplectic adjustment and consensus are the oracle's products") {
  oracle::for_each_game<double>([](const auto& game, const auto& file) {
    INFO(file["problem"]);
    const V z = oracle::vector(file["state"]);
    const auto play = games::simultaneous(game, {.phi = 1, .theta = 1});
    const V plain = play.game().own_gradients(z);
    CHECK(oracle::relative_error(V(games::sga(play, 1).game().own_gradients(z) - plain),
                                 oracle::vector(file["sga_AT_xi"])) < 1e-11);
    CHECK(oracle::relative_error(V(games::consensus(play, 1).game().own_gradients(z) - plain),
                                 oracle::vector(file["consensus_JT_xi"])) < 1e-11);
  });
}

TEST_CASE(
    "in a zero-sum game with equal rates the cancelled simultaneous step is the symplectic one at half the rate") {
  const auto game = games::zero_sum(differentiable(games::PolynomialPhiLoss{}, 4), 2);
  const double rate = 0.2;
  const auto sim = games::simultaneous(game, {.phi = rate, .theta = rate});
  const V cancelled = games::cancel_interaction(sim)(polynomial_start);
  CHECK((cancelled - sim(polynomial_start)).norm() > 1e-3);
  CHECK(oracle::relative_error(games::sga(sim, rate / 2)(polynomial_start), cancelled) < 1e-14);
  CHECK(oracle::relative_error(games::opponent_norm(sim, rate / 2)(polynomial_start), cancelled) < 1e-14);

  const auto alt = games::alternating(game, {.phi = rate, .theta = rate});
  const V symplectic = games::sga(alt, rate / 2)(polynomial_start);
  CHECK(oracle::relative_error(games::cancel_interaction(alt)(polynomial_start), symplectic) > 1e-4);

  const auto general = games::simultaneous(games::polynomial(), {.phi = rate, .theta = rate});
  CHECK(oracle::relative_error(games::sga(general, rate / 2)(polynomial_start),
                               games::cancel_interaction(general)(polynomial_start)) > 1e-4);
}

TEST_CASE("the Dirac-GAN with regularisers after 1000 updates") {
  const auto sim = games::simultaneous(games::dirac_gan(), {.phi = 0.1, .theta = 0.1});
  const V start = V::Ones(2);
  CHECK(distance_after(games::cancel_interaction(sim), start, 1000) == Approx(1.4122).epsilon(0.01));
  CHECK(distance_after(games::sga(sim, 0.05), start, 1000) == Approx(1.4122).epsilon(0.01));
  CHECK(distance_after(games::consensus(sim, 0.05), start, 1000) == Approx(1.4076).epsilon(0.01));
  CHECK(distance_after(games::sga(sim, 0.3), start, 1000) == Approx(0.00274).epsilon(0.01));
  CHECK(distance_after(games::consensus(sim, 0.3), start, 1000) == Approx(0.00276).epsilon(0.01));
}

TEST_CASE("an alternating player's terms are taken where it stands") {
  const auto game = games::polynomial();
  const auto play = games::consensus(games::alternating(game, {.phi = 0.1, .theta = 0.2}), 0.3);
  V expected = polynomial_start;
  expected.head(2) -= 0.1 * play.game().own_gradients(expected).head(2);
  expected.tail(2) -= 0.2 * play.game().own_gradients(expected).tail(2);
  CHECK(oracle::relative_error(play(polynomial_start), expected) < 1e-15);
}

TEST_CASE("other schemes take regularisers too") {
  const auto step = games::regularised(games::runge_kutta_4(games::bilinear(), {.phi = 0.1, .theta = 0.1}),
                                       {.phi = {.opponent = 0.3}, .theta = {.opponent = 0.3}});
  CHECK(distance_after(step, V::Ones(2), 500) < 1e-5);  // |z| falls by exp(-0.03) an update
}

TEST_CASE("a coefficient that is no number is refused") {
  const auto play = games::simultaneous(games::bilinear(), {.phi = 0.1, .theta = 0.1});
  CHECK_THROWS_AS(games::sga(play, std::numeric_limits<double>::quiet_NaN()), InvalidArgument);
}
