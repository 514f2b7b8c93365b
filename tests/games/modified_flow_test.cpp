#include <drift/games/modified_flow.hpp>

#include "oracle_games.hpp"

#include <drift/calculus/order_of_accuracy.hpp>
#include <drift/flows/map_logarithm.hpp>
#include <drift/flows/modified.hpp>
#include <drift/games/regularised.hpp>
#include <drift/integrate/follow.hpp>
#include <drift/integrate/one_step_error.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <utility>

using namespace drift;
using V = Vector<double>;

namespace {

const V polynomial_start = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();

template <class Visit>
void for_each_order(const Visit& visit) {
  [&]<int... i>(std::integer_sequence<int, i...>) {
    (visit(std::integral_constant<int, i + 1>{}), ...);
  }(std::make_integer_sequence<int, 4>{});
}

/// The slope of a flow's one-step error; make(h) gives {flow, step}.
template <class Make>
double local_order(const Make& make) {
  const auto error = [&](double h) {
    const auto [flow, step] = make(h);
    return one_step_error(flow, step, polynomial_start).norm;
  };
  return order_of_accuracy(error, {0.04, 0.028, 0.02, 0.014}).slope;
}

/// A joint flow on the clock of updates out of any field.
template <class F>
struct OnUpdates {
  F field;
  double step_time() const { return 1; }
  V operator()(const V& z) const { return field(z); }
};
template <class F>
OnUpdates(F) -> OnUpdates<F>;

}  // namespace

TEST_CASE("the coefficients F_1 to F_5 of both schemes are the oracle's") {
  oracle::for_each_game<double>([](const auto& game, const auto& file) {
    const V z = oracle::vector(file["state"]);
    for (const auto& entry : file["entries"]) {
      INFO(file["problem"] << " " << oracle::name_of(entry));
      const Matrix<double> f = games::modified_field_coefficients(oracle::play_of(game, entry, 1.0), z, 5);
      REQUIRE(f.cols() == 5);
      for (std::size_t m = 0; m < 5; ++m) {
        INFO("F_" << m + 1);
        CHECK(oracle::relative_error(V(f.col(static_cast<Index>(m))), oracle::vector(entry["F"][m])) < 1e-11);
      }
    }
  });
}

TEST_CASE("updates and the ends of their flows are the oracle's") {
  oracle::for_each_game<double>([](const auto& game, const auto& file) {
    const V z = oracle::vector(file["state"]);
    for (const auto& entry : file["entries"]) {
      for (const auto& step : entry["steps"]) {
        INFO(file["problem"] << " " << oracle::name_of(entry) << " h " << step["h"]);
        const auto play = oracle::play_of(game, entry, step["h"].template get<double>());
        CHECK(oracle::relative_error(play(z), oracle::vector(step["discrete"])) < 1e-11);
        for_each_order([&](auto n) {
          const auto& flow = step["flows"][n() - 1];
          REQUIRE(flow["order"] == n());
          const auto path =
              follow(games::modified_flow<n()>(play), z, 1, {.relative_tolerance = 1e-12, .absolute_tolerance = 1e-14});
          const double tolerance = std::max(1e-9, 10 * flow["endpoint_abs_err_estimate"].template get<double>());
          CHECK(oracle::relative_error(path.state, oracle::vector(flow["endpoint"])) < tolerance);
        });
      }
    }
  });
}

TEST_CASE("local orders are n + 1, for both schemes, unequal rates and inner steps") {
  const auto game = games::polynomial();
  for_each_order([&](auto n) {
    const auto order = [&](const auto& play_at) {
      return local_order([&](double h) {
        const auto play = play_at(h);
        return std::pair(games::modified_flow<n()>(play), play);
      });
    };
    INFO("n " << n());
    CHECK(order([&](double h) { return games::simultaneous(game, {.phi = h, .theta = 2 * h}); }) ==
          Approx(n() + 1).margin(0.2));
    CHECK(order([&](double h) { return games::alternating(game, {.phi = h, .theta = 2 * h}); }) ==
          Approx(n() + 1).margin(0.2));
    CHECK(order([&](double h) {
            return games::alternating(game, {.phi = h, .theta = h / 2}, {.phi_steps = 2, .theta_steps = 3});
          }) == Approx(n() + 1).margin(0.2));
    CHECK(order([&](double h) {
            return games::alternating(game, {.phi = h, .theta = h}, {.phi_steps = 2, .first = games::Player::theta});
          }) == Approx(n() + 1).margin(0.2));
  });
}

