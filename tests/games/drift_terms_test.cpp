#include <drift/games/drift_terms.hpp>

#include "oracle_games.hpp"

#include <catch2/catch.hpp>

using namespace drift;

TEMPLATE_TEST_CASE("the terms of the drift and their sum are the oracle's", "", float, double) {
  using S = TestType;
  oracle::for_each_game<S>([](const auto& game, const auto& file) {
    const double tolerance = static_cast<double>(oracle::floor<S>(4.5e4));  // 1e-11
    const auto z = oracle::vector<S>(file["state"]);
    const auto t = games::loss_gradient_terms(game, z);
    CHECK(oracle::relative_error(t.phi.self, oracle::vector<S>(file["f_phi_f"])) < tolerance);
    CHECK(oracle::relative_error(t.phi.interaction, oracle::vector<S>(file["f_theta_g"])) < tolerance);
    CHECK(oracle::relative_error(t.theta.self, oracle::vector<S>(file["g_theta_g"])) < tolerance);
    CHECK(oracle::relative_error(t.theta.interaction, oracle::vector<S>(file["g_phi_f"])) < tolerance);
    const Vector<S> f = oracle::vector<S>(file["f"]), g = oracle::vector<S>(file["g"]);
    CHECK(oracle::relative_error(Vector<S>(-game.own_gradients(z).head(f.size())), f) < tolerance);
    CHECK(oracle::relative_error(Vector<S>(-game.own_gradients(z).tail(g.size())), g) < tolerance);
    for (const auto& entry : file["entries"]) {
      INFO(file["problem"] << " " << oracle::name_of(entry));
      const auto d = games::drift_terms(oracle::play_of(game, entry, 1.0), z);
      CHECK(oracle::relative_error(d.sum(), oracle::vector<S>(entry["F"][1])) < tolerance);
    }
  });
}

TEST_CASE("the order of the players decides whose interaction term changes sign") {
  const auto game = games::polynomial();
  const auto z = oracle::vector(oracle::load("poly_game")["state"]);
  const games::Rates<double> rates{.phi = 0.25, .theta = 0.5};
  const auto sim = games::drift_terms(games::simultaneous(game, rates), z);
  const auto phi_first = games::drift_terms(games::alternating(game, rates), z);
  const auto theta_first = games::drift_terms(games::alternating(game, rates, {.first = games::Player::theta}), z);
  CHECK(phi_first.phi.interaction == sim.phi.interaction);
  CHECK(phi_first.theta.interaction == Vector<double>(-sim.theta.interaction));
  CHECK(theta_first.phi.interaction == Vector<double>(-sim.phi.interaction));
  CHECK(theta_first.theta.interaction == sim.theta.interaction);
  CHECK(phi_first.phi.self == sim.phi.self);
  CHECK(theta_first.theta.self == sim.theta.self);
  CHECK(sim.phi.self.norm() > 0.01);
  CHECK(sim.phi.opponent.norm() == 0);  // only explicit terms have it
}
