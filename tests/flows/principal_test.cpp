#include <drift/flows/principal.hpp>

#include "../support/oracle.hpp"
#include "oracle_problems.hpp"
#include "spectrum.hpp"

#include <drift/flows/modified.hpp>
#include <drift/integrate/follow.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace drift;
using flows_tests::Spectrum;
using C = std::complex<double>;
using flows::PrincipalBranch;
using flows::PrincipalMethod;

namespace {

template <class S, class Visit>
void for_each_oracle(const Visit& visit) {
  const auto one = [&](const auto& loss, const std::string& name) {
    const auto file = oracle::load(name);
    INFO(name);
    visit(differentiable<S>(loss, static_cast<Index>(file["theta"].size())), file);
  };
  one(problems::OracleQuadratic{}, "quadratic");
  one(problems::NotebookQuadratic{}, "notebook_quadratic");
  one(problems::Rosenbrock{}, "rosenbrock");
  one(problems::Cosine{}, "cosine1d");
  one(problems::Quartic{}, "quartic1d");
  one(problems::Network{}, "mlp_2_3_2");
  one(problems::Cosine{}, "cosine1d_oscillatory");
  one(problems::Quartic{}, "quartic1d_oscillatory");
}

/// - sum_j (h H)^j g / (j + 1), which is alpha(h H) g where it converges.
template <class P, class S>
Vector<C> power_series(const P& problem, const Vector<S>& x, double h, int terms) {
  Vector<S> power = gradient(problem, x);
  Vector<S> sum = -power;
  for (int j = 1; j < terms; ++j) {
    power = (h * hessian_vector_product(problem, x, power)).eval();
    sum -= power / (j + 1.0);
  }
  return sum.template cast<C>();
}

/// Bulk values evenly in [low, high], the last ones replaced by the outliers.
Vector<double> spectrum(Index n, double low, double high, const std::vector<double>& outliers) {
  Vector<double> values = Vector<double>::LinSpaced(n, low, high);
  for (std::size_t i = 0; i < outliers.size(); ++i) values[n - 1 - static_cast<Index>(i)] = outliers[i];
  return values;
}

/// alpha(h H) g in closed form: H is diagonal.
Vector<C> closed_form(const Spectrum& problem, const Vector<double>& x, double h) {
  Vector<C> field(x.size());
  for (Index i = 0; i < x.size(); ++i) {
    const double z = h * problem.eigenvalues[i], g = problem.eigenvalues[i] * x[i];
    field[i] = z == 0 ? C(-g) : z < 1 ? C(std::log1p(-z) / z * g) : C(std::log(z - 1), std::acos(-1.0)) / z * g;
  }
  return field;
}

double nan() { return std::numeric_limits<double>::quiet_NaN(); }

}  // namespace

TEMPLATE_TEST_CASE("the principal flow is the oracle's, dense and by Krylov, with and without the third term", "",
                   float, double, long double) {
  using S = TestType;
  for_each_oracle<S>([](const auto& problem, const auto& file) {
    const Vector<S> x = oracle::vector<S>(file["theta"]);
    for (const auto& entry : file["principal_flow"]) {
      const S h = S(entry["h"].template get<double>());
      // Near h lambda = 1 (where a file comes close) alpha amplifies the rounding of h lambda.
      for (const auto method : {PrincipalMethod::dense, PrincipalMethod::krylov}) {
        CAPTURE(h);
        const auto flow = flows::principal(problem, h, {.method = method});
        CHECK(oracle::relative_error(flow(x), oracle::complex_vector<S>(entry["value"])) < oracle::floor<S>(4e5));
        const auto corrected = flows::principal(problem, h, {.method = method, .third_derivative_term = true});
        CHECK(oracle::relative_error(corrected(x), oracle::complex_vector<S>(entry["plus_nonprincipal_third"])) <
              oracle::floor<S>(4e5));
      }
    }
  });
}

