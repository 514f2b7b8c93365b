#include <drift/curvature/sharpness.hpp>

#include "../support/networks.hpp"
#include "spectra.hpp"

#include <drift/calculus/symmetric_eigen.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace drift;

namespace {

double sharpness_of(const Vector<double>& eigenvalues) {
  return curvature::sharpness(spectra::quadratic(spectra::turned(eigenvalues)),
                              Vector<double>::Ones(eigenvalues.size()));
}

double radius_of(const Vector<double>& eigenvalues) {
  return curvature::spectral_radius(spectra::quadratic(spectra::turned(eigenvalues)),
                                    Vector<double>::Ones(eigenvalues.size()));
}

}  // namespace

TEST_CASE("Sharpness is the largest algebraic eigenvalue, the spectral radius the largest magnitude") {
  const Vector<double> minimum = (Vector<double>(4) << 3, 2, 1, 0.5).finished();
  CHECK(sharpness_of(minimum) == Approx(3));
  CHECK(radius_of(minimum) == Approx(3));
  const Vector<double> saddle = (Vector<double>(4) << 2, -5, 1, -1).finished();
  CHECK(sharpness_of(saddle) == Approx(2));
  CHECK(radius_of(saddle) == Approx(5));
  const Vector<double> maximum = -minimum;
  CHECK(sharpness_of(maximum) == Approx(-0.5));
  CHECK(radius_of(maximum) == Approx(3));
  const Vector<double> balanced = (Vector<double>(3) << 2, -2, 1).finished();
  CHECK(sharpness_of(balanced) == Approx(2));
  CHECK(radius_of(balanced) == Approx(2));
}

TEST_CASE("One parameter, and a flat loss") {
  CHECK(sharpness_of(Vector<double>::Constant(1, -4.0)) == Approx(-4));
  CHECK(radius_of(Vector<double>::Constant(1, -4.0)) == Approx(4));
  CHECK(sharpness_of(Vector<double>::Zero(7)) == 0);
  CHECK(radius_of(Vector<double>::Zero(7)) == 0);
}

TEST_CASE("A network's sharpness is the top of its whole spectrum, its spectral radius the further end") {
  const auto problem = mlp_2_3_2();
  for (const std::uint64_t seed : {5U, 6U, 7U}) {
    const Vector<double> x = Random(seed).normal_vector<double>(17);
    const Vector<double> all = calculus::symmetric_eigen<double>(hessian(problem, x)).values;
    CHECK(curvature::sharpness(problem, x) == Approx(all[16]).epsilon(1e-9));
    CHECK(curvature::spectral_radius(problem, x) == Approx(all.cwiseAbs().maxCoeff()).epsilon(1e-9));
    CHECK(curvature::sharpness(problem, x, {.tolerance = 0.1}) <= all[16] * (1 + 1e-12));
  }
}

TEST_CASE("Gradient descent on a convex quadratic is stable below 2 / sharpness and not above") {
  const auto bowl = spectra::quadratic(spectra::turned((Vector<double>(4) << 3, 2, 1, 0.5).finished()));
  const Vector<double> start = Vector<double>::Ones(4);
  const double s = curvature::sharpness(bowl, start);
  const auto size_after = [&](double h) {
    Vector<double> x = start;
    for (int step = 0; step < 1000; ++step) x -= h * bowl.gradient(x);
    return x.norm();
  };
  CHECK(size_after(1.99 / s) < 0.1);
  CHECK(size_after(2.01 / s) > 10);
}

TEST_CASE("What is not finite is NaN; a problem without parameters is refused") {
  int products = 0;
  const spectra::Counted spoiled{Matrix<double>::Identity(3, 3), &products, 1};
  CHECK(std::isnan(curvature::sharpness(spoiled, Vector<double>::Ones(3))));
  products = 0;
  CHECK(std::isnan(curvature::spectral_radius(spoiled, Vector<double>::Ones(3))));
  const spectra::Counted empty{Matrix<double>(0, 0), &products};
  CHECK_THROWS_AS(curvature::sharpness(empty, Vector<double>(0)), InvalidArgument);
  CHECK_THROWS_AS(curvature::spectral_radius(empty, Vector<double>(0)), InvalidArgument);
}
