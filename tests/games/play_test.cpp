#include <drift/games/play.hpp>

#include "../support/complaint.hpp"

#include <drift/flows/map_logarithm.hpp>
#include <drift/games/extragradient.hpp>
#include <drift/games/runge_kutta_4.hpp>
#include <drift/games/zoo.hpp>
#include <drift/integrate/one_step_error.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace drift;
using V = Vector<double>;

namespace {

/// Distance from the origin after this many updates.
template <class Step>
double distance_after(const Step& step, V z, int updates) {
  for (int i = 0; i < updates; ++i) z = step(z);
  return z.norm();
}

const V plane_start = (V(2) << 0.08, -0.05).finished();
const V dirac_start = V::Ones(2);
const V polynomial_start = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();

/// The Dirac-GAN with both fields reversed.
auto reversed_dirac() { return two_player_game(games::dirac_gan().theta_loss(), games::dirac_gan().phi_loss(), 1); }

}  // namespace

TEST_CASE("callables and Problems make the same game") {
  const auto phi_loss = [](const auto& phi, const auto& theta) { return phi[0] * theta.dot(theta); };
  const auto theta_loss = [](const auto& phi, const auto& theta) { return phi[0] * phi[0] * (theta[0] - theta[1]); };
  const auto game = two_player_game(phi_loss, theta_loss, 1, 2);
  CHECK(game.phi_dimension() == 1);
  CHECK(game.theta_dimension() == 2);
  const auto same = two_player_game(game.phi_loss(), game.theta_loss(), 1);
  const V z = (V(3) << 2, 3, 5).finished();
  CHECK(game.field(z, {.phi = 1, .theta = 1}) == (V(3) << -34, -4, 4).finished());
  CHECK(same.field(z, {.phi = 0.5, .theta = 2}) == (V(3) << -17, -8, 8).finished());
  CHECK(game.field(z, {.phi = 0, .theta = 1})[0] == 0);
}

TEST_CASE("simultaneous play steps from one point, alternating play meets the new one") {
  const auto game = games::bilinear();  // f = -theta, g = phi
  const V z = (V(2) << 1, 2).finished();
  CHECK(games::simultaneous(game, {.phi = 0.5, .theta = 0.25})(z) == (V(2) << 0, 2.25).finished());
  CHECK(games::alternating(game, {.phi = 0.5, .theta = 0.25})(z) == (V(2) << 0, 2).finished());
  const auto theta_first = games::alternating(game, {.phi = 0.5, .theta = 0.25}, {.first = games::Player::theta});
  CHECK(theta_first(z) == (V(2) << -0.125, 2.25).finished());
  const auto steps = games::alternating(game, {.phi = 0.5, .theta = 0.25}, {.phi_steps = 2, .theta_steps = 3});
  CHECK(steps(z) == (V(2) << -1, 1.25).finished());
  CHECK(steps.total_rates().phi == 1);
  CHECK(steps.total_rates().theta == 0.75);
}

TEST_CASE("the linear game: distances after 500 updates, and the closed form of simultaneous play") {
  const double h = 0.2;
  const auto after = [&](double damping, auto make) {
    return distance_after(make(games::linear_rotational(damping)), plane_start, 500);
  };
  const auto sim = [&](const auto& game) { return games::simultaneous(game, {.phi = h, .theta = h}); };
  const auto alt = [&](const auto& game) { return games::alternating(game, {.phi = h, .theta = h}); };
  CHECK(after(0.2, sim) == Approx(5.288e-6).epsilon(0.01));
  CHECK(after(0.2, alt) == Approx(1.164e-10).epsilon(0.01));
  CHECK(after(0.09, sim) == Approx(0.2774).epsilon(0.01));
  CHECK(after(0.09, alt) == Approx(1.065e-5).epsilon(0.01));
  CHECK(after(0.09, sim) == Approx(plane_start.norm() * std::pow(std::hypot(1 - h * 0.09, h), 500)).epsilon(1e-10));
}

