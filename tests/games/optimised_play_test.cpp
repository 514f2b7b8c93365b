#include <drift/games/optimised_play.hpp>

#include <drift/descent/adam.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/flows/map_logarithm.hpp>
#include <drift/games/regularised.hpp>
#include <drift/games/stability.hpp>
#include <drift/games/zoo.hpp>
#include <drift/integrate/iterate.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/rate_list.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <complex>

using namespace drift;
using Catch::Matchers::Contains;
using C = std::complex<double>;
using V = Vector<double>;

namespace {

const V polynomial_start = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();
const V plane_start = (V(2) << 0.6, -0.8).finished();

/// Each player has a loss of its own parameters alone: a game that is two problems.
struct First {
  template <class T>
  T operator()(const Vector<T>& phi) const {
    return phi[0] * phi[0] * phi[1] + phi[1] * phi[1] * T(2) - phi[0];
  }
};
struct Second {
  template <class T>
  T operator()(const Vector<T>& theta) const {
    return theta[0] * theta[0] * theta[0] + theta[0];
  }
};
auto separate() {
  return two_player_game([](const auto& phi, const auto&) { return First{}(phi); },
                         [](const auto&, const auto& theta) { return Second{}(theta); }, 2, 1);
}

/// The loss of a user's own class, with Hessian-vector products and nothing more: half z'Az.
struct SecondOrder {
  using Scalar = double;
  Matrix<double> a;
  Index dimension() const { return a.rows(); }
  double value(const V& z) const { return z.dot(a * z) / 2; }
  V gradient(const V& z) const { return a * z; }
  V hessian_vector_product(const V&, const V& v) const { return a * v; }
};

Matrix<double> matrix(double a, double b, double c, double d) {
  return (Matrix<double>(2, 2) << a, b, c, d).finished();
}

/// Half d phi^2 + c phi theta - half e theta^2, which phi minimises and theta maximises.
auto plane_game(double d, double c, double e) {
  return two_player_game(SecondOrder{matrix(d, c, c, -e)}, SecondOrder{matrix(-d, -c, -c, e)}, 1);
}

/// The players' momenta and rates on the bilinear game.
struct BilinearCase {
  double a, b, beta, gamma;

  auto simultaneous() const {
    return games::simultaneous(games::bilinear(), Momentum{.learning_rate = a, .momentum = beta},
                               Momentum{.learning_rate = b, .momentum = gamma});
  }
  auto alternating() const {
    return games::alternating(games::bilinear(), Momentum{.learning_rate = a, .momentum = beta},
                              Momentum{.learning_rate = b, .momentum = gamma});
  }
};

template <class Step>
V repeated(const Step& step, V state, int updates) {
  for (int i = 0; i < updates; ++i) state = step(state);
  return state;
}

}  // namespace

TEST_CASE("gradient descent on both sides is gradient play", "[games][optimised_play]") {
  const auto game = games::polynomial();
  const games::Rates<double> rates{.phi = 0.1, .theta = 0.07};
  const GradientDescent phi{.learning_rate = 0.1}, theta{.learning_rate = 0.07};
  const auto expect_same = [&](const auto& play, const auto& plain) {
    CHECK(play.dimension() == 4);
    CHECK(play.start(polynomial_start) == polynomial_start);
    const V reached = repeated(plain, polynomial_start, 20);
    CHECK((repeated(play, polynomial_start, 20) - reached).norm() < 1e-14 * reached.norm());
    const Vector<C> z = polynomial_start.cast<C>() * C(0.6, 0.8);
    CHECK((play(z) - plain(z)).norm() < 1e-15);
  };
  expect_same(games::simultaneous(game, phi, theta), games::simultaneous(game, rates));
  expect_same(games::alternating(game, phi, theta), games::alternating(game, rates));
  const games::AlternatingOptions options{.phi_steps = 2, .theta_steps = 3, .first = games::Player::theta};
  expect_same(games::alternating(game, phi, theta, options), games::alternating(game, rates, options));
}

