#include <drift/core/concepts.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/decoupled_weight_decay.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/descent/nesterov.hpp>
#include <drift/descent/step.hpp>
#include <drift/flows/map_logarithm.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <boost/multiprecision/eigen.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <limits>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

TEST_CASE("Steps on a quadratic multiply each component by 1 - h lambda", "[descent][step]") {
  const auto step = descent::step(diagonal({3, -0.5, 4}), GradientDescent{.learning_rate = 0.5});
  Vector<double> x = vector({1, 2, 3});
  for (int k = 0; k < 8; ++k) x = step(x);
  CHECK(x[0] == Approx(std::pow(-0.5, 8) * 1));
  CHECK(x[1] == Approx(std::pow(1.25, 8) * 2));
  CHECK(x[2] == Approx(3));  // h lambda = 2: back and forth
  CHECK(step.dimension() == 3);
}

TEST_CASE("A step at h lambda = 1 takes the component to zero", "[descent][step]") {
  const auto step = descent::step(diagonal({2}), GradientDescent{.learning_rate = 0.5});
  CHECK(step(vector({0.75}))[0] == 0);
}

TEST_CASE("A step is an Update: const, copied with its problem, the same at every call", "[descent][step]") {
  const auto make = [](double h) {
    const auto problem = differentiable(Rosenbrock{}, 2);
    return descent::step(problem, GradientDescent{.learning_rate = h});
  };
  const auto step = make(1e-3);
  STATIC_REQUIRE(Update<decltype(step), double>);
  STATIC_REQUIRE(Update<decltype(step), std::complex<double>>);
  const Vector<double> x = vector({-0.5, 0.75});
  const Vector<double> once = step(x);
  const auto copy = step;
  CHECK(copy(x) == once);
  CHECK(step(x) == once);
  CHECK(once[0] ==
        Approx(-0.5 - 1e-3 * (-2 * 1.5 + 400 * 0.5 * 0.5)));  // by hand: dE/dx = -2 (1 - x) - 400 x (y - x^2)
  CHECK(once[1] == Approx(0.75 - 1e-3 * (200 * 0.5)));
}

TEST_CASE("A step takes any expression, and complex states of a holomorphic problem", "[descent][step]") {
  using C = std::complex<double>;
  const auto step = descent::step(differentiable(Rosenbrock{}, 2), GradientDescent{.learning_rate = 1e-3});
  const Vector<double> x = vector({-0.5, 0.75});
  const Vector<double> doubled = 2 * x;
  CHECK(step(2 * x) == step(doubled));

  const C i(0, 1);
  const auto linear = descent::step(diagonal({3, -1}), GradientDescent{.learning_rate = 0.25});
  Vector<C> z(2);
  z << 1.0 + 2.0 * i, -i;
  const Vector<C> next = linear(z);
  CHECK(std::abs(next[0] - 0.25 * z[0]) < 1e-15);
  CHECK(std::abs(next[1] - 1.25 * z[1]) < 1e-15);
  // Holomorphic: the step along the imaginary axis gives the derivative of the real step.
  Vector<C> beside = x.cast<C>();
  beside[0] += 1e-20 * i;
  const double slope = (step(vector({-0.5 + 1e-5, 0.75})) - step(vector({-0.5 - 1e-5, 0.75})))[0] / 2e-5;
  CHECK(step(beside)[0].imag() / 1e-20 == Approx(slope).epsilon(1e-7));
}

TEST_CASE("A drift-adjusted step along an eigenvector reflects it: h lambda = 2", "[descent][step][dal]") {
  const auto check = [](const auto& problem) {
    const auto step = descent::step(problem, GradientDescent{.learning_rate = DriftAdjusted{}});
    CHECK((step(vector({0.3, 0})) - vector({-0.3, 0})).norm() < 1e-15);
    CHECK((step(vector({0, -2})) - vector({0, 2})).norm() < 1e-15);
    CHECK(step(vector({0, 0})) == vector({0, 0}));
  };
  check(diagonal({2, 4}));
  check(SecondOrderBowl{});
}

TEST_CASE("A step of a user's first-order class", "[descent][step]") {
  const auto step = descent::step(Bowl{}, GradientDescent{.learning_rate = 0.5});
  CHECK(step(vector({1, -3})) == vector({0.5, -1.5}));
  STATIC_REQUIRE(Update<decltype(step), double>);
}

