// Boost.Odeint as an independent route to the same trajectories.

#include <drift/integrate/integrate.hpp>

#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <boost/numeric/odeint/integrate/integrate_const.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta4_classic.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <vector>

namespace odeint = boost::numeric::odeint;

namespace {

using State = std::vector<double>;

void lorenz(const State& y, State& f, double) {
  f[0] = 10 * (y[1] - y[0]);
  f[1] = y[0] * (28 - y[2]) - y[1];
  f[2] = y[0] * y[1] - 8.0 / 3 * y[2];
}

void van_der_pol(const State& y, State& f, double) {
  f[0] = y[1];
  f[1] = 5 * (1 - y[0] * y[0]) * y[1] - y[0];
}

template <class System>
auto field_of(System system) {
  return [system](const drift::Vector<double>& y) {
    State in(y.begin(), y.end()), out(in.size());
    system(in, out, 0);
    return drift::Vector<double>(Eigen::Map<const drift::Vector<double>>(out.data(), y.size()));
  };
}

drift::Vector<double> as_vector(const State& y) {
  return Eigen::Map<const drift::Vector<double>>(y.data(), static_cast<drift::Index>(y.size()));
}

template <class System>
drift::Vector<double> by_odeint(System system, State y, double time) {
  const auto stepper = odeint::make_controlled(1e-14, 1e-14, odeint::runge_kutta_fehlberg78<State>());
  odeint::integrate_adaptive(stepper, system, y, 0.0, time, 1e-3);
  return as_vector(y);
}

}  // namespace

TEST_CASE("Lorenz and van der Pol trajectories are those of Boost.Odeint", "[integrate][oracle]") {
  const drift::IntegrateOptions tight = {.relative_tolerance = 1e-12, .absolute_tolerance = 1e-13};
  const State start = {1, 2, 20}, oscillator = {2, 0};
  const auto path = drift::integrate(field_of(lorenz), as_vector(start), 2, tight);
  CHECK((path.state - by_odeint(lorenz, start, 2)).norm() < 1e-8);
  const auto loose = drift::integrate(field_of(lorenz), as_vector(start), 2);
  CHECK((loose.state - by_odeint(lorenz, start, 2)).norm() < 1e-4);

  const auto relaxed = drift::integrate(field_of(van_der_pol), as_vector(oscillator), 12, tight);
  CHECK((relaxed.state - by_odeint(van_der_pol, oscillator, 12)).norm() < 1e-8);
}

TEST_CASE("Saved states along a nonlinear trajectory are those of Boost.Odeint", "[integrate][oracle][save_at]") {
  const State start = {1, 2, 20};
  std::vector<double> times;
  for (int i = 1; i <= 20; ++i) times.push_back(0.05 * i);
  const auto path = drift::integrate(field_of(lorenz), as_vector(start), 1,
                                     {.relative_tolerance = 1e-11, .absolute_tolerance = 1e-12, .save_at = times});
  REQUIRE(path.saved_states.size() == times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    INFO("t = " << times[i]);
    CHECK((path.saved_states[i] - by_odeint(lorenz, start, times[i])).norm() < 1e-6);
  }
}

TEST_CASE("The classical method takes the same steps as Boost.Odeint's", "[integrate][oracle]") {
  State y = {1, 2, 20};
  const drift::Vector<double> start = as_vector(y);
  odeint::runge_kutta4_classic<State> stepper;
  for (int i = 0; i < 64; ++i) stepper.do_step(lorenz, y, 0.0, 1.0 / 64);
  const auto path =
      drift::integrate(field_of(lorenz), start, 1, {.method = drift::methods::runge_kutta_4, .steps = 64});
  CHECK((path.state - as_vector(y)).norm() < 1e-11);
}
