#include <drift/integrate/solution.hpp>

#include <catch2/catch.hpp>

using namespace drift;

TEST_CASE("A run has reached its time when it went all the way or came to rest, and only then",
          "[integrate][solution]") {
  const auto reached = [](Status status) { return Solution<double>{.state = {}, .status = status}.reached(); };
  CHECK(reached(Status::reached_end));
  CHECK(reached(Status::stationary));
  for (const Status status : {Status::diverged, Status::non_finite, Status::step_too_small, Status::budget_spent,
                              Status::stopped_by_observer, Status::converged}) {
    INFO(status);
    CHECK_FALSE(reached(status));
  }
}
