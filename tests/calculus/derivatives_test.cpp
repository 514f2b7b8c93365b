#include <drift/calculus/derivatives.hpp>
#include <drift/losses/cosine.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/quartic.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/expect_derivatives.hpp"
#include "support/networks.hpp"
#include "support/oracle.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/eigen.hpp>

using namespace drift;

namespace {

using Fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

/// All derivatives that an oracle file holds, in the number type of the problem.
template <class P, class T = ScalarOfProblem<P>>
void expect_oracle(const std::string& name, const P& problem, const T& tolerance) {
  INFO(name);
  const auto file = oracle::load(name);
  const Vector<T> x = oracle::vector<T>(file["theta"]);
  REQUIRE(problem.dimension() == x.size());
  const Vector<T> g = gradient(problem, x), hg = hessian_vector_product(problem, x, g);
  const auto near = [&](const auto& a, const auto& b) { CHECK(oracle::relative_error(a, b) <= tolerance); };
  near(Vector<T>::Constant(1, value(problem, x)), Vector<T>::Constant(1, T(file["E"].get<double>())));
  near(g, oracle::vector<T>(file["gradient"]));
  near(hessian(problem, x), oracle::matrix<T>(file["hessian"]));
  near(hg, oracle::vector<T>(file["Hg"]));
  near(hessian_vector_product(problem, x, hg), oracle::vector<T>(file["HHg"]));
  near(third_derivative(problem, x, g, g), oracle::vector<T>(file["D3E_gg"]));
  near(derivative_along(problem, x, g, 2), oracle::vector<T>(file["D3E_gg"]));
  const auto both = value_and_gradient(problem, x);
  CHECK(both.value == value(problem, x));
  CHECK(both.gradient == g);
}

template <class T>
auto quadratic_of(const std::string& name) {
  const auto file = oracle::load(name);
  const Matrix<T> a = oracle::matrix<T>(file["hessian"]);
  const Vector<T> x = oracle::vector<T>(file["theta"]), g = oracle::vector<T>(file["gradient"]);
  return losses::quadratic(a, Vector<T>(a * x - g));
}

template <class T>
void expect_all_oracles(const T& tolerance) {
  expect_oracle("quadratic", quadratic_of<T>("quadratic"), tolerance);
  expect_oracle("rosenbrock", losses::rosenbrock<T>(), tolerance);
  expect_oracle("cosine1d", losses::cosine<T>(), tolerance);
  expect_oracle("cosine1d_oscillatory", losses::cosine<T>(), tolerance);
  expect_oracle("quartic1d", losses::quartic<T>(), tolerance);
  expect_oracle("quartic1d_oscillatory", losses::quartic<T>(), tolerance);
  expect_oracle("mlp_2_3_2", mlp_2_3_2<T>(), tolerance);
}

}  // namespace

TEST_CASE("derivatives in double meet the oracles to 1e-11", "[derivatives]") { expect_all_oracles<double>(1e-11); }

TEST_CASE("the notebook's quadratic meets its oracle", "[derivatives]") {
  const auto file = oracle::load("notebook_quadratic");
  const Matrix<double> a = oracle::matrix(file["hessian"]);
  const Vector<double> x = oracle::vector(file["theta"]), g = oracle::vector(file["gradient"]);
  const auto problem = losses::quadratic(a, Vector<double>(a * x - g));
  CHECK(oracle::relative_error(gradient(problem, x), g) < 1e-13);
  CHECK(oracle::relative_error(hessian_vector_product(problem, x, g), oracle::vector(file["Hg"])) < 1e-11);
  CHECK(third_derivative(problem, x, g, g).isZero(0));
}

TEST_CASE("derivatives meet the oracles with tolerances that follow epsilon", "[derivatives][types]") {
  expect_all_oracles<float>(oracle::floor<float>(100));
  expect_all_oracles<long double>(oracle::floor<long double>(100));  // the files end at double's digits
}

