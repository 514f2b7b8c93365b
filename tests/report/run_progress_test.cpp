#include <drift/report/run_progress.hpp>

#include <catch2/catch.hpp>

#include <sstream>

using namespace drift;
using Catch::Matchers::Contains;

TEST_CASE("A run's progress counts its steps, and those that are left when it goes on") {
  std::ostringstream out;
  report::RunProgress progress("training", 100, {.out = &out, .terminal = true, .seconds_between = 0});
  progress(descent::Iteration<>{.iteration = 61, .state = {}, .value = 0, .gradient_norm = 0, .rate = 0});
  progress(descent::Iteration<>{.iteration = 62, .state = {}, .value = 0, .gradient_norm = 0, .rate = 0});
  progress(descent::Iteration<>{.iteration = 63, .state = {}, .value = 0, .gradient_norm = 0, .rate = 0});
  CHECK_THAT(out.str(), Contains("training") && Contains("1 of 39") && Contains("2 of 39") && Contains("5 %"));
  CHECK_THROWS_WITH(report::RunProgress("training", -1), Contains("iterations: was -1"));
}