TEST_CASE("players who do not meet each follow their own descent", "[games][optimised_play]") {
  const auto game = separate();
  const V z = (V(3) << 0.3, -0.4, 0.2).finished();
  const auto check = [&](const auto& phi_optimiser, const auto& theta_optimiser) {
    const auto phi = descent::step(differentiable(First{}, 2), phi_optimiser);
    const auto theta = descent::step(differentiable(Second{}, 1), theta_optimiser);
    V of_phi = phi.start(V(z.head(2))), of_theta = theta.start(V(z.tail(1)));
    const auto sim = games::simultaneous(game, phi_optimiser, theta_optimiser);
    const auto alt = games::alternating(game, phi_optimiser, theta_optimiser, {.theta_steps = 2});
    const V start = sim.start(z);
    REQUIRE(sim.dimension() == phi.dimension() + theta.dimension());
    CHECK(start.size() == sim.dimension());
    CHECK(start.segment(3, of_phi.size() - 2) == of_phi.tail(of_phi.size() - 2));
    CHECK(start.tail(of_theta.size() - 1) == of_theta.tail(of_theta.size() - 1));

    of_phi = repeated(phi, of_phi, 10);
    of_theta = repeated(theta, of_theta, 10);
    const V joint = (V(sim.dimension()) << of_phi.head(2), of_theta.head(1), of_phi.tail(of_phi.size() - 2),
                     of_theta.tail(of_theta.size() - 1))
                        .finished();
    CHECK((repeated(sim, start, 10) - joint).norm() < 1e-14);
    CHECK((alt.parameters(repeated(alt, start, 5)).tail(1) - joint.segment(2, 1)).norm() < 1e-14);
  };
  check(Momentum{.learning_rate = 0.05, .momentum = 0.5}, Adam{.learning_rate = 0.01});
  check(Adam{.learning_rate = 0.01}, GradientDescent{.learning_rate = 0.02});
  check(GradientClipping{.optimiser = Momentum{.learning_rate = 0.05}, .largest_norm = 0.1},
        Momentum{.learning_rate = DriftAdjusted{.cap = 0.1}});
}

TEST_CASE("an update with memory is one matrix on a linear game", "[games][optimised_play]") {
  const double a = 0.1, b = 0.2, beta = 0.5, gamma = 0.25;
  const BilinearCase bilinear{a, b, beta, gamma};
  Matrix<double> sim(4, 4);  // of (phi, theta, phi's velocity, theta's velocity)
  sim << 1, -a, beta, 0,     //
      b, 1, 0, gamma,        //
      0, -a, beta, 0,        //
      b, 0, 0, gamma;
  Matrix<double> alt = sim;  // theta meets phi - a theta + beta v
  const auto phi_then = sim.row(0);
  alt.row(3) = b * phi_then;
  alt(3, 3) += gamma;
  alt.row(1) = alt.row(3);
  alt(1, 1) += 1;
  for (Index i = 0; i < 4; ++i) {
    const V unit = V::Unit(4, i);
    CHECK((bilinear.simultaneous()(unit) - sim.col(i)).norm() < 1e-15);
    CHECK((bilinear.alternating()(unit) - alt.col(i)).norm() < 1e-15);
  }
}

TEST_CASE("alternating players: phi meets the old theta, theta the new phi; either may be first",
          "[games][optimised_play]") {
  const auto game = games::bilinear();  // grad phi = theta, grad theta = -phi
  const Momentum phi{.learning_rate = 0.5, .momentum = 0.5}, theta{.learning_rate = 0.25, .momentum = 0.5};
  const V state = (V(4) << 1, 2, 4, -4).finished();
  const V sim = games::simultaneous(game, phi, theta)(state);
  CHECK(sim == (V(4) << 1 + 1, 2 - 1.75, 2 - 1, -2 + 0.25).finished());
  const V alt = games::alternating(game, phi, theta)(state);
  CHECK(alt == (V(4) << 1 + 1, 2 - 1.5, 1, -2 + 0.5).finished());
  const V rev = games::alternating(game, phi, theta, {.first = games::Player::theta})(state);
  CHECK(rev == (V(4) << 1 + 1.875, 2 - 1.75, 2 - 0.125, -1.75).finished());
}

