#include <drift/games/stability.hpp>

#include "oracle_games.hpp"

#include <drift/flows/map_logarithm.hpp>
#include <drift/games/extragradient.hpp>
#include <drift/games/modified_flow.hpp>
#include <drift/games/optimistic.hpp>
#include <drift/games/regularised.hpp>
#include <drift/games/runge_kutta_4.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace drift;
using games::Verdict;
using V = Vector<double>;

namespace {

/// sign phi theta with Hessian-vector products and nothing more.
struct SecondOrderBilinear {
  using Scalar = double;
  double sign;
  Index dimension() const { return 2; }
  double value(const V& z) const { return sign * z[0] * z[1]; }
  V gradient(const V& z) const { return sign * z.reverse(); }
  V hessian_vector_product(const V&, const V& v) const { return sign * v.reverse(); }
};

}  // namespace

TEST_CASE("the linear game's radii, Jacobians, traces and determinants are the oracle's") {
  for (const auto& entry : oracle::load("linear_game_stability")) {
    const double eps = entry["eps"].get<double>(), h = entry["h"].get<double>();
    INFO("damping " << eps);
    const auto game = games::linear_rotational(eps);
    const auto sim = games::simultaneous(game, {.phi = h, .theta = h});
    const auto alt = games::alternating(game, {.phi = h, .theta = h});
    const V origin = V::Zero(2);
    CHECK(games::stability(sim, origin).growth == Approx(entry["rho_sim"].get<double>()).epsilon(1e-11));
    CHECK(games::stability(alt, origin).growth == Approx(entry["rho_alt"].get<double>()).epsilon(1e-11));
    const auto check = [&](const auto& st, const char* matrix, const char* trace, const char* determinant) {
      CHECK(oracle::relative_error(st.jacobian, Matrix<double>(h * oracle::matrix(entry[matrix]))) < 1e-11);
      CHECK(st.eigenvalues.sum().real() == Approx(h * entry[trace].template get<double>()).epsilon(1e-11));
      CHECK(st.eigenvalues.prod().real() == Approx(h * h * entry[determinant].template get<double>()).epsilon(1e-11));
    };
    check(games::stability(games::modified_flow(sim), origin), "mod_sim", "tr_sim", "det_sim");
    check(games::stability(games::modified_flow(alt), origin), "mod_alt", "tr_alt", "det_alt");
    const Verdict expected = eps == 0.2 ? Verdict::stable : Verdict::unstable;
    CHECK(games::stability(sim, origin).verdict == expected);
    CHECK(games::stability(games::modified_flow(sim), origin).verdict == expected);
    CHECK(games::stability(alt, origin).verdict == Verdict::stable);
    CHECK(games::stability(sim, origin).displacement == 0);
  }
}

TEST_CASE("the threshold of simultaneous play is where its radius is one") {
  for (const double eps : {0.05, 0.2, 0.7}) {
    const auto game = games::linear_rotational(eps);
    const V origin = V::Zero(2);
    const double h = games::largest_stable_scale(games::jacobian_of_field(game, origin, {.phi = 1, .theta = 1}));
    CHECK(h == Approx(2 * eps / (1 + eps * eps)).epsilon(1e-13));
    const auto verdict_at = [&](double rate) {
      return games::stability(games::simultaneous(game, {.phi = rate, .theta = rate}), origin).verdict;
    };
    CHECK(verdict_at(h * (1 - 1e-6)) == Verdict::stable);
    CHECK(verdict_at(h) == Verdict::neutral);
    CHECK(verdict_at(h * (1 + 1e-6)) == Verdict::unstable);
  }
  CHECK(games::largest_stable_scale(
            games::jacobian_of_field(games::bilinear(), V(V::Zero(2)), {.phi = 1, .theta = 1})) == 0);
}

