#include <drift/integrate/dense_output.hpp>
#include <drift/integrate/runge_kutta.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace drift;

namespace {

/// The slope of log error over log h, by least squares.
double fitted_order(const std::vector<double>& h, const std::vector<double>& error) {
  const auto n = static_cast<double>(h.size());
  double x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < h.size(); ++i) {
    const double u = std::log(h[i]), v = std::log(error[i]);
    x += u, y += v, xx += u * u, xy += u * v;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

/// Local error of dense output at fraction s: a pendulum, against the same method with a hundred times shorter steps;
/// in long double, so that steps short enough for the slope to be seen stay above the rounding.
double local_order(const Tableau& method, long double s) {
  CountedField<long double> pendulum([](const Vector<long double>& y, Vector<long double>& f) {
    f.resize(2);
    f << y[1], -std::sin(y[0]);
  });
  Vector<long double> start(2);
  start << 1, 0.5L;
  std::vector<double> lengths, errors;
  for (const long double h : {0.04L, 0.02L, 0.01L, 0.005L}) {
    RungeKuttaStep<long double> step(method, 2);
    REQUIRE(step.evaluate_slope(pendulum, start));
    REQUIRE(step.attempt(pendulum, start, h));
    REQUIRE(step.evaluate_last_slope(pendulum));
    const Vector<long double> inside = step.interpolate(start, s, h);

    RungeKuttaStep<long double> fine(methods::dormand_prince_5_4, 2);
    Vector<long double> exact = start;
    REQUIRE(fine.evaluate_slope(pendulum, exact));
    for (int i = 0; i < 100; ++i) {
      REQUIRE(fine.attempt(pendulum, exact, s * h / 100));
      fine.accept(exact);
    }
    lengths.push_back(static_cast<double>(h));
    errors.push_back(static_cast<double>((inside - exact).norm()));
  }
  return fitted_order(lengths, errors);
}

}  // namespace

TEST_CASE("Dense output of Dormand-Prince has local order 5, the cubic after a classical step 4",
          "[integrate][dense]") {
  for (const double s : {0.2, 0.45, 0.8}) {
    INFO("s = " << s);
    CHECK(local_order(methods::dormand_prince_5_4, s) == Approx(5).margin(0.1));
    CHECK(local_order(methods::runge_kutta_4, s) == Approx(4).margin(0.1));
  }
}

TEST_CASE("The dense polynomial meets both ends in value and slope", "[integrate][dense]") {
  const double h = -0.7;
  const DenseWeights<double> first(0.0, h), last(1.0, h);
  CHECK(first.difference == 0);
  CHECK(last.difference == 1);
  for (const auto& weight : {first, last}) {
    CHECK(weight.first_slope == 0);
    CHECK(weight.last_slope == 0);
    CHECK(weight.correction == 0);
  }
  const double d = 1e-6;
  const DenseWeights<double> after(d, h), before(1 - d, h);
  CHECK(after.first_slope / (d * h) == Approx(1).epsilon(1e-5));  // d y / d t = f_0 at the start
  CHECK(after.difference / d == Approx(0).margin(1e-5));
  CHECK(-before.last_slope / (d * h) == Approx(1).epsilon(1e-5));  // and f_1 at the end
  CHECK(before.first_slope / (d * h) == Approx(0).margin(1e-5));
  CHECK(before.correction / (d * h) == Approx(0).margin(1e-5));
}

TEST_CASE("Dense output reproduces polynomials of degree 3 in time", "[integrate][dense]") {
  // y = (t, t^3 - t), as an autonomous field.
  CountedField<double> cubic([](const Vector<double>& y, Vector<double>& f) {
    f.resize(2);
    f << 1, 3 * y[0] * y[0] - 1;
  });
  for (const Tableau& method : {methods::runge_kutta_4, methods::dormand_prince_5_4}) {
    RungeKuttaStep<double> step(method, 2);
    const Vector<double> start = Vector<double>::Zero(2);
    REQUIRE(step.evaluate_slope(cubic, start));
    REQUIRE(step.attempt(cubic, start, 2.0));
    REQUIRE(step.evaluate_last_slope(cubic));
    for (const double t : {0.3, 1.0, 1.7}) {
      const Vector<double> y = step.interpolate(start, t / 2, 2.0);
      CHECK(y[0] == Approx(t).epsilon(1e-13));
      CHECK(y[1] == Approx(t * t * t - t).margin(1e-13));
    }
  }
}
