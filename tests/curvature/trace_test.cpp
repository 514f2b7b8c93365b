#include <drift/curvature/trace.hpp>

#include "spectra.hpp"

#include <catch2/catch.hpp>

using namespace drift;
using curvature::ProbeDistribution;

namespace {

const Matrix<double> indefinite = spectra::turned(Vector<double>{{-3, -1, 0.5, 0.5, 2, 4}});  // trace 3, square 30.5

template <class T>
void check_within_errors(const curvature::TraceEstimate<T>& estimate, T trace, T square) {
  CHECK(estimate.status == Status::reached_end);
  CHECK(std::abs(estimate.trace.value - trace) < 4 * estimate.trace.standard_error);
  CHECK(std::abs(estimate.squared_frobenius_norm.value - square) < 4 * estimate.squared_frobenius_norm.standard_error);
}

}  // namespace

TEST_CASE("Hutchinson's estimates are the means of z' H z and |H z|^2 over the probes", "[curvature]") {
  for (const auto kind : {ProbeDistribution::rademacher, ProbeDistribution::normal}) {
    double trace = 0, square = 0;
    for (std::uint64_t i = 0; i < 7; ++i) {
      const Vector<double> z = curvature::probe(kind, Random(5).split(i), 6);
      trace += z.dot(indefinite * z) / 7;
      square += (indefinite * z).squaredNorm() / 7;
    }
    const auto estimate = curvature::hutchinson(spectra::quadratic(indefinite), Vector<double>::Zero(6), Random(5),
                                                {.probes = 7, .distribution = kind});
    CHECK(estimate.trace.value == Approx(trace).epsilon(1e-13));
    CHECK(estimate.squared_frobenius_norm.value == Approx(square).epsilon(1e-13));
    CHECK(estimate.products == 7);
  }
}

TEST_CASE("the standard error of Hutchinson's trace is that of the known variance", "[curvature]") {
  const double square = indefinite.squaredNorm(), on_diagonal = indefinite.diagonal().squaredNorm();
  const auto problem = spectra::quadratic(indefinite);
  const Vector<double> theta = Vector<double>::Ones(6);
  const auto signs = curvature::hutchinson(problem, theta, Random(6), {.probes = 4000});
  const auto normal =
      curvature::hutchinson(problem, theta, Random(7), {.probes = 4000, .distribution = ProbeDistribution::normal});
  check_within_errors(signs, 3.0, 30.5);
  check_within_errors(normal, 3.0, 30.5);
  CHECK(signs.trace.standard_error == Approx(std::sqrt(2 * (square - on_diagonal) / 4000)).epsilon(0.05));
  CHECK(normal.trace.standard_error == Approx(std::sqrt(2 * square / 4000)).epsilon(0.05));
}

TEST_CASE("Rademacher probes are exact for a diagonal Hessian, degenerate, zero and 1 x 1 included", "[curvature]") {
  for (const Vector<double>& diagonal : {Vector<double>{{-3, -1, 0.5, 2}}, Vector<double>{{2, 2, 2}},
                                         Vector<double>{{0, 0, 0, 0, 0}}, Vector<double>{{-7}}}) {
    const auto problem = spectra::quadratic<double>(diagonal.asDiagonal());
    const auto estimate =
        curvature::hutchinson(problem, Vector<double>::Zero(diagonal.size()), Random(8), {.probes = 3});
    CHECK(estimate.trace.value == Approx(diagonal.sum()).epsilon(1e-15));
    CHECK(estimate.squared_frobenius_norm.value == Approx(diagonal.squaredNorm()).epsilon(1e-15));
    CHECK(estimate.trace.standard_error < 1e-15);
    CHECK(estimate.squared_frobenius_norm.standard_error < 1e-14);
  }
}

