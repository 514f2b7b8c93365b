#include <drift/flows/modified.hpp>

#include "../support/oracle.hpp"
#include "oracle_problems.hpp"

#include <drift/flows/negative_gradient.hpp>
#include <drift/integrate/follow.hpp>
#include <drift/regularisers/gradient_norm.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

using namespace drift;
using C = std::complex<double>;
using Float50 = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

template <int... i, class Visit>
void for_each_order(std::integer_sequence<int, i...>, const Visit& visit) {
  (visit(std::integral_constant<int, i + 1>{}), ...);
}

/// Calls visit(order n as a constant) where n is the number.
template <class Visit>
void with_order(int n, const Visit& visit) {
  for_each_order(std::make_integer_sequence<int, 6>{}, [&](auto candidate) {
    if (candidate() == n) visit(candidate);
  });
}

/// visit(problem, file) for every oracle file over numbers of type S.
template <class S, class Visit>
void for_each_oracle(const Visit& visit) {
  const auto one = [&](const auto& loss, const std::string& name) {
    const auto file = oracle::load(name);
    INFO(name);
    visit(differentiable<S>(loss, static_cast<Index>(file["theta"].size())), file);
  };
  one(problems::OracleQuadratic{}, "quadratic");
  one(problems::NotebookQuadratic{}, "notebook_quadratic");
  one(problems::Rosenbrock{}, "rosenbrock");
  one(problems::Cosine{}, "cosine1d");
  one(problems::Quartic{}, "quartic1d");
  one(problems::Network{}, "mlp_2_3_2");
  one(problems::Cosine{}, "cosine1d_oscillatory");
  one(problems::Quartic{}, "quartic1d_oscillatory");
}

/// sum_{m <= n} h^(m-1) f_m
template <class S>
Vector<S> truncation(const Matrix<S>& f, const Real<S>& h, int n) {
  Vector<S> field = Vector<S>::Zero(f.rows());
  Real<S> power(1);
  for (int m = 0; m < n; ++m, power *= h) field += S(power) * f.col(m);
  return field;
}

}  // namespace

TEMPLATE_TEST_CASE("the modified field's coefficients to order 6 are the oracle's", "", float, double, long double) {
  using S = TestType;
  for_each_oracle<S>([](const auto& problem, const auto& file) {
    const auto expected = file["modified_field_coefficients"]["f"];
    const Matrix<S> f = flows::modified_field_coefficients(problem, oracle::vector<S>(file["theta"]), 6);
    REQUIRE(f.cols() == 6);
    for (int m = 1; m <= 6; ++m) {
      INFO("f_" << m);
      const auto column = static_cast<std::size_t>(m - 1);
      CHECK(oracle::relative_error(Vector<S>(f.col(m - 1)), oracle::vector<S>(expected[column])) <
            oracle::floor<S>(4.5e4));  // 1e-11
    }
  });
}

TEMPLATE_TEST_CASE("the modified fields of orders 1 to 5 are the oracle's", "", float, double, long double) {
  using S = TestType;
  for_each_oracle<S>([](const auto& problem, const auto& file) {
    const Vector<S> x = oracle::vector<S>(file["theta"]);
    int compared = 0;
    for (const auto& entry : file["modified_fields"]) {
      with_order(entry["order"].template get<int>(), [&](auto n) {
        const auto flow = flows::modified<n()>(problem, S(entry["h"].template get<double>()));
        CAPTURE(n(), flow.step_time());
        CHECK(oracle::relative_error(flow(x), oracle::vector<S>(entry["value"])) < oracle::floor<S>(1000));
        ++compared;
      });
    }
    CHECK(compared == 10);
  });
}

