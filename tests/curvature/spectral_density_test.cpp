#include <drift/curvature/spectral_density.hpp>

#include <drift/curvature/trace.hpp>

#include "spectra.hpp"

#include <catch2/catch.hpp>

using namespace drift;
using curvature::ProbeDistribution;

namespace {

/// Trapezoidal integral of f over the curve's grid, weighted by its density.
template <class F>
double over(const curvature::SmoothedDensity<double>& curve, const F& f) {
  const Index last = curve.grid.size() - 1;
  double sum = 0;
  for (Index i = 0; i <= last; ++i) sum += (i == 0 || i == last ? 0.5 : 1.0) * curve.density[i] * f(curve.grid[i]);
  return sum * (curve.grid[last] - curve.grid[0]) / static_cast<double>(last);
}

/// Half a semicircle of eigenvalues in [-1, 1], a third of the rest at 2: indefinite, dense and degenerate.
Vector<double> mixed(Index n) {
  Vector<double> eigenvalues(n);
  for (Index i = 0; i < n; ++i)
    eigenvalues[i] = i % 3 == 0 ? 2 : std::sin(static_cast<double>(i) / static_cast<double>(n) * 3 - 1.5);
  return eigenvalues;
}

}  // namespace

TEST_CASE("m nodes integrate polynomials up to degree 2 m - 1 exactly", "[curvature]") {
  const Matrix<double> a = spectra::turned(mixed(30)) / 2;
  for (const auto kind : {ProbeDistribution::rademacher, ProbeDistribution::normal}) {
    const auto density = curvature::spectral_density(spectra::quadratic(a), Vector<double>::Zero(30), Random(1),
                                                     {.probes = 3, .steps = 4, .distribution = kind});
    CHECK(density.status == Status::reached_end);
    CHECK(density.products == 12);
    CHECK(density.nodes.size() == 12);
    for (std::uint64_t i = 0; i < 3; ++i) {
      const Vector<double> v = curvature::probe(kind, Random(1).split(i), 30).normalized();
      Vector<double> power = v;
      for (int degree = 0; degree < 8; ++degree) {
        CHECK(density.of_probes[i].integral([&](double t) { return std::pow(t, degree); }) ==
              Approx(v.dot(power)).margin(1e-14).epsilon(1e-12));
        power = (a * power).eval();
      }
    }
  }
}

TEST_CASE("the probes' nodes are pooled: ascending, within the spectrum, of total weight 1", "[curvature]") {
  const Vector<double> eigenvalues = mixed(50);
  const auto density = curvature::spectral_density(spectra::quadratic(spectra::turned(eigenvalues)),
                                                   Vector<double>::Zero(50), Random(2), {.probes = 5, .steps = 12});
  CHECK(std::is_sorted(density.nodes.begin(), density.nodes.end()));
  CHECK(density.nodes.minCoeff() > eigenvalues.minCoeff() - 1e-13);
  CHECK(density.nodes.maxCoeff() < eigenvalues.maxCoeff() + 1e-13);
  CHECK(density.weights.minCoeff() >= 0);
  CHECK(density.weights.sum() == Approx(1).epsilon(1e-14));
  const auto mean = density.average([](double t) { return std::exp(t); });
  CHECK((density.weights.array() * density.nodes.array().exp()).sum() == Approx(mean.value).epsilon(1e-14));
}

TEST_CASE("its first moment is Hutchinson's trace of the same probes, standard error and all", "[curvature]") {
  const auto problem = spectra::quadratic(spectra::turned(mixed(40)));
  const Vector<double> theta = Vector<double>::Ones(40);
  const auto density = curvature::spectral_density(problem, theta, Random(3), {.probes = 20, .steps = 5});
  const auto trace = curvature::hutchinson(problem, theta, Random(3), {.probes = 20});
  const auto first = density.average([](double t) { return t; });
  const auto second = density.average([](double t) { return t * t; });
  CHECK(40 * first.value == Approx(trace.trace.value).epsilon(1e-13));
  CHECK(40 * first.standard_error == Approx(trace.trace.standard_error).epsilon(1e-11));
  CHECK(40 * second.value == Approx(trace.squared_frobenius_norm.value).epsilon(1e-13));
}

