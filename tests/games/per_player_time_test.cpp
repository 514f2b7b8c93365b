#include <drift/games/per_player_time.hpp>

#include "oracle_games.hpp"

#include <drift/calculus/order_of_accuracy.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using V = Vector<double>;

TEST_CASE("the drift of the papers' fields is the oracle's") {
  oracle::for_each_game<double>([](const auto& game, const auto& file) {
    const V z = oracle::vector(file["state"]);
    for (const auto& entry : file["entries"]) {
      INFO(file["problem"] << " " << oracle::name_of(entry));
      const V drift = games::per_player_time(oracle::play_of(game, entry, 1.0)).field(z) + game.own_gradients(z);
      const auto& expected = entry["paper_first_order_drift_over_h"];
      const V phi = oracle::vector(expected["phi"]), theta = oracle::vector(expected["theta"]);
      CHECK(oracle::relative_error(V(drift.head(phi.size())), phi) < 1e-11);
      CHECK(oracle::relative_error(V(drift.tail(theta.size())), theta) < 1e-11);
    }
  });
}

TEST_CASE("each player read off at its own time meets the update to third order") {
  const auto game = games::polynomial();
  const V z = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();
  const auto order = [&](const auto& play_at) {
    const auto error = [&](double h) {
      const auto play = play_at(h);
      const auto read = games::per_player_time(play).read_off(z);
      CHECK(read.status == Status::reached_end);
      return (read.state - play(z)).norm();
    };
    return order_of_accuracy(error, {0.04, 0.028, 0.02, 0.014}).slope;
  };
  CHECK(order([&](double h) { return games::simultaneous(game, {.phi = h, .theta = 3 * h}); }) ==
        Approx(3).margin(0.2));
  CHECK(order([&](double h) {
          return games::alternating(game, {.phi = h, .theta = h / 2}, {.phi_steps = 2, .theta_steps = 3});
        }) == Approx(3).margin(0.2));
  CHECK(order([&](double h) {
          return games::alternating(game, {.phi = h, .theta = 2 * h}, {.first = games::Player::theta});
        }) == Approx(3).margin(0.2));
}
