#include <drift/core/status.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <stdexcept>

using namespace drift;

TEST_CASE("every status has a name of its own", "[status]") {
  std::set<std::string_view> names;
  for (Status s :
       {Status::reached_end, Status::converged, Status::stationary, Status::diverged, Status::non_finite,
        Status::step_too_small, Status::budget_spent, Status::stopped_by_observer, Status::observer_failed}) {
    names.insert(to_string(s));
    std::ostringstream text;
    text << s;
    CHECK(text.str() == to_string(s));
  }
  CHECK(names.size() == 9);
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

TEST_CASE("Answers asks every observer, also after one that threw, and keeps the first failure", "[status]") {
  Answers answers;
  int told = 0;
  auto throws = [](int) { throw std::runtime_error("disk full"); };
  auto throws_a_number = [](int) { throw 3; };
  auto counts = [&](int n) { told += n; };
  auto stops = [](int) { return Next::stop; };
  answers.ask(counts, 1);
  CHECK_FALSE(answers.ended());
  answers.ask(stops, 1);
  CHECK(answers.ended() == Status::stopped_by_observer);
  answers.ask(throws, 1);
  answers.ask(throws_a_number, 1);
  answers.ask(counts, 1);
  CHECK(told == 2);
  CHECK(answers.ended() == Status::observer_failed);
  CHECK(answers.failure == "disk full");
  Answers other;
  other.ask(throws_a_number, 1);
  CHECK(other.failure == "an exception that is no std::exception");
}
