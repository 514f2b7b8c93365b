#include <drift/games/optimistic.hpp>

#include <drift/games/play.hpp>
#include <drift/games/zoo.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using V = Vector<double>;

namespace {

const V polynomial_start = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();

}  // namespace

TEST_CASE(
    "optimistic play carries the last gradients, starts with a simultaneous step and converges on the bilinear game") {
  const games::Rates<double> rates{.phi = 0.1, .theta = 0.05};
  const auto game = games::polynomial();
  const auto step = games::optimistic(game, rates);
  V state = step.start(polynomial_start);
  CHECK(state.size() == step.dimension());
  const V old = game.own_gradients(polynomial_start);
  state = step(state);
  const V z = step.parameters(state);
  CHECK((z - games::simultaneous(game, rates)(polynomial_start)).norm() < 1e-15);
  const V expected = z + 2 * game.field(z, rates) + (V(4) << 0.1 * old.head(2), 0.05 * old.tail(2)).finished();
  CHECK((step.parameters(step(state)) - expected).norm() < 1e-15);

  const auto on_circle = games::optimistic(games::bilinear(), {.phi = 0.3, .theta = 0.3});
  V s = on_circle.start(V::Ones(2));
  for (int i = 0; i < 500; ++i) s = on_circle(s);
  CHECK(on_circle.parameters(s).norm() < 1e-6);
}

TEST_CASE("a start and a state of the wrong length are named") {
  const auto step = games::optimistic(games::polynomial(), {.phi = 0.1, .theta = 0.1});
  CHECK_THROWS_WITH(step.start(V::Zero(3)), Catch::Contains("z: was of length 3"));
  CHECK_THROWS_WITH(step(polynomial_start), Catch::Contains("state: was of length 4"));
}
