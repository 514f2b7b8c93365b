#include <drift/core/team.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>
#include <thread>

using namespace drift;

TEST_CASE("every worker runs the task once, at the same time as the others", "[team]") {
  for (const int threads : {1, 2, 3, 5}) {
    Team team(threads);
    REQUIRE(team.threads() == threads);
    for (int round = 0; round < 50; ++round) {
      std::vector<int> runs(static_cast<std::size_t>(threads));
      std::atomic<int> arrived = 0;
      team.run([&](int worker) {
        ++runs[static_cast<std::size_t>(worker)];
        ++arrived;
        while (arrived < threads) std::this_thread::yield();  // ends only if all are here
      });
      CHECK(runs == std::vector<int>(static_cast<std::size_t>(threads), 1));
    }
  }
}

TEST_CASE("worker 0 is the caller", "[team]") {
  Team team(2);
  const std::thread::id caller = std::this_thread::get_id();
  std::thread::id first, second;
  team.run([&](int worker) { (worker == 0 ? first : second) = std::this_thread::get_id(); });
  CHECK(first == caller);
  CHECK(second != caller);
}

TEST_CASE("a team that has gone to sleep wakes up", "[team]") {
  Team team(2);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> runs = 0;
    team.run([&](int) {
      ++runs;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so that the caller sleeps too
    });
    CHECK(runs == 2);
  }
}

TEST_CASE("what a worker throws is thrown by run, once, and the team goes on", "[team]") {
  Team team(3);
  for (const int thrower : {0, 1, 2}) {
    CHECK_THROWS_WITH(team.run([&](int worker) {
      if (worker == thrower) throw std::runtime_error("worker " + std::to_string(worker));
    }),
                      "worker " + std::to_string(thrower));
    std::atomic<int> runs = 0;
    team.run([&](int) { ++runs; });
    CHECK(runs == 3);
  }
  CHECK_THROWS_AS(team.run([](int) { throw std::runtime_error("all"); }), std::runtime_error);
  std::atomic<int> runs = 0;
  team.run([&](int) { ++runs; });
  CHECK(runs == 3);
}

TEST_CASE("a team needs a member", "[team]") {
  CHECK_THROWS_WITH(Team(0), Catch::Contains("threads: was 0, must be 1 or more"));
  CHECK_THROWS_WITH(Team(-1), Catch::Contains("threads: was -1, must be 1 or more"));
}

TEST_CASE("teams are borrowed: two at a time are two, and one that went back is used again", "[team]") {
  Team* first = nullptr;
  {
    const auto a = borrow_team(2);
    const auto b = borrow_team(2);
    CHECK(&*a != &*b);
    a->run([&](int worker) {
      if (worker == 1) b->run([](int) {});  // from within a task only another team
    });
    first = &*a;
  }
  const auto again = borrow_team(2);
  const auto other = borrow_team(2);
  CHECK((&*again == first || &*other == first));
}
