#include <drift/calculus/check_derivatives.hpp>
#include <drift/calculus/finite_differences.hpp>
#include <drift/losses/cosine.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/quartic.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/regularisers/gradient_norm.hpp>

#include "support/expect_derivatives.hpp"
#include "support/networks.hpp"
#include "support/oracle.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/eigen.hpp>

using namespace drift;
using regularisers::gradient_norm;

namespace {

using Fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

Vector<double> mlp_point() { return oracle::vector(oracle::load("mlp_2_3_2")["theta"]); }

/// E', E'', ... of R = (x + x^3)^2, the gradient norm of the quartic, as a callable.
struct QuarticGradientNorm {
  template <class T>
  T operator()(const Vector<T>& x) const {
    T sum(0);
    for (Index i = 0; i < x.size(); ++i) {
      const T g = x[i] + x[i] * x[i] * x[i];
      sum += g * g;
    }
    return sum;
  }
};

template <class A, class B>
void expect_same_problem(const A& a, const B& b, const Vector<double>& x, double tolerance) {
  Random random(6);
  auto e = a.expand(x);
  auto f = b.expand(x);
  CHECK(std::abs(e.value() - f.value()) <= tolerance * std::abs(f.value()));
  CHECK(oracle::relative_error(e.gradient(), f.gradient()) < tolerance);
  for (int k = 1; k <= 5; ++k) {
    const Vector<double> v = random.normal_vector(x.size());
    INFO("push " << k);
    const Vector<double> p = e.push(v);
    CHECK(oracle::relative_error(p, f.push(v)) < tolerance);
  }
  CHECK(std::abs(value(a, x) - value(b, x)) <= tolerance * std::abs(value(b, x)));
  CHECK(oracle::relative_error(gradient(a, x), gradient(b, x)) < tolerance);
  CHECK(oracle::relative_error(hessian(a, x), hessian(b, x)) < tolerance);
}

}  // namespace

TEST_CASE("the gradient norm of a quartic is the polynomial that it is by hand, at every order", "[gradient_norm]") {
  Vector<double> x(2);
  x << 0.75, -0.3;
  expect_same_problem(gradient_norm(losses::quartic(2)), differentiable(QuarticGradientNorm{}, 2), x, 1e-13);
}

TEST_CASE("the gradient norm of a quadratic is a quadratic", "[gradient_norm]") {
  // |A x - b|^2 = x^T A^2 x - 2 (A b)^T x + |b|^2
  const auto file = oracle::load("quadratic");
  const Matrix<double> a = oracle::matrix(file["hessian"]);
  const Vector<double> x = oracle::vector(file["theta"]), g = oracle::vector(file["gradient"]);
  const Vector<double> b = a * x - g;
  const auto r = gradient_norm(losses::quadratic(a, b));
  const Matrix<double> a2 = 2 * a * a;
  const auto expected = losses::quadratic(a2, Vector<double>(2 * a * b));
  CHECK(value(r, x) == Approx(g.squaredNorm()).epsilon(1e-14));
  CHECK(oracle::relative_error(gradient(r, x), gradient(expected, x)) < 1e-14);
  CHECK(oracle::relative_error(hessian(r, x), a2) < 1e-14);
  CHECK(third_derivative(r, x, x, g).norm() < 1e-13);
}

TEST_CASE("a quarter of the gradient norm has the oracle's gradient", "[gradient_norm]") {
  const auto expect = [](const std::string& name, const auto& problem) {
    const auto file = oracle::load(name);
    const Vector<double> x = oracle::vector(file["theta"]);
    INFO(name);
    const Vector<double> expected = oracle::vector(file["grad_of_igr_reg_quarter_sqnorm"]);
    CHECK(oracle::relative_error(gradient(0.25 * gradient_norm(problem), x), expected) < 1e-11);
    CHECK(oracle::relative_error((0.25 * gradient_norm(problem)).expand(x).gradient(), expected) < 1e-11);
  };
  expect("rosenbrock", losses::rosenbrock());
  expect("cosine1d", losses::cosine());
  expect("quartic1d", losses::quartic());
  expect("mlp_2_3_2", mlp_2_3_2());
}

TEST_CASE("problem + a gradient_norm(problem) agrees with fifty-digit differences of plain values",
          "[gradient_norm][types]") {
  // Values of E alone: grad E by central differences in 50 digits, R from it, and R's derivatives by differences again.
  const Vector<double> x = mlp_point();
  const auto problem = mlp_2_3_2();
  const auto smooth = problem + 0.1 * gradient_norm(problem);
  const Fifty step(1e-12);
  const auto gradient_by_values = [&](const Vector<Fifty>& y) {
    Vector<Fifty> g(y.size());
    for (Index i = 0; i < y.size(); ++i) {
      Vector<Fifty> up = y, down = y;
      up[i] += step;
      down[i] -= step;
      g[i] = (Mlp232{}(up)-Mlp232{}(down)) / (2 * step);
    }
    return g;
  };
  const auto plain = [&](const Vector<Fifty>& y) {
    return Fifty(Mlp232{}(y) + gradient_by_values(y).squaredNorm() / 10);
  };
  const Vector<Fifty> y = x.cast<Fifty>();
  CHECK(std::abs(value(smooth, x) - static_cast<double>(plain(y))) < 1e-14);

  Random random(12);
  const Vector<double> u = random.normal_vector(17), v = random.normal_vector(17);
  const Fifty h(1e-8);  // error h^2; the inner differences leave 1e-24 / h^2
  const Vector<Fifty> uf = u.cast<Fifty>() * h, vf = v.cast<Fifty>() * h;
  const double slope = static_cast<double>(Fifty((plain(y + uf) - plain(y - uf)) / (2 * h)));
  CHECK(gradient(smooth, x).dot(u) == Approx(slope).epsilon(1e-12));
  const double bend = static_cast<double>(
      Fifty((plain(y + uf + vf) - plain(y + uf - vf) - plain(y - uf + vf) + plain(y - uf - vf)) / (4 * h * h)));
  CHECK(hessian_vector_product(smooth, x, u).dot(v) == Approx(bend).epsilon(1e-11));
}

