// The principal flow by Krylov: on networks beside the dense one, and its reliability flag.

#include <drift/flows/principal.hpp>

#include <drift/calculus/order_of_accuracy.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/data/shipped.hpp>
#include <drift/data/standardise.hpp>
#include <drift/flows/modified.hpp>
#include <drift/integrate/follow.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/layers.hpp>
#include <drift/nn/sequential.hpp>
#include <drift/nn/supervised.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "spectrum.hpp"

using namespace drift;
using flows_tests::Spectrum;
using C = std::complex<double>;
using flows::PrincipalMethod;
using flows::PrincipalReliability;

namespace {

/// All of Iris on a 4-10-3 network, 93 parameters.
template <class Loss>
auto iris(const Loss& loss) {
  auto flowers = data::iris(DRIFT_EXAMPLES_DATA "/iris.csv");
  flowers = data::fit_standardisation(flowers).apply(flowers);
  const auto net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3));
  return nn::supervised(net, loss, flowers.features, flowers.labels);
}

/// Where descent gets to, long after the bulk of the spectrum and its outliers have parted.
template <class P>
Vector<double> trained(const P& fit, std::uint64_t seed, double rate, int steps) {
  Vector<double> theta = nn::initialise(fit.network(), nn::glorot_normal(), Random(seed));
  for (int k = 0; k < steps; ++k) theta -= rate * gradient(fit, theta);
  return theta;
}

double relative_error(const Vector<C>& found, const Vector<C>& expected) {
  return (found - expected).norm() / expected.norm();
}

/// Visits the trained networks with rates for which 1/h lies between their outliers, beyond_one of them beyond it.
template <class Visit>
void for_each_iris(const Visit& visit) {
  const auto at_rates = [&](const auto& fit, const Vector<double>& theta, const std::vector<Index>& counts) {
    const Vector<double> top = calculus::symmetric_eigen<double>(hessian(fit, theta)).values.reverse();
    for (const Index beyond : counts) {
      const double h = 2 / (top[beyond - 1] + top[beyond]);
      CAPTURE(h * top.head(8).transpose(), beyond);
      REQUIRE(h * top[8] < 0.6);  // the bulk is well below 1/h
      visit(fit, theta, h, beyond);
    }
  };
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const auto cross_entropy = iris(losses::softmax_cross_entropy());
    at_rates(cross_entropy, trained(cross_entropy, seed, 0.2, 300), {1});
    const auto squared_error = iris(losses::squared_error());
    at_rates(squared_error, trained(squared_error, seed, 0.1, 300), {1, 2, 3});
  }
}

/// n values evenly in [low, high], and these beside them.
Spectrum spectrum(Index n, double low, double high, const std::vector<double>& outliers = {}) {
  const auto count = static_cast<Index>(outliers.size());
  Spectrum problem{Vector<double>::LinSpaced(n + count, low, high)};
  problem.eigenvalues.head(n) = Vector<double>::LinSpaced(n, low, high);
  for (Index i = 0; i < count; ++i) problem.eigenvalues[n + i] = outliers[static_cast<std::size_t>(i)];
  return problem;
}

/// The dense field at x, h = 1.
Vector<C> dense_field(const Spectrum& problem, const Vector<double>& x) {
  Vector<C> field(x.size());
  for (Index i = 0; i < x.size(); ++i) {
    field[i] = flows::principal_coefficient(problem.eigenvalues[i]) * problem.eigenvalues[i] * x[i];
  }
  return field;
}

Vector<double> some_point(Index n) { return Random(7).normal_vector<double>(n); }

}  // namespace

TEST_CASE("On Iris 30 Krylov products give the dense field to 1e-9, with outliers beyond 1/h, and the flag is down") {
  for_each_iris([](const auto& fit, const Vector<double>& theta, double h, Index beyond) {
    const auto dense = flows::principal(fit, h, {.method = PrincipalMethod::dense}).evaluate(theta);
    CHECK(dense.beyond_one == beyond);
    CHECK(dense.reliability == PrincipalReliability::exact);
    const auto krylov = flows::principal(fit, h, {.krylov_dimension = 30}).evaluate(theta);
    CHECK(krylov.krylov_dimension == 30);
    CHECK(relative_error(krylov.field, dense.field) < 1e-9);
    CHECK(krylov.reliability == PrincipalReliability::converged);
    CHECK(krylov.doubt == 0);
    CHECK(krylov.beyond_one == beyond);
    CHECK(krylov.nearest == Approx(dense.nearest).epsilon(1e-9));
    const auto by_tolerance = flows::principal(fit, h, {.largest_krylov_dimension = 30}).evaluate(theta);
    CHECK(relative_error(by_tolerance.field, dense.field) < 1e-9);
    CHECK(by_tolerance.reliability == PrincipalReliability::converged);
  });
}

