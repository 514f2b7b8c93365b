#include <drift/descent/early_stopping.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace drift;
using Catch::Matchers::Contains;

namespace {

/// The iteration at which the rule stops along these values, 0 where it does not.
template <class Rule>
Index stop_along(Rule& rule, const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Index k = static_cast<Index>(i) + 1;
    const descent::Iteration<> at{.iteration = k,
                                  .state = Vector<double>::Constant(1, values[i]),
                                  .value = values[i],
                                  .gradient_norm = 0,
                                  .rate = 0};
    if (rule(at) == Next::stop) return k;
  }
  return 0;
}

}  // namespace

TEST_CASE("A run stops after so many measures in a row without improvement", "[descent][early_stopping]") {
  auto rule = descent::early_stopping({}, {.patience = 3});
  CHECK(stop_along(rule, {5, 4, 4.5, 4, 3, 3, 3.1, 3, 2}) == 8);
  CHECK(rule.best().measure() == 3);
  CHECK(rule.best().iteration() == 5);
  CHECK(rule.waited() == 3);
  auto patient = descent::early_stopping({}, {.patience = 3});
  CHECK(stop_along(patient, {5, 6, 7, 4, 6, 7, 3, 6, 7, 2}) == 0);
}

TEST_CASE("An improvement must exceed the least one; NaN is none", "[descent][early_stopping]") {
  auto rule = descent::early_stopping({}, {.patience = 2, .minimum_improvement = 0.5});
  CHECK(stop_along(rule, {5, 4.75, 4.25, 4, 3.9}) == 5);  // 4.25 improves on 5, and 4 and 3.9 not enough on that
  CHECK(rule.best().iteration() == 3);
  auto nans = descent::early_stopping({}, {.patience = 2});
  CHECK(stop_along(nans, {std::nan(""), std::nan(""), 1}) == 2);
}

TEST_CASE("Between measures the rule proceeds", "[descent][early_stopping]") {
  int taken = 0;
  auto rule = descent::early_stopping(
      [&](const Vector<double>& x) {
        ++taken;
        return x[0];
      },
      {.every = 2, .patience = 2});
  CHECK(stop_along(rule, {9, 5, 1, 6, 1, 7, 1}) == 6);
  CHECK(taken == 3);
}

TEST_CASE("A copy goes on as the original, and options are checked", "[descent][early_stopping]") {
  auto rule = descent::early_stopping({}, {.patience = 3});
  CHECK(stop_along(rule, {5, 6, 7}) == 0);
  auto copy = rule;
  CHECK(stop_along(copy, {8}) == 1);
  CHECK(stop_along(rule, {8}) == 1);
  CHECK_THROWS_WITH(descent::early_stopping({}, {.every = 0}), Contains("every: was 0"));
  CHECK_THROWS_WITH(descent::early_stopping({}, {.patience = 0}), Contains("patience: was 0"));
  CHECK_THROWS_WITH(descent::early_stopping({}, {.minimum_improvement = -1}), Contains("minimum_improvement: was -1"));
}
