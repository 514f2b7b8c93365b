#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>
#include <drift/core/random.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <boost/multiprecision/eigen.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <drift/calculus/point.hpp>

#include "support/networks.hpp"

using namespace drift;
using Catch::Matchers::Contains;

namespace {

/// theta^T A theta / 2 with A = Q diag(eigenvalues) Q^T, Q the reflection across the plane orthogonal to w.
struct Quadratic {
  Vector<double> eigenvalues;
  Vector<double> w;

  template <class T>
  T operator()(const Vector<T>& theta) const {
    T along_w(0), energy(0);
    for (Index i = 0; i < theta.size(); ++i) along_w += w[i] * theta[i];
    for (Index i = 0; i < theta.size(); ++i) {
      const T c = theta[i] - (2 * w[i] / w.squaredNorm()) * along_w;
      energy += (eigenvalues[i] / 2) * c * c;
    }
    return energy;
  }

  Vector<double> eigenvector(Index i) const {
    return Vector<double>::Unit(w.size(), i) - (2 * w[i] / w.squaredNorm()) * w;
  }
};

auto random_quadratic(Random& random, Index n, double lowest, double highest) {
  return Quadratic{random.uniform_vector<double>(n, lowest, highest), random.normal_vector(n)};
}

/// The value alone matters here: one dimension, a curvature that is a number of its type.
template <class S>
struct Parabola {
  S curvature;
  template <class T>
  T operator()(const Vector<T>& x) const {
    return curvature * x[0] * x[0] / S(2);
  }
};

struct Cosine {
  template <class T>
  T operator()(const Vector<T>& x) const {
    using std::cos;
    return cos(x[0]);
  }
};

struct Slope {
  template <class T>
  T operator()(const Vector<T>& x) const {
    return T(3) * x[0] - x[1];
  }
};

template <class S, class Problem>
S rate_at(const DriftAdjusted& schedule, const Problem& problem, const Vector<S>& theta) {
  auto e = point_at(problem, theta);
  return schedule.rate(0, e);
}

Vector<double> point(double x) { return Vector<double>::Constant(1, x); }

/// A tier-2 class whose Hessian overflows where its gradient does not.
struct Spike {
  using Scalar = double;
  double product = std::numeric_limits<double>::infinity();
  Index dimension() const { return 1; }
  double value(const Vector<double>& theta) const { return theta[0]; }
  Vector<double> gradient(const Vector<double>&) const { return Vector<double>::Ones(1); }
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>&) const {
    return Vector<double>::Constant(1, product);
  }
};

}  // namespace

TEST_CASE("On cos(x) the drift-adjusted rate is 2 / |cos x|, on either side of the inflection", "[schedules][dal]") {
  const auto problem = differentiable(Cosine{}, 1);
  for (const double x : {0.3, 1.4, 2.0, 2.7}) {
    CHECK(rate_at(DriftAdjusted{}, problem, point(x)) == Approx(2 / std::abs(std::cos(x))).epsilon(1e-13));
    CHECK(rate_at(DriftAdjusted{.power = 0.5}, problem, point(x)) ==
          Approx(2 / std::sqrt(std::abs(std::cos(x)))).epsilon(1e-13));
  }
}

TEST_CASE("Without a cap the rate is never below 2 / max|lambda|, on indefinite quadratics too", "[schedules][dal]") {
  Random random(7);
  for (int trial = 0; trial < 200; ++trial) {
    const auto quadratic = random_quadratic(random, 1 + trial % 6, trial % 2 == 0 ? -3.0 : 0.1, 2.0);
    const Vector<double> theta = random.normal_vector(quadratic.w.size());
    const double edge = 2 / quadratic.eigenvalues.cwiseAbs().maxCoeff();
    CHECK(rate_at(DriftAdjusted{}, differentiable(quadratic, theta.size()), theta) >= edge * (1 - 1e-13));
  }
}

TEST_CASE("The rate is 2 / max|lambda| exactly where the gradient lies in the eigenspace of largest |lambda|",
          "[schedules][dal]") {
  Quadratic quadratic{Vector<double>(4), Vector<double>(4)};
  quadratic.eigenvalues << 2, -2, 0.5, 1.9;
  quadratic.w << 1, -0.5, 2, 0.25;
  const auto problem = differentiable(quadratic, 4);
  const Vector<double> inside = 0.3 * quadratic.eigenvector(0) - 2 * quadratic.eigenvector(1);
  CHECK(rate_at(DriftAdjusted{}, problem, inside) == Approx(1).epsilon(1e-14));
  const Vector<double> aslant = inside + 0.01 * quadratic.eigenvector(3);
  CHECK(rate_at(DriftAdjusted{}, problem, aslant) > 1 + 1e-7);
}