TEST_CASE("On Iris Krylov and dense agree to 1e-9 at complex states too") {
  for_each_iris([](const auto& fit, const Vector<double>& theta, double h, Index) {
    const Vector<C> z = theta.cast<C>() + C(0, 0.01) * some_point(theta.size()).cast<C>();
    const auto dense = flows::principal(fit, h, {.method = PrincipalMethod::dense}).evaluate(z);
    const auto krylov = flows::principal(fit, h, {.krylov_dimension = 30}).evaluate(z);
    CHECK(krylov.krylov_dimension == 30);
    CHECK(relative_error(krylov.field, dense.field) < 1e-9);
    CHECK(krylov.reliability == PrincipalReliability::converged);
    CHECK(dense.reliability == PrincipalReliability::exact);
    CHECK(krylov.beyond_one == dense.beyond_one);
  });
}

TEST_CASE("On Iris the step that the Krylov flow follows through complex states is the dense flow's") {
  const auto fit = iris(losses::softmax_cross_entropy());
  const Vector<double> theta = trained(fit, 1, 0.2, 300);
  const double h = 1.5 / calculus::symmetric_eigen<double>(hessian(fit, theta)).values.maxCoeff();
  const IntegrateOptions tolerances{.relative_tolerance = 1e-4, .absolute_tolerance = 1e-6};
  const auto whole = follow(flows::principal(fit, h, {.method = PrincipalMethod::dense}), theta, 1, tolerances);
  const auto part = follow(flows::principal(fit, h, {.krylov_dimension = 30}), theta, 1, tolerances);
  REQUIRE(whole.reached());
  REQUIRE(part.reached());
  CHECK(part.state.imag().norm() > 0);
  CHECK((whole.state - part.state).norm() < 1e-9 * (whole.state - theta.cast<C>()).norm());
}

TEST_CASE("The flag is raised on a spectrum dense across 1/h, whatever the dimension, until it is exact") {
  const Spectrum dense = spectrum(300, 0, 2.1);
  const Vector<double> x = some_point(300);
  const Vector<C> expected = dense_field(dense, x);
  for (const Index m : {4, 8, 10, 15, 20, 30, 50}) {
    const auto krylov = flows::principal(dense, 1.0, {.krylov_dimension = m}).evaluate(x);
    CAPTURE(m, krylov.doubt, krylov.change, krylov.nearest);
    CHECK(relative_error(krylov.field, expected) > 0.01);
    CHECK(krylov.reliability == PrincipalReliability::straddling);
    CHECK(krylov.doubt > 0.01);
    CHECK(krylov.nearest < 0.6);
  }
  const auto by_tolerance = flows::principal(dense, 1.0, {.largest_krylov_dimension = 30}).evaluate(x);
  CHECK(by_tolerance.reliability == PrincipalReliability::straddling);
  const Spectrum smaller = spectrum(80, 0, 2.1);
  const Vector<double> y = some_point(80);
  const auto whole = flows::principal(smaller, 1.0, {.largest_krylov_dimension = 80}).evaluate(y);
  CHECK(relative_error(whole.field, dense_field(smaller, y)) < 1e-6);
  CHECK(whole.doubt == 0);
}

TEST_CASE("The flag is not raised by an outlier at 1/h that is resolved") {
  for (const double distance : {1e-2, -1e-2, 1e-6, -1e-6}) {
    const Spectrum problem = spectrum(300, -0.1, 0.3, {0.6, 0.8, 1 + distance, 1.7, 2.05});
    const Vector<double> x = some_point(305);
    const auto krylov = flows::principal(problem, 1.0, {.krylov_dimension = 30}).evaluate(x);
    CAPTURE(distance);
    CHECK(krylov.nearest == Approx(std::abs(distance)).epsilon(1e-6));
    CHECK(krylov.reliability == PrincipalReliability::converged);
    CHECK(relative_error(krylov.field, dense_field(problem, x)) < 1e-8);  // epsilon / 1e-6, and some
  }
}

TEST_CASE("A field that is called converged is so, whatever the spectrum; what has not converged is not called so") {
  const std::vector<Spectrum> problems = {spectrum(200, -0.5, 0.9),           spectrum(200, 0, 0.999),
                                          spectrum(200, -0.2, 0.9, {1.1}),    spectrum(200, 0, 2.1),
                                          spectrum(200, -0.1, 0.3, {1, 3}),   spectrum(200, 0, 0.1, {0.9, 1.0001, 1.1}),
                                          spectrum(200, -3, 0.5, {1.5, 1.6}), spectrum(200, 1.2, 1.9, {0.3})};
  Index converged = 0, others = 0;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const Vector<double> x = some_point(problems[i].dimension());
    const Vector<C> expected = dense_field(problems[i], x);
    for (const Index m : {2, 5, 10, 20, 40, 80}) {
      const auto krylov = flows::principal(problems[i], 1.0, {.krylov_dimension = m}).evaluate(x);
      const double error = relative_error(krylov.field, expected);
      CAPTURE(i, m, error, krylov.change, krylov.doubt);
      if (krylov.reliability == PrincipalReliability::converged) {
        CHECK(error < 1e-8);
        ++converged;
      } else {
        CHECK(krylov.reliability != PrincipalReliability::exact);
        CHECK((krylov.doubt > 1e-10 || krylov.change > 1e-10));
        ++others;
      }
    }
  }
  CHECK(converged >= 10);
  CHECK(others >= 10);
}

