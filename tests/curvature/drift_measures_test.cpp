#include <drift/calculus/order_of_accuracy.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/curvature/drift_measures.hpp>
#include <drift/flows/principal.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/quartic.hpp>
#include <drift/losses/rosenbrock.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "support/networks.hpp"
#include "support/oracle.hpp"

using namespace drift;
using curvature::drift_along;
using curvature::drift_from;
using curvature::drift_measures;
using curvature::drift_remainder;
using curvature::frozen_drift;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Vector<double> oracle_point(const std::string& name) { return oracle::vector(oracle::load(name)["theta"]); }

/// Eigenvalues 5, 1, 0, -2 along eigenvectors that are no unit vectors of the coordinates.
struct Bowl {
  Vector<double> lambda = Vector<double>(4);
  Matrix<double> q;
  Vector<double> x = Vector<double>(4);

  Bowl() {
    lambda << 5, 1, 0, -2;
    Vector<double> v(4);
    v << 1, -2, 3, 0.5;
    v.normalize();
    q = Matrix<double>::Identity(4, 4) - 2 * v * v.transpose();
    x << 0.3, -0.7, 0.2, 1.1;
  }

  auto problem() const {
    return losses::quadratic(Matrix<double>(q * lambda.asDiagonal() * q.transpose()),
                             Vector<double>::Constant(4, 0.25));
  }

  /// NGF(h) - step: each component of the gradient decays like exp(-lambda t) on the flow.
  Vector<double> drift(double h) const {
    Vector<double> along = q.transpose() * gradient(problem(), x);
    for (Index i = 0; i < 4; ++i) {
      const double flow = lambda[i] == 0.0 ? -h : std::expm1(-h * lambda[i]) / lambda[i];
      along[i] *= flow + h;
    }
    return q * along;
  }
};

/// Tier 2 and no more: the products are the user's own. E = sum x^4 / 12.
struct Quartics {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return x.array().pow(4).sum() / 12; }
  Vector<double> gradient(const Vector<double>& x) const { return x.array().cube() / 3; }
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>& v) const {
    return x.array().square() * v.array();
  }
};

}  // namespace

TEST_CASE("on a quadratic the measured drift is the exponential's, and so is the integral") {
  const Bowl bowl;
  for (const double h : {1e-3, 0.1, 0.4, 1.0}) {
    const auto d = drift_measures(bowl.problem(), bowl.x, h);
    const auto r = drift_remainder(bowl.problem(), bowl.x, h);
    const Vector<double> expected = bowl.drift(h);
    CAPTURE(h);
    CHECK(d.status == Status::reached_end);
    CHECK(r.status == Status::reached_end);
    CHECK((d.drift - expected).norm() < 1e-12);
    CHECK(d.measured == Approx(expected.norm()).epsilon(1e-8));
    CHECK(oracle::relative_error(r.drift, expected) < 1e-11);
    CHECK(r.norm == r.drift.norm());
    CHECK(r.change < 1e-9);
    CHECK(r.products == 24);
    const Vector<double> hg = bowl.problem().A() * gradient(bowl.problem(), bowl.x);
    CHECK(d.hessian_gradient_norm == Approx(hg.norm()));
    CHECK(oracle::relative_error(d.leading_drift, Vector<double>(h * h / 2 * hg)) < 1e-15);
  }
}

TEST_CASE("along every eigenvector of a quadratic the drift is the predicted one") {
  const Bowl bowl;
  const double h = 0.4;  // h lambda = 2, 0.4, 0, -0.8
  const auto d = drift_measures(bowl.problem(), bowl.x, h);
  const auto along = drift_along(d, bowl.lambda, bowl.q);
  REQUIRE(along.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    CHECK(along[i].lambda == bowl.lambda[static_cast<Index>(i)]);
    CHECK(std::abs(along[i].measured - along[i].predicted) < 1e-12);
  }
  CHECK(along[0].leading / along[0].measured == Approx(2 / (1 + std::exp(-2.0))));  // the header's 1.76
  CHECK(std::abs(along[2].leading) < 1e-15);
  CHECK(along[3].measured / along[3].leading > 1);  // escaping: the flow outruns the step
  const auto top = drift_along(d, curvature::top_eigenpairs(bowl.problem(), bowl.x, 1));
  REQUIRE(top.size() == 1);
  CHECK(std::abs(top[0].measured) == Approx(std::abs(along[0].measured)));
  double square = 0;
  for (const auto& a : along) square += a.measured * a.measured;
  CHECK(std::sqrt(square) == Approx(d.measured).epsilon(1e-12));
}

