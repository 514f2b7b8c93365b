// From its second step on no optimiser allocates (support/allocations.hpp says how that is counted).

#include <drift/descent/minimise.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/allocations.hpp"

#include <catch2/catch.hpp>

#include "optimisers.hpp"
#include "problems.hpp"

using namespace drift;
using namespace descent_tests;

TEST_CASE("Twenty steps of any optimiser allocate no more than two", "[descent][allocations]") {
  if (DRIFT_TEST_OWN_MALLOC == 0) {
    SUCCEED("allocations cannot be counted in this build");
    return;
  }
  const auto problem = losses::rosenbrock(6);
  const Vector<double> start = Vector<double>::LinSpaced(6, -0.1, 0.2);
  for_every_optimiser([&](const auto& optimiser) {
    const auto run_of = [&](Index iterations) {
      const long count = allocations_of([&] { minimise(problem, start, optimiser, {.iterations = iterations}); });
      CHECK(count > 0);
      return count;
    };
    CHECK(run_of(20) == run_of(2));
  });
}
