#include <drift/games/joint_step.hpp>

#include <drift/games/regularised.hpp>
#include <drift/games/zoo.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

/// A method of one stage: Euler's.
struct OneStage {
  static constexpr std::size_t vectors = 1;

  template <class Field, class V, class Workspace>
  static void advance(const Field& field, V& z, Workspace& workspace) {
    field(z, workspace[0]);
    z += workspace[0];
  }
};

}  // namespace

TEST_CASE("a joint step of one stage is simultaneous play") {
  const auto game = games::polynomial();
  const games::Rates<double> rates{.phi = 0.1, .theta = 0.3};
  const games::JointStep<std::decay_t<decltype(game)>, OneStage> step(game, rates);
  const auto play = games::simultaneous(game, rates);
  const Vector<double> z{{0.5, -0.75, 0.4, 0.3}};
  CHECK((step(z) - play(z)).norm() < 1e-15);
  CHECK((games::consensus(step, 0.2)(z) - games::consensus(play, 0.2)(z)).norm() < 1e-15);
  CHECK(step.rates().theta == 0.3);
  CHECK_THROWS_AS(step(Vector<double>::Zero(3)), InvalidArgument);
}
