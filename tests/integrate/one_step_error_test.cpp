#include <drift/calculus/order_of_accuracy.hpp>
#include <drift/integrate/one_step_error.hpp>

#include <catch2/catch.hpp>

#include <limits>

using namespace drift;

namespace {

/// theta' = a theta with a clock.
template <class S>
struct Linear {
  S rate;
  double h;
  double step_time() const { return h; }
  template <class T>
  Vector<S> operator()(const Vector<T>& x) const {
    return rate * x.template cast<S>();
  }
};

Vector<double> start() {
  Vector<double> x(2);
  x << 0.6, -0.8;
  return x;
}

}  // namespace

TEST_CASE("the one-step error of Euler on a linear field is the exponential's remainder", "[one_step_error]") {
  // The error keeps its relative digits as h falls: exp(-h) - (1 - h) = h^2/2 - ..., |x| = 1.
  for (double h : {0.5, 1e-2, 1e-4}) {
    const auto d = one_step_error(
        Linear<double>{-1, h}, [h](const Vector<double>& x) { return Vector<double>((1 - h) * x); }, start());
    CHECK(d.status == Status::reached_end);
    CHECK(std::abs(d.norm - (std::expm1(-h) + h)) < 1e-14);
    CHECK(d.real_norm == d.norm);
    CHECK(d.difference == Vector<double>(d.flow_state - d.next));
    CHECK((d.flow_state - std::exp(-h) * start()).norm() < 1e-13);
    CHECK(d.next == Vector<double>((1 - h) * start()));
  }
}

TEST_CASE("the order of the one-step error is what order_of_accuracy sees", "[one_step_error]") {
  const auto order = order_of_accuracy(
      [](double h) {
        return one_step_error(
                   Linear<double>{-1, h},
                   [h](const Vector<double>& x) { return Vector<double>((1 - h + h * h / 2) * x); }, start())
            .norm;
      },
      {0.04, 0.02, 0.01});
  CHECK(order.slope == Approx(3).margin(0.02));
}

TEST_CASE("a complex flow is compared as a complex vector and by its real part", "[one_step_error][complex]") {
  using C = std::complex<double>;
  const double h = 0.3;
  const auto d = one_step_error(Linear<C>{C(-1, 2), h}, [](const Vector<double>& x) { return x; }, start());
  const C factor = std::exp(C(-1, 2) * h);
  CHECK(d.norm == Approx(std::abs(factor - 1.0)));
  CHECK(d.real_norm == Approx(std::abs(factor.real() - 1)));
  CHECK(d.real_norm < d.norm);
}

TEST_CASE("a flow that does not get there and a step that is not finite are an infinite error with a status",
          "[one_step_error]") {
  const auto identity = [](const Vector<double>& x) { return x; };
  struct BlowUp {
    double step_time() const { return 5; }
    Vector<double> operator()(const Vector<double>& x) const { return x.cwiseAbs2(); }
  };
  const auto blown = one_step_error(BlowUp{}, identity, Vector<double>::Ones(1));
  CHECK(blown.status == Status::diverged);
  CHECK(blown.norm == std::numeric_limits<double>::infinity());
  CHECK(blown.real_norm == blown.norm);
  CHECK(blown.flow_state.allFinite());
  const auto bad_step = [](const Vector<double>& x) {
    return Vector<double>(x * std::numeric_limits<double>::quiet_NaN());
  };
  const auto bad = one_step_error(Linear<double>{-1, 0.1}, bad_step, start());
  CHECK(bad.status == Status::non_finite);
  CHECK(bad.norm == std::numeric_limits<double>::infinity());
}

TEST_CASE("a resting flow and a step that stays are at distance zero", "[one_step_error]") {
  const auto d = one_step_error(Linear<double>{0, 0.1}, [](const Vector<double>& x) { return x; }, 2 * start());
  CHECK(d.status == Status::stationary);
  CHECK(d.norm == 0);
}

TEST_CASE("options reach the integrator, and a step of another length is refused", "[one_step_error][errors]") {
  const auto identity = [](const Vector<double>& x) { return x; };
  const auto coarse =
      one_step_error(Linear<double>{-1, 0.5}, identity, start(), {.method = methods::euler, .steps = 1});
  CHECK(coarse.norm == Approx(0.5));
  const auto longer = [](const Vector<double>&) { return Vector<double>(Vector<double>::Zero(3)); };
  CHECK_THROWS_WITH(one_step_error(Linear<double>{-1, 0.5}, longer, start()),
                    Catch::Matchers::Contains("step(x): was of length 3"));
  CHECK_THROWS_AS(one_step_error(Linear<double>{-1, 0.5}, identity, start(), {.relative_tolerance = -1}),
                  InvalidArgument);
}
