#include <drift/games/adversarial.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

bool is_zero_sum(const games::AdversarialRole& d, const games::AdversarialRole& g) {
  return g.real_weight == -d.real_weight && g.generated_weight == -d.generated_weight &&
         g.real_target == d.real_target && g.generated_target == d.generated_target;
}

}  // namespace

TEST_CASE("the objectives that are called zero-sum are, the others are not") {
  const auto zero_sum = [](const auto& objective) { return is_zero_sum(objective.discriminator, objective.generator); };
  CHECK(zero_sum(games::saturating()));
  CHECK(zero_sum(games::least_squares_zero_sum()));
  CHECK(zero_sum(games::wasserstein()));
  CHECK_FALSE(zero_sum(games::non_saturating()));
  CHECK_FALSE(zero_sum(games::least_squares()));
}

TEST_CASE("the generator of a game that is not zero-sum wants its work taken for data") {
  for (const auto& [d, g] : {std::pair(games::non_saturating().discriminator, games::non_saturating().generator),
                             std::pair(games::least_squares().discriminator, games::least_squares().generator)}) {
    CHECK(g.generated_target == d.real_target);
    CHECK(g.generated_weight == 1);
    CHECK(g.real_weight == 0);
  }
}
