#pragma once
// What eigenpairs and the tracker promise in any number type, to its own rounding. A unit each: float_test.cpp, long_double_test.cpp.

#include "spectra.hpp"
#include "turning.hpp"

#include <drift/curvature/sharpness.hpp>
#include <drift/curvature/sharpness_tracker.hpp>

#include <catch2/catch.hpp>

#include <cmath>

namespace number_types {

using namespace drift;

/// The top four pairs of a matrix with known eigenvalues, two of them equal.
template <class T>
void expect_top_pairs() {
  Vector<T> spectrum(60);
  for (Index i = 0; i < 60; ++i) spectrum[i] = T(10) * std::pow(T(0.8), T(i)) - T(1);
  spectrum[2] = spectrum[1];
  const Matrix<T> a = spectra::turned(spectrum);
  const auto problem = spectra::quadratic(a);
  const double tolerance = 1e3 * static_cast<double>(epsilon<T>());
  const Vector<T> x = Vector<T>::Ones(60);
  const auto found = curvature::top_eigenpairs(problem, x, 4, {.tolerance = tolerance});
  CHECK(found.status == Status::converged);
  for (Index i = 0; i < 4; ++i) {
    const Vector<T> u = found.vectors.col(i);
    CHECK((a * u - found.values[i] * u).norm() <= T(2 * tolerance) * found.values[i]);
    CHECK(std::abs(found.values[i] - spectrum[i]) <= T(2 * tolerance) * spectrum[0]);
  }
  CHECK(std::abs(curvature::sharpness(problem, x, {.tolerance = tolerance}) - spectrum[0]) <=
        T(2 * tolerance) * spectrum[0]);
}

template <class T>
void expect_tracked() {
  const spectra::Turning<T> problem;
  curvature::SharpnessTracker tracker(problem, 2);
  for (int step = 0; step < 50; ++step) {
    const T t = T(0.02) * T(step);
    const auto& pairs = tracker.update(at(problem, t));
    CHECK(pairs.status == Status::converged);
    const Vector<T> u = pairs.vectors.col(0);
    const T residual = (problem.hessian_vector_product(at(problem, t), u) - pairs.values[0] * u).norm();
    CHECK(residual <= T(1.1e-3) * pairs.values[0]);
    CHECK(std::abs(tracker.sharpness() - top_of(problem, t)) <= T(1e-4) * top_of(problem, t));
    if (step > 0) CHECK(pairs.products <= 6);
  }
}

}  // namespace number_types