TEST_CASE("the drift's factor is (exp(-y) - 1 + y) / y for every y, without cancellation") {
  for (const double y : {-30.0, -1.0, -0.999, -0.5, -1e-3, 1e-3, 0.3, 0.999, 1.0, 2.0, 1e5}) {
    const long double l = y;
    CAPTURE(y);
    CHECK(frozen_drift(y) == Approx(static_cast<double>((std::expm1(-l) + l) / l)).epsilon(1e-14));
  }
  CHECK(frozen_drift(0.0) == 0);
  CHECK(frozen_drift(1e-12) == Approx(5e-13).epsilon(1e-12));
  CHECK(frozen_drift(-1e-300) == Approx(-5e-301).epsilon(1e-14));
  CHECK(std::isnan(frozen_drift(std::nan(""))));
}

TEST_CASE("measured drifts are the oracles', from every flow") {
  const auto matches = [](const std::string& name, const auto& problem) {
    const auto file = oracle::load(name);
    const Vector<double> x = oracle::vector(file["theta"]);
    for (const auto& entry : file["one_step_gd_vs_flow"]) {
      const double h = entry["h"].template get<double>();
      const auto error = [&](std::size_t order) {
        return entry["flow"][order - 1]["error_norm"].template get<double>();
      };
      CAPTURE(name, h);
      const auto d = drift_measures(problem, x, h);
      CHECK(std::abs(d.measured - error(1)) < 1e-9 * error(1) + 1e-13);
      CHECK(d.ratio == Approx(error(1) / d.leading).epsilon(1e-6));
      CHECK(d.leading == Approx(h * h / 2 * oracle::vector(file["Hg"]).norm()).epsilon(1e-12));
      CHECK(std::abs(drift_from(flows::modified<2>(problem, h), x).norm - error(2)) < 1e-9 * error(2) + 1e-13);
      CHECK(std::abs(drift_from(flows::modified<3>(problem, h), x).norm - error(3)) < 1e-9 * error(3) + 1e-13);
      CHECK(drift_remainder(problem, x, h).norm == Approx(error(1)).epsilon(1e-9));
    }
  };
  matches("rosenbrock", losses::rosenbrock());
  matches("mlp_2_3_2", mlp_2_3_2());
}

TEST_CASE("the ratio of measured to leading drift on Rosenbrock tends to 1 with h") {
  const auto problem = losses::rosenbrock();
  const Vector<double> x = oracle_point("rosenbrock");
  const auto ratio = [&](double h) { return drift_measures(problem, x, h).ratio; };
  CHECK(ratio(std::ldexp(1.0, -12)) == Approx(0.9955).margin(5e-5));  // in 50 digits: .9955, .9995, .99994
  CHECK(ratio(std::ldexp(1.0, -15)) == Approx(0.9995).margin(5e-5));
  CHECK(ratio(std::ldexp(1.0, -18)) == Approx(0.99994).margin(5e-6));
  const auto order = order_of_accuracy([&](double h) { return std::abs(ratio(h) - 1); }, {1e-5, 5e-6, 2.5e-6});
  CHECK(order.slope == Approx(1).margin(0.02));
}

