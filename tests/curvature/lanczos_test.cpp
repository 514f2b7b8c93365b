#include <drift/curvature/lanczos.hpp>

#include "spectra.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace drift;
using curvature::SpectrumEnd;

namespace {

auto times(const Matrix<double>& a, Index* count = nullptr) {
  return [&a, count](const Vector<double>& v) -> Vector<double> {
    if (count != nullptr) ++*count;
    return a * v;
  };
}

/// The eigenvalues as the search orders them.
Vector<double> ordered(Vector<double> values, SpectrumEnd end) {
  std::sort(values.begin(), values.end(), [end](double a, double b) {
    switch (end) {
      case SpectrumEnd::largest: return a > b;
      case SpectrumEnd::smallest: return a < b;
      case SpectrumEnd::largest_magnitude: break;
    }
    return std::abs(a) > std::abs(b);
  });
  return values;
}

/// Finds k pairs of the matrix with these eigenvalues and checks all that is promised of them.
curvature::Eigenpairs<double> expect_pairs(const Vector<double>& spectrum, Index k,
                                           const curvature::LanczosOptions& options = {},
                                           const Matrix<double>& start = {}) {
  const Matrix<double> a = spectra::turned(spectrum);
  const double size = spectrum.cwiseAbs().maxCoeff(), rounding = 1e-13 * size;
  Index count = 0;
  const auto found = curvature::lanczos<double>(times(a, &count), spectrum.size(), k, options, start);
  CHECK(found.status == Status::converged);
  CHECK(found.products == count);
  REQUIRE(found.values.size() == std::min(k, spectrum.size()));
  REQUIRE(found.vectors.cols() == found.values.size());
  const Vector<double> exact = ordered(spectrum, options.end);
  for (Index i = 0; i < found.values.size(); ++i) {
    INFO("pair " << i << " of " << found.values.transpose());
    const Vector<double> u = found.vectors.col(i);
    const double residual = (a * u - found.values[i] * u).norm();
    CHECK(residual <= found.residuals[i] + rounding);
    CHECK(found.residuals[i] <= options.tolerance * std::abs(found.values[i]) + rounding);
    const bool by_size = options.end == SpectrumEnd::largest_magnitude;  // a and -a come in either order
    const double value = by_size ? std::abs(found.values[i]) : found.values[i];
    CHECK(std::abs(value - (by_size ? std::abs(exact[i]) : exact[i])) <= found.residuals[i] + rounding);
  }
  const Matrix<double> overlaps = found.vectors.transpose() * found.vectors;
  CHECK((overlaps - Matrix<double>::Identity(overlaps.rows(), overlaps.cols())).cwiseAbs().maxCoeff() < 1e-13);
  return found;
}

/// n values that crowd at 0, with a few outliers at both ends, as a network's.
Vector<double> like_a_network(Index n) {
  Vector<double> values(n);
  for (Index i = 0; i < n; ++i) values[i] = 10 * std::pow(0.8, static_cast<double>(i)) - 0.3 * std::sin(double(i));
  values[n - 1] = -12;
  values[n - 2] = -4;
  return values;
}

}  // namespace

TEST_CASE("The pairs at each end of a spectrum, with true residuals, orthonormal") {
  const Vector<double> spectrum = like_a_network(150);
  for (const SpectrumEnd end : {SpectrumEnd::largest, SpectrumEnd::smallest, SpectrumEnd::largest_magnitude}) {
    for (const Index k : {1, 4, 12}) expect_pairs(spectrum, k, {.end = end});
  }
}

TEST_CASE("A small basis restarts often and finds the same") {
  const Vector<double> spectrum = like_a_network(150);
  const auto restarted = expect_pairs(spectrum, 6, {.largest_basis = 16});
  const auto at_once = expect_pairs(spectrum, 6, {.largest_basis = 150});
  CHECK(restarted.products > 32);
  CHECK(at_once.products <= restarted.products);
}

TEST_CASE("A crowded end: eigenvalues of a chain, spaced like squares") {
  Vector<double> spectrum(120);
  for (Index i = 0; i < 120; ++i) spectrum[i] = 2 - 2 * std::cos(3.14159265358979 * double(i + 1) / 121);
  expect_pairs(spectrum, 5);
  expect_pairs(spectrum, 2, {.end = SpectrumEnd::smallest, .tolerance = 1e-5});
}

TEST_CASE("Every copy of a multiple eigenvalue is found") {
  Vector<double> spectrum = like_a_network(90);
  spectrum.head(5).setConstant(15);
  spectrum.segment(5, 3).setConstant(11);
  expect_pairs(spectrum, 1);
  expect_pairs(spectrum, 3);
  expect_pairs(spectrum, 7);
  expect_pairs(spectrum, 10, {.tolerance = 1e-4});
  Vector<double> two_sided(40);
  two_sided << Vector<double>::Constant(4, 3.0), Vector<double>::Constant(4, -3.0), Vector<double>::Constant(32, 1.0);
  expect_pairs(two_sided, 4);
  expect_pairs(two_sided, 6, {.end = SpectrumEnd::smallest});
  const auto both = expect_pairs(two_sided, 8, {.end = SpectrumEnd::largest_magnitude});
  CHECK(std::abs(both.values.sum()) < 1e-12);
}