TEST_CASE("A quadratic never increases in a step of the drift-adjusted rate", "[schedules][dal]") {
  Random random(11);
  for (int trial = 0; trial < 200; ++trial) {
    const auto quadratic = random_quadratic(random, 1 + trial % 6, trial % 2 == 0 ? -3.0 : 0.1, 2.0);
    const auto problem = differentiable(quadratic, quadratic.w.size());
    const Vector<double> theta = random.normal_vector(quadratic.w.size());
    const double h = rate_at(DriftAdjusted{}, problem, theta);
    const Vector<double> g = problem.gradient(theta);
    CHECK(problem.value(theta - h * g) <= problem.value(theta) + 1e-12 * (1 + h * g.squaredNorm()));
  }
}

TEST_CASE("Power 1 follows the scale of the loss, power 1/2 does not and lengthens the step where |Hg| > |g|",
          "[schedules][dal]") {
  Random random(3);
  auto quadratic = random_quadratic(random, 3, 3.0, 5.0);
  const Vector<double> theta = random.normal_vector(3);
  const auto rate = [&](double power, double scale) {
    auto scaled = quadratic;
    scaled.eigenvalues *= scale;
    return rate_at(DriftAdjusted{.power = power}, differentiable(scaled, 3), theta);
  };
  CHECK(10 * rate(1, 10) == Approx(rate(1, 1)).epsilon(1e-13));
  CHECK(10 * rate(0.5, 10) > 3 * rate(0.5, 1));
  CHECK(rate(0.5, 1) > rate(1, 1));
  CHECK(rate(0.5, 0.01) < rate(1, 0.01));
}

TEST_CASE("The cap bounds the rate, also the rate of a flat loss", "[schedules][dal]") {
  const auto gentle = differentiable(Parabola<double>{0.1}, 1);
  CHECK(rate_at(DriftAdjusted{}, gentle, point(1)) == Approx(20));
  CHECK(rate_at(DriftAdjusted{.cap = 5}, gentle, point(1)) == 5);
  CHECK(rate_at(DriftAdjusted{.cap = 20.5}, gentle, point(1)) == Approx(20));
  const auto flat = differentiable(Slope{}, 2);
  const Vector<double> origin = Vector<double>::Zero(2);
  CHECK(rate_at(DriftAdjusted{.cap = 0.5}, flat, origin) == 0.5);
}

TEST_CASE("Where Hg = 0, or nearly so that 2 / ratio overflows, the rate is rate_if_flat", "[schedules][dal]") {
  const auto flat = differentiable(Slope{}, 2);
  const Vector<double> origin = Vector<double>::Zero(2);
  CHECK(rate_at(DriftAdjusted{}, flat, origin) == 1);
  CHECK(rate_at(DriftAdjusted{.rate_if_flat = 0.25}, flat, origin) == 0.25);
  Spike nearly{1e-310};
  CHECK(rate_at(DriftAdjusted{.rate_if_flat = 0.25}, nearly, point(0)) == 0.25);
  nearly.product = -1e-300;
  CHECK(rate_at(DriftAdjusted{.rate_if_flat = 0.25}, nearly, point(0)) == Approx(2e300));
}

TEST_CASE("The rate does not depend on where squares of the gradient underflow or overflow", "[schedules][dal]") {
  for (const double x : {1e-300, 1e-160, 1.0, 1e160, 1e300}) {
    CHECK(rate_at(DriftAdjusted{}, differentiable(Parabola<double>{4}, 1), point(x)) == Approx(0.5));
  }
  for (const float x : {1e-30F, 1.0F, 1e30F}) {
    const Vector<float> at = Vector<float>::Constant(1, x);
    CHECK(rate_at(DriftAdjusted{}, differentiable<float>(Parabola<float>{4}, 1), at) == Approx(0.5));
  }
}

TEST_CASE("A curvature that is not finite gives NaN, not a rate of zero", "[schedules][dal]") {
  CHECK(std::isnan(rate_at(DriftAdjusted{}, Spike{}, point(0))));
  CHECK(std::isnan(rate_at(DriftAdjusted{.cap = 1}, Spike{std::nan("")}, point(0))));
}

