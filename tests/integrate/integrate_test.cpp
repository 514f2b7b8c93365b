#include <drift/integrate/integrate.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

using namespace drift;
using C = std::complex<double>;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Vector<double> vector(std::initializer_list<double> values) {
  Vector<double> v(static_cast<Index>(values.size()));
  Index i = 0;
  for (const double value : values) v[i++] = value;
  return v;
}

struct Oscillator {
  Vector<double> operator()(const Vector<double>& y) const { return vector({y[1], -y[0]}); }
};

Vector<double> rotated(double time) { return vector({std::cos(time), -std::sin(time)}); }

/// y' = y^2 from 1 is 1 / (1 - t).
Vector<double> square(const Vector<double>& y) { return y.cwiseProduct(y); }

/// The error at time 2 of a logistic equation, whose solution is known.
double logistic_error(const IntegrateOptions& options) {
  const auto field = [](const Vector<double>& y) { return vector({y[0] * (1 - y[0])}); };
  const auto path = integrate(field, vector({0.1}), 2, options);
  REQUIRE(path.status == Status::reached_end);
  return std::abs(path.state[0] - 1 / (1 + 9 * std::exp(-2.0)));
}

double fitted_order(const Tableau& method, std::initializer_list<int> counts) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const int count : counts) {
    const double u = -std::log(count), v = std::log(logistic_error({.method = method, .steps = count}));
    n += 1, x += u, y += v, xx += u * u, xy += u * v;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

double seconds_of(const auto& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("The code of the design compiles and gives the exact state of a linear system", "[integrate]") {
  const Vector<double> x = vector({1, 0});
  auto path = integrate(Oscillator{}, x, 0.5, {.relative_tolerance = 1e-10, .absolute_tolerance = 1e-12});
  CHECK((path.state - rotated(0.5)).norm() < 1e-9);
  CHECK(path.status == Status::reached_end);
  CHECK(path.reached());
  CHECK(path.time == 0.5);
  CHECK(path.evaluations == 2 + 6 * (path.accepted_steps + path.rejected_steps));
  CHECK(path.saved_times.empty());
}

TEST_CASE("Fixed steps show the order of each method", "[integrate][order]") {
  CHECK(fitted_order(methods::euler, {200, 400, 800, 1600}) == Approx(1).margin(0.05));
  CHECK(fitted_order(methods::runge_kutta_4, {20, 40, 80, 160}) == Approx(4).margin(0.1));
  CHECK(fitted_order(methods::dormand_prince_5_4, {10, 20, 40, 80}) == Approx(5).margin(0.15));
}

TEST_CASE("Euler's steps are those of the recursion that defines it", "[integrate]") {
  const auto field = [](const Vector<double>& y) -> Vector<double> { return -3 * y; };
  Vector<double> by_hand = vector({1, 2});
  for (int i = 0; i < 7; ++i) by_hand += 0.25 * field(by_hand);
  for (const IntegrateOptions& options : {IntegrateOptions{.method = methods::euler, .steps = 7},
                                          IntegrateOptions{.method = methods::euler, .step_size = 0.25}}) {
    const auto path = integrate(field, vector({1, 2}), 1.75, options);
    CHECK((path.state - by_hand).norm() < 1e-15);
    CHECK(path.accepted_steps == 7);
    CHECK(path.evaluations == 7);
    CHECK(path.time == 1.75);
  }
}

TEST_CASE("A last fixed step is shortened to land on the end", "[integrate]") {
  const auto field = [](const Vector<double>&) { return vector({1}); };
  const auto path = integrate(field, vector({0}), 1.0, {.method = methods::runge_kutta_4, .step_size = 0.3});
  CHECK(path.accepted_steps == 4);
  CHECK(path.time == 1.0);
  CHECK(path.state[0] == Approx(1).epsilon(1e-14));
}

TEST_CASE("The error at the end falls in proportion to the tolerance", "[integrate][tolerance]") {
  const auto error = [](double tolerance) {
    const auto path =
        integrate(Oscillator{}, vector({1, 0}), 10, {.relative_tolerance = tolerance, .absolute_tolerance = tolerance});
    return (path.state - rotated(10)).norm();
  };
  for (const double tolerance : {1e-4, 1e-6, 1e-8, 1e-10, 1e-12}) {
    INFO("tolerance " << tolerance);
    CHECK(error(tolerance) < 50 * tolerance);
    CHECK(error(tolerance) > 1e-3 * tolerance);
  }
}

TEST_CASE("Small components are held to the relative tolerance when no absolute error is allowed",
          "[integrate][tolerance]") {
  const auto field = [](const Vector<double>& y) -> Vector<double> { return -y; };
  const auto path = integrate(field, vector({1, 1e-30}), 3, {.relative_tolerance = 1e-10, .absolute_tolerance = 0});
  CHECK(path.state[1] * 1e30 == Approx(std::exp(-3.0)).epsilon(1e-9));
}

TEST_CASE("z' = i z turns a complex state, with the modulus as the measure of error", "[integrate][complex]") {
  const auto field = [](const Vector<C>& z) -> Vector<C> { return C(0, 1) * z; };
  Vector<C> z(1);
  z << C(0.6, -0.8);
  const auto path = integrate(field, z, 7, {.relative_tolerance = 1e-11, .absolute_tolerance = 1e-13});
  CHECK(std::abs(path.state[0] - z[0] * std::exp(C(0, 7))) < 1e-9);
  const auto fixed = integrate(field, z, 7, {.method = methods::runge_kutta_4, .steps = 2000});
  CHECK(std::abs(fixed.state[0] - path.state[0]) < 1e-10);
}

TEST_CASE("A complex run takes the same steps as the real one of twice the size", "[integrate][complex]") {
  // |z|^2 = x^2 + y^2, but the mean is over half as many components: the scaled errors differ by sqrt(2) for modulus
  // one tolerances; with the phase turned by 45 degrees both parts are alike, and the runs must agree closely.
  const auto complex_field = [](const Vector<C>& z) -> Vector<C> { return C(-0.1, 2) * z; };
  const auto real_field = [](const Vector<double>& y) {
    return vector({-0.1 * y[0] - 2 * y[1], 2 * y[0] - 0.1 * y[1]});
  };
  const auto a = integrate(complex_field, Vector<C>::Constant(1, C(1, 1)), 5);
  const auto b = integrate(real_field, vector({1, 1}), 5);
  CHECK(std::abs(a.state[0] - C(b.state[0], b.state[1])) < 1e-6);
  CHECK(std::abs(static_cast<double>(a.accepted_steps - b.accepted_steps)) <=
        0.3 * static_cast<double>(b.accepted_steps));
}

TEST_CASE("A complex field promotes a real start", "[integrate][complex]") {
  struct Turn {
    Vector<C> operator()(const Vector<double>& y) const { return C(0, 1) * y; }
    Vector<C> operator()(const Vector<C>& z) const { return C(0, 1) * z; }
  };
  const auto path = integrate(Turn{}, vector({1, 2}), 1.0);
  static_assert(std::is_same_v<decltype(path.state), Vector<C>>);
  CHECK(std::abs(path.state[1] - 2.0 * std::exp(C(0, 1))) < 1e-7);
}

TEST_CASE("The start may be any vector expression and the field any callable, kept by reference", "[integrate]") {
  const Vector<double> x = vector({1, 2, 3, 4});
  const auto decay = [](const auto& y) { return (-y).eval(); };
  CHECK((integrate(decay, 2 * x.head(2), 1).state - vector({2, 4}) * std::exp(-1.0)).norm() < 1e-7);
  int calls = 0;
  auto counting = [calls = 0](const Vector<double>& y) mutable -> Vector<double> {
    ++calls;
    return -y * (calls > 0);
  };
  CHECK(integrate(counting, x, 1).reached());
  const auto path = integrate([&calls](const Vector<double>& y) -> Vector<double> { return ++calls, -y; }, x, 1);
  CHECK(path.evaluations == calls);
}

TEST_CASE("Negative time goes backward and undoes the way forward", "[integrate][backward]") {
  const IntegrateOptions tight = {.relative_tolerance = 1e-12, .absolute_tolerance = 1e-13};
  const Vector<double> x = vector({0.3, 1.2});
  const auto pendulum = [](const Vector<double>& y) { return vector({y[1], -std::sin(y[0])}); };
  const auto there = integrate(pendulum, x, 4, tight);
  const auto back = integrate(pendulum, there.state, -4, tight);
  CHECK((there.state - x).norm() > 0.1);
  CHECK((back.state - x).norm() < 1e-10);
  CHECK(back.time == -4);
  CHECK((integrate(Oscillator{}, vector({1, 0}), -2, {.method = methods::runge_kutta_4, .steps = 500}).state -
         rotated(-2))
            .norm() < 1e-10);
}

TEST_CASE("No time returns the start", "[integrate]") {
  const auto path = integrate(Oscillator{}, vector({1, 2}), 0, {.save_at = {0, 0}});
  CHECK(path.state == vector({1, 2}));
  CHECK(path.status == Status::reached_end);
  CHECK(path.time == 0);
  CHECK(path.evaluations == 0);
  CHECK(path.saved_states.size() == 2);
}

TEST_CASE("A fast decay is followed to rest without blowing up", "[integrate][stiff]") {
  const auto field = [](const Vector<double>& y) { return vector({-40 * (y[0] - std::cos(y[1])), 1}); };
  const auto path = integrate(field, vector({0, 0}), 10);
  // y = (1600 cos t + 40 sin t - 1600 e^{-40 t}) / 1601
  CHECK(path.reached());
  CHECK(path.state[0] == Approx((1600 * std::cos(10.0) + 40 * std::sin(10.0)) / 1601).epsilon(1e-7));
  CHECK(path.accepted_steps < 2000);
  const auto plain = [](const Vector<double>& y) -> Vector<double> { return -40 * y; };
  CHECK(std::abs(integrate(plain, vector({1}), 3).state[0]) < 1e-8);
}

TEST_CASE("States are recorded at exactly the asked-for times", "[integrate][save_at]") {
  const std::vector<double> times = {0, 0.1, 0.1, 1.0 / 3, 2, 6.9, 7};
  const IntegrateOptions options = {.relative_tolerance = 1e-10, .absolute_tolerance = 1e-12, .save_at = times};
  const auto path = integrate(Oscillator{}, vector({1, 0}), 7, options);
  REQUIRE(path.saved_times == times);
  REQUIRE(path.saved_states.size() == times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    INFO("t = " << times[i]);
    CHECK((path.saved_states[i] - rotated(times[i])).norm() < 1e-8);
  }
  CHECK(path.saved_states.front() == vector({1, 0}));
  CHECK(path.saved_states.back() == path.state);

  SECTION("recording does not change the run") {
    const auto plain =
        integrate(Oscillator{}, vector({1, 0}), 7, {.relative_tolerance = 1e-10, .absolute_tolerance = 1e-12});
    CHECK(plain.state == path.state);
    CHECK(plain.evaluations == path.evaluations);
  }
  SECTION("backward") {
    const auto back = integrate(Oscillator{}, vector({1, 0}), -3, {.save_at = {-0.5, -2.5, -3}});
    REQUIRE(back.saved_times == std::vector<double>{-0.5, -2.5, -3});
    for (std::size_t i = 0; i < 3; ++i) CHECK((back.saved_states[i] - rotated(back.saved_times[i])).norm() < 1e-6);
  }
  SECTION("with a fixed method, whose run costs no more but for the last slope") {
    const auto fixed =
        integrate(Oscillator{}, vector({1, 0}), 7, {.method = methods::runge_kutta_4, .steps = 1000, .save_at = times});
    REQUIRE(fixed.saved_times == times);
    for (std::size_t i = 0; i < times.size(); ++i) CHECK((fixed.saved_states[i] - rotated(times[i])).norm() < 1e-8);
    CHECK(fixed.evaluations <= 4001);
  }
  SECTION("only those that the run reached") {
    const auto stopped =
        integrate(Oscillator{}, vector({1, 0}), 7, {.save_at = times},
                  [](double time, const Vector<double>&) { return time > 1 ? Next::stop : Next::proceed; });
    CHECK(stopped.status == Status::stopped_by_observer);
    CHECK(stopped.saved_times.size() == 4);
    CHECK(stopped.saved_states.size() == 4);
  }
}

TEST_CASE("Save times outside the run or out of order are refused by their index", "[integrate][save_at]") {
  const auto message = [](double time, std::vector<double> at) {
    try {
      integrate(Oscillator{}, vector({1, 0}), time, {.save_at = std::move(at)});
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(message(1, {0.5, 1.5}) == "save_at[1]: was 1.5, must be from 0 to the end of the run");
  CHECK(message(1, {-0.5}) == "save_at[0]: was -0.5, must be from 0 to the end of the run");
  CHECK(message(-1, {0.5}) == "save_at[0]: was 0.5, must be from 0 to the end of the run");
  CHECK(message(0, {0.5}) == "save_at[0]: was 0.5, must be from 0 to the end of the run");
  CHECK(message(1, {0.5, 0.25}) == "save_at[1]: was 0.25, must be in the order in which the run passes the times");
  CHECK(message(-1, {-0.5, -0.25}) == "save_at[1]: was -0.25, must be in the order in which the run passes the times");
  CHECK(message(0.3, {0.1 + 0.2}) == "accepted");  // the end, but for rounding
}

TEST_CASE("Observers see every accepted step once, in order, and not the start", "[integrate][observer]") {
  std::vector<double> times;
  Index others = 0;
  Vector<double> last;
  const auto path = integrate(
      Oscillator{}, vector({1, 0}), 5, {},
      [&](double time, const Vector<double>& state) {
        times.push_back(time);
        last = state;
      },
      [&](const auto&, const auto&) { return ++others, Next::proceed; });
  CHECK(static_cast<Index>(times.size()) == path.accepted_steps);
  CHECK(others == path.accepted_steps);
  REQUIRE(!times.empty());
  CHECK(times.front() > 0);
  for (std::size_t i = 1; i < times.size(); ++i) CHECK(times[i] > times[i - 1]);
  CHECK(times.back() == 5);
  CHECK(last == path.state);
}

TEST_CASE("An observer stops the run, after all observers have been told", "[integrate][observer]") {
  Index told = 0;
  auto count = [&told](double, const Vector<double>&) { ++told; };
  auto stop_at_third = [calls = 0](double, const Vector<double>&) mutable {
    return ++calls == 3 ? Next::stop : Next::proceed;
  };
  const auto path = integrate(Oscillator{}, vector({1, 0}), 5, {}, stop_at_third, count);
  CHECK(path.status == Status::stopped_by_observer);
  CHECK_FALSE(path.reached());
  CHECK(path.accepted_steps == 3);
  CHECK(told == 3);
  CHECK(path.time < 5);
  CHECK((path.state - rotated(path.time)).norm() < 1e-6);
}

TEST_CASE("A run far shorter than any usual step still arrives", "[integrate]") {
  const auto constant = [](const Vector<double>&) { return vector({2}); };
  const auto path = integrate(constant, vector({1}), 1e-13);
  CHECK(path.status == Status::reached_end);
  CHECK(path.state[0] == Approx(1 + 2e-13).epsilon(1e-15));
}

TEST_CASE("The budget of steps ends a run at the state reached", "[integrate][status]") {
  const auto path = integrate(Oscillator{}, vector({1, 0}), 1000, {.maximum_steps = 20});
  CHECK(path.status == Status::budget_spent);
  CHECK_FALSE(path.reached());
  CHECK(path.accepted_steps + path.rejected_steps == 20);
  CHECK(path.time > 0);
  CHECK(path.time < 1000);
  CHECK((path.state - rotated(path.time)).norm() < 1e-5);
  const auto fixed =
      integrate(Oscillator{}, vector({1, 0}), 1, {.maximum_steps = 20, .method = methods::euler, .step_size = 1e-300});
  CHECK(fixed.status == Status::budget_spent);
  CHECK(fixed.accepted_steps == 20);
}

TEST_CASE("A run that leaves the radius has diverged, at the first state outside", "[integrate][status]") {
  const auto growth = [](const Vector<double>& y) -> Vector<double> { return y; };
  Index outside = 0;
  const auto path = integrate(growth, vector({1, 1}), 100, {.divergence_radius = 50},
                              [&](double, const Vector<double>& y) { outside += y.norm() > 50; });
  CHECK(path.status == Status::diverged);
  CHECK(path.state.norm() > 50);
  CHECK(outside == 1);
  CHECK(path.state[0] == Approx(std::exp(path.time)).epsilon(1e-6));

  CHECK(integrate(growth, vector({1, 1}), 1, {.divergence_radius = 1}).status == Status::diverged);
  CHECK(integrate(growth, vector({1, 1}), 1, {.divergence_radius = 1}).time == 0);
  const auto unbounded = integrate(growth, vector({1e-10, 1}), 500, {.divergence_radius = infinity});
  CHECK(unbounded.status == Status::reached_end);
  CHECK(unbounded.state[1] == Approx(std::exp(500.0)).epsilon(1e-5));
}

TEST_CASE("A large radius is compared without overflow", "[integrate][status]") {
  const auto growth = [](const Vector<double>& y) -> Vector<double> { return y; };
  const auto path = integrate(growth, vector({1e200}), 5, {.divergence_radius = 1e250});
  CHECK(path.status == Status::reached_end);
  CHECK(integrate(growth, vector({1e200}), 500, {.divergence_radius = 1e250}).status == Status::diverged);
}

TEST_CASE("Blow-up in finite time ends in a Status at the blow-up, within milliseconds", "[integrate][status]") {
  Solution<double> path;
  CHECK(seconds_of([&] { path = integrate(square, vector({1}), 2); }) < 0.1);
  CHECK(path.status == Status::diverged);
  CHECK(path.time == Approx(1).epsilon(1e-7));
  CHECK(path.state[0] > 1e12);

  CHECK(seconds_of([&] { path = integrate(square, vector({1}), 2, {.divergence_radius = infinity}); }) < 0.1);
  CHECK((path.status == Status::step_too_small || path.status == Status::non_finite));
  CHECK(path.time == Approx(1).epsilon(1e-7));
  CHECK(std::isfinite(path.state[0]));

  CHECK(seconds_of(
            [&] { path = integrate(square, vector({1}), 2, {.method = methods::runge_kutta_4, .steps = 500}); }) < 0.1);
  CHECK((path.status == Status::diverged || path.status == Status::non_finite));
  CHECK(std::isfinite(path.state[0]));
  CHECK(path.time < 1.1);
}

TEST_CASE("What is not finite at the start ends the run at time 0", "[integrate][status]") {
  for (const double bad : {not_a_number, infinity, -infinity}) {
    const auto from_bad = integrate(Oscillator{}, vector({1, bad}), 1, {.save_at = {0, 1}});
    CHECK(from_bad.status == Status::non_finite);
    CHECK(from_bad.time == 0);
    CHECK(from_bad.evaluations == 0);
    CHECK(from_bad.saved_times.empty());
    CHECK(integrate(Oscillator{}, vector({bad, 1}), 0).status == Status::non_finite);

    const auto field = [bad](const Vector<double>&) { return vector({bad}); };
    const auto path = integrate(field, vector({3}), 1);
    CHECK(path.status == Status::non_finite);
    CHECK(path.time == 0);
    CHECK(path.state[0] == 3);
    CHECK(path.evaluations == 1);
    CHECK(integrate(field, vector({3}), 1, {.method = methods::euler, .steps = 3}).status == Status::non_finite);
  }
}

TEST_CASE("A region where the field is NaN is approached and not entered", "[integrate][status]") {
  const auto field = [](const Vector<double>& y) { return vector({y[0] < 0.5 ? not_a_number : -1.0}); };
  Solution<double> path;
  CHECK(seconds_of([&] { path = integrate(field, vector({1}), 2); }) < 0.1);
  CHECK(path.status == Status::non_finite);
  CHECK(path.state[0] >= 0.5);
  CHECK(path.state[0] == Approx(0.5).margin(1e-12));
  CHECK(path.time == Approx(0.5).margin(1e-12));
  CHECK(path.evaluations < 5000);

  const auto fixed = integrate(field, vector({1}), 2, {.method = methods::runge_kutta_4, .steps = 64});
  CHECK(fixed.status == Status::non_finite);
  CHECK(fixed.state[0] == Approx(0.5).margin(2.0 / 64));
}

TEST_CASE("A region of NaN right at the start ends the run too", "[integrate][status]") {
  const auto field = [](const Vector<double>& y) { return vector({y[0] == 1 ? -1.0 : not_a_number}); };
  const auto path = integrate(field, vector({1}), 2);
  CHECK(path.status == Status::non_finite);
  CHECK(path.state[0] == 1);
  CHECK(path.evaluations < 200);
}

TEST_CASE("Passing NaNs are avoided by shorter steps", "[integrate][status]") {
  // NaN beyond 1.2, which the exact solution sin t never reaches: only stages of long steps do.
  int nans = 0;
  const auto field = [&nans](const Vector<double>& y) {
    const bool outside = std::abs(y[0]) > 1.001;
    nans += outside;
    return vector({outside ? not_a_number : y[1], -y[0]});
  };
  const auto path =
      integrate(field, vector({0, 1}), 20, {.relative_tolerance = 1e-6, .absolute_tolerance = 1e-6, .initial_step = 5});
  CHECK(nans > 0);
  CHECK(path.status == Status::reached_end);
  CHECK(path.state[0] == Approx(std::sin(20.0)).margin(1e-3));
}

TEST_CASE("A field that is exactly zero leaves the state where it is until the end", "[integrate][status]") {
  const auto rest = [](const Vector<double>& y) { return Vector<double>(Vector<double>::Zero(y.size())); };
  const auto path = integrate(rest, vector({1, 2}), 5, {.save_at = {0, 2, 5}});
  CHECK(path.status == Status::stationary);
  CHECK(path.reached());
  CHECK(path.time == 5);
  CHECK(path.state == vector({1, 2}));
  CHECK(path.evaluations == 1);
  REQUIRE(path.saved_states.size() == 3);
  for (const auto& state : path.saved_states) CHECK(state == vector({1, 2}));

  const auto stops = [](const Vector<double>& y) { return vector({y[0] < 1 ? 1.0 : 0.0}); };
  const auto later = integrate(stops, vector({0}), 1e6, {.save_at = {0.5, 1e5}});
  CHECK(later.status == Status::stationary);
  CHECK(later.time == 1e6);
  CHECK(later.state[0] == Approx(1).margin(1e-6));
  CHECK(later.saved_states[0][0] == Approx(0.5));
  CHECK(later.saved_states[1] == later.state);
}

TEST_CASE("A jump of the field is crossed", "[integrate][rough]") {
  const auto field = [](const Vector<double>& y) { return vector({y[0] > 0 ? -1.0 : -2.0}); };
  const auto path = integrate(field, vector({1}), 2);
  CHECK(path.status == Status::reached_end);
  CHECK(path.state[0] == Approx(-2).epsilon(1e-8));
  CHECK(path.evaluations < 1000);
}

TEST_CASE("A jump that holds the state from both sides ends in a Status", "[integrate][rough]") {
  const auto field = [](const Vector<double>& y) { return vector({y[0] > 0 ? -1.0 : 1.0}); };
  const auto path = integrate(field, vector({1}), 2, {.maximum_steps = 20'000});
  CHECK(path.status == Status::budget_spent);
  CHECK(std::abs(path.state[0]) < 1e-9);
}

TEST_CASE("An integrable log singularity is passed with its area right", "[integrate][rough]") {
  // x = 0.5 is met where the field of y has a logarithm: y(1) = log(1/2) - 1.
  const auto field = [](const Vector<double>& y) { return vector({1.0, std::log(std::abs(y[0] - 0.5))}); };
  const auto path = integrate(field, vector({0, 0}), 1);
  CHECK(path.status == Status::reached_end);
  CHECK(path.state[1] == Approx(std::log(0.5) - 1).margin(1e-7));
  CHECK(path.evaluations < 5000);
}

TEST_CASE("A jump that no step can tolerate ends as step_too_small at the jump", "[integrate][rough]") {
  const auto field = [](const Vector<double>& y) { return vector({1.0, y[0] < 0.5 ? 0.0 : 1e8}); };
  const auto path = integrate(field, vector({0, 0}), 1, {.minimum_step = 1e-9});
  CHECK(path.status == Status::step_too_small);
  CHECK(path.time == Approx(0.5).margin(1e-6));
  CHECK(path.state[0] <= 0.5);
  CHECK(path.evaluations < 1000);
}

TEST_CASE("The steps stay within maximum_step and begin with initial_step", "[integrate][options]") {
  const auto line = [](const Vector<double>&) { return vector({1}); };
  double before = 0, longest = 0;
  std::vector<double> steps;
  const auto watch = [&](double time, const Vector<double>&) {
    steps.push_back(time - before);
    longest = std::max(longest, time - before);
    before = time;
  };
  integrate(line, vector({0}), 1, {.initial_step = 1e-3, .maximum_step = 0.03}, watch);
  CHECK(steps.front() == Approx(1e-3));
  CHECK(longest == Approx(0.03));
  CHECK(longest <= 0.03 * (1 + 1e-12));
}

TEST_CASE("A method of one's own runs, adaptively where it estimates its error", "[integrate][tableau]") {
  // Bogacki and Shampine 3(2).
  const Tableau bogacki_shampine = {
      .name = "bogacki_shampine_3_2",
      .stages = 4,
      .order = 3,
      .error_order = 2,
      .a = {{{{}}, {{{1, 2}}}, {{{0}, {3, 4}}}, {{{2, 9}, {1, 3}, {4, 9}}}}},
      .b = {{{2, 9}, {1, 3}, {4, 9}}},
      .error = {{{-5, 72}, {1, 12}, {1, 9}, {-1, 8}}},
  };
  const auto path = integrate(Oscillator{}, vector({1, 0}), 3, {.method = bogacki_shampine, .save_at = {1}});
  CHECK((path.state - rotated(3)).norm() < 1e-6);
  CHECK((path.saved_states[0] - rotated(1)).norm() < 1e-6);
  CHECK(path.evaluations == 2 + 3 * (path.accepted_steps + path.rejected_steps));

  // Heun's method with Euler's as its estimate: no stage to hand on.
  const Tableau heun = {.name = "heun_2_1",
                        .stages = 2,
                        .order = 2,
                        .error_order = 1,
                        .a = {{{{}}, {{{1}}}}},
                        .b = {{{1, 2}, {1, 2}}},
                        .error = {{{-1, 2}, {1, 2}}}};
  CHECK((integrate(Oscillator{}, vector({1, 0}), 3, {.method = heun}).state - rotated(3)).norm() < 1e-4);
  CHECK(fitted_order(heun, {100, 200, 400}) == Approx(2).margin(0.05));
  CHECK(fitted_order(bogacki_shampine, {50, 100, 200}) == Approx(3).margin(0.1));
}

TEST_CASE("Misuse is refused by the name of the argument", "[integrate][errors]") {
  struct Sized {
    Index dimension() const { return 3; }
    Vector<double> operator()(const Vector<double>& y) const { return -y; }
  };
  CHECK_THROWS_WITH(integrate(Sized{}, vector({1, 2}), 1),
                    "start: was of length 2, must be a vector of length 3 (the field's dimension)");
  CHECK(integrate(Sized{}, vector({1, 2, 3}), 1).reached());
  CHECK_THROWS_WITH(integrate(Oscillator{}, Vector<double>(), 1),
                    "start: was of length 0, must be a vector of length 1 or more");
  CHECK_THROWS_WITH(integrate(Oscillator{}, vector({1, 0}), not_a_number), "time: was nan, must be a finite number");
  CHECK_THROWS_WITH(integrate(Oscillator{}, vector({1, 0}), infinity), "time: was inf, must be a finite number");
  CHECK_THROWS_AS(integrate(Oscillator{}, vector({1, 0}), 1, {.relative_tolerance = -1}), InvalidArgument);
  CHECK_THROWS_AS(integrate([](const Vector<double>&) { return vector({1, 2, 3}); }, vector({1}), 1), InvalidArgument);
}

TEST_CASE("An observer that throws ends the run with a status and its message", "[integrate][observer]") {
  int told = 0;
  const auto path = integrate(
      Oscillator{}, vector({1, 0}), 1.0, {.step_size = 0.125},
      [](double time, const Vector<double>&) {
        if (time > 0.3) throw std::runtime_error("disk full");
      },
      [&](double, const Vector<double>&) { ++told; });
  CHECK(path.status == Status::observer_failed);
  CHECK(path.failure == "disk full");
  CHECK(path.time == 0.375);
  CHECK(told == 3);
  CHECK_FALSE(path.reached());
}

TEST_CASE("Exceptions of the field pass through", "[integrate][errors]") {
  const auto field = [](const Vector<double>& y) {
    if (y[0] > 1.5) throw std::runtime_error("from the field");
    return vector({1});
  };
  CHECK_THROWS_WITH(integrate(field, vector({1}), 1), "from the field");
}

namespace {

template <class Field, class... Observers>
concept Integrates =
    requires(Field field, Vector<double> x, Observers... observers) { integrate(field, x, 1.0, {}, observers...); };
struct ObserverOfTime {
  void operator()(double) const {}
};
struct ObserverOfInt {
  int operator()(double, const Vector<double>&) const { return 0; }
};
struct GoodObserver {
  Next operator()(double, const Vector<double>&) const { return Next::proceed; }
};
struct RealToComplexOnly {
  template <class T>
    requires(!is_complex<T>)
  Vector<C> operator()(const Vector<T>& y) const {
    return y.template cast<C>();
  }
};

}  // namespace

TEST_CASE("A wrong signature of field or observer does not compile", "[integrate][concepts]") {
  STATIC_REQUIRE(Integrates<Oscillator>);
  STATIC_REQUIRE(Integrates<Oscillator, GoodObserver>);
  STATIC_REQUIRE_FALSE(Integrates<Oscillator, ObserverOfTime>);
  STATIC_REQUIRE_FALSE(Integrates<Oscillator, ObserverOfInt>);
  STATIC_REQUIRE_FALSE(Integrates<Oscillator, GoodObserver, ObserverOfTime>);
  STATIC_REQUIRE_FALSE(Integrates<RealToComplexOnly>);  // it cannot be called at the states that it leads to
  STATIC_REQUIRE_FALSE(Integrates<int>);
}
