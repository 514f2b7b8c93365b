#include <drift/calculus/order_of_accuracy.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/curvature/stability_coefficients.hpp>
#include <drift/flows/principal.hpp>
#include <drift/integrate/follow.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/rosenbrock.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/networks.hpp"
#include "support/oracle.hpp"

using namespace drift;
using curvature::stability_coefficient;
using curvature::stability_coefficients;
using curvature::Verdict;
using curvature::verdict_of;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

template <class P>
auto full_spectrum(const P& problem, const Vector<double>& x) {
  auto pairs = calculus::symmetric_eigen<double>(hessian(problem, x));
  return calculus::SymmetricEigen<double>{pairs.values.reverse(), pairs.vectors.rowwise().reverse()};
}

Vector<double> mlp_point() { return oracle::vector(oracle::load("mlp_2_3_2")["theta"]); }

/// Eigenvalues of all kinds at h = 1/2, with eigenvectors that are no unit vectors of the coordinates.
const std::vector<double> lambdas = {6, 4, 3, 2, 0.5, 0, -1};
const std::vector<Verdict> verdicts = {Verdict::divergent, Verdict::neutral, Verdict::oscillating, Verdict::monotone,
                                       Verdict::monotone,  Verdict::flat,    Verdict::escaping};

Matrix<double> reflection() {
  Vector<double> v(7);
  v << 1, -2, 3, 0.5, 1, 2, -1;
  v.normalize();
  return Matrix<double>::Identity(7, 7) - 2 * v * v.transpose();
}

auto quadratic() {
  const Vector<double> values = Eigen::Map<const Vector<double>>(lambdas.data(), 7);
  const Matrix<double> q = reflection();
  return losses::quadratic(Matrix<double>(q * values.asDiagonal() * q.transpose()), Vector<double>::Constant(7, 0.25));
}

Vector<double> start() {
  Vector<double> x(7);
  x << 0.3, -0.7, 0.2, 1.1, -0.4, 0.9, 0.6;
  return x;
}

}  // namespace

TEST_CASE("the verdicts change at 0, 1 and 2 and nowhere else") {
  const double smallest = std::numeric_limits<double>::denorm_min();
  const std::vector<std::pair<double, Verdict>> table = {
      {-1e300, Verdict::escaping},     {-1, Verdict::escaping},
      {-smallest, Verdict::escaping},  {0.0, Verdict::flat},
      {-0.0, Verdict::flat},           {smallest, Verdict::monotone},
      {0.5, Verdict::monotone},        {1 - eps, Verdict::monotone},
      {1, Verdict::monotone},          {1 + eps, Verdict::oscillating},
      {1.5, Verdict::oscillating},     {2 - 8 * eps, Verdict::oscillating},
      {2 - eps, Verdict::neutral},     {2, Verdict::neutral},
      {2 + 2 * eps, Verdict::neutral}, {2 + 8 * eps, Verdict::divergent},
      {1e300, Verdict::divergent},     {HUGE_VAL, Verdict::undetermined},
      {NAN, Verdict::undetermined},    {-HUGE_VAL, Verdict::undetermined}};
  for (const auto& [h_lambda, verdict] : table) {
    CAPTURE(h_lambda);
    CHECK(verdict_of(h_lambda) == verdict);
  }
}

TEST_CASE("at the learning rate 2 / lambda a direction is neutral whatever the rounding, and raises nothing") {
  for (int i = 1; i < 2000; ++i) {
    const double lambda = 0.37 * i;
    const auto d = stability_coefficient(lambda, 1.0, 2 / lambda);
    CHECK(d.verdict == Verdict::neutral);
    CHECK(std::abs(d.coefficient) <= 2 * eps);
    CHECK(stability_coefficient(lambda, 1.0, 2 / lambda * (1 + 1e-14)).verdict == Verdict::divergent);
    CHECK(stability_coefficient(lambda, 1.0, 2 / lambda * (1 - 1e-14)).verdict == Verdict::oscillating);
  }
}

TEST_CASE("the sign of the coefficient is that of h lambda - 2, and 2 itself is the only zero") {
  for (double y = -4; y < 9; y += 0.03125) {
    const auto d = stability_coefficient(2 * y, 3.0, 0.5);
    CAPTURE(y);
    REQUIRE(d.h_lambda == y);
    CHECK((d.coefficient > 0) == (y > 2));
    CHECK((d.coefficient == 0) == (y == 2));
    CHECK((d.verdict == Verdict::divergent) == (d.loss_rate > 0));
  }
  // EXPERIMENTS' anchors, from logarithms written out: alpha(1/2) = -2 log 2, Re alpha(3/2) = -(2/3) log 2, alpha(3) = (1/3) log 2
  CHECK(stability_coefficient(1.0, 1.0, 0.5).coefficient == Approx(-2 * std::log(2.0)).epsilon(1e-15));
  CHECK(stability_coefficient(3.0, 1.0, 0.5).coefficient == Approx(-2 * std::log(2.0) / 3).epsilon(1e-15));
  CHECK(stability_coefficient(6.0, 1.0, 0.5).coefficient == Approx(std::log(2.0) / 3).epsilon(1e-15));
}