TEST_CASE("trajectories of the principal flow end where the oracle says, through the complex plane too") {
  for_each_oracle<double>([](const auto& problem, const auto& file) {
    for (const auto& run : file["pf_trajectories"]) {
      const auto flow = flows::principal(problem, run["h"].template get<double>());
      Vector<C> state = oracle::vector(file["theta"]).template cast<C>();
      for (std::size_t k = 0; k < run["pf_endpoint"].size(); ++k) {
        CAPTURE(flow.step_time(), k);
        REQUIRE(run["times_in_units_of_h"][k].template get<std::size_t>() == k + 1);
        const auto step =
            follow(flow, state, 1,
                   {.relative_tolerance = 1e-12, .absolute_tolerance = 1e-14, .save_at = {flow.step_time() / 2}});
        REQUIRE(step.status == Status::reached_end);
        const double estimate = run["abs_err_estimate"][k].template get<double>();
        const auto near = [&](const Vector<C>& found, const auto& expected) {
          const Vector<C> z = oracle::complex_vector(expected);
          CHECK((found - z).norm() < std::max(1e-9 * z.norm(), 10 * estimate));
        };
        near(step.state, run["pf_endpoint"][k]);
        if (run.contains("pf_at_half_steps")) near(step.saved_states.at(0), run["pf_at_half_steps"][k]);
        state = step.state;
      }
    }
  });
}

namespace {

/// Follows descent from the ones vector on a quadratic with its minimum elsewhere, and the principal flow beside it;
/// the largest distance in units of max(|theta_0 - theta*|, |theta_k - theta*|), NaN if a step did not get through.
double worst_distance(const Matrix<double>& a, double h, int steps) {
  const Vector<double> minimum = Vector<double>::Constant(a.rows(), 0.25);
  const auto problem = problems::quadratic<double>(a, a * minimum);
  const auto flow = flows::principal(problem, h);
  Vector<double> descent = Vector<double>::Ones(a.rows());
  Vector<C> state = descent.cast<C>();
  const double start = (descent - minimum).norm();
  double worst = 0;
  for (int k = 1; k <= steps; ++k) {
    descent -= h * gradient(problem, descent);
    const auto step = follow(flow, state, 1,
                             {.relative_tolerance = 1e-11,
                              .absolute_tolerance = 1e-11,
                              .divergence_radius = std::numeric_limits<double>::infinity()});
    if (!step.reached()) return nan();
    state = step.state;
    worst = std::max(worst, (state - descent.cast<C>()).norm() / std::max(start, (descent - minimum).norm()));
    if (!std::isfinite(worst)) return nan();
  }
  return worst;
}

}  // namespace

TEST_CASE("on quadratics the principal flow meets 200 iterates of descent, for h lambda from -1 to 3") {
  const double eps = std::numeric_limits<double>::epsilon();
  const double h = 0.5;
  for (const double x :
       {-1.0, 0.0, 0.5, 1 - eps / 2, 1.0, 1 + eps, 1 + 1e-6, 1.4, 2 - 1e-9, 2.0, 2 + 2 * eps, 2.5, 3.0}) {
    CAPTURE(x);
    CHECK(worst_distance(Matrix<double>::Constant(1, 1, x / h), h, 200) < 1e-8);
  }
}

TEST_CASE(
    "on a quadratic of several regimes at once, in general position, the principal flow meets the iterates as well") {
  const double h = 0.5;
  const Vector<double> u = problems::Numbers(8).vector<double>(4).normalized();
  const Matrix<double> reflection = Matrix<double>::Identity(4, 4) - 2 * u * u.transpose();
  Vector<double> eigenvalues(4);
  eigenvalues << 0.1, 1, 1.7, 2;
  eigenvalues /= h;
  CHECK(worst_distance(reflection * eigenvalues.asDiagonal() * reflection, h, 200) < 1e-8);
}

TEST_CASE("at h lambda = 1 the component dies in one step") {
  const auto problem = problems::axes<double>(Vector<double>::Constant(1, 2.0));
  const auto step = follow(flows::principal(problem, 0.5), Vector<double>::Ones(1), 1,
                           {.relative_tolerance = 1e-12, .absolute_tolerance = 1e-30});
  CHECK(step.status == Status::reached_end);
  CHECK(std::abs(step.state[0]) < 4e-16);
}

