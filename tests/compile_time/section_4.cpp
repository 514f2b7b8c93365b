// What a user writes: the text of the design's section 4, filled in (games in section_4_games.cpp). It is a test in two ways: CTest builds and
// runs it, and tests/compile_time measures what it costs to compile.
#include <drift/drift.hpp>

#include <cstdio>
#include <vector>

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
  auto problem = differentiable(Rosenbrock{}, 2);  // expandable and holomorphic
  Vector<double> x(2);
  x << -0.5, 0.75;
  const double h = 1e-4;
  Vector<double> u(2), v(2);
  u << 1, 0;
  v << 0, 1;

  double E = value(problem, x);
  Vector<double> g = gradient(problem, x);
  Vector<double> Hv = hessian_vector_product(problem, x, v);
  Matrix<double> H = hessian(problem, x);
  Vector<double> t = third_derivative(problem, x, u, v);  // D^3 E(x)[u, v, .]
  auto report = check_derivatives(problem, x);            // for the user's own classes
  expect(E == 27.25 && g[0] == 97 && g[1] == 100, "value and gradient of the oracle");
  expect(Hv == H.col(1) && H(0, 1) == 200, "Hessian and its products");
  expect(t[0] == -400 && t[1] == 0, "third derivative: d^3E / dx dx dy = -400");
  expect(report.passed(), "check_derivatives accepts a recorded callable");

  auto ngf = flows::negative_gradient(problem);  // has no step; integrate it, or follow modified<1>(problem, h)
  auto igr = flows::modified<2>(problem, h);     // -g - h/2 H g; local error O(h^3)
  auto third = flows::modified<3>(problem, h);   // modified<n>: n terms, local error O(h^(n+1)), any n
  auto pf = flows::principal(problem, h);        // complex field
  Vector<double> f = third(x);
  Vector<std::complex<double>> c = pf(x);
  expect((igr(x) + g + h / 2 * (H * g)).norm() < 1e-12 * g.norm(), "modified<2> is -g - h/2 H g");
  expect((f - c.real()).norm() < 1e-3 * f.norm() && c.imag().norm() == 0,
         "at small h lambda all flows are close and real");

  auto along = follow(third, x, 10);  // ten steps' worth of flow; options as a fourth argument
  auto path = integrate(ngf, x, 10 * h, {.relative_tolerance = 1e-10, .absolute_tolerance = 1e-12});
  expect(path.status == Status::reached_end && path.time == 10 * h && path.evaluations > 0,
         "integrate reaches the end");

  auto step = descent::step(problem, GradientDescent{.learning_rate = h});  // an Update; any callable z -> z' is one
  auto field = flows::map_logarithm<4>(step);                               // order-4 flow of ANY update, from 4 steps
  expect((field(x) - h * f).norm() < 1e-2 * h * f.norm(), "the logarithm of the map is h times the modified flow");
  Vector<double> iterate = x;
  for (int k = 0; k < 10; ++k) iterate = step(iterate);
  expect((along.state - iterate).norm() < 0.05 * (path.state - iterate).norm(),
         "the third-order flow follows descent closer");

  auto run = minimise(problem, x, GradientDescent{.learning_rate = DriftAdjusted{}}, {.iterations = 500});
  expect(run.status == Status::reached_end && run.iterations == 500 && value(problem, run.state) < E,
         "minimise descends");

  Matrix<double> X = Random(0).normal_matrix<double>(20, 4);
  std::vector<int> labels(20, 2);
  auto net = nn::sequential(nn::dense(4, 10), nn::tanh(), nn::dense(10, 3));
  auto fit = nn::supervised(net, losses::softmax_cross_entropy(), X, labels);  // a Problem
  const std::uint64_t seed = 1;
  Vector<double> theta0 = nn::initialise(net, nn::glorot_normal(), Random(seed));  // initialise<float> for float
  expect(fit.dimension() == theta0.size() && value(fit, theta0) > 0, "a network is a Problem in its flat parameters");

  auto smooth = problem + 0.1 * regularisers::gradient_norm(problem);  // a Problem again
  expect(std::abs(value(smooth, x) - (E + 0.1 * g.squaredNorm())) < 1e-12 * value(smooth, x),
         "sums of problems are problems");
  return failures;
}
