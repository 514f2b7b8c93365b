#include <drift/integrate/step_control.hpp>

#include <catch2/catch.hpp>

#include <complex>
#include <limits>

using namespace drift;

TEST_CASE("The scaled norm is one when every component has just the error that is tolerated", "[integrate][control]") {
  const Tolerances<double> tolerances({.relative_tolerance = 1e-3, .absolute_tolerance = 1e-2});
  Vector<double> y(3), z(3);
  y << 1, -20, 0;
  z << -5, 10, 0;
  Vector<double> error(3);
  error << 0.015, -0.03, 0.01;
  CHECK(tolerances.scaled_norm(error, y, z) == Approx(1).epsilon(1e-14));
  CHECK(tolerances.scaled_norm((2 * error).eval(), y, z) == Approx(2).epsilon(1e-14));
}

TEST_CASE("The scaled norm of complex vectors does not change under a common phase", "[integrate][control]") {
  using C = std::complex<double>;
  const Tolerances<double> tolerances({.relative_tolerance = 1e-3, .absolute_tolerance = 1e-2});
  Vector<C> y(2), z(2), error(2);
  y << C(1, 2), C(-3, 0.5);
  z << C(2, 1), C(0, 4);
  error << C(1e-3, 2e-3), C(0, -5e-3);
  const C phase = std::polar(1.0, 1.1);
  const double norm = tolerances.scaled_norm(error, y, z);
  CHECK(norm > 0);
  CHECK(tolerances.scaled_norm((phase * error).eval(), (phase * y).eval(), (phase * z).eval()) == Approx(norm));
}

TEST_CASE("No error is fine where no error is tolerated, any error is not", "[integrate][control]") {
  const Tolerances<double> tolerances({.relative_tolerance = 1e-3, .absolute_tolerance = 0});
  const Vector<double> zero = Vector<double>::Zero(1);
  CHECK(tolerances.scaled_norm(zero, zero, zero) == 0);
  CHECK(std::isinf(tolerances.scaled_norm(Vector<double>::Ones(1).eval(), zero, zero)));
}

TEST_CASE("Relative tolerances below the number type's resolution are raised to it", "[integrate][control]") {
  CHECK(Tolerances<float>(IntegrateOptions{}).relative == 10 * epsilon<float>());
  CHECK(Tolerances<double>({.relative_tolerance = 0}).relative == 10 * epsilon<double>());
  CHECK(Tolerances<double>(IntegrateOptions{}).relative == 1e-8);
  CHECK(Tolerances<long double>({.relative_tolerance = 1e-17}).relative < 10 * epsilon<double>());
}

TEST_CASE("Options beyond a number type's range become its infinity", "[integrate][control]") {
  CHECK(option_as<float>(1e300) == std::numeric_limits<float>::infinity());
  CHECK(option_as<float>(1e12) == 1e12f);
  CHECK(option_as<double>(1e300) == 1e300);
}

TEST_CASE("The controller lengthens after small errors, shortens after large ones, and stays within its bounds",
          "[integrate][control]") {
  PIController<double> controller(4);
  CHECK(controller.after_acceptance(0) == 10);
  CHECK(controller.after_acceptance(1e-20) == 10);
  CHECK(controller.after_acceptance(1) < 1);
  CHECK(controller.after_rejection(1e30) == 0.2);
  CHECK(controller.after_rejection(std::numeric_limits<double>::infinity()) == 0.2);
  CHECK(controller.after_rejection(std::numeric_limits<double>::quiet_NaN()) == 0.2);
  const double once = controller.after_rejection(4), twice = controller.after_rejection(8);
  CHECK(once / twice == Approx(std::pow(2, 0.2)));
}

TEST_CASE("The step does not grow straight after a rejection", "[integrate][control]") {
  PIController<double> controller(4);
  controller.after_rejection(2);
  CHECK(controller.after_acceptance(1e-9) == 1);
  CHECK(controller.after_acceptance(1e-9) > 1);
  controller.after_non_finite();
  CHECK(controller.after_acceptance(1e-9) == 1);
}

TEST_CASE("The first step follows the field's own time scale", "[integrate][control]") {
  const auto first = [](double rate) {
    CountedField<double> field([rate](const Vector<double>& y, Vector<double>& f) { f = -rate * y; });
    const Vector<double> y = Vector<double>::Ones(3);
    Vector<double> slope(3);
    field(y, slope);
    const double step = starting_step(field, y, slope, Tolerances<double>(IntegrateOptions{}), 4, 1e6, false);
    CHECK(field.evaluations() == 2);
    return step;
  };
  CHECK(first(1) > 1e-4);
  CHECK(first(1) < 1);
  CHECK(first(1000) < first(1) / 10);
}

TEST_CASE("The first step survives a field that is NaN at its probe, and never exceeds the span there",
          "[integrate][control]") {
  const Vector<double> y = Vector<double>::Ones(1), slope = -y;
  CountedField<double> nan_field(
      [](const Vector<double>& at, Vector<double>& f) { f = at * std::numeric_limits<double>::quiet_NaN(); });
  const double step = starting_step(nan_field, y, slope, Tolerances<double>(IntegrateOptions{}), 4, 1e-4, false);
  CHECK(step > 0);
  CHECK(step <= 1e-4);
}

TEST_CASE("Fixed steps of a given length end on the end without an empty last step", "[integrate][control]") {
  for (const double end : {0.3, -0.3}) {
    FixedPace<double> pace({.method = methods::euler, .step_size = 0.1}, end);
    RungeKuttaStep<double> step(methods::euler, 1);
    const Vector<double> state = Vector<double>::Zero(1);
    double time = 0;
    int count = 0;
    while (time != end && count < 10) {
      const PlannedStep<double> planned = pace.plan(time);
      CHECK(std::abs(planned.h) == Approx(0.1));
      CHECK(pace.judge(step, state, planned, time, true).accepted);
      time = planned.target;
      ++count;
    }
    CHECK(time == end);
    CHECK(count == 3);
  }
}