TEST_CASE("one step's worth of each modified flow ends where the oracle says") {
  for_each_oracle<double>([](const auto& problem, const auto& file) {
    const Vector<double> x = oracle::vector(file["theta"]);
    int compared = 0;
    for (const auto& run : file["one_step_gd_vs_flow"]) {
      const double h = run["h"];
      for (const auto& entry : run["flow"]) {
        with_order(entry["order"].template get<int>(), [&](auto n) {
          const auto end = follow(flows::modified<n()>(problem, h), x, 1,
                                  {.relative_tolerance = 1e-13, .absolute_tolerance = 1e-15});
          CAPTURE(n(), h);
          REQUIRE(end.status == Status::reached_end);
          const Vector<double> expected = oracle::vector(entry["endpoint"]);
          const double allowed =
              std::max(1e-9 * expected.norm(), 10 * entry["endpoint_abs_err_estimate"].template get<double>());
          CHECK((end.state - expected).norm() < allowed);
          CHECK((oracle::vector(run["gd_step"]) - end.state).norm() ==
                Approx(entry["error_norm"].template get<double>()).epsilon(1e-9).margin(allowed));
          ++compared;
        });
      }
    }
    CHECK(compared >= 4);
  });
}

TEST_CASE("the recipes of one and two curves equal the Taylor logarithm, cut after n terms") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    const auto problem = differentiable(problems::random_loss(5, seed), 5);
    const Vector<double> x = problems::Numbers(100 + seed).vector<double>(5);
    // The Taylor logarithm takes differences of order n, so it is the reference in more digits only.
    const Matrix<long double> f = flows::modified_field_coefficients(
        differentiable<long double>(problems::random_loss(5, seed), 5), x.cast<long double>(), 7);
    for_each_order(std::make_integer_sequence<int, 7>{}, [&](auto n) {
      for (const double h : {1e-6, 0.3, 1.0, 2.5}) {
        CAPTURE(seed, n(), h);
        double scale = 0;  // of the terms, which may cancel where h is large
        for (int m = 1; m <= n(); ++m) scale += std::pow(h, m - 1) * static_cast<double>(f.col(m - 1).norm());
        const Vector<double> expected = truncation<long double>(f, h, n()).template cast<double>();
        const Vector<double> field = flows::modified<n()>(problem, h)(x);
        CHECK((field - expected).norm() < (n() <= 5 ? 1e-14 : n() == 6 ? 5e-11 : 5e-9) * scale);
      }
    });
  }
}

TEST_CASE("the recipes equal the Taylor logarithm at complex states") {
  const auto problem = differentiable(problems::random_loss(4, 9), 4);
  problems::Numbers numbers(10);
  Vector<C> z = numbers.vector<double>(4).cast<C>();
  z += C(0, 0.5) * numbers.vector<double>(4).cast<C>();
  const Matrix<C> f = flows::modified_field_coefficients(problem, z, 6);
  for_each_order(std::make_integer_sequence<int, 6>{}, [&](auto n) {
    CAPTURE(n());
    const Vector<C> expected = truncation(f, 0.5, n());
    CHECK((flows::modified<n()>(problem, 0.5)(z) - expected).norm() < 1e-13 * expected.norm());
  });
}

TEST_CASE("more coefficients do not change the lower ones") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  const Vector<double> x = problems::smooth_start();
  const Matrix<double> six = flows::modified_field_coefficients(problem, x, 6);
  for (int n = 1; n < 6; ++n) CHECK(flows::modified_field_coefficients(problem, x, n) == six.leftCols(n));
  CHECK_THROWS_WITH(flows::modified_field_coefficients(problem, x, 0), Catch::Contains("n: was 0"));
}

TEST_CASE("the coefficients on a quadratic are the terms of the logarithm") {
  Vector<double> eigenvalues(3), x(3);
  eigenvalues << 2, -0.5, 0;
  x << 1, 1, 1;
  const Matrix<double> f = flows::modified_field_coefficients(problems::axes(eigenvalues), x, 9);
  for (int m = 1; m <= 9; ++m) {
    for (Index i = 0; i < 3; ++i) {
      CHECK(f(i, m - 1) == Approx(-std::pow(eigenvalues[i], m) / m).epsilon(1e-11).margin(1e-13));
    }
  }
}