TEST_CASE("inner steps are steps of the optimiser, with one memory", "[games][optimised_play]") {
  const auto game = games::polynomial();
  const Adam phi{.learning_rate = 0.01};
  const Momentum theta{.learning_rate = 0.05, .momentum = 0.5};
  const auto update = games::alternating(game, phi, theta, {.phi_steps = 2, .theta_steps = 3});
  // The other player's steps one at a time, undone.
  const auto one = games::alternating(game, phi, theta);
  const V start = one(update.start(polynomial_start));
  const Index n = 4, phi_memory = 6;
  V state = start;
  const auto only = [&](games::Player player) {
    const auto step = games::alternating(game, phi, theta, {.first = player});
    const V both = step(state);
    if (player == games::Player::phi) {
      state.head(2) = both.head(2);
      state.segment(n, phi_memory) = both.segment(n, phi_memory);
    } else {
      state.segment(2, 2) = both.segment(2, 2);
      state.tail(2) = both.tail(2);
    }
  };
  for (int i = 0; i < 2; ++i) only(games::Player::phi);
  for (int i = 0; i < 3; ++i) only(games::Player::theta);
  CHECK(update(start) == state);
}

TEST_CASE("Adam's first step is -h sign(g) for each player", "[games][optimised_play]") {
  const auto game = games::polynomial();
  const auto play = games::simultaneous(game, Adam{.learning_rate = 0.1}, Adam{.learning_rate = 0.02});
  const V start = play.start(polynomial_start);
  CHECK(play.dimension() == 4 + 6 + 6);
  CHECK(start == (V(16) << polynomial_start, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1).finished());
  const V moved = play.parameters(play(start)) - polynomial_start;
  const V sign = game.own_gradients(polynomial_start).cwiseSign();
  CHECK((moved.head(2) + 0.1 * sign.head(2)).norm() < 1e-8);
  CHECK((moved.tail(2) + 0.02 * sign.tail(2)).norm() < 1e-8);
}

TEST_CASE("eigenvalues of momentum play on the bilinear game are the roots of its polynomial",
          "[games][optimised_play]") {
  const V origin = V::Zero(4);
  for (const BilinearCase& c : {BilinearCase{0.1, 0.2, 0.5, 0.25}, BilinearCase{0.3, 0.3, 0.9, 0.9}}) {
    const auto expect_roots = [&](const auto& play, int power) {
      const auto st = games::stability(play, origin);
      REQUIRE(st.eigenvalues.size() == 4);
      for (const C& r : st.eigenvalues) {
        const C left = (r - 1.0) * (r - 1.0) * (r - c.beta) * (r - c.gamma);
        CHECK(std::abs(left + c.a * c.b * std::pow(r, power)) < 1e-13);
      }
      // All four, each as often as it counts: by the polynomial's outer coefficients.
      CHECK(std::abs(st.eigenvalues.prod() - c.beta * c.gamma) < 1e-13);
      CHECK(std::abs(st.eigenvalues.sum() - (2 + c.beta + c.gamma - (power == 3 ? c.a * c.b : 0))) < 1e-13);
    };
    expect_roots(c.simultaneous(), 2);
    expect_roots(c.alternating(), 3);
  }
}

TEST_CASE("per player the map of equal momentum play is 2 x 2 and complex: it spirals out, and so it does alternating",
          "[games][optimised_play]") {
  const V origin = V::Zero(4);
  for (const double beta : {0.0, 0.3, 0.8}) {
    const auto misses = [&](double h) {
      const BilinearCase c{h, h, beta, beta};
      const double eta = h / (1 - beta);
      // (w, v) with w = phi + i theta: [[1 + i h, beta], [i h, beta]]
      const C s(1 + beta, h), root = std::sqrt(s * s - 4 * beta);
      const double sim = games::stability(c.simultaneous(), origin).growth;
      CHECK(sim == Approx(std::max(std::abs(s + root), std::abs(s - root)) / 2).epsilon(1e-13));
      const double alt = games::stability(c.alternating(), origin).growth;
      return std::pair(std::abs(sim - 1 - eta * eta * (1 + beta) / (2 * (1 - beta))),
                       std::abs(alt - 1 - eta * eta * beta / (1 - beta)));
    };
    const auto [sim, alt] = misses(0.01 * (1 - beta) * (1 - beta));
    const auto [sim_halved, alt_halved] = misses(0.005 * (1 - beta) * (1 - beta));
    CHECK(std::log2(sim / sim_halved) == Approx(4).margin(0.1));
    if (beta > 0) {
      CHECK(std::log2(alt / alt_halved) == Approx(4).margin(0.1));
    } else {
      CHECK(alt < 1e-14);
    }
  }
}

