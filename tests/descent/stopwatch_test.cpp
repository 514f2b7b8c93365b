#include <drift/descent/stopwatch.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

using namespace drift;

TEST_CASE("A stopwatch counts steps and the time to the last of them", "[descent][stopwatch]") {
  const auto nap = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
  descent::Stopwatch watch;
  CHECK(watch.seconds_per_step() == 0);
  const auto begin = std::chrono::steady_clock::now();
  nap();
  watch.start();  // the first nap does not count
  for (int i = 0; i < 3; ++i) {
    nap();
    watch(descent::Iteration<>{});
  }
  const double seconds = watch.seconds();
  const double outside = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  nap();
  CHECK(watch.steps() == 3);
  CHECK(watch.seconds() == seconds);
  CHECK(seconds >= 0.015);
  CHECK(seconds <= outside - 0.005);
  CHECK(watch.seconds_per_step() == Approx(seconds / 3));
}
