// Against Spectra (Debian's libspectra-dev), an independent implicitly restarted Lanczos.

#include <drift/curvature/top_eigenpairs.hpp>
#include <drift/data/shipped.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/nn/activation.hpp>
#include <drift/nn/dense.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/supervised.hpp>

#include <Spectra/SymEigsSolver.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace drift;

namespace {

/// A Hessian as Spectra's operator.
template <class Hessian>
struct Operator {
  using Scalar = double;
  Hessian& hessian;
  Index n;

  Eigen::Index rows() const { return n; }
  Eigen::Index cols() const { return n; }
  void perform_op(const double* in, double* out) const {
    Eigen::Map<Vector<double>>(out, n) = hessian(Vector<double>(Eigen::Map<const Vector<double>>(in, n)));
  }
};

Vector<double> by_spectra(auto& hessian, Index n, Index k, Spectra::SortRule rule) {
  Operator<std::remove_reference_t<decltype(hessian)>> op{hessian, n};
  Spectra::SymEigsSolver solver(op, k, 3 * k);
  solver.init();
  solver.compute(rule, 1000, 1e-12, rule);
  REQUIRE(solver.info() == Spectra::CompInfo::Successful);
  return solver.eigenvalues();
}

/// Pairs whose own products leave less than 1e-8, with Spectra's eigenvalues.
void expect_same(auto& hessian, const curvature::Eigenpairs<double>& pairs, const Vector<double>& theirs) {
  CHECK(pairs.status == Status::converged);
  const double size = pairs.values.cwiseAbs().maxCoeff();
  REQUIRE(pairs.values.size() == theirs.size());
  for (Index i = 0; i < theirs.size(); ++i) {
    const Vector<double> u = pairs.vectors.col(i);
    CHECK((hessian(u) - pairs.values[i] * u).norm() < 1e-8 * std::abs(pairs.values[i]));
    CHECK(std::abs(pairs.values[i] - theirs[i]) < 1e-10 * size);
  }
}

}  // namespace

TEST_CASE("Twenty pairs at each end of a network's Hessian, relative residuals below 1e-8, are Spectra's") {
  const auto net = nn::sequential(nn::dense(8, 16), nn::tanh(), nn::dense(16, 12), nn::tanh(), nn::dense(12, 10));
  const Matrix<double> inputs = Random(1).normal_matrix<double>(60, 8);
  std::vector<int> labels(60);
  Random random(2);
  for (int& label : labels) label = static_cast<int>(random.below(10));
  const auto problem = nn::supervised(net, losses::softmax_cross_entropy(), inputs, labels);
  const Index n = problem.dimension();
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(3));
  auto hessian = curvature::hessian_at(problem, theta);

  expect_same(hessian, curvature::top_eigenpairs(problem, theta, 20),
              by_spectra(hessian, n, 20, Spectra::SortRule::LargestAlge));
  expect_same(hessian, curvature::bottom_eigenpairs(problem, theta, 20),
              by_spectra(hessian, n, 20, Spectra::SortRule::SmallestAlge));
}

TEST_CASE("Twenty pairs of a digits net of 17 610 parameters, after some training, are Spectra's") {
  const auto net = nn::sequential(nn::dense(64, 100), nn::tanh(), nn::dense(100, 100), nn::tanh(), nn::dense(100, 10));
  const auto digits = data::digits(DRIFT_EXAMPLES_DATA "/digits.csv");
  const Matrix<double> inputs = digits.features.topRows(50) / 16;
  const std::vector<int> labels(digits.labels.begin(), digits.labels.begin() + 50);
  const auto problem = nn::supervised(net, losses::softmax_cross_entropy(), inputs, labels);
  REQUIRE(problem.dimension() == 17610);
  Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(3));
  for (int step = 0; step < 50; ++step) theta -= 0.2 * gradient(problem, theta);
  auto hessian = curvature::hessian_at(problem, theta);
  expect_same(hessian, curvature::top_eigenpairs(problem, theta, 20),
              by_spectra(hessian, problem.dimension(), 20, Spectra::SortRule::LargestAlge));
}