TEST_CASE("At complex states the flag is raised where few products meet a spectrum that crosses 1/h") {
  const auto fit = iris(losses::squared_error());
  const Index n = fit.dimension();
  const Vector<C> z = trained(fit, 3, 0.1, 20).template cast<C>() + C(0, 0.05) * some_point(n).cast<C>();
  for (const double h : {0.05, 0.5}) {
    const auto rough = flows::principal(fit, h, {.krylov_dimension = 6}).evaluate(z);
    const auto whole = flows::principal(fit, h, {.method = PrincipalMethod::dense}).evaluate(z);
    CAPTURE(h, rough.doubt, rough.change, relative_error(rough.field, whole.field));
    CHECK(rough.reliability == (h < 0.1 ? PrincipalReliability::unconverged : PrincipalReliability::straddling));
    CHECK((rough.doubt > 0.01) == (relative_error(rough.field, whole.field) > 0.01));
    CHECK(whole.reliability == PrincipalReliability::exact);
    CHECK(whole.doubt == 0);
  }
}

TEST_CASE("Fields that need no Krylov space, and those that are not finite, say so") {
  const Spectrum problem = spectrum(100, 0, 2.1);
  const Vector<double> x = some_point(100);
  CHECK(flows::principal(problem, 0).evaluate(x).reliability == PrincipalReliability::exact);
  CHECK(flows::principal(problem, 1).evaluate(Vector<double>::Zero(100)).reliability == PrincipalReliability::exact);
  CHECK(flows::principal(problem, 1, {.method = PrincipalMethod::dense}).evaluate(x).reliability ==
        PrincipalReliability::exact);
  const Spectrum three = spectrum(97, 0.5, 0.5, {1.2, -1, 2});
  const auto invariant = flows::principal(three, 1).evaluate(x);
  CHECK(invariant.reliability == PrincipalReliability::exact);
  CHECK(invariant.krylov_dimension == 4);
  const Vector<double> nan = Vector<double>::Constant(100, std::nan(""));
  CHECK(flows::principal(problem, 1).evaluate(nan).reliability == PrincipalReliability::non_finite);
  CHECK(flows::principal(problem, 0).evaluate(nan).reliability == PrincipalReliability::non_finite);
  CHECK(flows::principal(spectrum(99, 0, 1, {std::nan("")}), 1).evaluate(x).reliability ==
        PrincipalReliability::non_finite);
  CHECK(to_string(PrincipalReliability::straddling) == "straddling");
}

TEST_CASE("A network of 100 234 parameters has a principal flow by Krylov, and it follows descent to third order") {
  auto digits = data::digits(DRIFT_EXAMPLES_DATA "/digits.csv");
  const Matrix<double> images = digits.features.topRows(4) / 16;
  const std::vector<int> labels(digits.labels.begin(), digits.labels.begin() + 4);
  const auto net = nn::sequential(nn::dense(64, 512), nn::tanh(), nn::dense(512, 128), nn::tanh(), nn::dense(128, 10));
  const auto fit = nn::supervised(net, losses::softmax_cross_entropy(), images, labels);
  REQUIRE(fit.dimension() == 100234);
  const Vector<double> theta = nn::initialise(net, nn::lecun_normal(), Random(1));
  const double h = 0.03;

  // Well below 1/h the field is the power series - sum_j (h H)^j g / (j + 1).
  Vector<double> power = gradient(fit, theta), sum = -power;
  for (int j = 1; j < 20; ++j) {
    power = h * hessian_vector_product(fit, theta, power);
    sum -= power / (j + 1.0);
  }
  const auto krylov = flows::principal(fit, h, {.krylov_dimension = 15}).evaluate(theta);
  CHECK(krylov.beyond_one == 0);
  CHECK(krylov.reliability == PrincipalReliability::converged);
  CHECK(relative_error(krylov.field, sum.cast<C>()) < 1e-9);

  const auto miss = [&](double rate) {
    const Vector<double> next = theta - rate * gradient(fit, theta);
    const auto flow = flows::principal(fit, rate, {.krylov_dimension = 6});
    const auto end = follow(flow, theta, 1, {.relative_tolerance = 1e-6, .absolute_tolerance = 1e-9});
    return (end.state - next.cast<C>()).norm();
  };
  CHECK(std::abs(order_of_accuracy(miss, {h, h / 2}).slope - 3) < 0.3);
}