TEST_CASE("Jacobians are exact with Momentum, and not to be had with Adam", "[games][optimised_play]") {
  const auto game = games::polynomial();
  const Momentum momentum{.learning_rate = 0.1, .momentum = 0.5};
  const auto play = games::alternating(game, momentum, momentum, {.phi_steps = 2});
  const V state = (V(8) << polynomial_start, 0.1, -0.2, 0.3, 0.05).finished();
  const Matrix<double> j = jacobian(play, state);
  for (Index i = 0; i < 8; ++i) {
    const V d = 1e-5 * V::Unit(8, i);
    CHECK(((play(V(state + d)) - play(V(state - d))) / 2e-5 - j.col(i)).norm() < 1e-9);
  }
  STATIC_REQUIRE(Update<decltype(play), C>);
  STATIC_REQUIRE(Update<decltype(games::simultaneous(game, momentum, Adam{})), double>);
  STATIC_REQUIRE_FALSE(Update<decltype(games::simultaneous(game, momentum, Adam{})), C>);
}

TEST_CASE("map_logarithm of momentum play: on the slow modes of order n, and on states of both memories",
          "[games][optimised_play]") {
  const double beta = 0.2;
  const auto miss = [&](double h) {
    const BilinearCase c{h, h, beta, beta};
    const auto play = c.simultaneous();
    const auto field = flows::map_logarithm<2>(play);
    CHECK(field.dimension() == 4);
    const C s(1 + beta, h), r = (s + std::sqrt(s * s - 4 * beta)) / 2.0, v = 1.0 - 1.0 / r;  // velocity over position
    Vector<C> mode(4);
    mode << 1, C(0, -1), v, C(0, -1) * v;
    CHECK((play(mode) - r * mode).norm() < 1e-14);
    return (field(mode) - std::log(r) * mode).norm();
  };
  CHECK(std::log2(miss(0.01) / miss(0.005)) == Approx(3).margin(0.1));
  const auto adam = games::simultaneous(games::bilinear(), Adam{}, Momentum{.learning_rate = 0.1});
  const auto field = flows::map_logarithm<1>(adam);
  const V start = adam.start(plane_start);
  CHECK(field(start) == adam(start) - start);
  CHECK(start.size() == 2 + 4 + 1);
}

TEST_CASE("a drift-adjusted rate takes the player's own block of the Hessian", "[games][optimised_play]") {
  const auto check = [](const auto& game) {
    // In one parameter |H g| / |g| is the own curvature, 4 and 0.5, however strong the interaction.
    const V z = (V(2) << 0.3, -0.2).finished();
    const V g = game.own_gradients(z);
    const GradientDescent adjusted{.learning_rate = DriftAdjusted{}};
    const V next = games::simultaneous(game, adjusted, adjusted)(z);
    CHECK(next[0] == Approx(0.3 - 2 / 4.0 * g[0]));
    CHECK(next[1] == Approx(-0.2 - 2 / 0.5 * g[1]));
    const V turn = games::alternating(game, adjusted, adjusted)(z);
    CHECK(turn[0] == next[0]);
    CHECK(turn[1] == Approx(-0.2 - 2 / 0.5 * game.own_gradients((V(2) << turn[0], z[1]).finished())[1]));
  };
  check(plane_game(4, 7, 0.5));
  const auto one = [](double x) -> Matrix<double> { return Matrix<double>::Constant(1, 1, x); };
  check(games::quadratic_zero_sum<double>(one(4), one(7), one(0.5)));

  // Three parameters: phi's gradient along an eigenvector of A is reflected, h = 2 / lambda; theta has no curvature.
  const Matrix<double> a = matrix(3, 1, 1, 3);  // (1, 1): 4, (1, -1): 2
  const Matrix<double> b = (Matrix<double>(2, 1) << 5, 5).finished();
  const auto game = games::quadratic_zero_sum<double>(a, b, one(0));
  const V z = (V(3) << 0.5, 0.5, -0.2).finished();  // phi's gradient is (1, 1): 4 * 0.5 - 5 * 0.2
  const GradientDescent adjusted{.learning_rate = DriftAdjusted{.rate_if_flat = 0.25}};
  const V next = games::simultaneous(game, adjusted, adjusted)(z);
  CHECK((next - (V(3) << 0, 0, -0.2 + 0.25 * 5).finished()).norm() < 1e-14);
}

