#include <drift/integrate/options.hpp>

#include <catch2/catch.hpp>

#include <limits>

using Catch::Matchers::StartsWith;
using drift::IntegrateOptions;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
}  // namespace

TEST_CASE("The default options are valid and those of the design", "[integrate][options]") {
  const IntegrateOptions options;
  CHECK_NOTHROW(options.validate());
  CHECK(options.relative_tolerance == 1e-8);
  CHECK(options.absolute_tolerance == 1e-10);
  CHECK(options.divergence_radius == 1e12);
  CHECK(options.maximum_steps == 1'000'000);
  CHECK_FALSE(options.fixed());
}

TEST_CASE("An invalid option is refused by a message that starts with its name", "[integrate][options]") {
  const auto message = [](const IntegrateOptions& options) {
    try {
      options.validate();
    } catch (const drift::InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  for (const double bad : {-1e-3, not_a_number, infinity}) {
    CHECK_THAT(message({.relative_tolerance = bad}), StartsWith("relative_tolerance: was "));
    CHECK_THAT(message({.absolute_tolerance = bad}), StartsWith("absolute_tolerance: was "));
    CHECK_THAT(message({.initial_step = bad}), StartsWith("initial_step: was "));
    CHECK_THAT(message({.minimum_step = bad}), StartsWith("minimum_step: was "));
    CHECK_THAT(message({.step_size = bad}), StartsWith("step_size: was "));
  }
  for (const double bad : {-1.0, 0.0, not_a_number}) {
    CHECK_THAT(message({.divergence_radius = bad}), StartsWith("divergence_radius: was "));
    CHECK_THAT(message({.maximum_step = bad}), StartsWith("maximum_step: was "));
  }
  CHECK(message({.maximum_steps = 0}) == "maximum_steps: was 0, must be 1 or above");
  CHECK(message({.steps = -3}) == "steps: was -3, must be 0 (not asked for) or above");
  CHECK_THAT(message({.maximum_step = 0.1, .minimum_step = 0.2}), StartsWith("minimum_step: was 0.2"));
  CHECK_THAT(message({.steps = 5, .step_size = 0.1}), StartsWith("step_size: was 0.1"));
  CHECK_THAT(message({.save_at = {0.0, not_a_number}}), StartsWith("save_at[1]: was nan"));
  CHECK_THAT(message({.method = drift::methods::euler}),
             StartsWith("steps: was 0, must be above 0 (or step_size above 0)"));
}

TEST_CASE("The extremes that mean something are accepted", "[integrate][options]") {
  CHECK_NOTHROW(IntegrateOptions{.relative_tolerance = 0, .absolute_tolerance = 0}.validate());
  CHECK_NOTHROW(IntegrateOptions{.divergence_radius = infinity, .maximum_step = infinity}.validate());
  CHECK_NOTHROW(IntegrateOptions{.method = drift::methods::euler, .steps = 1}.validate());
  CHECK_NOTHROW(IntegrateOptions{.method = drift::methods::runge_kutta_4, .step_size = 1e-3}.validate());
}