TEST_CASE("A schedule is asked for the iteration that the step was made with", "[descent][step]") {
  const GradientDescent listed{.learning_rate = Listed{{0.5, 0.25}}};
  CHECK(descent::step(Bowl{}, listed)(vector({1, 1})) == vector({0.5, 0.5}));
  CHECK(descent::step(Bowl{}, listed, 1)(vector({1, 1})) == vector({0.75, 0.75}));
  CHECK_THROWS_WITH(descent::step(Bowl{}, listed, -1), Contains("iteration: was -1"));
}

TEST_CASE("Steps keep the precision of their problem", "[descent][step]") {
  using Decimal =
      boost::multiprecision::number<boost::multiprecision::cpp_dec_float<50>, boost::multiprecision::et_off>;
  const auto check = [](auto one, auto rate) {
    using S = decltype(one);
    using std::abs;
    const auto problem = diagonal<S>({3});
    const Vector<S> x = Vector<S>::Constant(1, S(2) / S(7));
    const Vector<S> next = descent::step(problem, GradientDescent{.learning_rate = rate})(x);
    CHECK(abs(next[0] - S(1) / S(14)) < S(8) * epsilon<S>());  // (1 - 3/4) 2/7
    const Vector<S> reflected = descent::step(problem, GradientDescent{.learning_rate = DriftAdjusted{}})(x);
    CHECK(abs(reflected[0] + x[0]) < S(8) * epsilon<S>());
  };
  check(1.0F, 0.25F);
  check(1.0F, 0.25);
  check(1.0L, 0.25L);
  check(Decimal(1), Decimal(1) / 4);
}

TEST_CASE("A bad rate is refused where the step is made, a vector of the wrong length where it is called",
          "[descent][step]") {
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(descent::step(Bowl{}, GradientDescent{.learning_rate = bad}), Contains("learning_rate: was"));
  }
  CHECK_THROWS_AS(descent::step(Bowl{}, GradientDescent{.learning_rate = 1.0})(vector({1})), InvalidArgument);
  CHECK_THROWS_AS(descent::step(diagonal({1, 2}), GradientDescent{.learning_rate = 1.0})(vector({1})), InvalidArgument);
}

TEST_CASE("At a state that is not finite the step is not finite, whoever gives the rate", "[descent][step]") {
  const Vector<double> nowhere = vector({std::nan(""), 1});
  CHECK(!descent::step(Bowl{}, GradientDescent{.learning_rate = 0.1})(nowhere).allFinite());
  CHECK(!descent::step(diagonal({1, 2}), GradientDescent{.learning_rate = DriftAdjusted{}})(nowhere).allFinite());
  CHECK(!descent::step(SecondOrderBowl{}, GradientDescent{.learning_rate = DriftAdjusted{}})(nowhere).allFinite());
}

// --- Optimisers with memory: the state is parameters and memory. ----------------------------------------------------------

namespace {

/// The steps of a run, as states of `step`: the same path by another way.
template <class P, class O>
void follows_the_run(const P& problem, const Vector<double>& start, const O& optimiser) {
  const auto step = descent::step(problem, optimiser);
  STATIC_REQUIRE(Update<decltype(step), double>);
  Vector<double> z = step.start(start);
  CHECK(z.size() == step.dimension());
  CHECK(step.parameters(z) == start);
  auto state = descent::run_state(start, optimiser);
  for (int t = 0; t < 20; ++t) {
    z = step(z);
    REQUIRE(!descent::advance(state, problem).ended);
    REQUIRE(step.parameters(z) == state.parameters);
  }
}

/// The heavy ball's matrix for (theta, v) on a diagonal quadratic: [[1 - h L, beta], [-h L, beta]], in blocks.
Matrix<double> heavy_ball_matrix(const Vector<double>& lambda, double h, double beta) {
  const Index n = lambda.size();
  Matrix<double> m = Matrix<double>::Zero(2 * n, 2 * n);
  for (Index i = 0; i < n; ++i) {
    m(i, i) = 1 - h * lambda[i];
    m(n + i, i) = -h * lambda[i];
    m(i, n + i) = m(n + i, n + i) = beta;
  }
  return m;
}

/// An optimiser of someone else whose memory is a bare vector.
struct HeavyBall {
  double learning_rate, beta;
  void validate() const {}
  Vector<double> start(const Vector<double>& theta) const { return Vector<double>::Zero(theta.size()); }
  bool at_rest(const Vector<double>& velocity) const { return velocity.isZero(0); }
  template <class E>
  double advance(Vector<double>& theta, Vector<double>& velocity, Index, E& e) {
    velocity = beta * velocity - learning_rate * e.gradient();
    theta += velocity;
    return learning_rate;
  }
};

}  // namespace

