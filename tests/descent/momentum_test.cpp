#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/point.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/integrate/integrate.hpp>
#include <drift/losses/cosine.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/rate_list.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <vector>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;
using Catch::Matchers::Contains;

namespace {

/// The states of a run, the start included.
template <class P, class O>
std::vector<Vector<double>> path(const P& problem, const Vector<double>& start, const O& optimiser, Index steps) {
  std::vector<Vector<double>> states{start};
  minimise(problem, start, optimiser, {.iterations = steps},
           [&](const descent::Iteration<>& at) { states.push_back(at.state); });
  return states;
}

double order(double at_h, double at_half_h) { return std::log2(at_h / at_half_h); }

}  // namespace

TEST_CASE("Momentum deduces its rate, and refuses settings out of their bounds by name", "[descent][momentum]") {
  STATIC_REQUIRE(std::is_same_v<decltype(Momentum{.learning_rate = 0.1F}), Momentum<float>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Momentum{.learning_rate = DriftAdjusted{}}), Momentum<DriftAdjusted>>);
  STATIC_REQUIRE(descent::Optimiser<Momentum<>, GradientPoint<Bowl>>);
  STATIC_REQUIRE(!descent::Optimiser<Momentum<DriftAdjusted>, GradientPoint<Bowl>>);
  CHECK_NOTHROW(Momentum{.learning_rate = 0.1, .momentum = 0}.validate());
  CHECK_THROWS_WITH(Momentum{.learning_rate = 0.0}.validate(), Contains("learning_rate: was 0"));
  for (const double bad : {-0.1, 1.0, std::nan("")}) {
    CHECK_THROWS_WITH((Momentum{.learning_rate = 0.1, .momentum = bad}.validate()), Contains("momentum: was"));
    CHECK_THROWS_WITH((Momentum{.learning_rate = 0.1, .dampening = bad}.validate()), Contains("dampening: was"));
  }
}

TEST_CASE("Without momentum it is gradient descent, bit for bit", "[descent][momentum]") {
  const auto problem = differentiable(Rosenbrock{}, 2);
  const auto heavy = path(problem, vector({-0.5, 0.75}), Momentum{.learning_rate = 1e-3, .momentum = 0}, 50);
  const auto plain = path(problem, vector({-0.5, 0.75}), GradientDescent{.learning_rate = 1e-3}, 50);
  CHECK(heavy == plain);
}

TEST_CASE("On a quadratic each component is a sum of powers of the two roots, real or complex", "[descent][momentum]") {
  using C = std::complex<double>;
  const double h = 0.1, beta = 0.5;
  const Vector<double> lambda = vector({0.2, 3, 25, -1});  // slow; oscillating; negative roots; growing
  const auto states =
      path(diagonal({0.2, 3, 25, -1}), vector({1, 1, 1, 1}), Momentum{.learning_rate = h, .momentum = beta}, 30);
  for (Index i = 0; i < lambda.size(); ++i) {
    const double x = h * lambda[i], s = 1 + beta - x;
    const C root = std::sqrt(C(s * s - 4 * beta)), r1 = (s + root) / 2.0, r2 = (s - root) / 2.0;
    const C a = ((1 - x) - r2) / (r1 - r2);  // theta_0 = 1, theta_1 = 1 - x
    for (const int t : {2, 7, 30}) {
      const C expected = a * std::pow(r1, t) + (1.0 - a) * std::pow(r2, t);
      CHECK(states[static_cast<std::size_t>(t)][i] == Approx(expected.real()).epsilon(1e-11).margin(1e-14));
    }
  }
}

TEST_CASE("The edge of stability of the heavy ball is h lambda = 2 (1 + beta)", "[descent][momentum]") {
  const auto size_after = [](double h_lambda, double beta) {
    return minimise(diagonal({1}), vector({1}), Momentum{.learning_rate = h_lambda, .momentum = beta},
                    {.iterations = 2000})
        .state.norm();
  };
  for (const double beta : {0.25, 0.9}) {
    const double edge = 2 * (1 + beta);
    CHECK(size_after(edge * 0.99, beta) < 1e-3);
    CHECK(size_after(edge * 1.01, beta) > 1e3);
    // At the edge the roots are -1 and -beta: what is left once (-beta)^t is gone neither grows nor shrinks.
    CHECK(size_after(edge, beta) == Approx(std::abs((1 - edge + beta) / (1 - beta))).epsilon(1e-9));
  }
}

TEST_CASE("After the transients a component shrinks by the slow root, and by the modified loss' rate at small h",
          "[descent][momentum]") {
  const double beta = 0.5, lambda = 1;
  const auto slow_rate = [&](double h) {  // -log of the factor per step, over h
    const auto states = path(diagonal({lambda}), vector({1}), Momentum{.learning_rate = h, .momentum = beta}, 80);
    const double factor = states[80][0] / states[79][0], s = 1 + beta - h * lambda;
    CHECK(factor == Approx((s + std::sqrt(s * s - 4 * beta)) / 2).epsilon(1e-12));
    return -std::log(factor) / h;
  };
  const double drift_coefficient = (1 + beta) / (2 * std::pow(1 - beta, 3));
  const auto deviation = [&](double h) {  // of the drift per h from its coefficient: O(h)
    return (slow_rate(h) - lambda / (1 - beta)) / (h * lambda * lambda) - drift_coefficient;
  };
  const double coarse = deviation(1.0 / 512), fine = deviation(1.0 / 1024);
  CHECK(std::abs(fine) < 0.05 * drift_coefficient);
  CHECK(order(coarse, fine) == Approx(1).margin(0.05));
}