TEST_CASE("fifty-digit derivatives meet the oracles to the digits of the files", "[derivatives][types]") {
  const Fifty tolerance(1e-14);
  expect_oracle("rosenbrock", losses::rosenbrock<Fifty>(), tolerance);
  expect_oracle("cosine1d", losses::cosine<Fifty>(), tolerance);
  expect_oracle("quartic1d", losses::quartic<Fifty>(), tolerance);
  expect_oracle("mlp_2_3_2", mlp_2_3_2<Fifty>(), tolerance);
  expect_oracle("quadratic", quadratic_of<Fifty>("quadratic"), tolerance);
}

TEST_CASE("double and fifty-digit derivatives of the network agree to double's rounding", "[derivatives][types]") {
  const Vector<double> x = oracle::vector(oracle::load("mlp_2_3_2")["theta"]);
  const Vector<Fifty> exact_x = x.cast<Fifty>();
  const auto problem = mlp_2_3_2();
  const auto exact = mlp_2_3_2<Fifty>();
  const Vector<double> u = gradient(problem, x);
  const Vector<Fifty> exact_u = u.cast<Fifty>();
  for (int k = 0; k <= 6; ++k) {
    const Vector<double> rounded = derivative_along(exact, exact_x, exact_u, k).cast<double>();
    CHECK(oracle::relative_error(derivative_along(problem, x, u, k), rounded) < 1e-13);
  }
}

TEST_CASE("derivatives agree with differences of plain values", "[derivatives]") {
  expect_derivatives(mlp_2_3_2(), oracle::vector(oracle::load("mlp_2_3_2")["theta"]), Mlp232{});
  Vector<double> x(3);
  x << -0.3, 0.4, 0.2;
  expect_derivatives(losses::rosenbrock(3), x, losses::Rosenbrock{});
}

TEST_CASE("the third derivative is symmetric in its arguments and linear in each", "[derivatives]") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = oracle::vector(oracle::load("mlp_2_3_2")["theta"]);
  Random random(3);
  const Vector<double> u = random.normal_vector(17), v = random.normal_vector(17), w = random.normal_vector(17);
  const Vector<double> uv = third_derivative(problem, x, u, v);
  CHECK(oracle::relative_error(third_derivative(problem, x, v, u), uv) < 1e-13);
  CHECK(uv.dot(w) == Approx(third_derivative(problem, x, u, w).dot(v)).epsilon(1e-12));
  CHECK(oracle::relative_error(third_derivative(problem, x, u + w, v), uv + third_derivative(problem, x, w, v)) <
        1e-12);

  SECTION("without a loss of digits where one argument is much longer than the other") {
    CHECK(oracle::relative_error(third_derivative(problem, x, 1e9 * u, 1e-9 * v), uv) < 1e-13);
  }
  SECTION("and is zero where one of them is") {
    CHECK(third_derivative(problem, x, u, 0 * v).isZero(0));
    CHECK(third_derivative(problem, x, 0 * u, 0 * v).isZero(0));
  }
}

namespace {

/// A tier-3 problem whose expand takes no depth: the third derivative goes by polarisation.
struct NotNestable {
  using Scalar = double;
  Differentiable<Mlp232> inner = mlp_2_3_2();
  Index dimension() const { return 17; }
  double value(const Vector<double>& x) const { return inner.value(x); }
  Vector<double> gradient(const Vector<double>& x) const { return inner.gradient(x); }
  auto expand(const Vector<double>& x) const { return inner.expand(x); }
};

/// Tier 2, with nothing but a product.
struct ProductOnly {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return x[0] * x[0] * x[1]; }
  Vector<double> gradient(const Vector<double>& x) const {
    Vector<double> g(2);
    g << 2 * x[0] * x[1], x[0] * x[0];
    return g;
  }
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>& v) const {
    Vector<double> p(2);
    p << 2 * (x[1] * v[0] + x[0] * v[1]), 2 * x[0] * v[0];
    return p;
  }
};

}  // namespace

