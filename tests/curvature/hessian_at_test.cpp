#include <drift/curvature/hessian_at.hpp>

#include "../support/networks.hpp"
#include "spectra.hpp"

#include <catch2/catch.hpp>

using namespace drift;

TEST_CASE("The Hessian at a point, again and again, of an expandable problem and of one of tier 2") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = Random(5).normal_vector<double>(17);
  auto hessian = curvature::hessian_at(problem, x);
  int products = 0;
  const spectra::Counted same{drift::hessian(problem, x), &products};
  auto counted = curvature::hessian_at(same, x);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const Vector<double> v = Random(i).normal_vector<double>(17);
    const Vector<double> hv = hessian(v);
    CHECK(hv == hessian_vector_product(problem, x, v));
    Vector<double> into;
    hessian(v, into);
    CHECK(into == hv);
    CHECK(Vector<double>(counted(v)).isApprox(hv, 1e-12));
  }
  CHECK(products == 3);
}

TEST_CASE("Lengths that do not fit are refused") {
  const auto problem = mlp_2_3_2();
  int products = 0;
  const spectra::Counted other{Matrix<double>::Identity(17, 17), &products};
  const Vector<double> x = Vector<double>::Ones(17), shorter = Vector<double>::Ones(16);
  CHECK_THROWS_AS(curvature::hessian_at(problem, shorter), InvalidArgument);
  CHECK_THROWS_AS(curvature::hessian_at(other, shorter), InvalidArgument);
  CHECK_THROWS_AS(curvature::hessian_at(problem, x)(shorter), InvalidArgument);
  CHECK_THROWS_AS(curvature::hessian_at(other, x)(shorter), InvalidArgument);
}
