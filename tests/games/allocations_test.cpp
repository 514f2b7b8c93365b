#include "../support/allocations.hpp"

#include <drift/descent/adam.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/games/extragradient.hpp>
#include <drift/games/gan.hpp>
#include <drift/games/optimised_play.hpp>
#include <drift/games/optimistic.hpp>
#include <drift/games/regularised.hpp>
#include <drift/games/runge_kutta_4.hpp>
#include <drift/games/zoo.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

template <class Scheme>
void expect_no_allocation(const std::string& name, const Scheme& step, Vector<double> state) {
  INFO(name);
  step.advance(state);
  CHECK(allocations_of([&] { step.advance(state); }) == 0);
  CHECK(state.allFinite());
}

template <class G>
void expect_none_in_any_scheme(const std::string& name, const G& game, const Vector<double>& z) {
  const games::Rates<double> rates{.phi = 1e-2, .theta = 1e-2};
  const auto sim = games::simultaneous(game, rates);
  expect_no_allocation(name + ": simultaneous", sim, z);
  expect_no_allocation(name + ": alternating", games::alternating(game, rates, {.phi_steps = 2}), z);
  expect_no_allocation(name + ": cancelled", games::cancel_interaction(sim), z);
  expect_no_allocation(name + ": consensus", games::consensus(games::alternating(game, rates), 0.1), z);
  expect_no_allocation(name + ": extragradient", games::extragradient(game, rates), z);
  expect_no_allocation(name + ": Runge-Kutta", games::runge_kutta_4(game, rates), z);
  const auto optimistic = games::optimistic(game, rates);
  expect_no_allocation(name + ": optimistic", optimistic, optimistic.start(z));
  const auto optimised = games::simultaneous(game, Momentum{.learning_rate = 1e-2}, Adam{});
  expect_no_allocation(name + ": momentum and Adam", optimised, optimised.start(z));
}

}  // namespace

TEST_CASE("steps of play in place allocate nothing") {
  if (DRIFT_TEST_OWN_MALLOC == 0) {
    SUCCEED("allocations cannot be counted in this build");
    return;
  }
  expect_none_in_any_scheme("polynomial", games::polynomial(), Vector<double>{{0.5, -0.75, 0.4, 0.3}});

  const auto discriminator = nn::sequential(nn::dense(2, 20), nn::tanh(), nn::dense(20, 1));
  const auto generator = nn::sequential(nn::dense(3, 20), nn::tanh(), nn::dense(20, 2));
  const auto matrix = [](Index rows, Index columns) -> Matrix<double> {
    return Random(1).normal_matrix<double>(rows, columns);
  };
  const auto gan = games::gan(discriminator, generator, games::non_saturating(), matrix(50, 2), matrix(70, 3));
  const Vector<double> z = games::initialise(gan, nn::lecun_normal(), Random(2));
  expect_none_in_any_scheme("GAN", gan, z);
  expect_no_allocation(
      "GAN: two batches",
      games::two_batches(games::cancel_interaction(games::simultaneous(gan, {.phi = 1e-2, .theta = 1e-2}))), z);
}
