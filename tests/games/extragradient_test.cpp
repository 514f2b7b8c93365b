#include <drift/games/extragradient.hpp>

#include <drift/flows/map_logarithm.hpp>
#include <drift/games/drift_terms.hpp>
#include <drift/games/zoo.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using V = Vector<double>;

namespace {

const V polynomial_start = (V(4) << 0.5, -0.75, 0.4, 0.3).finished();

}  // namespace

TEST_CASE("extragradient has the second-order drift of an implicit Euler step") {
  const auto game = games::polynomial();
  const auto drift_at = [&](double h) -> V {
    const auto step = games::extragradient(game, {.phi = h, .theta = h});
    return (flows::map_logarithm<5>(step)(polynomial_start) - game.field(polynomial_start, {.phi = h, .theta = h})) /
           (h * h);
  };
  // F'F / 2: simultaneous play has the opposite of it.
  const auto sim = games::simultaneous(game, {.phi = 1, .theta = 1});
  const V of_simultaneous = games::drift_terms(sim, polynomial_start).sum();
  const V limit = 2 * drift_at(1e-3) - drift_at(2e-3);
  CHECK((limit + of_simultaneous).norm() < 1e-4 * of_simultaneous.norm());
}