TEST_CASE("one step's worth of modified<n> misses a step of descent by O(h^(n+1))") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  const Vector<double> x = problems::smooth_start();
  for_each_order(std::make_integer_sequence<int, 4>{}, [&](auto n) {
    double errors[3];
    for (int i = 0; i < 3; ++i) {
      const double h = 0.04 / std::pow(2, i);
      const auto end =
          follow(flows::modified<n()>(problem, h), x, 1, {.relative_tolerance = 1e-14, .absolute_tolerance = 1e-16});
      REQUIRE(end.status == Status::reached_end);
      errors[i] = (end.state - (x - h * gradient(problem, x))).norm();
    }
    CAPTURE(n(), errors[0], errors[1], errors[2]);
    CHECK(std::log2(errors[0] / errors[1]) == Approx(n() + 1).margin(0.2));
    CHECK(std::log2(errors[1] / errors[2]) == Approx(n() + 1).margin(0.2));
  });
}

TEST_CASE("the orders of the modified flows hold in 50 digits up to n = 6") {
  const auto problem = differentiable<Float50>(problems::Smooth{}, 3);
  const Vector<Float50> x = problems::smooth_start<Float50>();
  for_each_order(std::make_integer_sequence<int, 6>{}, [&](auto n) {
    double errors[2];
    for (int i = 0; i < 2; ++i) {
      const Float50 h = ldexp(Float50(1), -9 - i);
      const auto end =
          integrate(flows::modified<n()>(problem, h), x, h, {.relative_tolerance = 1e-27, .absolute_tolerance = 1e-30});
      REQUIRE(end.status == Status::reached_end);
      errors[i] = static_cast<double>((end.state - (x - h * gradient(problem, x))).norm());
    }
    CAPTURE(n(), errors[0], errors[1]);
    CHECK(std::log2(errors[0] / errors[1]) == Approx(n() + 1).margin(0.05));
  });
}

TEST_CASE("h = 0 gives the negative gradient flow, a tiny h nearly so") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  const Vector<double> x = problems::smooth_start();
  const Vector<double> ngf = flows::negative_gradient(problem)(x);
  for_each_order(std::make_integer_sequence<int, 7>{}, [&](auto n) {
    CAPTURE(n());
    CHECK(flows::modified<n()>(problem, 0)(x) == ngf);
    for (const double h : {1e-20, 1e-100, 1e-300}) CHECK(flows::modified<n()>(problem, h)(x).isApprox(ngf, 1e-15));
  });
}

TEST_CASE("a flow knows its dimension and its clock, in the problem's numbers") {
  const auto flow = flows::modified<3>(differentiable<float>(problems::Smooth{}, 3), 0.25f);
  CHECK(flow.dimension() == 3);
  CHECK(flow.step_time() == 0.25f);
  STATIC_REQUIRE(std::same_as<decltype(flow.step_time()), float>);
  STATIC_REQUIRE(SteppedField<decltype(flow), float>);
}

TEST_CASE("a rate that is negative or not finite is refused where the flow is made") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  CHECK_THROWS_WITH(flows::modified<2>(problem, -0.5), "h: was -0.5, must be a finite number, 0 or above");
  CHECK_THROWS_AS(flows::modified<1>(problem, std::numeric_limits<double>::quiet_NaN()), InvalidArgument);
  CHECK_THROWS_AS(flows::modified<3>(problem, std::numeric_limits<double>::infinity()), InvalidArgument);
}

TEST_CASE("a state of the wrong length is refused, a NaN passes through") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  for_each_order(std::make_integer_sequence<int, 6>{}, [&](auto n) {
    const auto flow = flows::modified<n()>(problem, 0.1);
    CHECK_THROWS_AS(flow(Vector<double>::Ones(2)), InvalidArgument);
    CHECK(flow(Vector<double>::Constant(3, std::numeric_limits<double>::quiet_NaN())).hasNaN());
  });
}