TEST_CASE("schedules are asked for the iteration that the play was made with, at every inner step",
          "[games][optimised_play]") {
  const auto game = games::bilinear();
  const GradientDescent listed{.learning_rate = RateList{.rates = {0.5, 0.25}}};
  const GradientDescent quarter{.learning_rate = 0.25}, half{.learning_rate = 0.5};
  const games::AlternatingOptions twice{.phi_steps = 2, .theta_steps = 2};
  CHECK(games::simultaneous(game, listed, listed)(plane_start) == games::simultaneous(game, half, half)(plane_start));
  CHECK(games::simultaneous(game, listed, listed, 1)(plane_start) ==
        games::simultaneous(game, quarter, quarter)(plane_start));
  CHECK(games::alternating(game, listed, listed, twice)(plane_start) ==
        games::alternating(game, half, half, twice)(plane_start));
  CHECK(games::alternating(game, listed, listed, twice, 1)(plane_start) ==
        games::alternating(game, quarter, quarter, twice)(plane_start));
}

TEST_CASE("regularisers change the gradients that the optimisers see", "[games][optimised_play]") {
  const auto game = games::polynomial();
  const games::GameCoefficients<double> c{.phi = {.self = 0.1, .interaction = -0.2},
                                          .theta = {.interaction = 0.3, .opponent = 0.05}};
  const GradientDescent phi{.learning_rate = 0.1}, theta{.learning_rate = 0.07};
  const auto plain = games::regularised(games::alternating(game, {.phi = 0.1, .theta = 0.07}), c);
  const auto play = games::regularised(games::alternating(game, phi, theta), c);
  CHECK((play(polynomial_start) - plain(polynomial_start)).norm() < 1e-15);
  const Momentum undamped{.learning_rate = 0.1, .momentum = 0};
  const auto sim = games::consensus(games::simultaneous(game, undamped, undamped), 0.3);
  const auto plain_sim = games::consensus(games::simultaneous(game, {.phi = 0.1, .theta = 0.1}), 0.3);
  CHECK((sim.parameters(sim(sim.start(polynomial_start))) - plain_sim(polynomial_start)).norm() < 1e-15);

  using Regularised = std::decay_t<decltype(plain.game())>;
  STATIC_REQUIRE(games::HasOwnProducts<std::decay_t<decltype(game)>, games::Player::phi, double>);
  STATIC_REQUIRE_FALSE(games::HasOwnProducts<Regularised, games::Player::phi, double>);
}

TEST_CASE("a player's point has the loss' value, and one push from stage 0", "[games][optimised_play]") {
  const auto game = games::polynomial();
  using Theta = games::PlayerPoint<games::Player::theta, std::decay_t<decltype(game)>, double>;
  games::detail::PlayerSide<GradientDescent<>, double> side{{1.0}, {}, polynomial_start.tail(2), {}, {}, {}, {}};
  side.gradient = game.own_gradient<games::Player::theta>(polynomial_start);
  Theta e(game, polynomial_start, side);
  CHECK(e.state() == polynomial_start.tail(2));
  CHECK(e.gradient() == game.own_gradients(polynomial_start).tail(2));
  CHECK(e.value() == Approx(game.theta_loss().value(polynomial_start)).epsilon(1e-15));
  const V v = (V(2) << 1, -2).finished();
  const V whole = (V(4) << 0, 0, v).finished();
  const V expected = hessian(game.theta_loss(), polynomial_start).bottomRows(2) * whole;
  CHECK((e.push(v) - expected).norm() < 1e-15);
  CHECK(e.stage() == 1);
  CHECK_THROWS_AS(e.push(v), InvalidArgument);
  e.rewind(0);
  CHECK((e.push(2 * v) - 2 * expected).norm() < 1e-14);
  CHECK_THROWS_AS(e.rewind(2), InvalidArgument);
  e.rewind(0);
  CHECK_THROWS_AS(e.push(whole), InvalidArgument);
}