TEST_CASE("the papers' coefficients in a joint flow, or one rate for several steps, are of first order only") {
  const auto game = games::polynomial();
  const auto with = [&](const auto& play, const games::GameCoefficients<double>& c) {
    const auto total = play.total_rates();
    return OnUpdates{[=](const V& z) -> V {
      auto t = games::loss_gradient_terms(play.game(), z);
      V v = joint_field(play.game(), z, total);
      v.head(2) -= total.phi * (c.phi.self * t.phi.self + c.phi.interaction * t.phi.interaction);
      v.tail(2) -= total.theta * (c.theta.self * t.theta.self + c.theta.interaction * t.theta.interaction);
      return v;
    }};
  };
  const auto unequal = [&](double h) { return games::alternating(game, {.phi = h, .theta = 2 * h}); };
  CHECK(local_order([&](double h) {
          return std::pair(with(unequal(h), games::drift_coefficients(unequal(h))), unequal(h));
        }) == Approx(3).margin(0.2));
  CHECK(local_order([&](double h) {
          return std::pair(with(unequal(h), games::drift_coefficients(unequal(h), games::Convention::own_rate)),
                           unequal(h));
        }) == Approx(2).margin(0.2));

  // the coefficients of one step of rate h where each of several has it
  const auto several = [&](double h) {
    return games::alternating(game, {.phi = h, .theta = h}, {.phi_steps = 2, .theta_steps = 3});
  };
  CHECK(local_order([&](double h) {
          const auto split =
              games::alternating(game, {.phi = h / 2, .theta = h / 3}, {.phi_steps = 2, .theta_steps = 3});
          return std::pair(with(several(h), games::drift_coefficients(split)), several(h));
        }) == Approx(2).margin(0.2));
}

TEST_CASE("a common payoff with equal rates is gradient descent") {
  const auto game = games::common_payoff(differentiable(games::PolynomialPhiLoss{}, 4), 2);
  const auto play = games::simultaneous(game, {.phi = 0.1, .theta = 0.1});
  const auto flow = flows::modified<4>(game.phi_loss(), 0.1);
  CHECK(oracle::relative_error(games::modified_flow<4>(play)(polynomial_start), V(0.1 * flow(polynomial_start))) <
        1e-13);
}

TEST_CASE("the short forms of n = 1 and 2 are the series") {
  const auto play = games::alternating(games::polynomial(), {.phi = 0.1, .theta = 0.2}, {.phi_steps = 3});
  const Matrix<double> f = games::modified_field_coefficients(play, polynomial_start, 3);
  CHECK(oracle::relative_error(games::modified_flow<1>(play)(polynomial_start), V(f.col(0))) < 1e-14);
  CHECK(oracle::relative_error(games::modified_flow(play)(polynomial_start), V(f.col(0) + f.col(1))) < 1e-14);
  CHECK(oracle::relative_error(games::modified_flow<3>(play)(polynomial_start), V(f.rowwise().sum())) < 1e-14);
  CHECK(games::modified_flow(play).step_time() == 1);
}

TEST_CASE("frozen players and complex states") {
  const auto frozen = games::alternating(games::polynomial(), {.phi = 0, .theta = 0.1});
  CHECK(games::modified_flow<3>(frozen)(polynomial_start).head(2) == V::Zero(2));
  const auto play = games::alternating(games::polynomial(), {.phi = 0.1, .theta = 0.2});
  const Vector<std::complex<double>> z = polynomial_start.cast<std::complex<double>>();
  CHECK(oracle::relative_error(V(games::modified_flow<3>(play)(z).real()),
                               games::modified_flow<3>(play)(polynomial_start)) < 1e-14);
}

TEST_CASE("regularised play has modified flows of every order") {
  const auto game = games::polynomial();
  for_each_order([&](auto n) {
    INFO("n " << n());
    CHECK(local_order([&](double h) {
            const auto play =
                games::cancel_interaction(games::alternating(game, {.phi = h, .theta = 2 * h}, {.theta_steps = 2}));
            return std::pair(games::modified_flow<n()>(play), play);
          }) == Approx(n() + 1).margin(0.25));
    CHECK(local_order([&](double h) {
            const auto play = games::consensus(games::simultaneous(game, {.phi = h, .theta = h}), 0.3);
            return std::pair(games::modified_flow<n()>(play), play);
          }) == Approx(n() + 1).margin(0.25));
  });
}
