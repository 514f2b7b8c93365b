#include <drift/flows/map_logarithm.hpp>
#include <drift/games/extragradient.hpp>
#include <drift/games/modified_flow.hpp>
#include <drift/games/regularised.hpp>
#include <drift/games/runge_kutta_4.hpp>
#include <drift/games/stability.hpp>
#include <drift/games/zoo.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace drift;

TEMPLATE_TEST_CASE("games in other number types are those in double, to their precision", "", float, long double) {
  using S = TestType;
  const Vector<double> z = (Vector<double>(4) << 0.5, -0.75, 0.4, 0.3).finished();
  const Vector<S> zs = z.cast<S>();
  const auto of_double = [](double x) { return S(x); };
  const double tolerance = 32 * std::max(static_cast<double>(epsilon<S>()), epsilon<double>());
  const auto agrees = [&](const Vector<S>& a, const Vector<double>& b) {
    return (a.template cast<double>() - b).norm() <= tolerance * std::max(b.norm(), 1.0);
  };
  const games::Rates<double> rates{.phi = 0.25, .theta = 0.125};
  const games::Rates<S> same{.phi = of_double(0.25), .theta = of_double(0.125)};
  const auto game = games::polynomial();
  const auto other = games::polynomial<S>();
  const auto play = games::alternating(game, rates, {.phi_steps = 2});
  const auto play_s = games::alternating(other, same, {.phi_steps = 2});
  CHECK(agrees(play_s(zs), play(z)));
  CHECK(agrees(games::modified_flow<2>(play_s)(zs), games::modified_flow<2>(play)(z)));
  CHECK(agrees(games::modified_flow<3>(play_s)(zs), games::modified_flow<3>(play)(z)));
  CHECK(agrees(games::cancel_interaction(play_s)(zs), games::cancel_interaction(play)(z)));
  CHECK(agrees(games::consensus(play_s, S(0.5))(zs), games::consensus(play, 0.5)(z)));
  CHECK(agrees(games::extragradient(other, same)(zs), games::extragradient(game, rates)(z)));
  CHECK(agrees(games::runge_kutta_4(other, same)(zs), games::runge_kutta_4(game, rates)(z)));
}

TEST_CASE("stability in long double finds the closed form to its precision") {
  const auto play = games::simultaneous(games::bilinear<long double>(), {.phi = 0.25L, .theta = 0.25L});
  const auto st = games::stability(play, Vector<long double>::Zero(2));
  CHECK(st.verdict == games::Verdict::unstable);
  CHECK(std::abs(st.growth - std::sqrt(1.0625L)) < 1e-18L);
}