TEST_CASE("verdicts on the bilinear game and the Dirac-GAN") {
  const V origin = V::Zero(2);
  const double h = 0.1;
  const games::Rates<double> rates{.phi = h, .theta = h};
  const auto bilinear = games::bilinear();
  CHECK(games::stability(games::simultaneous(bilinear, rates), origin).growth == Approx(std::sqrt(1 + h * h)));
  CHECK(games::stability(games::modified_flow(games::simultaneous(bilinear, rates)), origin).growth ==
        Approx(std::exp(h * h / 2)));
  CHECK(games::stability(games::alternating(bilinear, rates), origin).verdict == Verdict::neutral);
  CHECK(games::stability(games::runge_kutta_4(bilinear, rates), origin).verdict == Verdict::stable);
  CHECK(games::stability(games::extragradient(bilinear, rates), origin).verdict == Verdict::stable);
  const auto optimistic = games::optimistic(bilinear, rates);
  CHECK(games::stability(optimistic, optimistic.start(origin)).verdict == Verdict::stable);

  const auto dirac = games::dirac_gan();
  const auto sim = games::stability(games::modified_flow(games::simultaneous(dirac, rates)), origin);
  CHECK(sim.verdict == Verdict::unstable);
  CHECK(sim.decisive.real() == Approx(h * h / 8).epsilon(1e-12));  // (h / 8) I per unit of flow time
  const auto alt = games::stability(games::modified_flow(games::alternating(dirac, rates)), origin);
  CHECK(alt.verdict == Verdict::neutral);
  CHECK(std::abs(alt.eigenvalues.sum()) < 1e-15);
  CHECK(games::stability(games::sga(games::simultaneous(dirac, rates), 0.3), origin).verdict == Verdict::stable);
}

TEST_CASE("the Jacobian of plain play by products is that by complex steps, and its flow's logarithm") {
  const auto game = games::polynomial();
  const V z = oracle::vector(oracle::load("poly_game")["state"]);
  const auto play = games::alternating(game, {.phi = 0.1, .theta = 0.2}, {.phi_steps = 2, .theta_steps = 3});
  CHECK(oracle::relative_error(games::jacobian(play, z), drift::jacobian(play, z)) < 1e-14);
  const auto base = oracle::load("poly_game");
  Matrix<double> expected(4, 4);
  expected << oracle::matrix(base["f_phi"]), oracle::matrix(base["f_theta"]), oracle::matrix(base["g_phi"]),
      oracle::matrix(base["g_theta"]);
  CHECK(oracle::relative_error(games::jacobian_of_field(game, z, {.phi = 1, .theta = 1}), expected) < 1e-11);
}

TEST_CASE("the growth of higher flows approaches the update's") {
  const V origin = V::Zero(2);
  const auto play = games::simultaneous(games::linear_rotational(0.09), {.phi = 0.2, .theta = 0.2});
  const double exact = games::stability(play, origin).growth;
  const auto miss = [&](const auto& flow) { return std::abs(games::stability(flow, origin).growth - exact); };
  CHECK(miss(games::modified_flow<4>(play)) < miss(games::modified_flow<2>(play)) / 10);
  CHECK(miss(games::modified_flow<8>(play)) < 1e-6);
  CHECK(miss(flows::map_logarithm<8>(play)) < 1e-5);
}

TEST_CASE("predicted growth is what happens") {
  const auto play =
      games::cancel_interaction(games::simultaneous(games::linear_rotational(0.09), {.phi = 0.2, .theta = 0.2}));
  const double growth = games::stability(play, V(V::Zero(2))).growth;
  CHECK(growth == Approx(0.98221).epsilon(1e-5));
  V z = V::Ones(2);
  for (int i = 0; i < 100; ++i) z = play(z);
  CHECK(z.norm() == Approx(std::sqrt(2.0) * std::pow(growth, 100)).epsilon(1e-9));
}

TEST_CASE("a Jacobian that is not finite decides nothing") {
  const auto play = games::simultaneous(games::polynomial(), {.phi = 0.1, .theta = 0.1});
  const auto st = games::stability(play, V::Constant(4, 1e300));
  CHECK(st.verdict == Verdict::undetermined);
  CHECK_THROWS_AS(games::stability(play, V(V::Zero(3))), InvalidArgument);
}

TEST_CASE(
    "losses with Hessian-vector products alone are enough for plain and cancelled play and its second-order flow") {
  const auto game = two_player_game(SecondOrderBilinear{1}, SecondOrderBilinear{-1}, 1);
  const auto same = games::bilinear();
  const games::Rates<double> rates{.phi = 0.1, .theta = 0.2};
  const V z = (V(2) << 0.3, -0.7).finished();
  const auto alt = games::alternating(game, rates, {.phi_steps = 2});
  const auto expected = games::alternating(same, rates, {.phi_steps = 2});
  CHECK(games::stability(alt, z).growth == Approx(games::stability(expected, z).growth).epsilon(1e-14));
  CHECK(oracle::relative_error(games::modified_flow(alt)(z), games::modified_flow(expected)(z)) < 1e-14);
  CHECK(oracle::relative_error(games::cancel_interaction(alt)(z), games::cancel_interaction(expected)(z)) < 1e-14);
}
