// No allocation in steady state (support/allocations.hpp says how that is counted).

#include <drift/calculus/algebra.hpp>
#include <drift/calculus/derivatives.hpp>
#include <drift/losses/cosine.hpp>
#include <drift/losses/least_squares.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/regularisers/gradient_norm.hpp>

#include "support/allocations.hpp"
#include "support/networks.hpp"

#include <catch2/catch.hpp>
#include <drift/core/random.hpp>

#include <vector>

using namespace drift;

TEST_CASE("an expansion allocates nothing after its first use", "[allocations]") {
  if (DRIFT_TEST_OWN_MALLOC == 0) {
    SUCCEED("allocations cannot be counted in this build");
    return;
  }
  Vector<double> eigen;
  std::vector<double> standard;
  REQUIRE(allocations_of([&] { eigen.resize(100); }) == 1);  // the count works
  REQUIRE(allocations_of([&] { standard.resize(100); }) == 1);

  const Vector<double> x = Random(3).normal_vector(17);
  const Vector<std::complex<double>> z = x.cast<std::complex<double>>();
  const auto network = mlp_2_3_2();
  const Matrix<double> data = Random(4).normal_matrix(20, 17);
  const Matrix<double> a = data.transpose() * data;
  expect_none("network", network, x);
  expect_none("complex network", network, z);
  expect_none("rosenbrock", losses::rosenbrock(17), x);
  expect_none("cosine", losses::cosine(17), x);
  expect_none("quadratic", losses::quadratic(a), x);
  expect_none("least squares", losses::least_squares(data, Vector<double>::Ones(20)), x);
  expect_none("sum", network + 0.5 * losses::quadratic(a), x);
  expect_none("gradient norm", regularisers::gradient_norm(network), x);
  expect_none("sum with gradient norm", network + 0.1 * regularisers::gradient_norm(network), x);
}

TEST_CASE("a free function allocates no more than what it returns and the copies of its arguments", "[allocations]") {
  if (DRIFT_TEST_OWN_MALLOC == 0) {
    SUCCEED("allocations cannot be counted in this build");
    return;
  }
  const auto problem = mlp_2_3_2();
  const Vector<double> x = Random(3).normal_vector(17);
  double sum = 0;
  const auto work = [&] {
    sum += value(problem, x) + gradient(problem, x)[0] + hessian_vector_product(problem, x, x)[0];
  };
  work();
  work();
  CHECK(allocations_of(work) <= 4);  // two results, the direction, and none for the value's own evaluation
  CHECK(std::isfinite(sum));
}
