// The same engine in float, long double and fifty digits: errors follow the number type.

#include <drift/integrate/follow.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/eigen.hpp>
#include <catch2/catch.hpp>

#include <complex>
#include <limits>

using namespace drift;

namespace {

using Fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

template <class T>
Vector<T> turn(const Vector<T>& y) {
  Vector<T> f(2);
  f << y[1], -y[0];
  return f;
}

template <class T>
Vector<T> east() {
  Vector<T> y(2);
  y << T(1), T(0);
  return y;
}

template <class T>
T error_at_two(const IntegrateOptions& options) {
  using std::abs;
  using std::cos;
  using std::sin;
  const auto path = integrate(turn<T>, east<T>(), 2, options);
  REQUIRE(path.status == Status::reached_end);
  const T x = path.state[0] - cos(T(2)), y = path.state[1] + sin(T(2));
  return abs(x) + abs(y);
}

}  // namespace

TEMPLATE_TEST_CASE("The default options end within the number type's precision", "[integrate][numbers]", float, double,
                   long double) {
  const auto tolerance = std::max<long double>(1e-8L, 10 * epsilon<TestType>());
  CHECK(error_at_two<TestType>({}) < 50 * tolerance);
}

TEMPLATE_TEST_CASE("Tolerances of zero are raised to what the number type resolves, and the run ends there",
                   "[integrate][numbers]", float, double, long double) {
  const TestType error = error_at_two<TestType>({.relative_tolerance = 0, .absolute_tolerance = 0});
  CHECK(error < 200 * epsilon<TestType>());
}

TEMPLATE_TEST_CASE("Fixed steps of the classical method reach rounding in every number type", "[integrate][numbers]",
                   float, double, long double) {
  // Error of the method about (h^4 / 120) t, h = 2 / steps, then rounding.
  const TestType h = TestType(2) / TestType(200);
  CHECK(error_at_two<TestType>({.method = methods::runge_kutta_4, .steps = 200}) <
        h * h * h * h / 30 + 100 * epsilon<TestType>());
}

TEMPLATE_TEST_CASE("Blow-up and NaN end in a Status in every number type", "[integrate][numbers]", float, long double) {
  using T = TestType;
  const auto square = [](const Vector<T>& y) -> Vector<T> { return y.cwiseProduct(y); };
  const auto path = integrate(square, Vector<T>::Ones(1), 2);
  CHECK_FALSE(path.reached());
  CHECK(path.status != Status::budget_spent);
  CHECK(std::isfinite(path.state[0]));
  CHECK(path.time == Approx(1).epsilon(1e-4));
  const auto wall = [](const Vector<T>& y) -> Vector<T> {
    return Vector<T>::Constant(1, y[0] < T(0.5) ? std::numeric_limits<T>::quiet_NaN() : T(-1));
  };
  CHECK(integrate(wall, Vector<T>::Ones(1), 2).status == Status::non_finite);
}

TEST_CASE("A complex float field promotes a float start", "[integrate][numbers][complex]") {
  using C = std::complex<float>;
  const auto field = [](const auto& y) { return (C(0, 1) * y.template cast<C>()).eval(); };
  const auto path = integrate(field, Vector<float>::Ones(1), 1.0);
  static_assert(std::is_same_v<decltype(path.state), Vector<C>>);
  static_assert(std::is_same_v<decltype(path.time), float>);
  CHECK(std::abs(path.state[0] - std::exp(C(0, 1))) < 1e-4f);
}

TEST_CASE("In fifty digits the coefficients are exact: orders hold far below double's rounding",
          "[integrate][numbers]") {
  const auto order = [](const Tableau& method, Index steps) {
    const Fifty coarse = error_at_two<Fifty>({.method = method, .steps = steps});
    const Fifty fine = error_at_two<Fifty>({.method = method, .steps = 2 * steps});
    CHECK(fine < Fifty(1e-13));
    return static_cast<double>(log(coarse / fine) / log(Fifty(2)));
  };
  CHECK(order(methods::runge_kutta_4, 2000) == Approx(4).margin(0.01));
  CHECK(order(methods::dormand_prince_5_4, 2000) == Approx(5).margin(0.01));
}

TEST_CASE("In fifty digits a tolerance of 1e-22 is met", "[integrate][numbers]") {
  const Fifty error = error_at_two<Fifty>({.relative_tolerance = 1e-22, .absolute_tolerance = 1e-22});
  CHECK(error < Fifty(1e-20));
  CHECK(error > Fifty(0));
}
