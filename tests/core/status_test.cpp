#include <drift/core/status.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <sstream>

using namespace drift;

TEST_CASE("every status has a name of its own", "[status]") {
  std::set<std::string_view> names;
  for (Status s : {Status::reached_end, Status::converged, Status::stationary, Status::diverged, Status::non_finite,
                   Status::step_too_small, Status::budget_spent, Status::stopped_by_observer}) {
    names.insert(to_string(s));
    std::ostringstream text;
    text << s;
    CHECK(text.str() == to_string(s));
  }
  CHECK(names.size() == 8);
  CHECK(names.count("unknown") == 0);
  CHECK(to_string(Status::non_finite) == "non_finite");
}

TEST_CASE("notify calls once, and an observer that answers nothing proceeds", "[status]") {
  int calls = 0;
  auto silent = [&](int a, double b) { calls += a + static_cast<int>(b); };
  CHECK(notify(silent, 1, 2.0) == Next::proceed);
  CHECK(calls == 3);
  auto stops = [&](int) {
    ++calls;
    return Next::stop;
  };
  CHECK(notify(stops, 1) == Next::stop);
  CHECK(calls == 4);
}