TEST_CASE("Krylov converges to the dense field as fast as each spectrum allows") {
  const Index n = 300;
  const Vector<double> x = problems::Numbers(3).vector<double>(n);
  struct Case {
    Vector<double> eigenvalues;
    Index m;
    double error;
  };
  // Bounds an order above what was measured with other random vectors.
  const std::vector<Case> cases = {
      {spectrum(n, -0.5, 0.9, {}), 15, 3e-4},
      {spectrum(n, -0.5, 0.9, {}), 50, 1e-12},
      {spectrum(n, 0, 0.999, {}), 80, 1e-6},
      {spectrum(n, -0.1, 0.3, {0.6, 0.8, 1.3, 1.7, 2.05}), 10, 2e-3},
      {spectrum(n, -0.1, 0.3, {0.6, 0.8, 1.3, 1.7, 2.05}), 20, 1e-12},
      {spectrum(n, -0.2, 0.9, {1.1}), 30, 1e-7},
  };
  for (const auto& [eigenvalues, m, error] : cases) {
    const Spectrum problem{eigenvalues};
    const Vector<C> expected = closed_form(problem, x, 1.0);
    CAPTURE(m, error);
    if (m == 20) {  // the closed form stands for the dense field; once is enough to see that it may
      const Vector<C> dense = flows::principal(problem, 1.0, {.method = PrincipalMethod::dense})(x);
      CHECK((dense - expected).norm() < 1e-11 * expected.norm());
    }
    const auto krylov = flows::principal(problem, 1.0, {.krylov_dimension = m}).evaluate(x);  // automatic: n > 64
    CHECK(krylov.krylov_dimension == m);
    CHECK(krylov.products == m);
    CHECK((krylov.field - expected).norm() < error * expected.norm());
  }
}

TEST_CASE(
    "Krylov by tolerance stops early where outliers are isolated, and reports failure where many eigenvalues straddle "
    "1/h") {
  const Vector<double> x = problems::Numbers(4).vector<double>(300);
  const Spectrum easy{spectrum(300, -0.1, 0.3, {0.6, 0.8, 1.3, 1.7, 2.05})};
  const auto good = flows::principal(easy, 1.0).evaluate(x);
  CHECK((good.field - closed_form(easy, x, 1.0)).norm() < 1e-9 * good.field.norm());
  CHECK(good.krylov_dimension < 30);
  CHECK(good.change <= 1e-10);
  CHECK(good.nearest == Approx(0.2).margin(1e-9));  // 0.8
  CHECK(good.beyond_one == 3);

  const Spectrum hard{spectrum(300, 0, 2.1, {})};
  const auto bad = flows::principal(hard, 1.0, {.largest_krylov_dimension = 50}).evaluate(x);
  CHECK(bad.krylov_dimension == 50);
  CHECK(bad.change > 1e-3);
  CHECK(bad.nearest < 0.1);
  const Spectrum smaller{spectrum(100, 0, 2.1, {})};
  const Vector<double> part = x.head(100);
  const auto whole = flows::principal(smaller, 1.0).evaluate(part);
  CHECK((whole.field - closed_form(smaller, part, 1.0)).norm() < 1e-6 * whole.field.norm());
}

TEST_CASE("the automatic method is dense up to dimension 64") {
  for (const Index n : {Index(64), Index(65)}) {
    const auto evaluation =
        flows::principal(Spectrum{spectrum(n, -0.1, 0.3, {})}, 1.0).evaluate(Vector<double>::Ones(n));
    CHECK((evaluation.krylov_dimension == 0) == (n == 64));
    CHECK((evaluation.products == 64) == (n == 64));
  }
}

