#include <drift/calculus/check_derivatives.hpp>
#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>

#include "support/networks.hpp"
#include "support/oracle.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <memory>
#include <optional>

using namespace drift;

namespace {

struct Product {
  template <class T>
  T operator()(const Vector<T>& x) const {
    return x[0] * x[1];
  }
};

/// A callable with data: a matrix and a vector of plain numbers.
struct Regression {
  Matrix<double> a;
  Vector<double> b;
  template <class T>
  T operator()(const Vector<T>& x) const {
    const Vector<T> residual = a * x - b.template cast<T>();
    return residual.squaredNorm() / T(2);
  }
};

}  // namespace

TEST_CASE("a callable becomes a problem of every tier", "[differentiable]") {
  using P = Differentiable<Product>;
  STATIC_REQUIRE(Problem<P>);
  STATIC_REQUIRE(SecondOrderProblem<P>);
  STATIC_REQUIRE(ExpandableProblem<P>);
  STATIC_REQUIRE(HolomorphicProblem<P>);
  STATIC_REQUIRE(NestableProblem<P>);
  STATIC_REQUIRE(NestableProblem<P, std::complex<double>>);
  STATIC_REQUIRE(std::same_as<decltype(differentiable<float>(Product{}, 2))::Scalar, float>);
  STATIC_REQUIRE(std::copy_constructible<P>);
  STATIC_REQUIRE(std::is_copy_assignable_v<P>);
}

TEST_CASE("a problem outlives what it was made from, and copies give the same numbers", "[differentiable]") {
  std::optional<Differentiable<Regression>> problem;
  Vector<double> x(2);
  x << 1, -1;
  {
    Regression f{Matrix<double>::Identity(2, 2), Vector<double>::Ones(2)};
    problem.emplace(differentiable(f, 2));
  }
  const auto copy = *problem;
  CHECK(value(copy, x) == 2);
  CHECK(gradient(copy, x) == Vector<double>(x - Vector<double>::Ones(2)));
  problem.reset();
  CHECK(gradient(copy, x)[1] == -2);
}

TEST_CASE("an expansion outlives its problem", "[differentiable]") {
  auto e = [] {
    const auto problem = mlp_2_3_2();
    return problem.expand(Vector<double>::Constant(17, 0.25));
  }();
  const Vector<double> expected = hessian_vector_product(mlp_2_3_2(), e.state(), e.gradient());
  CHECK(e.push(e.gradient()) == expected);
}

TEST_CASE("captured matrices take part in products", "[differentiable]") {
  Matrix<double> a(3, 2);
  a << 1, 2, -0.5, 1, 0.25, -1;
  Vector<double> b(3), x(2), v(2);
  b << 1, 0, -1;
  x << 0.5, 0.25;
  v << -1, 2;
  const auto problem = differentiable(Regression{a, b}, 2);
  CHECK(oracle::relative_error(gradient(problem, x), Vector<double>(a.transpose() * (a * x - b))) < 1e-15);
  CHECK(oracle::relative_error(hessian(problem, x), Matrix<double>(a.transpose() * a)) < 1e-15);
  CHECK(check_derivatives(problem, x).passed());
}

TEST_CASE("an expansion follows the branch of its own point after every move", "[differentiable]") {
  const auto problem = differentiable(
      [](const auto& x) {
        using T = typename std::decay_t<decltype(x)>::Scalar;
        return x[0] < 0 ? T(-x[0]) : T(x[0] * x[0]);
      },
      1);
  const auto at = [](double x) { return Vector<double>::Constant(1, x); };
  auto e = problem.expand(at(3));
  CHECK(e.gradient()[0] == 6);
  CHECK(e.push(at(1))[0] == 2);
  e.move_to(at(-3));
  CHECK(e.gradient()[0] == -1);
  CHECK(e.push(at(1))[0] == 0);
  e.move_to(at(2));
  CHECK(e.gradient()[0] == 4);
  CHECK(e.push(at(1))[0] == 2);
}

TEST_CASE("constant callables and unused inputs have zero derivatives", "[differentiable]") {
  const auto constant = differentiable([](const auto& x) { return typename std::decay_t<decltype(x)>::Scalar(4); }, 3);
  const Vector<double> x = Vector<double>::Ones(3);
  CHECK(value(constant, x) == 4);
  CHECK(gradient(constant, x).isZero(0));
  CHECK(hessian(constant, x).isZero(0));
  CHECK(third_derivative(constant, x, x, 2 * x).isZero(0));
  const auto partial = differentiable([](const auto& x_) { return x_[1] * x_[1]; }, 3);
  Vector<double> expected(3);
  expected << 0, 2, 0;
  CHECK(gradient(partial, x) == expected);
}

TEST_CASE("misuse of differentiable is refused by name", "[differentiable][errors]") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(differentiable(Product{}, 0), Contains("dimension: was 0"));
  CHECK_THROWS_AS(differentiable(Product{}, -3), InvalidArgument);
  const auto problem = differentiable(Product{}, 2);
  const Vector<double> wrong = Vector<double>::Zero(1);
  CHECK_THROWS_WITH(problem.value(wrong), Contains("theta: was of length 1"));
  CHECK_THROWS_AS(problem.gradient(wrong), InvalidArgument);
  CHECK_THROWS_AS(problem.expand(wrong), InvalidArgument);
  // A borrowed workspace that was refused does not spoil the next call.
  Vector<double> x(2);
  x << 2, 3;
  CHECK(problem.gradient(x)[0] == 3);
  CHECK_THROWS_AS(problem.gradient(wrong), InvalidArgument);
  CHECK(problem.gradient(x)[0] == 3);
}

TEST_CASE("an exception of the callable passes, and the problem works on", "[differentiable][errors]") {
  const auto problem = differentiable(
      [](const auto& x) {
        if (x[0] < 0) throw std::domain_error("negative");
        return x[0] * x[0];
      },
      1);
  const auto at = [](double x) { return Vector<double>::Constant(1, x); };
  CHECK(gradient(problem, at(1))[0] == 2);
  CHECK_THROWS_AS(gradient(problem, at(-1)), std::domain_error);
  CHECK(gradient(problem, at(2))[0] == 4);
}

TEST_CASE("the network has the same derivatives at complex states with no imaginary part",
          "[differentiable][complex]") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = oracle::vector(oracle::load("mlp_2_3_2")["theta"]);
  const Vector<double> g = gradient(problem, x);
  const Vector<std::complex<double>> z = x.cast<std::complex<double>>(), gz = gradient(problem, z);
  CHECK(gz.imag().isZero(0));
  CHECK(oracle::relative_error(Vector<double>(gz.real()), g) < 1e-15);
  CHECK(oracle::relative_error(Vector<double>(third_derivative(problem, z, gz, gz).real()),
                               third_derivative(problem, x, g, g)) < 1e-13);
}

TEST_CASE("the whole check of derivatives passes for the network in every number type", "[differentiable][types]") {
  const auto file = oracle::load("mlp_2_3_2");
  const auto expect = [&](const auto& report) {
    INFO(report);
    CHECK(report.passed());
  };
  expect(check_derivatives(mlp_2_3_2(), oracle::vector(file["theta"])));
  expect(check_derivatives(mlp_2_3_2<float>(), oracle::vector<float>(file["theta"])));
  expect(check_derivatives(mlp_2_3_2<long double>(), oracle::vector<long double>(file["theta"])));
}
