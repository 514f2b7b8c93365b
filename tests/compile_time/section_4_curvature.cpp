// What a user writes about curvature and rates that see it: that part of the design's section 4, filled in. CTest builds and runs
// it; tests/compile_time measures what it costs to compile.
#include <drift/drift.hpp>

#include <cstdio>

#include "expect.hpp"

using namespace drift;

namespace {

struct Rosenbrock {  // a loss, written once for every number type
  template <class T>
  T operator()(const Vector<T>& x) const {
    const T a = T(1) - x[0], b = x[1] - x[0] * x[0];
    return a * a + T(100) * b * b;
  }
};

}  // namespace

int main() {
  const auto problem = differentiable(Rosenbrock{}, 2);
  const Vector<double> x{{-0.5, 0.75}};
  const double h = 1e-3;

  auto top = curvature::top_eigenpairs(problem, x, 3);  // largest algebraic first: top.values, .vectors, .residuals
  auto sc = curvature::stability_coefficients(problem, x, h, 3);
  auto drift = curvature::drift_measures(problem, x, h);
  auto density = curvature::spectral_density(problem, x, Random(0));
  curvature::SharpnessTracker tracker(problem);
  auto run = minimise(problem, x, GradientDescent{.learning_rate = InverseSharpness{.factor = 1}}, {.iterations = 100},
                      tracker);

  const Matrix<double> hessian = drift::hessian(problem, x);
  expect(top.values.size() == 2 && std::abs(top.values.sum() - hessian.trace()) < 1e-9,
         "there are two eigenvalues, and their sum is the trace");
  expect((hessian * top.vectors - top.vectors * top.values.asDiagonal()).norm() < 1e-8 * top.values[0],
         "they are eigenpairs of the whole matrix");
  expect(sc.directions[0].verdict == curvature::Verdict::monotone, "h lambda below 1: monotone");
  expect(std::abs(drift.ratio - 1) < 0.2, "the drift is (h^2/2) |Hg| to leading order");
  expect(std::abs(density.nodes.maxCoeff() - top.values[0]) < 1e-9 * top.values[0] &&
             std::abs(density.nodes.minCoeff() - top.values[1]) < 1e-9 * top.values[0],
         "a density's outermost nodes are the outermost eigenvalues");
  expect(run.status == Status::reached_end && run.value < value(problem, x), "half the edge of stability descends");
  expect(tracker.updates() > 0 && tracker.sharpness() > 0, "the sharpness was tracked along the run");

  std::printf("%d of 7 did not hold\n", failures);
  return failures;
}