TEST_CASE("a combination with the gradient norm of itself passes the whole check", "[gradient_norm]") {
  const auto expect = [](const auto& problem, const Vector<double>& x) {
    const auto report = check_derivatives(problem, x);
    INFO(report);
    CHECK(report.passed());
  };
  Vector<double> x(2);
  x << -0.3, 0.4;
  const auto problem = losses::rosenbrock(2, 1.0, 2.0);
  const auto smooth = problem + 0.1 * gradient_norm(problem);
  expect(gradient_norm(problem), x);
  expect(smooth, x);
  expect(gradient_norm(smooth), x);
  const auto network = mlp_2_3_2();
  expect(network + 0.1 * gradient_norm(network), mlp_point());
}

TEST_CASE("the gradient norm nests", "[gradient_norm]") {
  // In one dimension by hand: with P = E + a E'^2, P' = E' (1 + 2 a E''), so R = E'^2 (1 + 2 a E'')^2; E the quartic.
  const double a = 0.2;
  const auto problem = losses::quartic(1);
  const auto nested = gradient_norm(problem + a * gradient_norm(problem));
  const auto by_hand = differentiable(
      [a](const auto& x) {
        using T = typename std::decay_t<decltype(x)>::Scalar;
        const T s = x[0] * x[0];
        const T slope = (x[0] + x[0] * s) * (T(1) + T(2 * a) * (T(1) + T(3) * s));
        return T(slope * slope);
      },
      1);
  expect_same_problem(nested, by_hand, Vector<double>::Constant(1, 0.6), 1e-12);

  SECTION("three deep") {
    // |grad |grad |grad E|^2|^2|^2 for E = x^2/2: x^2, 4 x^2, 64 x^2
    const auto bowl = losses::quadratic(Matrix<double>::Identity(2, 2));
    const auto deep = gradient_norm(gradient_norm(gradient_norm(bowl)));
    Vector<double> x(2);
    x << 0.5, -2;
    CHECK(value(deep, x) == Approx(64 * x.squaredNorm()));
    CHECK(oracle::relative_error(gradient(deep, x), Vector<double>(128 * x)) < 1e-14);
    CHECK(oracle::relative_error(hessian(deep, x), Matrix<double>(128 * Matrix<double>::Identity(2, 2))) < 1e-14);
  }
}

TEST_CASE("the gradient norm has the tier below its problem's, unless that is nestable", "[gradient_norm]") {
  const auto lifted = with_finite_differences(losses::quartic(1));
  const auto r = gradient_norm(lifted);
  using R = std::decay_t<decltype(r)>;
  STATIC_REQUIRE(Problem<R>);
  STATIC_REQUIRE_FALSE(SecondOrderProblem<R>);
  STATIC_REQUIRE(HolomorphicProblem<decltype(gradient_norm(losses::quartic(1)))>);
  const Vector<double> x = Vector<double>::Constant(1, 0.5);
  CHECK(value(r, x) == Approx(0.625 * 0.625));
  CHECK(gradient(r, x)[0] == Approx(2 * 1.75 * 0.625).epsilon(1e-8));
}

TEST_CASE("at a stationary point the gradient norm and its gradient vanish and its Hessian is 2 H H",
          "[gradient_norm]") {
  const auto problem = losses::rosenbrock();
  const auto r = gradient_norm(problem);
  const Vector<double> x = Vector<double>::Ones(2);
  const Matrix<double> h = hessian(problem, x);
  CHECK(value(r, x) == 0);
  CHECK(gradient(r, x).isZero(0));
  CHECK(oracle::relative_error(hessian(r, x), Matrix<double>(2 * h * h)) < 1e-14);
}

TEMPLATE_TEST_CASE("the gradient norm works in other number types", "[gradient_norm][types]", float, long double) {
  using T = TestType;
  const auto file = oracle::load("mlp_2_3_2");
  const Vector<T> x = oracle::vector<T>(file["theta"]);
  CHECK(oracle::relative_error(gradient(gradient_norm(mlp_2_3_2<T>()), x),
                               Vector<T>(4 * oracle::vector<T>(file["grad_of_igr_reg_quarter_sqnorm"]))) <
        oracle::floor<T>(100));
}
