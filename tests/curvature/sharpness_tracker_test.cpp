#include <drift/curvature/sharpness_tracker.hpp>
#include <drift/curvature/top_eigenpairs.hpp>

#include "../support/networks.hpp"
#include "spectra.hpp"
#include "turning.hpp"

#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/core/archive.hpp>
#include <drift/data/one_hot.hpp>
#include <drift/data/shipped.hpp>
#include <drift/data/standardise.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/activation.hpp>
#include <drift/nn/dense.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/supervised.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace drift;
using curvature::SharpnessTracker;
using spectra::Turning;

namespace {

Vector<double> somewhere() { return Random(5).normal_vector<double>(17); }

}  // namespace

TEST_CASE("Along a smooth path three products an update keep a pair to 1e-3 of the eigenvalue") {
  const Turning<> problem;
  SharpnessTracker tracker(problem);
  for (int step = 0; step < 200; ++step) {
    const double t = 0.02 * step;
    const auto& pairs = tracker.update(at(problem, t));
    INFO("step " << step);
    CHECK(pairs.status == Status::converged);
    if (step > 0) CHECK(pairs.products <= 3);
    const Vector<double> u = pairs.vectors.col(0);
    const double residual = (problem.hessian_vector_product(at(problem, t), u) - pairs.values[0] * u).norm();
    CHECK(residual == Approx(pairs.residuals[0]).margin(step > 0 ? 1e-12 : 1e-3));
    CHECK(residual <= 1e-3 * pairs.values[0]);
    CHECK(std::abs(tracker.sharpness() - top_of(problem, t)) < 1e-4);
  }
  CHECK(tracker.updates() == 200);
  CHECK(tracker.total_products() < 3 * 200 + 40);
}

TEST_CASE(
    "A state that jumps to and fro, vectors turning by a third of a right angle: three products do after a while") {
  const Turning<> problem;
  SharpnessTracker tracker(problem);
  for (int step = 0; step < 40; ++step) {
    const double t = 0.01 * step + (step % 2 == 0 ? 0.3 : -0.3);
    const auto& pairs = tracker.update(at(problem, t));
    if (step < 10) continue;
    INFO("step " << step);
    CHECK(pairs.status == Status::converged);
    CHECK(pairs.products <= 3);
    CHECK(tracker.sharpness() == Approx(top_of(problem, t)).epsilon(1e-5));
  }
}

TEST_CASE(
    "A run of gradient descent on Iris that comes to the edge of stability and stays: 1e-3 by three products a step") {
  const auto iris = data::iris(DRIFT_EXAMPLES_DATA "/iris.csv");
  const auto net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 10), nn::tanh(), nn::dense(10, 3));
  const auto problem =
      nn::supervised(net, losses::squared_error(), data::fit_standardisation(iris.features).apply(iris.features),
                     data::one_hot<double>(iris.labels, 3));
  SharpnessTracker tracker(problem);
  const double h = 0.2;
  int at_the_edge = 0;
  const auto watch = [&](const descent::Iteration<>& seen) {
    const auto& pairs = tracker.pairs();
    if (seen.iteration <= 20) return;
    INFO("step " << seen.iteration);
    CHECK(pairs.residuals[0] <= 1e-3 * pairs.values[0]);
    CHECK(pairs.products <= 3);
    at_the_edge += h * tracker.sharpness() / 2 > 0.95 ? 1 : 0;
    if (seen.iteration % 100 != 0) return;
    const double exact = calculus::symmetric_eigen<double>(hessian(problem, seen.state)).values.maxCoeff();
    CHECK(tracker.sharpness() == Approx(exact).epsilon(1e-5));
  };
  minimise(problem, nn::initialise(net, nn::lecun_normal(), Random(3)), GradientDescent{.learning_rate = h},
           {.iterations = 400}, tracker, watch);
  CHECK(at_the_edge > 50);
}