TEST_CASE("at a complex state of two dimensions the field is Sylvester's formula, on both branches") {
  const auto problem = differentiable(problems::Rosenbrock{}, 2);
  Vector<C> z(2);
  z << C(-0.5, 0.1), C(0.75, -0.05);
  const Matrix<C> a = hessian(problem, z);
  const C half = (a(0, 0) + a(1, 1)) / 2.0, root = std::sqrt(half * half - a(0, 0) * a(1, 1) + a(0, 1) * a(1, 0));
  const C first = half + root, second = half - root;
  const Vector<C> g = gradient(problem, z);
  for (const double h : {1e-3, 1 / 300.0, 1 / 250.0, 0.01}) {
    const auto alpha = [&](C lambda, PrincipalBranch branch) {
      const C x = h * lambda;
      if (branch == PrincipalBranch::principal || x.real() <= 1) return std::log(1.0 - x) / x;
      return (std::log(x - 1.0) + C(0, std::acos(-1.0))) / x;
    };
    for (const auto branch : {PrincipalBranch::continued, PrincipalBranch::principal}) {
      const C f1 = alpha(first, branch), f2 = alpha(second, branch);
      const Vector<C> expected = (f1 * (a * g - second * g) - f2 * (a * g - first * g)) / (first - second);
      for (const auto method : {PrincipalMethod::dense, PrincipalMethod::krylov}) {
        const auto evaluation = flows::principal(problem, h, {.branch = branch, .method = method}).evaluate(z);
        CAPTURE(h, evaluation.nearest, evaluation.beyond_one);
        CHECK((evaluation.field - expected).norm() < 1e-12 * expected.norm());
        CHECK(evaluation.beyond_one == (h * first.real() > 1 ? 1 : 0));
        CHECK(evaluation.nearest ==
              Approx(std::min(std::abs(1.0 - h * first), std::abs(1.0 - h * second))).epsilon(1e-10));
      }
    }
  }
}

TEST_CASE("at a complex state of a network the field is the power series, dense and by Krylov") {
  const auto problem = differentiable(problems::Network{}, 17);
  const auto file = oracle::load("mlp_2_3_2");
  Vector<C> z = oracle::vector(file["theta"]).cast<C>();
  z += C(0, 0.1) * problems::Numbers(5).vector<double>(17).cast<C>();
  const double h = 0.2;
  const Vector<C> expected = power_series(problem, z, h, 200);
  const auto dense = flows::principal(problem, h, {.method = PrincipalMethod::dense}).evaluate(z);
  CHECK((dense.field - expected).norm() < 1e-13 * expected.norm());
  CHECK(dense.products == 17);
  const auto krylov = flows::principal(problem, h, {.method = PrincipalMethod::krylov}).evaluate(z);
  CHECK((krylov.field - expected).norm() < 1e-10 * expected.norm());
  CHECK(krylov.products < 17);
}

TEST_CASE("dense and Krylov agree at complex states of a network past h lambda = 1") {
  const auto problem = differentiable(problems::Network{}, 17);
  Vector<C> z = oracle::vector(oracle::load("mlp_2_3_2")["theta"]).cast<C>();
  z += C(0, 0.2) * problems::Numbers(6).vector<double>(17).cast<C>();
  const auto dense = flows::principal(problem, 1.5, {.method = PrincipalMethod::dense}).evaluate(z);
  const auto krylov =
      flows::principal(problem, 1.5, {.method = PrincipalMethod::krylov, .krylov_dimension = 17}).evaluate(z);
  CHECK(dense.beyond_one > 0);
  CHECK((dense.field - krylov.field).norm() < 1e-10 * dense.field.norm());
}

TEST_CASE("at complex states of a quadratic, whose Hessian stays real, the field is linear in the state") {
  Vector<double> eigenvalues(3);
  eigenvalues << -0.5, 0.9, 3.1;
  const auto problem = problems::axes(eigenvalues);
  problems::Numbers numbers(7);
  const Vector<double> re = numbers.vector<double>(3), im = numbers.vector<double>(3);
  for (const auto method : {PrincipalMethod::dense, PrincipalMethod::krylov}) {
    const auto flow = flows::principal(problem, 0.5, {.method = method});
    const Vector<C> expected = flow(re) + C(0, 1) * flow(im);
    CHECK((flow(Vector<C>(re.cast<C>() + C(0, 1) * im.cast<C>())) - expected).norm() < 1e-13 * expected.norm());
  }
}

TEST_CASE("a complex state without imaginary part gives the field of the real state") {
  const auto flow = flows::principal(differentiable(problems::Rosenbrock{}, 2), 0.01);
  Vector<double> x(2);
  x << -0.5, 0.75;
  CHECK(flow(Vector<C>(x.cast<C>())) == flow(x));
}