TEST_CASE("The rate may be asked again, after other pushes too, and leaves the point at stage 0", "[schedules][dal]") {
  const auto problem = differentiable(Cosine{}, 1);
  auto e = point_at(problem, point(0.4));
  const double first = DriftAdjusted{}.rate(0, e);
  CHECK(e.stage() == 0);
  e.push(point(2));
  e.push_zero();
  CHECK(DriftAdjusted{}.rate(7, e) == first);
  CHECK(e.stage() == 0);

  auto second_order = point_at(Spike{3}, point(0));
  CHECK(DriftAdjusted{}.rate(0, second_order) == Approx(2.0 / 3));
  CHECK(DriftAdjusted{}.rate(1, second_order) == Approx(2.0 / 3));
}

TEST_CASE("The rate has the precision of the problem", "[schedules][dal]") {
  using Decimal =
      boost::multiprecision::number<boost::multiprecision::cpp_dec_float<50>, boost::multiprecision::et_off>;
  const auto check = [](auto one, auto tolerance) {
    using S = decltype(one);
    const Vector<S> at = Vector<S>::Constant(1, S(2) / S(7));
    const S h = rate_at(DriftAdjusted{}, differentiable<S>(Parabola<S>{S(3)}, 1), at);
    using std::abs;
    CHECK(abs(h - S(2) / S(3)) < tolerance);
  };
  check(1.0F, 2e-7F);
  check(1.0, 4e-16);
  check(1.0L, 4e-19L);
  check(Decimal(1), Decimal("1e-48"));
}

TEST_CASE("A problem without Hessian-vector products has no drift-adjusted rate", "[schedules][dal]") {
  STATIC_REQUIRE(Schedule<DriftAdjusted, decltype(point_at(differentiable(Cosine{}, 1), point(0)))>);
  STATIC_REQUIRE(Schedule<DriftAdjusted, HessianPoint<Spike>>);
  STATIC_REQUIRE(!Schedule<DriftAdjusted, GradientPoint<Spike>>);
}

TEST_CASE("DriftAdjusted refuses options out of their bounds by name", "[schedules][dal]") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(DriftAdjusted{}.validate());
  CHECK_NOTHROW(DriftAdjusted{.power = 0.5, .cap = 5, .rate_if_flat = 1e-3}.validate());
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    CHECK_THROWS_WITH(DriftAdjusted{.power = bad}.validate(), Contains("power: was"));
    CHECK_THROWS_WITH(DriftAdjusted{.rate_if_flat = bad}.validate(), Contains("rate_if_flat: was"));
  }
  for (const double bad : {0.0, -1.0, nan}) {
    CHECK_THROWS_WITH(DriftAdjusted{.cap = bad}.validate(), Contains("cap: was"));
    CHECK_THROWS_AS(DriftAdjusted{.cap = bad}.validate(), InvalidArgument);
  }
}

TEST_CASE("The quadratic model of any loss never increases in a step of power 1, the loss itself may",
          "[schedules][dal]") {
  Random random(5);
  const auto problem = mlp_2_3_2();
  for (int trial = 0; trial < 50; ++trial) {
    const Vector<double> theta = 2 * random.normal_vector(17), g = gradient(problem, theta);
    const double h = rate_at(DriftAdjusted{}, problem, theta);
    const Vector<double> step = -h * g;
    const double change = g.dot(step) + step.dot(hessian(problem, theta) * step) / 2;
    CHECK(change <= 1e-12 * h * g.squaredNorm());
  }
  const auto cosine = differentiable(Cosine{}, 1);
  const Vector<double> theta = point(2.7);
  const Vector<double> next = theta - rate_at(DriftAdjusted{}, cosine, theta) * gradient(cosine, theta);
  CHECK(value(cosine, next) > value(cosine, theta));
}

TEST_CASE("With power 1 a run does not depend on the units of the loss", "[schedules][dal]") {
  const auto problem = mlp_2_3_2();
  const auto in_other_units = differentiable([](const auto& p) { return 1024 * Mlp232{}(p); }, 17);
  const Vector<double> start = Random(6).normal_vector(17);
  const auto end = [&](const auto& loss, double power) {
    return minimise(loss, start, GradientDescent{.learning_rate = DriftAdjusted{.power = power}}, {.iterations = 5})
        .state;
  };
  CHECK((end(problem, 1) - end(in_other_units, 1)).norm() < 1e-12 * end(problem, 1).norm());
  CHECK((end(problem, 0.5) - end(in_other_units, 0.5)).norm() > 0.1);
}