TEST_CASE("momentum play repeats under iterate, in place", "[games][optimised_play]") {
  const BilinearCase c{0.1, 0.1, 0.3, 0.3};
  const auto play = c.alternating();
  const V start = play.start(plane_start);
  const auto run = iterate(play, start, {.iterations = 50});
  CHECK(run.state == repeated(play, start, 50));
  V in_place = start;
  play.advance(in_place);
  CHECK(in_place == play(start));
  CHECK(play(2 * start) == play(V(2 * start)));
}

TEST_CASE("players whose gradient is zero stay, though no rate is known there", "[games][optimised_play]") {
  const auto game = plane_game(4, 7, 0.5);
  const GradientDescent adjusted{.learning_rate = DriftAdjusted{}};
  CHECK(games::simultaneous(game, adjusted, adjusted)(V(V::Zero(2))) == V::Zero(2));
  const V nowhere = (V(2) << std::nan(""), 1).finished();
  CHECK(!games::simultaneous(game, adjusted, adjusted)(nowhere).allFinite());
}

TEST_CASE("optimised play keeps the precision of its game", "[games][optimised_play]") {
  const auto check = [](auto one) {
    using S = decltype(one);
    using std::abs;
    const Momentum half{.learning_rate = 0.5, .momentum = 0.5};
    const auto play = games::simultaneous(games::bilinear<S>(), half, half);
    const Vector<S> z = Vector<S>::Constant(2, S(1) / S(3));
    const Vector<S> next = play(play(play.start(z)));  // velocities -1/6, 1/6, then -1/12 - 1/4, 1/12 + 1/12
    CHECK(abs(next[0] - (S(1) / S(6) - S(1) / S(3))) < S(4) * epsilon<S>());
    CHECK(abs(next[1] - (S(1) / S(2) + S(1) / S(6))) < S(4) * epsilon<S>());
  };
  check(1.0F);
  check(1.0L);
}

TEST_CASE("misuse of optimised play is named", "[games][optimised_play]") {
  const auto game = games::polynomial();
  const GradientDescent good{.learning_rate = 0.1};
  CHECK_THROWS_AS(games::simultaneous(game, GradientDescent{.learning_rate = -0.1}, good), InvalidArgument);
  CHECK_THROWS_WITH(games::simultaneous(game, GradientDescent{.learning_rate = -0.1}, good),
                    Contains("phi's optimiser, learning_rate: was -0.1"));
  CHECK_THROWS_WITH(games::simultaneous(game, good, Momentum{.learning_rate = 0.1, .momentum = -0.5}),
                    Contains("theta's optimiser, momentum: was -0.5"));
  CHECK_THROWS_WITH(games::alternating(game, good, good, {.phi_steps = 0}), Contains("phi_steps: was 0"));
  CHECK_THROWS_WITH(games::simultaneous(game, good, good, -1), Contains("iteration: was -1"));
  const auto play = games::simultaneous(game, Adam{}, good);
  CHECK_THROWS_WITH(play(polynomial_start), Contains("state: was of length 4") && Contains("start(z)"));
  CHECK_THROWS_AS(play.parameters(polynomial_start), InvalidArgument);
  CHECK_THROWS_WITH(play.start(V::Ones(3)), Contains("z: was of length 3"));
  CHECK_THROWS_WITH(games::simultaneous(game, good, good)(V::Ones(3)), Contains("z: was of length 3"));
}