TEST_CASE("a stationary point stays one at every order") {
  const auto problem = differentiable(problems::Rosenbrock{}, 2);
  for_each_order(std::make_integer_sequence<int, 6>{},
                 [&](auto n) { CHECK(flows::modified<n()>(problem, 0.1)(Vector<double>::Ones(2)).norm() == 0); });
}

TEST_CASE("users' own classes have the modified flows that their tier carries") {
  Vector<double> x(2);
  x << -2, 3;
  const double h = 0.5;
  CHECK(flows::modified<1>(problems::FirstOrder{}, h)(x)[0] == 8);
  const Vector<double> igr = flows::modified<2>(problems::SecondOrder{}, h)(x);
  CHECK(igr[0] == 8 + 0.25 * 12 * 8);
  CHECK(igr[1] == -6 - 0.25 * 2 * 6);
  STATIC_REQUIRE_FALSE(VectorField<flows::Modified<2, problems::SecondOrder>, C>);
}

TEMPLATE_TEST_CASE("the IGR flow is the gradient flow of E + (h/4) |grad E|^2", "", float, double, long double) {
  using S = TestType;
  const auto problem = differentiable<S>(problems::Smooth{}, 3);
  const Vector<S> x = problems::smooth_start<S>();
  const S h(0.375);
  const Vector<S> igr = flows::modified<2>(problem, h)(x);
  const Vector<S> explicit_flow =
      flows::negative_gradient(problem + h / S(4) * regularisers::gradient_norm(problem))(x);
  CHECK((igr - explicit_flow).norm() < S(20) * epsilon<S>() * igr.norm());
}

TEMPLATE_TEST_CASE("the IGR flow of a regularised problem agrees with finite differences of its values", "", float,
                   double, long double) {
  using S = TestType;
  using std::pow;
  const S a(0.25), h(0.5);
  const auto problem = differentiable<S>(problems::Smooth{}, 3);
  const auto regularised = problem + a * regularisers::gradient_norm(problem);
  const Vector<S> x = problems::smooth_start<S>();

  // Central differences of order four of the plain value; the IGR loss E + (h/4) |grad E|^2 is a value as well, once.
  const S step = pow(epsilon<S>(), S(0.2));
  const auto difference = [&](const auto& f, const Vector<S>& at) {
    Vector<S> slope(3);
    for (Index i = 0; i < 3; ++i) {
      const Vector<S> d = step * Vector<S>::Unit(3, i);
      slope[i] = (S(8) * (f(Vector<S>(at + d)) - f(Vector<S>(at - d))) -
                  (f(Vector<S>(at + S(2) * d)) - f(Vector<S>(at - S(2) * d)))) /
                 (S(12) * step);
    }
    return slope;
  };
  const auto loss = [&](const Vector<S>& at) { return value(regularised, at); };
  CHECK((gradient(regularised, x) - difference(loss, x)).norm() < S(100) * pow(epsilon<S>(), S(0.8)));

  const auto igr_loss = [&](const Vector<S>& at) {
    return value(regularised, at) + h / S(4) * gradient(regularised, at).squaredNorm();
  };
  const Vector<S> igr = flows::modified<2>(regularised, h)(x);
  CHECK((igr + difference(igr_loss, x)).norm() < S(1000) * pow(epsilon<S>(), S(0.8)));
}

TEST_CASE("a flow returned from a function keeps its problem") {
  const auto make = [] {
    const auto problem = differentiable(problems::Rosenbrock{}, 2);
    return flows::modified<3>(problem, 1e-3);
  };
  const auto flow = make();
  const auto copy = flow;
  Vector<double> x(2);
  x << -0.5, 0.75;
  CHECK(flow(x) == copy(x));
  CHECK(flow(x).norm() > 1);
}
