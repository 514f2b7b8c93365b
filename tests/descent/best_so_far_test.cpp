#include <drift/descent/best_so_far.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace drift;
using Catch::Matchers::Contains;

namespace {

descent::Iteration<> at(Index iteration, double x, double value = 0) {
  return {
      .iteration = iteration, .state = Vector<double>::Constant(1, x), .value = value, .gradient_norm = 0, .rate = 0};
}

}  // namespace

TEST_CASE("The best state by a measure of the state, the first of equal ones", "[descent][best_so_far]") {
  auto best = descent::best_so_far([](const Vector<double>& x) { return std::abs(x[0]); });
  CHECK(best.state().size() == 0);
  CHECK(best.measure() == std::numeric_limits<double>::infinity());
  const std::vector<double> path = {3, -1, 2, 1, std::nan(""), 5};
  for (std::size_t i = 0; i < path.size(); ++i) best(at(static_cast<Index>(i) + 1, path[i]));
  CHECK(best.state()[0] == -1);
  CHECK(best.measure() == 1);
  CHECK(best.iteration() == 2);
}

TEST_CASE("The measure is taken at multiples of every only", "[descent][best_so_far]") {
  std::vector<Index> taken;
  auto best = descent::best_so_far(
      [&](const descent::Iteration<>& here) {
        taken.push_back(here.iteration);
        return here.value;
      },
      {.every = 3});
  for (Index i = 1; i <= 7; ++i) best(at(i, 0, -static_cast<double>(i)));
  CHECK(taken == std::vector<Index>{3, 6});
  CHECK(best.iteration() == 6);
  CHECK_THROWS_WITH(descent::best_so_far({}, {.every = 0}), Contains("every: was 0"));
}

TEST_CASE("Without a measure it is the value that the run reports; floats too", "[descent][best_so_far]") {
  auto best = descent::best_so_far<float>();
  for (const float value : {2.F, 0.5F, 1.F}) {
    best({.iteration = static_cast<Index>(10 * value),
          .state = Vector<float>::Constant(2, value),
          .value = value,
          .gradient_norm = 0,
          .rate = 0});
  }
  CHECK(best.measure() == 0.5);
  CHECK(best.iteration() == 5);
  CHECK(best.state() == Vector<float>::Constant(2, 0.5F));
}