TEST_CASE("averages over an indefinite spectrum lie within their standard errors", "[curvature]") {
  const Vector<double> eigenvalues = mixed(60);
  for (const auto kind : {ProbeDistribution::rademacher, ProbeDistribution::normal}) {
    const auto density =
        curvature::spectral_density(spectra::quadratic(spectra::turned(eigenvalues)), Vector<double>::Zero(60),
                                    Random(4), {.probes = 60, .steps = 60, .distribution = kind});
    const auto exponential = density.average([](double t) { return std::exp(t); });
    CHECK(std::abs(exponential.value - eigenvalues.array().exp().mean()) < 3 * exponential.standard_error);
    CHECK(exponential.standard_error < 0.1 * exponential.value);
    // No polynomial: the share of negative eigenvalues, which the quadrature has once all eigenvalues are resolved.
    const auto negative = density.average([](double t) { return t < 0 ? 1 : 0; });
    const double exact = static_cast<double>((eigenvalues.array() < 0).count()) / 60;
    CHECK(std::abs(negative.value - exact) < 3 * negative.standard_error);
    CHECK(negative.standard_error < 0.05);
  }
}

TEST_CASE("a degenerate spectrum ends Lanczos early with the eigenvalues themselves", "[curvature]") {
  Vector<double> eigenvalues = Vector<double>::Constant(80, 0.5);
  eigenvalues.head(20).setConstant(-3);
  eigenvalues.tail(1).setConstant(100);
  const auto density = curvature::spectral_density(spectra::quadratic(spectra::turned(eigenvalues)),
                                                   Vector<double>::Zero(80), Random(5), {.probes = 40, .steps = 3});
  CHECK(density.products == 120);
  for (const auto& one : density.of_probes) CHECK((one.nodes - Vector<double>{{-3, 0.5, 100}}).norm() < 1e-11);
  const auto outlier = density.average([](double t) { return t > 50 ? 1 : 0; });
  CHECK(std::abs(outlier.value - 1.0 / 80) < 3 * outlier.standard_error);
  // Rademacher probes of a diagonal Hessian see every eigenvalue alike: the shares are exact, and three products are enough.
  const auto diagonal = curvature::spectral_density(spectra::quadratic<double>(eigenvalues.asDiagonal()),
                                                    Vector<double>::Zero(80), Random(5), {.probes = 2, .steps = 80});
  CHECK(diagonal.products <= 8);  // three for each probe, or one more where rounding hides that the space is invariant
  const auto low = diagonal.average([](double t) { return t < -1 ? 1 : 0; });
  CHECK(low.value == Approx(0.25).epsilon(1e-12));
  CHECK(low.standard_error < 1e-13);
}

TEST_CASE("the zero operator, a multiple of the identity and a 1 x 1 Hessian have one node", "[curvature]") {
  for (const Matrix<double>& a :
       {Matrix<double>(Matrix<double>::Zero(9, 9)), Matrix<double>(-4 * Matrix<double>::Identity(9, 9)),
        Matrix<double>(Matrix<double>::Constant(1, 1, 7))}) {
    const auto density =
        curvature::spectral_density(spectra::quadratic(a), Vector<double>::Zero(a.rows()), Random(6), {.probes = 3});
    CHECK(density.products == 3);
    CHECK(density.nodes.size() == 3);
    CHECK((density.nodes.array() - a(0, 0)).abs().maxCoeff() < 1e-14);
    CHECK(density.weights.sum() == Approx(1).epsilon(1e-14));
    const auto curve = curvature::smoothed(density);
    CHECK(over(curve, [](double) { return 1; }) == Approx(1).epsilon(1e-5));
    CHECK(over(curve, [](double t) { return t; }) == Approx(a(0, 0)).margin(1e-12).epsilon(1e-5));
  }
}

TEST_CASE("smoothing keeps total and mean and adds its width to the variance", "[curvature]") {
  const Vector<double> nodes{{-1, 0.5, 3}}, weights{{0.2, 0.5, 0.3}};
  const auto curve = curvature::smoothed(nodes, weights, {.width = 0.3, .points = 500, .lower = -4, .upper = 6});
  CHECK(curve.width == 0.3);
  CHECK(curve.grid[0] == -4);
  CHECK(curve.grid[499] == Approx(6).epsilon(1e-15));
  const double mean = weights.dot(nodes);
  CHECK(over(curve, [](double) { return 1; }) == Approx(1).epsilon(1e-12));
  CHECK(over(curve, [](double t) { return t; }) == Approx(mean).epsilon(1e-12));
  CHECK(over(curve, [](double t) { return t * t; }) == Approx(weights.dot(nodes.cwiseAbs2()) + 0.09).epsilon(1e-12));
  // Left alone it takes a hundredth of the range, and all but what lies five widths out of it.
  const auto plain = curvature::smoothed(nodes, weights);
  CHECK(plain.width == Approx(0.04).epsilon(1e-15));
  CHECK(plain.grid[0] == Approx(-1.2).epsilon(1e-14));
  CHECK(plain.grid[399] == Approx(3.2).epsilon(1e-14));
  CHECK(over(plain, [](double) { return 1; }) == Approx(1).epsilon(1e-6));
}

