#include <drift/flows/map_logarithm.hpp>

#include "oracle_problems.hpp"

#include <drift/calculus/derivatives.hpp>
#include <drift/flows/modified.hpp>
#include <drift/integrate/follow.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <utility>

using namespace drift;
using Float50 = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

template <int... i, class Visit>
void for_each_order(std::integer_sequence<int, i...>, const Visit& visit) {
  (visit(std::integral_constant<int, i + 1>{}), ...);
}

}  // namespace

TEST_CASE("the logarithm of a linear map is its generator, to the order that was asked for") {
  // theta -> exp(G) theta with G a rotation by 0.05 and a contraction by 0.03
  const double angle = 0.05, rate = -0.03;
  const auto step = [&](const Vector<double>& z) {
    Vector<double> next(2);
    next << std::cos(angle) * z[0] - std::sin(angle) * z[1], std::sin(angle) * z[0] + std::cos(angle) * z[1];
    next *= std::exp(rate);
    return next;
  };
  Vector<double> z(2), expected(2);
  z << 0.5, -1.25;
  expected << rate * z[0] - angle * z[1], angle * z[0] + rate * z[1];
  double previous = 1;
  for_each_order(std::make_integer_sequence<int, 8>{}, [&](auto n) {
    const double error = (flows::map_logarithm<n()>(step)(z) - expected).norm() / expected.norm();
    CAPTURE(n(), error);
    CHECK(error < 0.1 * previous);
    previous = error;
  });
  CHECK(previous < 1e-9);
}

TEST_CASE("the logarithm of descent agrees with h times the modified field to O(h^(n+1))") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  const Vector<double> x = problems::smooth_start();
  for_each_order(std::make_integer_sequence<int, 4>{}, [&](auto n) {
    double errors[3];
    for (int i = 0; i < 3; ++i) {
      const double h = 0.04 / std::pow(2, i);
      const auto step = [&](const Vector<double>& theta) -> Vector<double> {
        return theta - h * gradient(problem, theta);
      };
      errors[i] = (flows::map_logarithm<n()>(step)(x) - h * flows::modified<n()>(problem, h)(x)).norm();
    }
    CAPTURE(n(), errors[0], errors[1], errors[2]);
    if (n() == 1) {
      CHECK(errors[0] < 1e-16);  // one and the same
    } else {
      CHECK(std::log2(errors[0] / errors[1]) == Approx(n() + 1).margin(0.2));
      CHECK(std::log2(errors[1] / errors[2]) == Approx(n() + 1).margin(0.2));
    }
  });
}

TEST_CASE("following the logarithm of descent for one step misses the step by O(h^(n+1))") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  const Vector<double> x = problems::smooth_start();
  for_each_order(std::make_integer_sequence<int, 4>{}, [&](auto n) {
    double errors[3];
    for (int i = 0; i < 3; ++i) {
      const double h = 0.04 / std::pow(2, i);
      const auto step = [&](const Vector<double>& theta) -> Vector<double> {
        return theta - h * gradient(problem, theta);
      };
      const auto end =
          follow(flows::map_logarithm<n()>(step), x, 1, {.relative_tolerance = 1e-14, .absolute_tolerance = 1e-16});
      REQUIRE(end.status == Status::reached_end);
      errors[i] = (end.state - step(x)).norm();
    }
    CAPTURE(n(), errors[0], errors[1], errors[2]);
    CHECK(std::log2(errors[0] / errors[1]) == Approx(n() + 1).margin(0.2));
    CHECK(std::log2(errors[1] / errors[2]) == Approx(n() + 1).margin(0.2));
  });
}

TEST_CASE("the orders of the map logarithm hold in 50 digits up to n = 6") {
  const auto problem = differentiable<Float50>(problems::Smooth{}, 3);
  const Vector<Float50> x = problems::smooth_start<Float50>();
  for_each_order(std::make_integer_sequence<int, 6>{}, [&](auto n) {
    double errors[2];
    for (int i = 0; i < 2; ++i) {
      const Float50 h = ldexp(Float50(1), -9 - i);
      const auto step = [&](const Vector<Float50>& theta) -> Vector<Float50> {
        return theta - h * gradient(problem, theta);
      };
      const auto end = integrate(flows::map_logarithm<n()>(step), x, Float50(1),
                                 {.relative_tolerance = 1e-27, .absolute_tolerance = 1e-30});
      REQUIRE(end.status == Status::reached_end);
      errors[i] = static_cast<double>((end.state - step(x)).norm());
    }
    CAPTURE(n(), errors[0], errors[1]);
    CHECK(std::log2(errors[0] / errors[1]) == Approx(n() + 1).margin(0.05));
  });
}

TEST_CASE("one update of a map is time 1; a dimension is known where the step knows it") {
  const auto lambda = [](const Vector<double>& z) -> Vector<double> { return 0.5 * z; };
  const auto field = flows::map_logarithm<2>(lambda);
  CHECK(field.step_time() == 1.0);
  STATIC_REQUIRE_FALSE(HasDimension<decltype(field)>);
  struct Sized {
    Index dimension() const { return 7; }
    Vector<double> operator()(const Vector<double>& z) const { return z; }
  };
  CHECK(flows::map_logarithm<1>(Sized{}).dimension() == 7);
}

TEST_CASE("the map logarithm takes states of any length and scalar, and expressions") {
  const auto half = [](const auto& z) { return std::decay_t<decltype(z)>(z / 2); };
  const auto field = flows::map_logarithm<2>(half);
  using C = std::complex<float>;
  Vector<C> z(1);
  z << C(2, -4);
  CHECK(field(z)[0] == C(-1.25f, 2.5f));  // -1 + ... : 1.5 (-1/2) - 0.5 (-1/4) times z
  CHECK(field(2 * Vector<long double>::Ones(5))[4] == -1.25L);
}

TEST_CASE("the map logarithm passes NaN on and refuses a step that changes the length") {
  const auto nan = [](const Vector<double>& z) -> Vector<double> {
    return z * std::numeric_limits<double>::quiet_NaN();
  };
  CHECK(flows::map_logarithm<3>(nan)(Vector<double>::Ones(2)).hasNaN());
  const auto grows = [](const Vector<double>& z) -> Vector<double> { return Vector<double>::Ones(z.size() + 1); };
  CHECK_THROWS_AS(flows::map_logarithm<3>(grows)(Vector<double>::Ones(2)), InvalidArgument);
}