TEST_CASE("Hutch++ is exact where the sketch reaches the rank", "[curvature]") {
  Vector<double> eigenvalues = Vector<double>::Zero(40);
  eigenvalues.head(5) << 5, -4, 3, 3, 0.01;
  const auto low = curvature::hutch_plus_plus(spectra::quadratic(spectra::turned(eigenvalues)),
                                              Vector<double>::Zero(40), Random(9), {.sketch = 8, .probes = 3});
  CHECK(low.trace.value == Approx(7.01).epsilon(1e-13));
  CHECK(low.squared_frobenius_norm.value == Approx(59.0001).epsilon(1e-13));
  CHECK(low.trace.standard_error < 1e-12);
  CHECK(low.squared_frobenius_norm.standard_error < 1e-12);

  const auto whole = curvature::hutch_plus_plus(spectra::quadratic(indefinite), Vector<double>::Zero(6), Random(9),
                                                {.sketch = 30, .probes = 3});
  CHECK(whole.trace.value == Approx(3).epsilon(1e-13));
  CHECK(whole.squared_frobenius_norm.value == Approx(30.5).epsilon(1e-13));
  CHECK(whole.trace.standard_error == 0);
  CHECK(whole.rank == 6);
  CHECK(whole.products == 12);
}

TEST_CASE("Hutch++ of a degenerate, the zero and a 1 x 1 Hessian", "[curvature]") {
  const auto at_zero = [](const Matrix<double>& a) {
    return curvature::hutch_plus_plus(spectra::quadratic(a), Vector<double>::Zero(a.rows()), Random(10),
                                      {.sketch = 4, .probes = 5});
  };
  const auto degenerate = at_zero(-2 * Matrix<double>::Identity(20, 20));
  CHECK(degenerate.rank == 4);
  CHECK(degenerate.products == 13);
  check_within_errors(degenerate, -40.0, 80.0);
  const auto zero = at_zero(Matrix<double>::Zero(20, 20));
  CHECK(zero.trace.value == 0);
  CHECK(zero.squared_frobenius_norm.value == 0);
  CHECK(zero.trace.standard_error == 0);
  CHECK(zero.rank == 0);
  CHECK(zero.products == 4 + 5);
  const auto one = at_zero(Matrix<double>::Constant(1, 1, -7));
  CHECK(one.trace.value == Approx(-7));
  CHECK(one.squared_frobenius_norm.value == Approx(49));
  CHECK(one.products == 2);
}

TEST_CASE("Hutch++ is unbiased, and far more accurate than Hutchinson on a decaying spectrum", "[curvature]") {
  Vector<double> eigenvalues(60);
  for (Index i = 0; i < 60; ++i) eigenvalues[i] = (i % 3 == 0 ? -1 : 1) / static_cast<double>((i + 1) * (i + 1));
  const auto problem = spectra::quadratic(spectra::turned(eigenvalues));
  const Vector<double> theta = Vector<double>::Zero(60);
  Vector<double> traces(200), squares(200);
  for (Index i = 0; i < 200; ++i) {
    const auto estimate = curvature::hutch_plus_plus(problem, theta, Random(11).split(static_cast<std::uint64_t>(i)),
                                                     {.sketch = 10, .probes = 10});
    traces[i] = estimate.trace.value;
    squares[i] = estimate.squared_frobenius_norm.value;
  }
  const auto trace = curvature::mean_of(traces), square = curvature::mean_of(squares);
  CHECK(std::abs(trace.value - eigenvalues.sum()) < 4 * trace.standard_error);
  CHECK(std::abs(square.value - eigenvalues.squaredNorm()) < 4 * square.standard_error);
  const auto plain = curvature::hutchinson(problem, theta, Random(12), {.probes = 30});
  const auto sketched = curvature::hutch_plus_plus(problem, theta, Random(12), {.sketch = 10, .probes = 10});
  CHECK(sketched.products == plain.products);
  check_within_errors(sketched, eigenvalues.sum(), eigenvalues.squaredNorm());
  CHECK(sketched.trace.standard_error < 0.1 * plain.trace.standard_error);
  CHECK(sketched.squared_frobenius_norm.standard_error < 0.1 * plain.squared_frobenius_norm.standard_error);
}