TEST_CASE("the remainder integral is the measured drift, as a vector") {
  const auto agree = [](const auto& problem, const Vector<double>& x, double h) {
    const auto d = drift_measures(problem, x, h);
    const auto r = drift_remainder(problem, x, h);
    CAPTURE(h);
    REQUIRE(d.status == Status::reached_end);
    CHECK((r.drift - d.drift).norm() < 2e-12 * (h * d.gradient.norm() + x.norm()));
    CHECK(r.change < 1e-6);
  };
  for (const double h : {1e-4, 1e-3, 3e-3}) agree(losses::rosenbrock(), oracle_point("rosenbrock"), h);
  for (const double h : {0.1, 1.0, 3.0}) agree(mlp_2_3_2(), oracle_point("mlp_2_3_2"), h);
  agree(Quartics{}, Vector<double>::Constant(2, 1.5), 0.5);
}

TEST_CASE("the change between the two rules shows when the nodes do not suffice") {
  const auto problem = losses::rosenbrock();
  const Vector<double> x = oracle_point("rosenbrock");
  const double h = 0.05;  // h lambda = 16 at the start
  const Vector<double> drift = drift_measures(problem, x, h).drift;
  double last = infinity;
  for (const Index nodes : {4, 8, 16, 32, 64}) {
    const auto r = drift_remainder(problem, x, h, {.nodes = nodes});
    CAPTURE(nodes);
    CHECK(oracle::relative_error(r.drift, drift) < r.change + 1e-11);
    CHECK((r.change < last || r.change < 1e-11));
    last = r.change;
  }
  CHECK(last < 1e-9);
}

TEST_CASE("for tiny steps the integral still knows the drift that the measurement loses") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = oracle_point("mlp_2_3_2");
  const double h = std::ldexp(1.0, -40);
  const auto d = drift_measures(problem, x, h);
  const auto r = drift_remainder(problem, x, h);
  CHECK(oracle::relative_error(r.drift, d.leading_drift) < 10 * h);
  CHECK(std::abs(d.ratio - 1) > 0.5);
}

TEST_CASE("gradient descent does not drift from the principal flow of a quadratic") {
  const Bowl bowl;
  for (const double h : {0.1, 0.3, 0.45}) {
    const auto error = drift_from(flows::principal(bowl.problem(), h), bowl.x);
    CHECK(error.status == Status::reached_end);
    CHECK(error.norm < 1e-11);
  }
}

TEST_CASE("off quadratics the drift along an eigenvector is of order h^2, missed by O(h^3) by both accounts of it") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = oracle_point("mlp_2_3_2");
  const auto eigen = calculus::symmetric_eigen<double>(hessian(problem, x));
  const auto along = [&](double h) {
    return drift_along(drift_measures(problem, x, h), eigen.values, eigen.vectors).back();
  };
  const std::initializer_list<double> hs = {0.04, 0.02, 0.01};
  const auto drift = order_of_accuracy([&](double h) { return std::abs(along(h).measured); }, hs);
  CHECK(drift.slope == Approx(2).margin(0.1));
  CHECK(order_of_accuracy([&](double h) { return std::abs(along(h).measured - along(h).leading); }, hs).slope > 2.9);
  CHECK(order_of_accuracy([&](double h) { return std::abs(along(h).measured - along(h).predicted); }, hs).slope > 2.9);
}

TEST_CASE("a gradient flow that does not last for one step is an infinite drift with a status") {
  const auto problem =
      differentiable([]<class T>(const Vector<T>& x) -> T { return -x[0] * x[0] * x[0] * x[0] / T(4); }, 1);
  const Vector<double> x = Vector<double>::Ones(1);  // theta' = theta^3 is at infinity at time 1/2
  const auto d = drift_measures(problem, x, 1.0);
  CHECK(d.status != Status::reached_end);
  CHECK(d.measured == infinity);
  CHECK(d.drift[0] == infinity);
  CHECK(d.ratio == infinity);
  CHECK(d.leading == 1.5);
  CHECK(drift_along(d, Vector<double>::Constant(1, -3), Matrix<double>::Ones(1, 1))[0].measured == infinity);
  const auto r = drift_remainder(problem, x, 1.0);
  CHECK(r.status == d.status);
  CHECK(r.norm == infinity);
  CHECK(r.change == infinity);
  CHECK(drift_measures(problem, x, 0.4).status == Status::reached_end);
}

