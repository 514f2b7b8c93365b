#include <drift/core/pool.hpp>

#include <catch2/catch.hpp>

#include <optional>
#include <stdexcept>
#include <thread>

using namespace drift;

namespace {

struct Counter {
  Pool<int> pool;
  mutable int made = 0;
  mutable int reused = 0;
  auto borrow() const {
    return pool.borrow([&] { return made++; }, [&](int&) { ++reused; });
  }
};

}  // namespace

TEST_CASE("a workspace goes back when its lease ends, and is used again", "[pool]") {
  Counter counter;
  {
    auto lease = counter.borrow();
  }
  {
    auto lease = counter.borrow();
  }
  CHECK(counter.made == 1);
  CHECK(counter.reused == 1);
}

TEST_CASE("leases that overlap have workspaces of their own", "[pool]") {
  Counter counter;
  {
    auto a = counter.borrow();
    auto b = counter.borrow();
    CHECK(&*a != &*b);
    *a = 10;
    CHECK(*b == 1);
  }
  CHECK(counter.made == 2);
  auto c = counter.borrow();
  auto d = counter.borrow();
  CHECK(counter.made == 2);
}

TEST_CASE("copies of a pool share their shelf, and leases outlive the pool", "[pool]") {
  auto pool = std::make_optional<Pool<int>>();
  const Pool<int> copy = *pool;
  int made = 0;
  const auto make = [&] { return ++made; };
  const auto reuse = [](int&) {};
  {
    auto lease = pool->borrow(make, reuse);
  }
  {
    auto lease = copy.borrow(make, reuse);
  }
  CHECK(made == 1);
  auto lease = std::make_optional(pool->borrow(make, reuse));
  pool.reset();
  CHECK(**lease == 1);
  lease.reset();
  {
    auto again = copy.borrow(make, reuse);
  }
  CHECK(made == 1);
}

TEST_CASE("a moved lease returns its workspace once", "[pool]") {
  Counter counter;
  {
    auto a = counter.borrow();
    auto b = std::move(a);
    CHECK(*b == 0);
  }
  auto c = counter.borrow();
  auto d = counter.borrow();
  CHECK(&*c != &*d);
  CHECK(counter.made == 2);
}

TEST_CASE("a workspace that an exception left half-written is dropped", "[pool]") {
  Counter counter;
  CHECK_THROWS_AS(
      [&] {
        auto lease = counter.borrow();
        throw std::runtime_error("x");
      }(),
      std::runtime_error);
  auto lease = counter.borrow();
  CHECK(counter.made == 2);
  CHECK(counter.reused == 0);
  SECTION("also when refreshing it throws") {
    const Pool<int> pool;
    {
      auto first = pool.borrow([] { return 7; }, [](int&) {});
    }
    CHECK_THROWS_AS(pool.borrow([] { return 8; }, [](int&) { throw std::runtime_error("x"); }), std::runtime_error);
    CHECK(*pool.borrow([] { return 9; }, [](int&) {}) == 9);
  }
}

TEST_CASE("threads share a pool without sharing a workspace", "[pool][threads]") {
  const Pool<int> pool;
  bool torn[2] = {false, false};
  const auto work = [&](int id) {
    for (int i = 0; i < 20000; ++i) {
      auto lease = pool.borrow([] { return 0; }, [](int&) {});
      *lease = id * 100000 + i;
      torn[id] = torn[id] || *lease != id * 100000 + i;
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  CHECK_FALSE(torn[0]);
  CHECK_FALSE(torn[1]);
}