TEST_CASE("A pair that overtakes is known when it does") {
  const Turning<> problem{.overtaking = 2};
  SharpnessTracker tracker(problem);
  bool overtaken = false;
  for (int step = 0; step < 200; ++step) {
    const double t = 0.01 * step;
    tracker.update(at(problem, t));
    overtaken = overtaken || problem.values(t)[1] > problem.values(t)[0];
    INFO("step " << step);
    CHECK(tracker.sharpness() == Approx(top_of(problem, t)).epsilon(2e-3));
  }
  CHECK(overtaken);
}

TEST_CASE("Several pairs along a run of a network, as an observer; the same by hand") {
  const auto problem = mlp_2_3_2();
  SharpnessTracker tracker(problem, 3), by_hand(problem, 3);
  const auto compare = [&](const descent::Iteration<>& seen) {
    const auto& pairs = by_hand.update(seen.state);
    CHECK(pairs.values == tracker.pairs().values);
    CHECK(pairs.residuals == tracker.pairs().residuals);
    const Vector<double> all = calculus::symmetric_eigen<double>(hessian(problem, seen.state)).values;
    for (Index i = 0; i < 3; ++i) {
      CHECK((all.array() - pairs.values[i]).abs().minCoeff() <= pairs.residuals[i] + 1e-12);
      if (pairs.status == Status::converged) CHECK(std::abs(pairs.values[i] - all[16 - i]) <= 2e-3 * all[16]);
    }
    if (seen.iteration > 1) CHECK(pairs.products <= 9);
    const Matrix<double> overlaps = pairs.vectors.transpose() * pairs.vectors;
    CHECK((overlaps - Matrix<double>::Identity(3, 3)).cwiseAbs().maxCoeff() < 1e-12);
  };
  minimise(problem, somewhere(), GradientDescent{.learning_rate = 0.1}, {.iterations = 60}, tracker, compare);
  CHECK(tracker.updates() == 60);
  SharpnessTracker seldom(problem, 1, {.every = 7});
  minimise(problem, somewhere(), GradientDescent{.learning_rate = 0.1}, {.iterations = 60}, seldom);
  CHECK(seldom.updates() == 8);
}

TEST_CASE("Where nothing moves an update costs a product a pair and the guard's, and gains digits") {
  const auto problem = mlp_2_3_2();
  SharpnessTracker tracker(problem);
  tracker.update(somewhere());
  double residual = tracker.pairs().residuals[0];
  for (int i = 0; i < 5; ++i) {
    CHECK(tracker.update(somewhere()).products == 2);
    CHECK(tracker.pairs().residuals[0] <= residual * (1 + 1e-9) + 1e-14);
    residual = tracker.pairs().residuals[0];
  }
}

TEST_CASE("A pair above the tolerance is corrected until the products are spent") {
  const Turning<> problem;
  SharpnessTracker exact(problem, 1, {.tolerance = 1e-12, .products = 5}), single(problem, 1, {.products = 1});
  for (int step = 0; step < 5; ++step) {
    exact.update(at(problem, 0.3 * step));
    single.update(at(problem, 0.3 * step));
    if (step == 0) continue;
    CHECK(exact.pairs().products == 5);
    CHECK(exact.pairs().status == Status::budget_spent);
    CHECK(single.pairs().products == 1);
    CHECK(exact.pairs().residuals[0] < single.pairs().residuals[0]);
  }
}

TEST_CASE("A pair that is lost is searched for, and so it is after forget()") {
  const Turning<> problem;
  SharpnessTracker tracker(problem, 1, {.lost = 0.01});
  tracker.update(at(problem, 0.0));
  tracker.update(at(problem, 1.5));  // the frame has turned by a quarter
  CHECK(tracker.pairs().status == Status::budget_spent);
  tracker.update(at(problem, 1.5));
  CHECK(tracker.pairs().products > 3);
  CHECK(tracker.sharpness() == Approx(top_of(problem, 1.5)).epsilon(1e-4));
  tracker.forget();
  tracker.update(at(problem, 1.5));
  CHECK(tracker.pairs().products > 3);
}