TEST_CASE("the products counted are those that were made, also of a problem of tier 2", "[curvature]") {
  int products = 0;
  const spectra::Counted problem{indefinite, &products};
  CHECK(curvature::hutchinson(problem, Vector<double>::Zero(6), Random(13), {.probes = 9}).products == products);
  CHECK(products == 9);
  products = 0;
  const auto estimate =
      curvature::hutch_plus_plus(problem, Vector<double>::Zero(6), Random(13), {.sketch = 2, .probes = 3});
  CHECK(estimate.products == products);
  CHECK(products == 7);
}

TEST_CASE("a product that is not finite is a status, wherever it comes", "[curvature]") {
  for (const int spoiled : {1, 3, 5}) {
    int products = 0;
    const spectra::Counted problem{indefinite, &products, spoiled};
    const auto plain = curvature::hutchinson(problem, Vector<double>::Zero(6), Random(14), {.probes = 6});
    CHECK(plain.status == Status::non_finite);
    CHECK(std::isnan(plain.trace.value));
    products = 0;
    const auto sketched =
        curvature::hutch_plus_plus(problem, Vector<double>::Zero(6), Random(14), {.sketch = 2, .probes = 3});
    CHECK(sketched.status == Status::non_finite);
    CHECK(std::isnan(sketched.squared_frobenius_norm.value));
  }
}

TEMPLATE_TEST_CASE("other number types; one probe has no known error", "", float, long double) {
  using T = TestType;
  const auto problem = spectra::quadratic<T>(Vector<T>{{T(-3), T(1), T(4)}}.asDiagonal());
  const auto plain = curvature::hutchinson(problem, Vector<T>::Zero(3), Random(15), {.probes = 1});
  CHECK(std::abs(plain.trace.value - T(2)) < 8 * epsilon<T>());
  CHECK(plain.trace.standard_error == std::numeric_limits<T>::infinity());
  const auto sketched = curvature::hutch_plus_plus(problem, Vector<T>::Zero(3), Random(15));
  CHECK(std::abs(sketched.trace.value - T(2)) < 40 * epsilon<T>());
}

TEST_CASE("what cannot be estimated is refused", "[curvature]") {
  const auto problem = spectra::quadratic(indefinite);
  const Vector<double> theta = Vector<double>::Zero(6);
  CHECK_THROWS_WITH(curvature::hutchinson(problem, theta, Random(1), {.probes = 0}),
                    "probes: was 0, must be 1 or above");
  CHECK_THROWS_WITH(curvature::hutch_plus_plus(problem, theta, Random(1), {.sketch = 0}),
                    "sketch: was 0, must be 1 or above");
  CHECK_THROWS_WITH(curvature::hutch_plus_plus(problem, theta, Random(1), {.probes = -1}),
                    "probes: was -1, must be 1 or above");
  CHECK_THROWS_WITH(curvature::hutchinson(problem, theta.head(2), Random(1)),
                    Catch::Contains("theta: was of length 2"));
}

TEST_CASE("A trace is known where only the squares leave the range of numbers") {
  int products = 0;
  const spectra::Counted problem{Vector<double>{{1e200, 1, 2}}.asDiagonal(), &products};
  const Vector<double> x = Vector<double>::Zero(3);
  for (const auto& estimate : {curvature::hutchinson(problem, x, Random(1), {.probes = 5}),
                               curvature::hutch_plus_plus(problem, x, Random(1), {.sketch = 1, .probes = 5})}) {
    CHECK(estimate.status == Status::reached_end);
    CHECK(estimate.trace.value == Approx(1e200).epsilon(1e-12));
    CHECK(estimate.squared_frobenius_norm.value == std::numeric_limits<double>::infinity());
  }
}