TEST_CASE("on a quadratic every direction does what its verdict says, step after step of descent") {
  const auto problem = quadratic();
  const double h = 0.5;
  const Matrix<double> q = reflection();
  Vector<double> x = start();
  const auto sc =
      stability_coefficients(Eigen::Map<const Vector<double>>(lambdas.data(), 7), q, gradient(problem, x), h);
  REQUIRE(sc.directions.size() == 7);
  CHECK(sc.rest_norm < 1e-14);
  for (int step = 1; step <= 5; ++step) {
    x -= h * gradient(problem, x);
    const Vector<double> components = q.transpose() * gradient(problem, x);
    for (std::size_t i = 0; i < 7; ++i) {
      const auto& d = sc.directions[i];
      const double now = components[static_cast<Index>(i)], before = d.component;
      CAPTURE(step, i);
      CHECK(d.verdict == verdicts[i]);
      if (step == 1) CHECK(std::abs(d.next_component - now) < 1e-14);
      CHECK(std::abs(d.component_after(step) - now) < 1e-13 * std::max(1.0, std::abs(now)));
      const double odd = step % 2 == 1 ? -1 : 1;
      switch (d.verdict) {
        case Verdict::divergent: CHECK(odd * now / before > 1.9); break;
        case Verdict::neutral: CHECK(std::abs(odd * now / before - 1) < 1e-12); break;
        case Verdict::oscillating: CHECK((odd * now / before > 0 && odd * now / before < 0.51)); break;
        case Verdict::monotone: CHECK((now / before > -1e-13 && now / before < 0.76)); break;
        case Verdict::flat: CHECK(std::abs(now / before - 1) < 1e-12); break;
        case Verdict::escaping: CHECK(now / before > 1.4); break;
        case Verdict::undetermined: FAIL(); break;
      }
    }
  }
}

TEST_CASE("on a quadratic a step raises the loss along a direction exactly where the coefficient is positive") {
  for (const double lambda : {-3.0, -0.2, 0.1, 0.9, 1.0, 1.7, 1.99, 2.01, 2.7, 40.0}) {
    const auto problem = losses::quadratic(Matrix<double>::Constant(1, 1, lambda), Vector<double>::Constant(1, 0.3));
    const Vector<double> x = Vector<double>::Constant(1, 0.8);
    const Vector<double> g = gradient(problem, x);
    const auto sc = stability_coefficients(Vector<double>::Constant(1, lambda), Matrix<double>::Ones(1, 1), g, 1.0);
    CAPTURE(lambda);
    CHECK((value(problem, Vector<double>(x - g)) > value(problem, x)) == (sc.loss_rate > 0));
  }
}

TEST_CASE("the three quantities add up to the principal flow's field and to the loss' rate along it") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = mlp_point();
  const Vector<double> g = gradient(problem, x);
  const auto pairs = full_spectrum(problem, x);
  for (const double h_sharpness : {0.4, 1.3, 1.98, 2.05, 6.0}) {
    const double h = h_sharpness / pairs.values[0];
    const auto sc = stability_coefficients(pairs.values, pairs.vectors, g, h);
    const Vector<double> field = flows::principal(problem, h)(x).real();
    Vector<double> sum = Vector<double>::Zero(17);
    double rate = 0;
    for (Index i = 0; i < 17; ++i) {
      const auto& d = sc.directions[static_cast<std::size_t>(i)];
      sum += d.field_component * pairs.vectors.col(i);
      rate += d.loss_rate;
      CHECK(std::abs(d.field_component - pairs.vectors.col(i).dot(field)) < 1e-13);
    }
    CAPTURE(h_sharpness);
    CHECK(oracle::relative_error(sum, field) < 1e-12);
    CHECK(rate == Approx(sc.loss_rate).epsilon(1e-13));
    const double t = 1e-4;  // dE/dt, from values alone
    const double slope =
        (value(problem, Vector<double>(x + t * field)) - value(problem, Vector<double>(x - t * field))) / (2 * t);
    CHECK(sc.loss_rate == Approx(slope).epsilon(1e-5));
  }
}