TEST_CASE("one step's worth of the principal flow misses descent by O(h^3), with the third term by O(h^4)") {
  const auto problem = differentiable(problems::Smooth{}, 3);
  const Vector<double> x = problems::smooth_start();
  for (const bool third : {false, true}) {
    double errors[3];
    for (int i = 0; i < 3; ++i) {
      const double h = 0.04 / std::pow(2, i);
      const auto end = follow(flows::principal(problem, h, {.third_derivative_term = third}), x, 1,
                              {.relative_tolerance = 1e-14, .absolute_tolerance = 1e-16});
      errors[i] = (end.state - (x - h * gradient(problem, x)).cast<C>()).norm();
    }
    CAPTURE(third, errors[0], errors[1], errors[2]);
    CHECK(std::log2(errors[0] / errors[1]) == Approx(third ? 4 : 3).margin(0.2));
    CHECK(std::log2(errors[1] / errors[2]) == Approx(third ? 4 : 3).margin(0.2));
  }
}

TEST_CASE("the real part of the flow stays on the real line") {
  const auto problem = differentiable(problems::Quartic{}, 1);
  Vector<double> x(1);
  x << 0.3;
  const auto flow = flows::principal(problem, 1.3, {.branch = PrincipalBranch::real_part});
  CHECK(flow(x).imag().norm() == 0);
  CHECK(flow(x)[0].real() == flows::principal(problem, 1.3)(x)[0].real());
  const auto end = follow(flow, x, 1);
  CHECK(end.state.imag().norm() == 0);
  CHECK(end.state[0].real() > 0);  // descent is at -0.1251: without the imaginary part nothing oscillates
}

TEST_CASE(
    "the count of eigenvalues beyond 1 changes when a trajectory passes h lambda = 1, which the integrator crosses") {
  // h lambda = -h cos(theta) rises from 0.5 to 1.2: the state goes along the real line to the singularity and leaves it there.
  const auto problem = differentiable(problems::Cosine{}, 1);
  const auto flow = flows::principal(problem, 1.2);
  const Vector<double> x = Vector<double>::Constant(1, 2.0);
  std::vector<Index> counts = {flow.evaluate(x).beyond_one};
  const auto observer = [&](double, const Vector<C>& z) { counts.push_back(flow.evaluate(z).beyond_one); };
  const auto end = follow(flow, x, 4, {}, observer);
  REQUIRE(end.status == Status::reached_end);
  Index crossings = 0;
  for (std::size_t i = 1; i < counts.size(); ++i) crossings += counts[i] != counts[i - 1] ? 1 : 0;
  CHECK(counts.front() == 0);
  CHECK(counts.back() == 1);
  CHECK(crossings == 1);
  double descent = x[0];
  for (int k = 0; k < 4; ++k) descent += 1.2 * std::sin(descent);
  CHECK(std::abs(end.state[0] - descent) < 0.01);
}

TEST_CASE("a state held on the continued branch's jump ends the integration as budget_spent") {
  const auto flow = flows::principal(differentiable(problems::Quartic{}, 1), 0.45);
  const auto end = follow(flow, Vector<double>::Constant(1, 1.2), 1, {.maximum_steps = 2000});
  CHECK(end.status == Status::budget_spent);
  CHECK(std::abs(flow.evaluate(end.state).nearest) > 1);                                // far from 1 itself,
  CHECK(std::abs(0.45 * (1.0 + 3.0 * end.state[0] * end.state[0]).real() - 1) < 1e-3);  // on the line Re x = 1
}

TEST_CASE("h = 0 gives the negative gradient, a stationary point zero, and g with H g = 0 gives -g") {
  const auto problem = differentiable(problems::Rosenbrock{}, 2);
  Vector<double> x(2);
  x << -0.5, 0.75;
  const auto still = flows::principal(problem, 0).evaluate(x);
  CHECK(still.field == Vector<C>(-gradient(problem, x).cast<C>()));
  CHECK(still.nearest == 1);
  const Spectrum flat{Vector<double>::Zero(100)};
  struct Slope : Spectrum {
    Vector<double> gradient(const Vector<double>& at) const { return Vector<double>::Ones(at.size()); }
  };
  for (const auto method : {PrincipalMethod::dense, PrincipalMethod::krylov}) {
    const auto at_rest = flows::principal(problem, 0.1, {.method = method}).evaluate(Vector<double>::Ones(2));
    CHECK(at_rest.field == Vector<C>::Zero(2));
    const auto slope = flows::principal(Slope{flat}, 0.1, {.method = method}).evaluate(Vector<double>::Zero(100));
    CHECK((slope.field + Vector<C>::Ones(100)).norm() < 1e-13);
    CHECK(slope.nearest == 1);
    const auto end = integrate(flows::principal(problem, 0.1, {.method = method}), Vector<double>::Ones(2), 1.0);
    CHECK(end.status == Status::stationary);
  }
}