TEST_CASE("nodes that differ by rounding alone are smoothed as equal ones", "[curvature]") {
  const Vector<double> nodes{{-4, -4 + 4e-15}}, weights{{0.5, 0.5}};
  const auto curve = curvature::smoothed(nodes, weights);
  CHECK(curve.width == 0.04);
  CHECK(over(curve, [](double) { return 1; }) == Approx(1).epsilon(1e-5));
}

TEST_CASE("the smoothed estimate comes close to the smoothed exact spectrum", "[curvature]") {
  const Index n = 300;
  const Vector<double> eigenvalues = mixed(n);
  const auto density = curvature::spectral_density(spectra::quadratic(spectra::turned(eigenvalues)),
                                                   Vector<double>::Zero(n), Random(7), {.probes = 10, .steps = 40});
  const curvature::SmoothingOptions smoothing{.width = 0.1, .points = 400, .lower = -2, .upper = 3};
  const auto curve = curvature::smoothed(density, smoothing);
  auto difference = curvature::smoothed(eigenvalues, Vector<double>(Vector<double>::Constant(n, 1.0 / n)), smoothing);
  difference.density = (difference.density - curve.density).cwiseAbs();
  CHECK(over(difference, [](double) { return 1; }) < 0.1);
}

TEST_CASE("a product that is not finite is a status, and there are no nodes to smooth", "[curvature]") {
  for (const int spoiled : {1, 7}) {
    int products = 0;
    const spectra::Counted problem{spectra::turned(mixed(10)), &products, spoiled};
    const auto density =
        curvature::spectral_density(problem, Vector<double>::Zero(10), Random(8), {.probes = 3, .steps = 5});
    CHECK(density.status == Status::non_finite);
    CHECK(density.products == spoiled);
    CHECK(density.nodes.size() == 0);
    CHECK_THROWS_WITH(density.average([](double t) { return t; }), Catch::Contains("a product was not finite"));
    CHECK_THROWS_WITH(curvature::smoothed(density), "nodes: was none, must be one or more");
  }
}

TEST_CASE("Single precision: spectral density", "[curvature]") {
  const auto density = curvature::spectral_density(spectra::quadratic<float>(Vector<float>{{-3, 1, 4}}.asDiagonal()),
                                                   Vector<float>::Zero(3), Random(9), {.probes = 2});
  for (const auto& one : density.of_probes) CHECK((one.nodes - Vector<float>{{-3, 1, 4}}).norm() < 1e-5F);
  CHECK(density.average([](float t) { return t; }).value == Approx(2.0F / 3).epsilon(1e-5));
}

TEST_CASE("options out of range are refused by name", "[curvature]") {
  const auto problem = spectra::quadratic(spectra::turned(mixed(4)));
  const Vector<double> theta = Vector<double>::Zero(4), one = Vector<double>::Ones(1);
  CHECK_THROWS_WITH(curvature::spectral_density(problem, theta, Random(1), {.probes = 0}),
                    "probes: was 0, must be 1 or above");
  CHECK_THROWS_WITH(curvature::spectral_density(problem, theta, Random(1), {.steps = 0}),
                    "steps: was 0, must be 1 or above");
  CHECK_THROWS_WITH(curvature::spectral_density(problem, theta.head(1), Random(1)),
                    Catch::Contains("theta: was of length 1"));
  const auto refuses = [&](const curvature::SmoothingOptions& options, const std::string& message) {
    CHECK_THROWS_WITH(curvature::smoothed(one, one, options), Catch::Contains(message));
  };
  const double infinity = std::numeric_limits<double>::infinity();
  refuses({.width = -1}, "width: was -1, must be a finite number, 0 or above");
  refuses({.points = 1}, "points: was 1, must be 2 or above");
  refuses({.lower = infinity}, "lower: was inf");
  refuses({.lower = 2, .upper = 2}, "upper: was 2, must be a number above lower");
  refuses({.lower = 2}, "lower: was 2, must be below upper, 1.05");
  refuses({.width = 0.01, .points = 10, .lower = 0, .upper = 2}, "points: was 10");
  CHECK_THROWS_WITH(curvature::smoothed(one, theta), Catch::Contains("weights: was of length 4"));
  CHECK_THROWS_WITH(curvature::smoothed(Vector<double>(one * infinity), one), Catch::Contains("nodes: was with NaN"));
}