TEST_CASE("the Dirac-GAN: simultaneous play spirals out, alternating play cycles, Runge-Kutta keeps the circle") {
  const games::Rates<double> rates{.phi = 0.1, .theta = 0.1};
  const auto game = reversed_dirac();
  const auto sim = games::simultaneous(game, rates);
  CHECK(distance_after(sim, dirac_start, 200) == Approx(1.724).epsilon(0.01));
  CHECK(distance_after(sim, dirac_start, 1000) == Approx(2.756).epsilon(0.01));
  CHECK(distance_after(sim, dirac_start, 3000) == Approx(3.489).epsilon(0.01));
  const auto alt = games::alternating(game, rates);
  CHECK(distance_after(alt, dirac_start, 200) == Approx(1.453).epsilon(0.01));
  CHECK(distance_after(alt, dirac_start, 1000) == Approx(1.432).epsilon(0.01));
  CHECK(distance_after(alt, dirac_start, 3000) == Approx(1.454).epsilon(0.01));
  CHECK(distance_after(games::runge_kutta_4(game, rates), dirac_start, 3000) == Approx(std::sqrt(2.0)).epsilon(1e-5));

  CHECK(distance_after(games::simultaneous(games::dirac_gan(), rates), dirac_start, 1000) ==
        Approx(2.756).epsilon(0.01));
  CHECK(distance_after(games::alternating(games::dirac_gan(), rates), dirac_start, 1000) ==
        Approx(1.382).epsilon(0.01));
}

TEST_CASE("bilinear game: growth in closed form") {
  const double h = 0.3;
  const auto game = games::bilinear();
  const V z = (V(2) << 0.6, -0.8).finished();
  CHECK(games::simultaneous(game, {.phi = h, .theta = h})(z).norm() == Approx(std::sqrt(1 + h * h)));
  // w = z + h J z, z' = z + h J w with J a rotation by a quarter: I - h^2 + h J
  CHECK(games::extragradient(game, {.phi = h, .theta = h})(z).norm() == Approx(std::hypot(1 - h * h, h)));
  // the fourth Taylor polynomial of exp(i h)
  const double re = 1 - h * h / 2 + h * h * h * h / 24, im = h - h * h * h / 6;
  CHECK(games::runge_kutta_4(game, {.phi = h, .theta = h})(z).norm() == Approx(std::hypot(re, im)).epsilon(1e-14));
}

TEST_CASE("the logarithm of every memoryless update is its flow") {
  const games::Rates<double> rates{.phi = 0.02, .theta = 0.03};
  const auto game = games::polynomial();
  const auto error = [&](const auto& step) {
    return one_step_error(flows::map_logarithm<5>(step), step, polynomial_start).norm;
  };
  CHECK(error(games::simultaneous(game, rates)) < 1e-7);
  CHECK(error(games::alternating(game, rates)) < 1e-7);
  CHECK(error(games::extragradient(game, rates)) < 1e-7);
  CHECK(error(games::runge_kutta_4(game, rates)) < 1e-7);
}

TEST_CASE("misuse of games is named") {
  const auto game = games::polynomial();
  CHECK_THROWS_AS(games::simultaneous(game, {.phi = -0.1, .theta = 0.1}), InvalidArgument);
  CHECK_THROWS_AS(games::alternating(game, {.phi = 0.1, .theta = NAN}), InvalidArgument);
  CHECK_THROWS_AS(games::alternating(game, {.phi = 0.1, .theta = 0.1}, {.phi_steps = 0}), InvalidArgument);
  CHECK_THROWS_AS(games::simultaneous(game, {.phi = 0.1, .theta = 0.1})(V(3)), InvalidArgument);
  CHECK_THROWS_AS(two_player_game(game.phi_loss(), game.theta_loss(), 4), InvalidArgument);
  CHECK_THROWS_AS(two_player_game(game.phi_loss(), games::dirac_gan().theta_loss(), 1), InvalidArgument);
  CHECK_THROWS_AS(games::quadratic_zero_sum<double>(Matrix<double>::Zero(2, 2), Matrix<double>::Zero(1, 2),
                                                    Matrix<double>::Zero(2, 2)),
                  InvalidArgument);
}