TEST_CASE("Operators under which everything is invariant: zero, a multiple of one, a projector") {
  expect_pairs(Vector<double>::Zero(30), 3);
  expect_pairs(Vector<double>::Constant(30, -2.5), 4);
  Vector<double> projector = Vector<double>::Zero(50);
  projector.head(3).setOnes();
  expect_pairs(projector, 2);
  expect_pairs(projector, 6);
  const auto zero = expect_pairs(Vector<double>::Zero(1000), 1);
  CHECK(zero.values[0] == 0);
  CHECK(zero.residuals[0] == 0);
  CHECK(zero.products <= 2);
}

TEST_CASE("One dimension, two, none, and as many pairs as there are or more") {
  const auto one = expect_pairs(Vector<double>::Constant(1, -3.0), 1);
  CHECK(one.products == 1);
  CHECK(one.values[0] == Approx(-3));
  expect_pairs((Vector<double>(2) << 1, 2).finished(), 1);
  expect_pairs((Vector<double>(2) << 1, 1).finished(), 5);
  for (const Index k : {11, 12, 40}) {
    const auto all = expect_pairs(like_a_network(12), k);
    CHECK(all.values.size() == std::min<Index>(k, 12));
    CHECK(all.products <= 12);
  }
  const auto none = curvature::lanczos<double>(times(Matrix<double>(0, 0)), 0, 2);
  CHECK(none.status == Status::converged);
  CHECK(none.values.size() == 0);
}

TEST_CASE("Tiny and huge operators") {
  const Vector<double> spectrum = like_a_network(60);
  const auto plain = expect_pairs(spectrum, 3);
  for (const double scale : {1e-200, 1e200}) {
    const Matrix<double> a = spectra::turned(spectrum) * scale;
    const auto scaled = curvature::lanczos<double>(times(a), 60, 3);
    CHECK(scaled.status == Status::converged);
    CHECK((scaled.values / scale - plain.values).cwiseAbs().maxCoeff() < 1e-7);
  }
}

TEST_CASE("A warm start saves products; one from an eigenvector of no interest does not mislead") {
  const Vector<double> spectrum = like_a_network(150);
  const auto cold = expect_pairs(spectrum, 3);
  const auto warm = expect_pairs(spectrum, 3, {}, cold.vectors);
  CHECK(warm.products < cold.products);
  const auto low = expect_pairs(spectrum, 1, {.end = SpectrumEnd::smallest});
  expect_pairs(spectrum, 2, {}, low.vectors);
  expect_pairs(spectrum, 1, {}, Matrix<double>(cold.vectors.col(1)));
  expect_pairs(spectrum, 2, {}, Matrix<double>::Zero(150, 2));
}

TEST_CASE("The same random numbers give the same search, others the same pairs") {
  const Vector<double> spectrum = like_a_network(80);
  const auto first = expect_pairs(spectrum, 3), second = expect_pairs(spectrum, 3);
  CHECK(first.values == second.values);
  CHECK(first.vectors == second.vectors);
  const auto other = expect_pairs(spectrum, 3, {.random = Random(7)});
  CHECK(first.vectors != other.vectors);
}

TEST_CASE("When the products are spent it says so, with what it has") {
  const Matrix<double> a = spectra::turned(like_a_network(150));
  for (const Index most : {1, 3, 15, 25}) {
    const auto some = curvature::lanczos<double>(times(a), 150, 6, {.tolerance = 1e-14, .most_products = most});
    CHECK(some.status == Status::budget_spent);
    CHECK(some.products == most);
    CHECK(some.values.size() == std::min<Index>(6, most));
    for (Index i = 0; i < some.values.size(); ++i) {
      const Vector<double> u = some.vectors.col(i);
      CHECK((a * u - some.values[i] * u).norm() == Approx(some.residuals[i]).margin(1e-12));
    }
  }
}

TEST_CASE("A product that is not finite ends the search as non_finite") {
  const Matrix<double> a = spectra::turned(like_a_network(50));
  for (const Index spoiled : {1, 2, 10}) {
    Index count = 0;
    const auto apply = [&](const Vector<double>& v) -> Vector<double> {
      Vector<double> product = a * v;
      if (++count == spoiled) product[7] = std::numeric_limits<double>::infinity();
      return product;
    };
    const auto found = curvature::lanczos<double>(apply, 50, 2);
    CHECK(found.status == Status::non_finite);
    CHECK(found.products == spoiled);
    CHECK(found.values.array().isNaN().all());
    CHECK(found.residuals.array().isNaN().all());
  }
}

TEST_CASE("What lanczos refuses") {
  const Matrix<double> a = spectra::turned(like_a_network(50));
  const auto find = [&](Index k, const curvature::LanczosOptions& options, const Matrix<double>& start = {}) {
    return curvature::lanczos<double>(times(a), 50, k, options, start);
  };
  CHECK_THROWS_AS(find(0, {}), InvalidArgument);
  CHECK_THROWS_AS(find(2, {.tolerance = 0}), InvalidArgument);
  CHECK_THROWS_AS(find(2, {.largest_basis = 11}), InvalidArgument);
  CHECK_THROWS_AS(find(2, {.most_products = 0}), InvalidArgument);
  CHECK_THROWS_AS(find(2, {}, Matrix<double>::Ones(49, 1)), InvalidArgument);
  CHECK_THROWS_AS(find(2, {}, Matrix<double>::Constant(50, 1, std::numeric_limits<double>::quiet_NaN())),
                  InvalidArgument);
  CHECK_THROWS_WITH(find(2, {.largest_basis = 11}), Catch::Contains("largest_basis: was 11"));
}
