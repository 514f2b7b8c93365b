#include <drift/calculus/elementary.hpp>
#include <drift/calculus/stage.hpp>

#include <catch2/catch.hpp>

#include <complex>
#include <functional>
#include <vector>

using namespace drift;
using namespace drift::calculus;
using C = std::complex<double>;

namespace {

/// A series of plain numbers.
struct Coefficients {
  std::vector<C>* data;
  C& operator[](Index m) const { return (*data)[static_cast<std::size_t>(m)]; }
};

/// What the recurrences give for phi(x(t, e)); index k * 2^depth + bits.
template <class Function>
std::vector<C> by_recurrence(const std::vector<C>& x, int depth) {
  std::vector<C> xs = x, z(x.size()), d(x.size()), u(x.size());
  Function::start(xs[0], z[0], d[0], u[0]);
  Coefficients x_series{&xs}, z_series{&z}, d_series{Function::series > 1 ? &d : &z},
      u_series{Function::series > 2 ? &u : &z};
  Stages stages(depth);
  for (Index m = 1; m < static_cast<Index>(x.size()); ++m) {
    REQUIRE(Function::advance(stages[m], x_series, z_series, d_series, u_series));
  }
  return z;
}

/// Taylor coefficients by Cauchy's integral: the mean of phi over circles, from plain evaluations at complex points alone.
std::vector<C> by_cauchy(const std::function<C(C)>& phi, const std::vector<C>& x, int depth) {
  const double radius = 0.2, two_pi = 2 * std::acos(-1.0);
  const int n = 48;
  const int infinitesimals = 1 << depth;
  std::vector<C> z(x.size(), C(0));
  const auto at = [&](int j) { return std::polar(1.0, two_pi * j / n); };
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < (depth > 0 ? n : 1); ++j) {
      const C t = radius * at(i), e = depth > 0 ? radius * at(j) : C(0);
      C argument(0), power(1);
      for (std::size_t m = 0; m < x.size(); ++m) {
        const bool with_e = depth > 0 && m % 2 == 1;
        if (m > 0 && (depth == 0 || m % 2 == 0)) power *= t;
        argument += x[m] * power * (with_e ? e : C(1));
      }
      const C value = phi(argument);
      for (std::size_t m = 0; m < x.size(); ++m) {
        const int k = static_cast<int>(m) / infinitesimals;
        const int bits = static_cast<int>(m) % infinitesimals;
        const C rotate = at((n * n - i * k) % n) * (bits == 1 ? at((n - j) % n) : C(1));
        z[m] += value * rotate / (std::pow(radius, k + bits) * n * (depth > 0 ? n : 1));
      }
    }
  }
  return z;
}

template <class Function>
void expect_series(const std::string& name, const std::function<C(C)>& phi, C x0) {
  for (int depth : {0, 1}) {
    INFO(name << " at " << x0 << ", depth " << depth);
    const std::vector<C> x = {x0,          {0.3, -0.1},   {-0.2, 0.25}, {0.15, 0.1}, {-0.1, -0.05},
                              {0.05, 0.1}, {0.02, -0.04}, {0.03, 0.01}};
    const std::vector<C> z = by_recurrence<Function>(x, depth), expected = by_cauchy(phi, x, depth);
    for (std::size_t m = 0; m < x.size(); ++m) {
      INFO("coefficient " << m << ": " << z[m] << " by recurrence, " << expected[m] << " by Cauchy's integral");
      CHECK(std::abs(z[m] - expected[m]) < 1e-10 * (1 + std::abs(expected[m])));
    }
  }
}

}  // namespace

TEST_CASE("every function's recurrence gives the Taylor coefficients of the function, with infinitesimals too",
          "[elementary]") {
  for (const C& x : {C(0.8, 0), C(0.6, 0.7), C(1.5, -0.4)}) {
    expect_series<Exp>("exp", [](C z) { return std::exp(z); }, x);
    expect_series<Log>("log", [](C z) { return std::log(z); }, x);
    expect_series<Log1p>("log1p", [](C z) { return std::log(1.0 + z); }, x);
    expect_series<Sqrt>("sqrt", [](C z) { return std::sqrt(z); }, x);
    expect_series<Reciprocal>("reciprocal", [](C z) { return 1.0 / z; }, x);
    expect_series<Sin>("sin", [](C z) { return std::sin(z); }, x);
    expect_series<Cos>("cos", [](C z) { return std::cos(z); }, x);
    expect_series<Tanh>("tanh", [](C z) { return std::tanh(z); }, x);
    expect_series<Logistic>("logistic", [](C z) { return 1.0 / (1.0 + std::exp(-z)); }, x);
    expect_series<Softplus>("softplus", [](C z) { return std::log(1.0 + std::exp(z)); }, x);
  }
}

TEST_CASE("the functions that have no singularity there hold at and left of zero", "[elementary]") {
  for (const C& x : {C(0), C(-0.7, 0), C(-1.2, 0.3)}) {
    expect_series<Exp>("exp", [](C z) { return std::exp(z); }, x);
    expect_series<Sin>("sin", [](C z) { return std::sin(z); }, x);
    expect_series<Cos>("cos", [](C z) { return std::cos(z); }, x);
    expect_series<Tanh>("tanh", [](C z) { return std::tanh(z); }, x);
    expect_series<Logistic>("logistic", [](C z) { return 1.0 / (1.0 + std::exp(-z)); }, x);
    expect_series<Softplus>("softplus", [](C z) { return std::log(1.0 + std::exp(z)); }, x);
  }
  expect_series<Log1p>("log1p", [](C z) { return std::log(1.0 + z); }, C(0));
}