TEST_CASE("a problem without infinitesimals gives the same third derivative by polarisation", "[derivatives]") {
  STATIC_REQUIRE(ExpandableProblem<NotNestable>);
  STATIC_REQUIRE_FALSE(NestableProblem<NotNestable>);
  const Vector<double> x = oracle::vector(oracle::load("mlp_2_3_2")["theta"]);
  Random random(4);
  const Vector<double> u = random.normal_vector(17), v = 1e3 * random.normal_vector(17);
  const Vector<double> exact = third_derivative(mlp_2_3_2(), x, u, v);
  CHECK(oracle::relative_error(third_derivative(NotNestable{}, x, u, v), exact) < 1e-12);
  CHECK(third_derivative(NotNestable{}, x, u, 0 * v).isZero(0));
}

TEST_CASE("a class with products alone has a Hessian", "[derivatives]") {
  Vector<double> x(2), v(2);
  x << 1.5, -2;
  v << 1, 1;
  Matrix<double> h(2, 2);
  h << -4, 3, 3, 0;
  CHECK(hessian(ProductOnly{}, x) == h);
  CHECK(hessian_vector_product(ProductOnly{}, x, v) == h * v);
  CHECK(value_and_gradient(ProductOnly{}, x).value == -4.5);
  STATIC_REQUIRE(SecondOrderProblem<ProductOnly>);
  STATIC_REQUIRE_FALSE(ExpandableProblem<ProductOnly>);
}

TEST_CASE("directional derivatives are those of the function along the line", "[derivatives]") {
  // cos(x + t v): derivatives v^k cos^(k)(x)
  const auto problem = losses::cosine();
  const Vector<double> x = Vector<double>::Constant(1, 0.7), v = Vector<double>::Constant(1, -1.5);
  const Vector<double> d = directional_derivatives(problem, x, v, 6);
  REQUIRE(d.size() == 7);
  for (int k = 0; k <= 6; ++k) {
    const double expected = std::pow(-1.5, k) * std::cos(0.7 + k * std::acos(-1.0) / 2);
    CHECK(d[k] == Approx(expected).epsilon(1e-13));
    if (k > 0) CHECK(derivative_along(problem, x, v, k - 1)[0] * -1.5 == Approx(expected).epsilon(1e-13));
  }
  CHECK(directional_derivatives(problem, x, v, 0).size() == 1);
  CHECK(derivative_along(problem, x, v, 0) == gradient(problem, x));
}

TEST_CASE("arguments may be any Eigen expression", "[derivatives]") {
  const auto problem = losses::rosenbrock();
  Vector<double> x(2), v(2);
  x << -0.25, 0.375;
  v << 1, 2;
  const Vector<double> twice = 2 * x;
  CHECK(value(problem, 2 * x) == value(problem, twice));
  CHECK(gradient(problem, 2 * x) == gradient(problem, twice));
  CHECK(hessian_vector_product(problem, 2 * x, v + v) == hessian_vector_product(problem, twice, Vector<double>(2 * v)));
  CHECK(hessian(problem, 2 * x) == hessian(problem, twice));
  CHECK(third_derivative(problem, 2 * x, v + v, -v) ==
        third_derivative(problem, twice, Vector<double>(2 * v), Vector<double>(-v)));
  CHECK(problem.value(2 * x) == problem.value(twice));
  CHECK(problem.gradient(2 * x) == problem.gradient(twice));
  CHECK(problem.expand(2 * x).gradient() == problem.gradient(twice));
}

