// No allocation in steady state (support/allocations.hpp says how that is counted).

#include <drift/core/random.hpp>
#include <drift/data/minibatches.hpp>

#include "support/allocations.hpp"

#include <catch2/catch.hpp>

#include <vector>

using drift::Index;
using drift::Random;
using drift::data::minibatches;

TEST_CASE("A stream of minibatches allocates nothing from its second batch on", "[allocations]") {
  if (DRIFT_TEST_OWN_MALLOC == 0) {
    SUCCEED("allocations cannot be counted in this build");
    return;
  }
  std::vector<Index> counted;
  REQUIRE(allocations_of([&] { counted.resize(100); }) == 1);  // the count works
  for (const Index batch_size : {1, 7, 100, 1000})
    for (const bool replacement : {false, true})
      for (const Index skipped : {0, 14, 1000}) {  // 14: the first batch drawn is the short one
        auto stream = minibatches(100, {.batch_size = batch_size, .replacement = replacement}, Random(1));
        stream.skip(skipped);
        CHECK(allocations_of([&] { stream.next(); }) <= 2);
        CHECK(allocations_of([&] {
                for (int i = 0; i < 300; ++i) stream.next();
              }) == 0);
        CHECK(allocations_of([&] { stream.skip(5); }) == 0);
      }
}