TEST_CASE("A step over parameters and memory makes the steps of a run, bit for bit", "[descent][step]") {
  const auto problem = differentiable(Rosenbrock{}, 2);
  const Vector<double> start = vector({-0.5, 0.75});
  follows_the_run(problem, start, Momentum{.learning_rate = 1e-3});
  follows_the_run(problem, start, Nesterov{.learning_rate = 1e-3});
  follows_the_run(problem, start, Adam{.learning_rate = 1e-2});
  follows_the_run(problem, start, Momentum{.learning_rate = DriftAdjusted{.cap = 1e-3}});
  follows_the_run(problem, start,
                  GradientClipping{.optimiser = DecoupledWeightDecay{.optimiser = Adam{}}, .largest_norm = 10});
  follows_the_run(problem, start, HeavyBall{1e-3, 0.9});
  follows_the_run(problem, start, GradientClipping{.optimiser = GradientDescent{.learning_rate = 1e-2}});
}

TEST_CASE("The state is theta, then the numbers of the memory's fields in their order", "[descent][step]") {
  const auto adam = descent::step(
      Bowl{}, GradientClipping{.optimiser = Adam{.first_decay = 0.5, .second_decay = 0.75}, .largest_norm = 100});
  CHECK(adam.dimension() == 2 + 2 + 2 + 1 + 1);
  const Vector<double> z = adam.start(vector({3, -4}));
  CHECK(z == vector({3, -4, 0, 0, 0, 0, 1, 1}));
  const Vector<double> next = adam(z);
  CHECK(next.tail(6) == vector({1.5, -2, 9.0 / 4, 4, 0.5, 0.75}));  // (1 - b1) g, (1 - b2) g^2, b1, b2
  CHECK(descent::step(Bowl{}, Momentum{.learning_rate = 0.5}).dimension() == 4);
  CHECK(descent::step(Bowl{}, DecoupledWeightDecay{.optimiser = GradientDescent{.learning_rate = 0.5}}).dimension() ==
        2);
}

TEST_CASE("On a quadratic the heavy ball's step is its block matrix", "[descent][step]") {
  const double h = 0.3, beta = 0.6;
  const auto step = descent::step(diagonal({2, 5}), Momentum{.learning_rate = h, .momentum = beta});
  const Matrix<double> m = heavy_ball_matrix(vector({2, 5}), h, beta);
  for (Index i = 0; i < 4; ++i) {
    const Vector<double> unit = Vector<double>::Unit(4, i);
    CHECK((step(unit) - m.col(i)).norm() < 1e-15);
  }
}

TEST_CASE("map_logarithm of the heavy ball is the truncated logarithm of its matrix", "[descent][step]") {
  const double h = 0.1, beta = 0.75;
  const Vector<double> lambda = vector({0.05, 0.1});
  const auto step = descent::step(diagonal({0.05, 0.1}), Momentum{.learning_rate = h, .momentum = beta});
  const Matrix<double> m = heavy_ball_matrix(lambda, h, beta), away = m - Matrix<double>::Identity(4, 4);
  const Vector<double> z = vector({1, -2, 0.5, 0.25});

  Vector<double> series = Vector<double>::Zero(4), power = z;
  for (int k = 1; k <= 4; ++k) {
    power = away * power;
    series += (k % 2 == 1 ? 1.0 : -1.0) / k * power;
  }
  CHECK((flows::map_logarithm<4>(step)(z) - series).norm() < 1e-14);

  // Along an eigenvector the true field is log(r) z; what the series leaves out is at most |r - 1|^(n + 1) / ((n + 1) r).
  for (const Index i : {0, 1}) {
    const double s = 1 + beta - h * lambda[i], root = std::sqrt(s * s - 4 * beta);
    for (const double r : {(s + root) / 2, (s - root) / 2}) {
      Vector<double> mode = Vector<double>::Zero(4);  // v = (1 - 1/r) theta
      mode[i] = 1;
      mode[2 + i] = 1 - 1 / r;
      REQUIRE((step(mode) - r * mode).norm() < 1e-14);
      const auto miss = [&](const auto& field) { return (field(mode) - std::log(r) * mode).norm() / mode.norm(); };
      const double x = std::abs(r - 1);
      CHECK(miss(flows::map_logarithm<2>(step)) <= std::pow(x, 3) / (3 * r) + 1e-13);
      CHECK(miss(flows::map_logarithm<8>(step)) <= std::pow(x, 9) / (9 * r) + 1e-13);
      CHECK(miss(flows::map_logarithm<2>(step)) >= std::pow(x, 3) / 3 - 1e-13);
    }
  }
}

