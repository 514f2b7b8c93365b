#include <drift/integrate/follow.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace drift;

namespace {

struct Decay {
  double step = 0.1;
  double step_time() const { return step; }
  Index dimension() const { return 1; }
  Vector<double> operator()(const Vector<double>& y) const { return -y; }
};

struct NoClock {
  Vector<double> operator()(const Vector<double>& y) const { return -y; }
};

template <class Field>
concept Follows = requires(Field field, Vector<double> x) { follow(field, x, 1); };

const Vector<double> one = Vector<double>::Ones(1);

}  // namespace

TEST_CASE("follow integrates for the time of that many steps, whole or not, forward or backward",
          "[integrate][follow]") {
  for (const double steps : {10.0, 0.5, -3.0, 0.0}) {
    const auto along = follow(Decay{}, one, steps);
    CHECK(along.status == Status::reached_end);
    CHECK(along.time == steps * 0.1);
    CHECK(along.state[0] == Approx(std::exp(-steps * 0.1)).epsilon(1e-8));
    CHECK(along.state == integrate(Decay{}, one, steps * 0.1).state);
  }
  CHECK(follow(Decay{}, one, 10).time == 1.0);  // an integer count
}

TEST_CASE("follow takes options and observers as integrate does", "[integrate][follow]") {
  Index told = 0;
  const auto along = follow(Decay{}, 2 * one, 10, {.method = methods::runge_kutta_4, .steps = 4, .save_at = {0.5}},
                            [&told](double, const Vector<double>&) { ++told; });
  CHECK(along.accepted_steps == 4);
  CHECK(told == 4);
  CHECK(along.saved_states.at(0)[0] == Approx(2 * std::exp(-0.5)).epsilon(1e-4));
}

TEST_CASE("Only a field with a clock can be followed", "[integrate][follow]") {
  STATIC_REQUIRE(Follows<Decay>);
  STATIC_REQUIRE(Follows<const Decay&>);
  STATIC_REQUIRE_FALSE(Follows<NoClock>);
}

TEST_CASE("follow names the argument that is wrong", "[integrate][follow]") {
  CHECK_THROWS_WITH(follow(Decay{}, one, std::nan("")), "steps: was nan, must be a finite number");
  CHECK_THROWS_WITH(follow(Decay{.step = std::numeric_limits<double>::infinity()}, one, 1),
                    "the field's step_time(): was inf, must be a finite number");
  CHECK_THROWS_WITH(follow(Decay{}, Vector<double>::Ones(2), 1),
                    "start: was of length 2, must be a vector of length 1 (the field's dimension)");
}