TEST_CASE("One parameter, more pairs than parameters, a flat loss") {
  for (const Index n : {1, 2, 3}) {
    int products = 0;
    const spectra::Counted bowl{spectra::turned(Vector<double>::LinSpaced(n, 1, double(n)).eval()), &products};
    const spectra::Counted flat{Matrix<double>::Zero(n, n), &products};
    for (const Index k : {1, 2, 5}) {
      SharpnessTracker tracker(bowl, k), still(flat, k);
      for (int i = 0; i < 4; ++i) {
        const Vector<double> x = Vector<double>::Constant(n, i);
        CHECK(tracker.update(x).status == Status::converged);
        CHECK(tracker.pairs().values.size() == std::min(k, n));
        CHECK(tracker.sharpness() == Approx(double(n)));
        CHECK(still.update(x).status == Status::converged);
        CHECK(still.sharpness() == 0);
      }
    }
  }
}

TEST_CASE("More pairs than the Hessian's rank are followed without searches") {
  Vector<double> eigenvalues = Vector<double>::Zero(30);
  eigenvalues.head(3) << 4, 4, 1;
  int products = 0;
  const spectra::Counted problem{spectra::turned(eigenvalues), &products};
  SharpnessTracker tracker(problem, 5);
  for (int i = 0; i < 10; ++i) {
    const auto& pairs = tracker.update(Vector<double>::Constant(30, i));
    CHECK(pairs.status == Status::converged);
    if (i > 0) CHECK(pairs.products <= 15);
    CHECK((pairs.values - eigenvalues.head(5)).cwiseAbs().maxCoeff() < 1e-12);
  }
}

TEST_CASE("The known spectrum gives what it has learnt, stays symmetric, and its solution solves") {
  Random random(8);
  const Index n = 25;
  const Matrix<double> a = spectra::turned(Vector<double>::LinSpaced(n, -3, 9).eval());
  curvature::detail::KnownSpectrum<double> known{random.normal_vector<double>(n).normalized(),
                                                 Vector<double>::Constant(1, 5.0), 2.0};
  const Matrix<double> before = known.times(Matrix<double>::Identity(n, n));
  Matrix<double> f(n, 0);
  for (int i = 0; i < 3; ++i) {
    Vector<double> v = random.normal_vector<double>(n);
    REQUIRE(curvature::detail::make_orthonormal<double>(v, f));
    f.conservativeResize(Eigen::NoChange, i + 1);
    f.col(i) = v;
  }
  known.learn(f, a * f, n);
  CHECK((known.times(f) - a * f).cwiseAbs().maxCoeff() < 1e-13);
  const Matrix<double> whole = known.times(Matrix<double>::Identity(n, n));
  CHECK((whole - whole.transpose()).cwiseAbs().maxCoeff() < 1e-13);
  // The closest such matrix to the one before: what it differs by is orthogonal to what any other, such as a, differs by from it.
  const Matrix<double> other = a - whole, change = whole - before;
  CHECK(std::abs(other.cwiseProduct(change).sum()) < 1e-12 * a.squaredNorm());
  const Vector<double> x = random.normal_vector<double>(n), y = known.solve(x, 30.0, 0.01);
  CHECK((known.times(y) - 30 * y - x).cwiseAbs().maxCoeff() < 1e-13);
}

TEST_CASE("What past states weigh: all at one that was there, halves in the middle, more than one beyond the last") {
  using Followed = curvature::detail::Followed<double>;
  const auto followed = [](double t, double error) {
    return Followed{Vector<double>::Constant(1, t),
                    Vector<double>(Vector<double>::Map(std::array<double, 2>{std::cos(t), std::sin(t)}.data(), 2)),
                    error};
  };
  const auto weights = [](const std::vector<Followed>& past, double t) {
    return curvature::detail::prediction_weights<double>(past, Vector<double>::Constant(1, t));
  };
  const std::vector<Followed> two = {followed(0.1, 0), followed(0.2, 0)};
  CHECK(weights({followed(0.1, 0.5)}, 3)[0] == 1);
  CHECK(weights(two, 0.1)[0] == Approx(1).margin(1e-6));
  CHECK(weights(two, 0.15)[0] == Approx(0.5));
  const Vector<double> onwards = weights(two, 0.21);
  CHECK(onwards.sum() == Approx(1));
  CHECK(onwards[0] == Approx(-0.1).margin(0.02));
  CHECK(weights({followed(0.1, 0.1), followed(0.101, 1e-6)}, 0.1)[1] > 0.99);  // close and sure before there and unsure
  CHECK(weights(two, std::numeric_limits<double>::quiet_NaN()) == Vector<double>::Unit(2, 0));
}

