#include <drift/curvature/top_eigenpairs.hpp>

#include "../support/networks.hpp"
#include "spectra.hpp"

#include <drift/calculus/symmetric_eigen.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace drift;

namespace {

Vector<double> somewhere() { return Random(5).normal_vector<double>(17); }

/// Pairs of a problem's Hessian at x against the whole of it; `from` is +1 for the largest, -1 for the smallest.
template <class P>
void expect_those_of(const P& problem, const Vector<double>& x, const curvature::Eigenpairs<double>& pairs, int from) {
  const Matrix<double> h = hessian(problem, x);
  const auto dense = calculus::symmetric_eigen<double>(h);
  const double size = dense.values.cwiseAbs().maxCoeff();
  CHECK(pairs.status == Status::converged);
  for (Index i = 0; i < pairs.values.size(); ++i) {
    const Vector<double> u = pairs.vectors.col(i);
    CHECK((h * u - pairs.values[i] * u).norm() <= pairs.residuals[i] + 1e-13 * size);
    const double exact = dense.values[from > 0 ? x.size() - 1 - i : i];
    CHECK(std::abs(pairs.values[i] - exact) <= pairs.residuals[i] + 1e-13 * size);
  }
}

}  // namespace

TEST_CASE("Top and bottom pairs of a network's Hessian are those of the whole matrix") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = somewhere();
  for (const Index k : {1, 3, 17, 20}) {
    const auto top = curvature::top_eigenpairs(problem, x, k);
    CHECK(top.values.size() == std::min<Index>(k, 17));
    expect_those_of(problem, x, top, 1);
    expect_those_of(problem, x, curvature::bottom_eigenpairs(problem, x, k), -1);
  }
}

TEST_CASE("Algebraic order: a strong negative curvature comes last at the top and first at the bottom") {
  const auto saddle = spectra::quadratic(spectra::turned((Vector<double>(5) << 2, -7, 1, 0, -1).finished()));
  const Vector<double> x = Vector<double>::Ones(5);
  CHECK(curvature::top_eigenpairs(saddle, x, 2).values.isApprox((Vector<double>(2) << 2, 1).finished(), 1e-7));
  CHECK(curvature::bottom_eigenpairs(saddle, x, 2).values.isApprox((Vector<double>(2) << -7, -1).finished(), 1e-7));
}

TEST_CASE("Tier 2 is enough, at any vector expression, and the products are counted") {
  int products = 0;
  const spectra::Counted problem{spectra::turned((Vector<double>(6) << 6, 5, 4, 3, 2, 1).finished()), &products};
  const Vector<double> x = Vector<double>::Ones(6);
  const auto top = curvature::top_eigenpairs(problem, 2 * x, 2);
  CHECK(top.products == products);
  CHECK(top.values[1] == Approx(5));
}

TEST_CASE("Options and a warm start go through") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = somewhere();
  const auto top = curvature::top_eigenpairs(problem, x, 2);
  const auto rough = curvature::top_eigenpairs(problem, x, 2, {.tolerance = 0.1});
  CHECK(rough.products <= top.products);
  const auto warm = curvature::top_eigenpairs(problem, x, 2, {.tolerance = 1e-4}, top.vectors);
  CHECK(warm.products <= top.products);
  const auto spent = curvature::top_eigenpairs(problem, x, 2, {.tolerance = 1e-14, .most_products = 3});
  CHECK(spent.status == Status::budget_spent);
  CHECK(spent.products == 3);
}

TEST_CASE("A product that is not finite, and what is refused") {
  int products = 0;
  const spectra::Counted spoiled{Matrix<double>::Identity(6, 6), &products, 1};
  const Vector<double> x = Vector<double>::Ones(6);
  CHECK(curvature::top_eigenpairs(spoiled, x, 1).status == Status::non_finite);
  const auto problem = mlp_2_3_2();
  CHECK_THROWS_AS(curvature::top_eigenpairs(problem, x, 1), InvalidArgument);
  CHECK_THROWS_AS(curvature::top_eigenpairs(problem, somewhere(), 0), InvalidArgument);
  CHECK_THROWS_AS(curvature::bottom_eigenpairs(problem, somewhere(), 1, {.tolerance = -1}), InvalidArgument);
}