TEST_CASE("a NaN state or Hessian gives a NaN field and a Status, real and complex, dense and by Krylov") {
  const auto problem = differentiable(problems::Rosenbrock{}, 2);
  struct Broken : Spectrum {
    Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const { return nan() * v; }
  };
  const Spectrum ones{Vector<double>::Ones(3)};
  for (const auto method : {PrincipalMethod::dense, PrincipalMethod::krylov}) {
    const auto flow = flows::principal(problem, 0.1, {.method = method});
    CHECK(flow(Vector<double>::Constant(2, nan())).hasNaN());
    CHECK(flow(Vector<C>::Constant(2, C(1, nan()))).hasNaN());
    CHECK(flow(Vector<double>::Constant(2, std::numeric_limits<double>::infinity())).hasNaN());
    CHECK(flows::principal(Broken{ones}, 0.1, {.method = method})(Vector<double>::Ones(3)).hasNaN());
    CHECK(integrate(flow, Vector<double>::Constant(2, nan()), 1.0).status == Status::non_finite);
  }
}

TEST_CASE("options and rates out of range are refused where the flow is made, states of another length at the call") {
  const auto problem = differentiable(problems::Rosenbrock{}, 2);
  CHECK_THROWS_WITH(flows::principal(problem, -1), Catch::Contains("h: was -1"));
  CHECK_THROWS_AS(flows::principal(problem, nan()), InvalidArgument);
  CHECK_THROWS_WITH(flows::principal(problem, 0.1, {.krylov_dimension = -1}),
                    Catch::Contains("krylov_dimension: was -1"));
  CHECK_THROWS_WITH(flows::principal(problem, 0.1, {.krylov_tolerance = 0}),
                    Catch::Contains("krylov_tolerance: was 0"));
  CHECK_THROWS_WITH(flows::principal(problem, 0.1, {.largest_krylov_dimension = 0}),
                    Catch::Contains("largest_krylov_dimension"));
  CHECK_THROWS_WITH(flows::principal(problems::SecondOrder{}, 0.1, {.third_derivative_term = true}),
                    Catch::Contains("third_derivative_term"));
  const auto flow = flows::principal(problem, 0.1);
  CHECK_THROWS_AS(flow(Vector<double>::Ones(3)), InvalidArgument);
  CHECK_THROWS_AS(flow(Vector<C>::Ones(1)), InvalidArgument);
}

TEST_CASE("a user's second-order class has a principal flow at real states only") {
  using Flow = flows::Principal<problems::SecondOrder>;
  STATIC_REQUIRE(VectorField<Flow, double>);
  STATIC_REQUIRE_FALSE(VectorField<Flow, C>);
  STATIC_REQUIRE(SteppedField<flows::Principal<decltype(differentiable(problems::Quartic{}, 1))>, C>);
  Vector<double> x(2);
  x << -2, 3;  // H = diag(12, 2), g = (-8, 6)
  const double h = 0.05;
  for (const auto method : {PrincipalMethod::dense, PrincipalMethod::krylov}) {
    const auto flow = flows::principal(problems::SecondOrder{}, h, {.method = method});
    CHECK(flow.step_time() == h);
    CHECK(flow.dimension() == 2);
    CHECK(flow(x)[0].real() == Approx(std::log(1 - 0.6) / 0.6 * -8).epsilon(1e-13));
    CHECK(flow(x)[1].real() == Approx(std::log(1 - 0.1) / 0.1 * 6).epsilon(1e-13));
  }
}