TEST_CASE("Adam's step is the same map at every step: its bias correction is in the state", "[descent][step]") {
  const auto problem = differentiable(Rosenbrock{}, 2);
  const Adam optimiser{.learning_rate = 1e-2};
  const auto early = descent::step(problem, optimiser), late = descent::step(problem, optimiser, 1000);
  Vector<double> z = early.start(vector({-0.5, 0.75}));
  for (int t = 0; t < 10; ++t) z = early(z);
  CHECK(late(z) == early(z));
  CHECK(z[6] == Approx(std::pow(0.9, 10)));
  // Smooth: the slope along a direction is the same from either side.
  const Vector<double> v = vector({1, -1, 0.5, 0.25, 2, 1, 0.1, -0.01});
  const auto slope = [&](double d) { return Vector<double>((early(z + d * v) - early(z)) / d); };
  CHECK((slope(1e-6) - slope(-1e-6)).norm() < 1e-4 * slope(1e-6).norm());
}

TEST_CASE("Velocity goes on where the gradient is zero; memory fades at rest too", "[descent][step]") {
  const auto heavy = descent::step(Bowl{}, Momentum{.learning_rate = 0.5, .momentum = 0.5});
  CHECK(heavy(vector({0, 0, 1, -2})) == vector({0.5, -1, 0.5, -1}));
  CHECK(heavy(vector({0, 0, 0, 0})) == vector({0, 0, 0, 0}));
  const auto adam = descent::step(Bowl{}, Adam{.second_decay = 0.5});
  CHECK(adam(vector({0, 0, 0, 0, 4, 2, 0.5, 0.5})) == vector({0, 0, 0, 0, 2, 1, 0.45, 0.25}));
  const auto decay =
      descent::step(Plane{vector({0, 0})},
                    DecoupledWeightDecay{.optimiser = GradientDescent{.learning_rate = 0.5}, .weight_decay = 0.5});
  CHECK(decay(vector({4, -8})) == vector({3, -6}));  // no gradient, and yet not at rest
}

TEST_CASE("Complex states take their velocity along; Adam has none", "[descent][step]") {
  using C = std::complex<double>;
  const auto step = descent::step(diagonal({2, 5}), Momentum{.learning_rate = 0.3, .momentum = 0.6});
  STATIC_REQUIRE(Update<decltype(step), C>);
  const Matrix<C> m = heavy_ball_matrix(vector({2, 5}), 0.3, 0.6).cast<C>();
  Vector<C> z(4);
  z << C(1, 2), C(0, -1), C(3, 0), C(-1, 1);
  CHECK((step(z) - m * z).norm() < 1e-14);
  CHECK(step.parameters(z) == z.head(2));
  const Vector<C> theta = z.head(2);
  CHECK(step.start(theta).tail(2).isZero(0));
  STATIC_REQUIRE(!Update<decltype(descent::step(diagonal({2, 5}), Adam{})), C>);
}

TEST_CASE("A state of the wrong length says that start makes it", "[descent][step]") {
  const auto step = descent::step(Bowl{}, Momentum{.learning_rate = 0.5});
  CHECK_THROWS_WITH(step(vector({1, 2})),
                    Contains("state: was of length 2") && Contains("length 4") && Contains("start(theta)"));
  CHECK_THROWS_AS(step.parameters(vector({1, 2})), InvalidArgument);
  CHECK_THROWS_WITH(step.start(vector({1, 2, 3})), Contains("theta: was of length 3"));
  CHECK_THROWS_WITH(descent::step(Bowl{}, Momentum{.learning_rate = 0.5, .momentum = 2}), Contains("momentum: was 2"));
}

TEST_CASE("Steps with memory keep the precision of their problem", "[descent][step]") {
  const auto check = [](auto one) {
    using S = decltype(one);
    const auto step = descent::step(diagonal<S>({3}), Adam{.learning_rate = 0.25});
    const Vector<S> z = step(step.start(Vector<S>(Vector<S>::Constant(1, S(2) / S(7)))));
    using std::abs;
    CHECK(abs(z[0] - (S(2) / S(7) - S(0.25) * (S(6) / S(7)) / (S(6) / S(7) + S(1e-8)))) < S(8) * epsilon<S>());
  };
  check(1.0F);
  check(1.0L);
}