TEST_CASE("derivatives that are not finite are said to be so") {
  const auto problem = losses::rosenbrock();
  const Vector<double> x = Vector<double>::Constant(2, 1e200);
  const auto d = drift_measures(problem, x, 0.1);
  CHECK(d.status != Status::reached_end);
  CHECK(d.measured == infinity);
  CHECK(d.ratio == infinity);
  CHECK(drift_remainder(problem, x, 0.1).norm == infinity);
}

TEST_CASE("without curvature along the gradient the ratio is infinite or, where nothing drifts, one") {
  const auto minimum = drift_measures(losses::quartic(2), Vector<double>::Zero(2), 0.3);
  CHECK(minimum.status == Status::stationary);
  CHECK(minimum.measured == 0);
  CHECK(minimum.leading == 0);
  CHECK(minimum.ratio == 1);
  CHECK(drift_remainder(losses::quartic(2), Vector<double>::Zero(2), 0.3).norm == 0);
  CHECK(drift_remainder(losses::quartic(2), Vector<double>::Zero(2), 0.3).change == 0);

  // An inflection, E = x + x^3 / 6: H g = 0 at 0, and the drift is of the next order, h^3 / 6 D^3E[g, g].
  const auto inflection =
      differentiable([]<class T>(const Vector<T>& x) -> T { return x[0] + x[0] * x[0] * x[0] / T(6); }, 1);
  const auto d = drift_measures(inflection, Vector<double>::Zero(1), 0.01);
  CHECK(d.ratio == infinity);
  CHECK(d.measured == Approx(1e-6 / 6).epsilon(1e-3));
  CHECK(drift_remainder(inflection, Vector<double>::Zero(1), 0.01).norm == Approx(1e-6 / 6).epsilon(1e-3));
}

TEST_CASE("the measures are of the problem's number type") {
  const auto problem = losses::rosenbrock<float>();
  const Vector<float> x = oracle_point("rosenbrock").cast<float>();
  const auto d = drift_measures(problem, x, 1e-3F);
  static_assert(std::is_same_v<decltype(d.measured), float>);
  const auto exact = drift_measures(losses::rosenbrock(), oracle_point("rosenbrock"), 1e-3);
  CHECK(d.measured == Approx(exact.measured).epsilon(1e-4));
  CHECK(drift_remainder(problem, x, 1e-3F).norm == Approx(exact.measured).epsilon(1e-4));
}

TEST_CASE("misuse of the drift measures is refused by name") {
  const auto problem = losses::rosenbrock();
  const Vector<double> x = Vector<double>::Zero(2);
  CHECK_THROWS_WITH(drift_measures(problem, x, 0.0), "h: was 0, must be a finite number above 0");
  CHECK_THROWS_AS(drift_measures(problem, Vector<double>::Zero(3), 0.1), InvalidArgument);
  CHECK_THROWS_AS(drift_remainder(problem, x, -1.0), InvalidArgument);
  CHECK_THROWS_AS(drift_remainder(problem, Vector<double>::Zero(1), 0.1), InvalidArgument);
  CHECK_THROWS_WITH(drift_remainder(problem, x, 0.1, {.nodes = 5}),
                    "nodes: was 5, must be an even number from 2 to 100");
  CHECK_THROWS_AS(drift_remainder(problem, x, 0.1, {.integration = {.save_at = {0.05}}}), InvalidArgument);
  const auto d = drift_measures(problem, x, 0.1);
  CHECK_THROWS_AS(drift_along(d, Vector<double>::Ones(1), Matrix<double>::Ones(2, 1)), InvalidArgument);
}

TEST_CASE("What the measured drift may be off by is told: of a straight path it is no more", "[curvature]") {
  const auto slope = differentiable([](const auto& x) { return x[0] + x[1] / decltype(x[1] + x[1])(3); }, 2);
  for (const double h : {1e-6, 1e-2, 1.0}) {
    const auto d = curvature::drift_measures(slope, Vector<double>{{0.3, -0.7}}, h);
    CHECK(d.leading == 0);
    CHECK(d.measured <= 10 * d.resolution);
    CHECK(d.resolution < 1e-15 + 2e-13 * h);
  }
}