TEST_CASE("What is not finite is said, and the next update searches") {
  const Turning<> problem;
  SharpnessTracker tracker(problem);
  CHECK(std::isnan(tracker.sharpness()));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int round = 0; round < 2; ++round) {
    CHECK(tracker.update(at(problem, nan)).status == Status::non_finite);
    CHECK(std::isnan(tracker.sharpness()));
    CHECK(tracker.update(at(problem, 0.5)).status == Status::converged);
    CHECK(tracker.sharpness() == Approx(top_of(problem, 0.5)).epsilon(1e-4));
    CHECK(tracker.pairs().products > 3);
  }
}

TEST_CASE("Saved and restored it goes on with the same bits") {
  const Turning<> problem;
  SharpnessTracker tracker(problem, 2), restored(problem, 2);
  for (int step = 0; step < 5; ++step) tracker.update(at(problem, 0.1 * step));
  decode(encode(tracker), restored);
  CHECK(restored.pairs().values == tracker.pairs().values);
  for (int step = 5; step < 10; ++step) {
    const auto& pairs = tracker.update(at(problem, 0.1 * step));
    const auto& again = restored.update(at(problem, 0.1 * step));
    CHECK(pairs.values == again.values);
    CHECK(pairs.vectors == again.vectors);
  }
  CHECK(restored.total_products() == tracker.total_products());
}

TEST_CASE("What a tracker refuses") {
  const auto problem = mlp_2_3_2();
  CHECK_THROWS_AS(SharpnessTracker(problem, 0), InvalidArgument);
  CHECK_THROWS_AS(SharpnessTracker(problem, 1, {.tolerance = 0}), InvalidArgument);
  CHECK_THROWS_AS(SharpnessTracker(problem, 3, {.products = 2}), InvalidArgument);
  CHECK_THROWS_AS(SharpnessTracker(problem, 1, {.lost = 0}), InvalidArgument);
  CHECK_THROWS_AS(SharpnessTracker(problem, 1, {.every = 0}), InvalidArgument);
  SharpnessTracker tracker(problem);
  CHECK_THROWS_AS(tracker.update(Vector<double>::Ones(16)), InvalidArgument);
}

TEST_CASE("A search costs what the pairs asked for cost, however crowded the others are") {
  Vector<double> eigenvalues = 1e-3 * Random(1).uniform_vector<double>(1000, -1, 1);
  eigenvalues[0] = 10;
  int products = 0;
  const spectra::Counted crowd{eigenvalues.asDiagonal(), &products};
  const Vector<double> x = Vector<double>::Ones(1000);
  const auto top = curvature::top_eigenpairs(crowd, x, 1, {.tolerance = 1e-3});
  products = 0;
  curvature::SharpnessTracker tracker(crowd);
  CHECK(tracker.update(x).status == Status::converged);
  CHECK(tracker.pairs().products == products);
  CHECK(products <= top.products + 1);  // and the mean curvature
  CHECK(tracker.sharpness() == Approx(10).epsilon(1e-6));
}

TEST_CASE("A search that may not take as many products as it needs says so") {
  int products = 0;
  const spectra::Counted problem{spectra::turned(Vector<double>::LinSpaced(40, 1, 2).eval()), &products};
  curvature::SharpnessTracker tracker(problem, 2, {.tolerance = 1e-12, .search_products = 4});
  CHECK(tracker.update(Vector<double>::Ones(40)).status == Status::budget_spent);
  CHECK(tracker.pairs().values.size() == 2);
  CHECK(products == 5);
  CHECK_THROWS_WITH(curvature::SharpnessTracker(problem, 2, {.search_products = 2}),
                    "search_products: was 2, must be k + 1 or above");
}