TEST_CASE("at complex points derivatives are those of the holomorphic function", "[derivatives][complex]") {
  using C = std::complex<double>;
  const auto problem = losses::cosine(2);
  Vector<C> z(2), v(2);
  z << C(0.3, 0.8), C(-1, 0.2);
  v << C(1, -2), C(0.5, 1);
  CHECK(std::abs(value(problem, z) - (std::cos(z[0]) + std::cos(z[1]))) < 1e-15);
  const Vector<C> g = gradient(problem, z);
  for (Index i = 0; i < 2; ++i) {
    CHECK(std::abs(g[i] + std::sin(z[i])) < 1e-15);
    CHECK(std::abs(hessian_vector_product(problem, z, v)[i] + std::cos(z[i]) * v[i]) < 1e-14);
    CHECK(std::abs(third_derivative(problem, z, v, v)[i] - std::sin(z[i]) * v[i] * v[i]) < 1e-13);
    CHECK(std::abs(third_derivative(problem, z, v, z)[i] - std::sin(z[i]) * v[i] * z[i]) < 1e-13);
  }
  SECTION("a complex direction at a real point is applied part by part") {
    const Vector<double> x = z.real();
    const Vector<C> hv = hessian_vector_product(problem, x, v);
    for (Index i = 0; i < 2; ++i) CHECK(std::abs(hv[i] + std::cos(x[i]) * v[i]) < 1e-15);
  }
  SECTION("the Hessian is symmetric, not Hermitian") {
    const auto coupled = losses::rosenbrock();
    const Matrix<C> h = hessian(coupled, z);
    CHECK(std::abs(h(0, 1) - (-400.0 * z[0])) < 1e-12);
    CHECK(h(0, 1) == h(1, 0));
  }
}

TEST_CASE("vectors of the wrong length are refused by name", "[derivatives][errors]") {
  const auto problem = losses::rosenbrock();
  const Vector<double> x = Vector<double>::Zero(2), wrong = Vector<double>::Zero(3);
  using Catch::Matchers::Contains;
  CHECK_THROWS_AS(value(problem, wrong), InvalidArgument);
  CHECK_THROWS_WITH(value(problem, wrong), Contains("theta: was of length 3") && Contains("length 2"));
  CHECK_THROWS_AS(gradient(problem, wrong), InvalidArgument);
  CHECK_THROWS_AS(hessian(problem, wrong), InvalidArgument);
  CHECK_THROWS_WITH(hessian_vector_product(problem, x, wrong), Contains("v: was of length 3"));
  CHECK_THROWS_WITH(third_derivative(problem, x, wrong, x), Contains("u: was of length 3"));
  CHECK_THROWS_WITH(third_derivative(problem, x, x, wrong), Contains("v: was of length 3"));
  CHECK_THROWS_WITH(derivative_along(problem, x, x, -1), Contains("k: was -1"));
  CHECK_THROWS_WITH(directional_derivatives(problem, x, x, -1), Contains("n: was -1"));
  CHECK_THROWS_AS(hessian(ProductOnly{}, wrong), InvalidArgument);
}

TEST_CASE("products with many directions are the products with each, on any number of threads") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = Random(3).normal_vector(17);
  const Matrix<double> directions = Random(4).normal_matrix(17, 5);
  const Matrix<double> products = hessian_vector_products(problem, x, directions);
  REQUIRE(products.cols() == 5);
  for (Index i = 0; i < 5; ++i) CHECK(products.col(i) == hessian_vector_product(problem, x, directions.col(i)));
  const Matrix<double> h = hessian(problem, x);
  for (const int threads : {2, 3, 40}) {
    CHECK(hessian_vector_products(problem, x, directions, threads) == products);
    CHECK(hessian(problem, x, threads) == h);
  }
  CHECK(hessian_vector_products(problem, x, directions.leftCols(0), 2).cols() == 0);
  CHECK_THROWS_WITH(hessian_vector_products(problem, x, directions.topRows(3)),
                    Catch::Contains("rows of the directions: was 3, must be 17"));
  CHECK_THROWS_WITH(hessian(problem, x, 0), Catch::Contains("threads: was 0"));

  struct SecondOrder {  // a tier-2 problem of a user's own: E = |x|^4 / 4
    using Scalar = double;
    Index dimension() const { return 3; }
    double value(const Vector<double>& p) const { return p.squaredNorm() * p.squaredNorm() / 4; }
    Vector<double> gradient(const Vector<double>& p) const { return p.squaredNorm() * p; }
    Vector<double> hessian_vector_product(const Vector<double>& p, const Vector<double>& v) const {
      return p.squaredNorm() * v + 2 * p.dot(v) * p;
    }
  };
  const Vector<double> p{{1, 2, -1}};
  CHECK(hessian(SecondOrder{}, p, 2) == Matrix<double>(6 * Matrix<double>::Identity(3, 3) + 2 * p * p.transpose()));
}