TEST_CASE("With another power it is the units of the loss that decide whether a run converges", "[schedules][dal]") {
  // A step multiplies theta by 1 - 2 lambda^(1 - power).
  const auto end = [](double power, double lambda) {
    return minimise(differentiable(Parabola<double>{lambda}, 1), point(1),
                    GradientDescent{.learning_rate = DriftAdjusted{.power = power}}, {.iterations = 100});
  };
  CHECK(end(0.5, 4).status == Status::diverged);  // -3
  CHECK(end(0.5, 1.0 / 16).state[0] == Approx(std::pow(0.5, 100)));
  CHECK(end(2, 1.0 / 4).status == Status::diverged);  // -7
  CHECK(end(2, 4).state[0] == Approx(std::pow(0.5, 100)));
  for (const double lambda : {4.0, 0.25, 1.0 / 16}) CHECK(end(1, lambda).state[0] == 1);
}

TEST_CASE("Before start and from stop on the rate is fixed_rate, and nothing is pushed", "[schedules][dal]") {
  const DriftAdjusted schedule{.cap = 0.25, .start = 2, .stop = 5, .fixed_rate = 0.75};
  auto e = point_at(differentiable(Parabola<double>{16}, 1), point(1));
  for (const Index iteration : {0, 1, 5, 6, 1000}) CHECK(schedule.rate(iteration, e) == 0.75);
  for (const Index iteration : {2, 3, 4}) CHECK(schedule.rate(iteration, e) == Approx(0.125));

  auto spike = point_at(Spike{}, point(0));  // whose product is infinite
  CHECK(schedule.rate(1, spike) == 0.75);
  CHECK(std::isnan(schedule.rate(2, spike)));

  std::vector<double> rates;
  minimise(differentiable(Parabola<double>{16}, 1), point(1), GradientDescent{.learning_rate = schedule},
           {.iterations = 7}, [&](const descent::Iteration<>& at) { rates.push_back(at.rate); });
  CHECK(rates == std::vector<double>{0.75, 0.75, 0.125, 0.125, 0.125, 0.75, 0.75});
}

TEST_CASE("DriftAdjusted asks for a fixed rate where it is needed, and for iterations in order", "[schedules][dal]") {
  CHECK_NOTHROW(DriftAdjusted{.start = 3, .fixed_rate = 0.1}.validate());
  CHECK_NOTHROW(DriftAdjusted{.stop = 1, .fixed_rate = 0.1}.validate());
  CHECK_THROWS_WITH(DriftAdjusted{.start = 3}.validate(), Contains("fixed_rate: was 0"));
  CHECK_THROWS_WITH(DriftAdjusted{.stop = 3}.validate(), Contains("fixed_rate: was 0"));
  CHECK_THROWS_WITH(DriftAdjusted{.fixed_rate = -1}.validate(), Contains("fixed_rate: was -1"));
  CHECK_THROWS_WITH((DriftAdjusted{.start = -1, .fixed_rate = 0.1}.validate()), Contains("start: was -1"));
  CHECK_THROWS_WITH((DriftAdjusted{.start = 3, .stop = 3, .fixed_rate = 0.1}.validate()),
                    Contains("stop: was 3, must be above start, which is 3"));
}

TEST_CASE("Momentum's dampening makes (1 - beta) h_t of the rate h_t, in every step", "[schedules][dal]") {
  const auto problem = mlp_2_3_2();
  auto whole = descent::run_state(Random(8).normal_vector(17), Momentum{.learning_rate = DriftAdjusted{}});
  auto share = descent::run_state(whole.parameters,
                                  Momentum{.learning_rate = DriftAdjusted{}, .momentum = 0.9, .dampening = 0.9});
  for (int step = 0; step < 10; ++step) {
    const Vector<double> before = share.memory.velocity, g = gradient(problem, share.parameters);
    descent::advance(share, problem);
    CHECK(share.rate ==
          Approx(rate_at(DriftAdjusted{}, problem, Vector<double>(share.parameters - share.memory.velocity))));
    CHECK((share.memory.velocity - 0.9 * before + 0.1 * share.rate * g).norm() < 1e-12 * share.rate * g.norm());
  }
  descent::advance(whole, problem);
  auto other = descent::run_state(Random(8).normal_vector(17), GradientDescent{.learning_rate = DriftAdjusted{}});
  descent::advance(other, problem);
  CHECK(whole.parameters == other.parameters);  // without it, h_t as it is
}