TEST_CASE("some of the directions: their sums, and what they do not see of the gradient") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = mlp_point();
  const Vector<double> g = gradient(problem, x);
  const auto pairs = full_spectrum(problem, x);
  const auto all = stability_coefficients(pairs.values, pairs.vectors, g, 0.7);
  const auto top = stability_coefficients(pairs.values.head(3), pairs.vectors.leftCols(3), g, 0.7);
  REQUIRE(top.directions.size() == 3);
  CHECK(top.directions[2].loss_rate == Approx(all.directions[2].loss_rate).epsilon(1e-12));
  CHECK(top.gradient_norm == Approx(g.norm()).epsilon(1e-15));
  double rest = 0;
  for (std::size_t i = 3; i < 17; ++i) rest += all.directions[i].component * all.directions[i].component;
  CHECK(top.rest_norm == Approx(std::sqrt(rest)).epsilon(1e-12));
  CHECK(stability_coefficients(Vector<double>(0), Matrix<double>(17, 0), g, 0.7).rest_norm == Approx(g.norm()));
}

TEST_CASE("of a problem: the coefficients of its top eigenpairs, and how these were found") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = mlp_point();
  const auto pairs = full_spectrum(problem, x);
  const double h = 2.3 / pairs.values[0];
  const auto all = stability_coefficients(pairs.values, pairs.vectors, gradient(problem, x), h);
  const auto sc = stability_coefficients(problem, x, h, 3);
  REQUIRE(sc.directions.size() == 3);
  CHECK(sc.status == Status::converged);
  CHECK(sc.products >= 3);
  CHECK(sc.directions[0].verdict == Verdict::divergent);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(sc.directions[i].lambda == Approx(pairs.values[static_cast<Index>(i)]).epsilon(1e-12));
    CHECK(sc.directions[i].loss_rate == Approx(all.directions[i].loss_rate).epsilon(1e-5));
    CHECK(sc.residuals[static_cast<Index>(i)] <= 1e-8 * sc.directions[i].lambda);
  }
  const auto whole = stability_coefficients(problem, x, h, 100);
  REQUIRE(whole.directions.size() == 17);
  CHECK(whole.rest_norm < 1e-10);
  CHECK(whole.loss_rate == Approx(all.loss_rate).epsilon(1e-8));
}

TEST_CASE("eigenpairs that were not found leave their status, not an exception") {
  const auto problem = mlp_2_3_2();
  CHECK(stability_coefficients(problem, mlp_point(), 0.5, 2, {.most_products = 3}).status == Status::budget_spent);
  const auto lost = stability_coefficients(problem, Vector<double>::Constant(17, NAN), 0.5, 2);
  CHECK(lost.status == Status::non_finite);
  REQUIRE(!lost.directions.empty());
  CHECK(lost.directions[0].verdict == Verdict::undetermined);
  CHECK_THROWS_AS(stability_coefficients(problem, mlp_point(), 0.0, 2), InvalidArgument);
  CHECK_THROWS_AS(stability_coefficients(problem, mlp_point(), 0.5, 0), InvalidArgument);
  CHECK_THROWS_AS(stability_coefficients(problem, Vector<double>::Zero(3), 0.5, 1), InvalidArgument);
}

TEST_CASE("the sign of an eigenvector changes components and nothing that is judged") {
  const auto problem = losses::rosenbrock();
  Vector<double> x(2);
  x << -0.5, 0.75;
  const auto pairs = full_spectrum(problem, x);
  const Vector<double> g = gradient(problem, x);
  const auto one = stability_coefficients(pairs.values, pairs.vectors, g, 0.005);
  const auto other = stability_coefficients(pairs.values, -pairs.vectors, g, 0.005);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(one.directions[i].field_component == -other.directions[i].field_component);
    CHECK(one.directions[i].loss_rate == other.directions[i].loss_rate);
    CHECK(one.directions[i].verdict == other.directions[i].verdict);
  }
  CHECK(one.directions[0].verdict == Verdict::oscillating);  // h lambda = 1.62
  CHECK(one.directions[1].verdict == Verdict::escaping);
}

TEST_CASE("off quadratics the predicted component is missed by (h^2/2) D^3E[g, g, u]") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = mlp_point(), g = gradient(problem, x);
  const auto pairs = full_spectrum(problem, x);
  const Vector<double> third = third_derivative(problem, x, g, g);
  const auto missed = [&](double h, Index i) {
    const auto sc = stability_coefficients(pairs.values, pairs.vectors, g, h);
    const Vector<double> next = gradient(problem, Vector<double>(x - h * g));
    return pairs.vectors.col(i).dot(next) - sc.directions[static_cast<std::size_t>(i)].next_component;
  };
  for (const Index i : {0, 1, 4}) {
    const auto order = order_of_accuracy([&](double h) { return std::abs(missed(h, i)); }, {0.02, 0.01, 0.005});
    CHECK(order.slope == Approx(2).margin(0.1));
    const double h = 1e-3;
    CHECK(missed(h, i) == Approx(h * h / 2 * pairs.vectors.col(i).dot(third)).epsilon(0.05));
  }
}