TEST_CASE("After the transients it follows the flow of E + h (1 + beta) / (4 (1 - beta)^2) |g|^2 to second order",
          "[descent][momentum]") {
  const double beta = 0.5;
  const auto problem = losses::cosine(1);
  const auto misses = [&](double h) {  // after one unit of the method's time, without and with the correction
    const auto transient = static_cast<std::size_t>(40), steps = static_cast<std::size_t>(std::lround(1 / h));
    const auto states = path(problem, vector({2}), Momentum{.learning_rate = h, .momentum = beta},
                             static_cast<Index>(transient + steps));
    const auto miss = [&](double coefficient) {
      const auto field = [&](const Vector<double>& x) -> Vector<double> {
        const Vector<double> g = problem.gradient(x);
        return -g / (1 - beta) - coefficient * hessian_vector_product(problem, x, g);
      };
      const auto end =
          integrate(field, states[transient], 1.0, {.relative_tolerance = 1e-11, .absolute_tolerance = 1e-13});
      return (end.state - states[transient + steps]).norm();
    };
    return std::pair(miss(0), miss(h * (1 + beta) / (2 * std::pow(1 - beta, 3))));
  };
  const auto [plain, corrected] = misses(1.0 / 512);
  const auto [plain_finer, corrected_finer] = misses(1.0 / 1024);
  CAPTURE(plain, corrected, plain_finer, corrected_finer);
  CHECK(order(plain, plain_finer) == Approx(1).margin(0.15));
  CHECK(order(corrected, corrected_finer) == Approx(2).margin(0.15));
  CHECK(corrected_finer < plain_finer / 50);
}

TEST_CASE("On a slope the velocity gathers to h (1 - dampening) / (1 - beta) times the gradient",
          "[descent][momentum]") {
  const auto slope = Plane{vector({3, -4})};
  const auto last_step = [&](const auto& optimiser) {
    const auto states = path(slope, vector({0, 0}), optimiser, 200);
    return Vector<double>(states[200] - states[199]);
  };
  const Vector<double> g = vector({3, -4});
  CHECK((last_step(Momentum{.learning_rate = 0.1, .momentum = 0.75}) + 0.4 * g).norm() < 1e-12);
  CHECK((last_step(Momentum{.learning_rate = 0.1, .momentum = 0.75, .dampening = 0.5}) + 0.2 * g).norm() < 1e-12);
  CHECK((last_step(Momentum{.learning_rate = 0.1, .momentum = 0.75, .dampening = 0.75}) + 0.1 * g).norm() < 1e-12);
}

TEST_CASE("A rate that changes leaves the velocity gathered so far alone", "[descent][momentum]") {
  const auto states =
      path(Plane{vector({1})}, vector({0}), Momentum{.learning_rate = RateList{{1, 1e-30}}, .momentum = 0.5}, 3);
  CHECK(states[1][0] == -1);
  CHECK(states[2][0] == -1.5);
  CHECK(states[3][0] == -1.75);
}

TEST_CASE("Along the top eigenvector a drift-adjusted rate is 2 / lambda, where only momentum converges",
          "[descent][momentum][dal]") {
  const auto problem = diagonal({4, 1});
  std::vector<double> rates;
  const auto heavy = minimise(problem, vector({1, 0}), Momentum{.learning_rate = DriftAdjusted{}, .momentum = 0.6},
                              {.iterations = 100}, [&](const descent::Iteration<>& at) { rates.push_back(at.rate); });
  CHECK(rates == std::vector<double>(100, 0.5));
  CHECK(heavy.state.norm() < 10 * std::pow(0.6, 50));  // |root| = sqrt(beta)
  const auto plain =
      minimise(problem, vector({1, 0}), GradientDescent{.learning_rate = DriftAdjusted{}}, {.iterations = 100});
  CHECK(plain.state == vector({1, 0}));
  const auto capped =
      minimise(problem, vector({1, 1}), Momentum{.learning_rate = DriftAdjusted{.cap = 0.7}, .momentum = 0.5},
               {.iterations = 300});
  CHECK(capped.value < 1e-12);  // 0.7 < 2 (1 + beta) / 4, though above 2 / 4
}

TEST_CASE(
    "Without a cap a drift-adjusted rate settles just below the heavy ball's edge of stability, and the run converges",
    "[descent][momentum][dal]") {
  for (const double beta : {0.3, 0.5, 0.9}) {
    const double edge = 2 * (1 + beta) / 100;
    std::vector<double> values;
    minimise(diagonal({100, 1, 0.01}), vector({1, 1, 1}), Momentum{.learning_rate = DriftAdjusted{}, .momentum = beta},
             {.iterations = 8000}, [&](const descent::Iteration<>& at) {
               values.push_back(at.value);
               if (at.iteration <= 7000) return;
               REQUIRE(at.rate < edge);
               REQUIRE(at.rate > 0.999 * edge);
             });
    CHECK(values.back() < values[4000] / 4);
    CHECK(values.back() < 1e-4);
  }
}

TEST_CASE("A ball that rolls through a zero gradient is not at rest", "[descent][momentum]") {
  const Momentum optimiser{.learning_rate = 1.0, .momentum = 0.5};
  const auto run = minimise(diagonal({1}), vector({1}), optimiser, {.iterations = 1});
  CHECK(run.state[0] == 0);  // h lambda = 1
  CHECK(!optimiser.at_rest(run.run_state.memory));
  const auto on = minimise(diagonal({1}), run.run_state, {.iterations = 2});
  CHECK(on.status == Status::reached_end);
  CHECK(on.state[0] == -0.5);
  CHECK(minimise(diagonal({1}), vector({0}), optimiser).status == Status::stationary);
}
