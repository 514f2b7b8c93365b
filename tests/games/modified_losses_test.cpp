#include <drift/games/modified_losses.hpp>

#include <drift/games/regularised.hpp>

#include "../support/oracle.hpp"

#include <drift/calculus/check_derivatives.hpp>
#include <drift/calculus/order_of_accuracy.hpp>
#include <drift/games/modified_flow.hpp>
#include <drift/games/zoo.hpp>
#include <drift/integrate/one_step_error.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using V = Vector<double>;

namespace {

const V polynomial_start = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();

/// visit(play) for both schemes, both orders, unequal rates and inner steps.
template <class G, class Visit>
void for_each_play(const G& game, const Visit& visit) {
  const games::Rates<double> rates{.phi = 0.1, .theta = 0.3};
  visit(games::simultaneous(game, rates));
  visit(games::alternating(game, rates));
  visit(games::alternating(game, rates, {.phi_steps = 2, .theta_steps = 3, .first = games::Player::theta}));
}

}  // namespace

TEST_CASE("zero-sum and common-payoff games: the modified losses' field is the modified flow") {
  const auto loss = differentiable(games::PolynomialPhiLoss{}, 4);
  for_each_play(games::zero_sum(loss, 2), [](const auto& play) {
    const auto modified = games::zero_sum_modified_losses(play);
    CHECK(oracle::relative_error(modified.field(polynomial_start, play.total_rates()),
                                 games::modified_flow(play)(polynomial_start)) < 1e-14);
  });
  for_each_play(games::common_payoff(loss, 2), [](const auto& play) {
    const auto modified = games::common_payoff_modified_losses(play);
    CHECK(oracle::relative_error(modified.field(polynomial_start, play.total_rates()),
                                 games::modified_flow(play)(polynomial_start)) < 1e-14);
  });
}

TEST_CASE(
    "general games: the anchored losses' field is the modified flow at the anchor, and their flow meets the update") {
  for_each_play(games::polynomial(), [](const auto& play) {
    const auto modified = games::anchored_modified_losses(play, polynomial_start);
    CHECK(oracle::relative_error(modified.field(polynomial_start, play.total_rates()),
                                 games::modified_flow(play)(polynomial_start)) < 1e-14);
  });
  const auto error = [](double h) {
    const auto play = games::alternating(games::polynomial(), {.phi = h, .theta = 3 * h});
    const auto anchored =
        games::simultaneous(games::anchored_modified_losses(play, polynomial_start), play.total_rates());
    return one_step_error(games::modified_flow<1>(anchored), play, polynomial_start).norm;
  };
  CHECK(order_of_accuracy(error, {0.02, 0.014, 0.01, 0.007}).slope == Approx(3).margin(0.2));
}

TEST_CASE("modified losses are Problems with derivatives of every order") {
  const auto play = games::simultaneous(games::polynomial(), {.phi = 0.5, .theta = 0.25});
  const auto modified = games::anchored_modified_losses(play, V(0.5 * polynomial_start));
  const auto report = check_derivatives(modified.phi_loss(), polynomial_start);
  INFO(report);
  CHECK(report.passed());
  const auto norms = games::common_payoff_modified_losses(play);
  const auto second = check_derivatives(norms.theta_loss(), polynomial_start);
  INFO(second);
  CHECK(second.passed());
}

TEST_CASE("the modified losses of regularised play have its explicit terms") {
  const auto check = [](const auto& play, const V& z, const auto& modified) {
    const auto& plain = play.game().game();
    const V flow = plain.field(z, play.total_rates()) + games::drift_terms(play, z).sum();
    CHECK(oracle::relative_error(modified.field(z, play.total_rates()), flow) < 1e-13);
  };
  const games::Rates<double> rates{.phi = 0.2, .theta = 0.5};
  const auto dirac = games::consensus(games::cancel_interaction(games::alternating(games::dirac_gan(), rates)), 0.3);
  const V z = (V(2) << 0.7, -0.4).finished();
  check(dirac, z, games::zero_sum_modified_losses(dirac));
  const auto team =
      games::opponent_norm(games::simultaneous(games::common_payoff(games::polynomial().phi_loss(), 2), rates), 0.3);
  check(team, polynomial_start, games::common_payoff_modified_losses(team));
  const auto any = games::cancel_interaction(games::simultaneous(games::polynomial(), rates),
                                             {.convention = games::Convention::own_rate});
  check(any, polynomial_start, games::anchored_modified_losses(any, polynomial_start));
  CHECK_THROWS_WITH(games::anchored_modified_losses(games::consensus(any, 0.1), polynomial_start),
                    Catch::Contains("coefficients of opponent terms"));
}

TEST_CASE("an anchor of another length is refused") {
  const auto play = games::simultaneous(games::polynomial(), {.phi = 0.5, .theta = 0.25});
  CHECK_THROWS_AS(games::anchored_modified_losses(play, V(V::Zero(3))), InvalidArgument);
}