TEST_CASE("between steps the component follows the principal flow of a quadratic") {
  const auto problem = quadratic();
  const double h = 0.45;  // h lambda = 2.7, 1.8, 1.35, 0.9, ...
  const auto sc = stability_coefficients(Eigen::Map<const Vector<double>>(lambdas.data(), 7), reflection(),
                                         gradient(problem, start()), h);
  for (const double steps : {0.3, 0.5, 1.0, 1.7}) {
    const auto path = follow(flows::principal(problem, h), start(), steps,
                             {.relative_tolerance = 1e-11, .absolute_tolerance = 1e-13});
    REQUIRE(path.reached());
    const Vector<std::complex<double>> components =
        reflection().cast<std::complex<double>>() * gradient(problem, path.state);
    for (Index i = 0; i < 7; ++i) {
      CHECK(std::abs(components[i] - sc.directions[static_cast<std::size_t>(i)].component_after(steps)) < 1e-9);
    }
  }
}

TEST_CASE("at h lambda = 1 the component is gone after a step and the rate stays finite") {
  const auto d = stability_coefficient(4.0, 3.0, 0.25);
  CHECK(d.next_component == 0);
  CHECK(std::abs(d.component_after(1)) == Approx(3 * eps));
  CHECK(d.coefficient == Approx(std::log(eps)));
  CHECK(d.verdict == Verdict::monotone);
  for (const double side : {1 - 1e-9, 1 + 1e-9}) {
    const auto near = stability_coefficient(4.0, 3.0, 0.25 * side);
    CHECK(near.coefficient == Approx(std::log(1e-9)).epsilon(1e-6));
    CHECK(near.next_component == Approx(3 * (1 - side)));
  }
}

TEST_CASE("a vanishing gradient has coefficients and verdicts, and rates of zero") {
  const auto problem = quadratic();
  const auto sc = stability_coefficients(Eigen::Map<const Vector<double>>(lambdas.data(), 7), reflection(),
                                         Vector<double>::Zero(7), 0.5);
  CHECK(sc.loss_rate == 0);
  CHECK(sc.gradient_norm == 0);
  CHECK(sc.rest_norm == 0);
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(sc.directions[i].verdict == verdicts[i]);
    CHECK(sc.directions[i].next_component == 0);
  }
}

TEMPLATE_TEST_CASE("the coefficients are of the problem's number type", "", float, long double) {
  using R = TestType;
  Vector<R> lambda(2), g(2);
  lambda << R(6), R(1);
  g << R(3), R(4);
  const auto sc = stability_coefficients(lambda, Matrix<R>::Identity(2, 2), g, R(0.5));
  static_assert(std::is_same_v<decltype(sc.loss_rate), R>);
  const R log2 = std::log(R(2));
  CHECK(std::abs(sc.loss_rate - (3 * log2 - 32 * log2)) < 100 * std::numeric_limits<R>::epsilon());
  CHECK(sc.gradient_norm == R(5));
}

TEST_CASE("what is not finite is undetermined, what does not fit is refused by name") {
  const Vector<double> g = Vector<double>::Ones(3);
  const Matrix<double> u = Matrix<double>::Identity(3, 2);
  Vector<double> lambda(2);
  lambda << 1, NAN;
  const auto sc = stability_coefficients(lambda, u, g, 0.1);
  CHECK(sc.directions[0].verdict == Verdict::monotone);
  CHECK(sc.directions[1].verdict == Verdict::undetermined);

  lambda << 2, 1;
  CHECK_THROWS_WITH(stability_coefficients(lambda, u, g, 0.0), "h: was 0, must be a finite number above 0");
  CHECK_THROWS_AS(stability_coefficients(lambda, u, g, HUGE_VAL), InvalidArgument);
  CHECK_THROWS_AS(stability_coefficient(1.0, 1.0, -0.1), InvalidArgument);
  CHECK_THROWS_WITH(stability_coefficients(lambda, u, Vector<double>::Ones(4), 0.1),
                    "rows of the vectors: was 3, must be 4, the gradient's length");
  CHECK_THROWS_WITH(stability_coefficients(g, u, g, 0.1),
                    "values: was of length 3, must be a vector of length 2 (the number of vectors)");
  CHECK_THROWS_WITH(stability_coefficients(lambda, 2 * u, g, 0.1), "norm of vector 0: was 2, must be 1: a unit vector");
  CHECK(to_string(Verdict::escaping) == "escaping");
}
