#include <drift/descent/train.hpp>

#include <catch2/catch.hpp>

#include <drift/calculus/algebra.hpp>
#include <drift/calculus/derivatives.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/history.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/nn/activation.hpp>
#include <drift/nn/dense.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/supervised.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include "problems.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace drift;
using Catch::Matchers::Contains;

namespace {

/// The mean over rows of `points` of |theta - row|^2 / 2: batches pull towards their centre. A user's own FiniteSum.
struct Centre {
  using Scalar = double;
  Matrix<double> points;

  Index dimension() const { return points.cols(); }
  Index examples() const { return points.rows(); }
  double value(const Vector<double>& theta) const {
    return (points.rowwise() - theta.transpose()).squaredNorm() / 2 / static_cast<double>(points.rows());
  }
  Vector<double> gradient(const Vector<double>& theta) const { return theta - points.colwise().mean().transpose(); }
  Centre batch(const std::vector<Index>& examples) const {
    Centre some{Matrix<double>(static_cast<Index>(examples.size()), points.cols())};
    for (std::size_t i = 0; i < examples.size(); ++i) some.points.row(static_cast<Index>(i)) = points.row(examples[i]);
    return some;
  }
};
static_assert(FiniteSum<Centre>);

/// The examples in turn, `size` at a time.
struct InTurn {
  Index examples;
  Index size;
  Index drawn = 0;
  std::vector<Index> batch = {};

  const std::vector<Index>& next() {
    batch.resize(static_cast<std::size_t>(size));
    for (Index& i : batch) i = drawn++ % examples;
    return batch;
  }
};
static_assert(BatchStream<InTurn>);

/// A sum without the workspace that batches share: the generic road.
template <class Sum>
struct WithoutWorkspace {
  using Scalar = double;
  Sum sum;
  Index dimension() const { return sum.dimension(); }
  Index examples() const { return sum.examples(); }
  Sum batch(const std::vector<Index>& examples) const { return sum.batch(examples); }
};

Matrix<double> points() {
  Matrix<double> rows(4, 2);
  rows << 1, 0, 0, 1, -1, 3, 2, 2;
  return rows;
}

auto network(int threads = 1, Index examples = 50) {
  const auto net = nn::sequential(nn::dense(3, 8), nn::tanh(), nn::dense(8, 4));
  const Matrix<double> inputs = Random(4).normal_matrix(examples, 3);
  std::vector<int> labels;
  for (Index i = 0; i < examples; ++i) labels.push_back(static_cast<int>(i % 4));
  return nn::supervised(net, losses::softmax_cross_entropy(), inputs, labels, {.threads = threads});
}
template <class Fit>
Vector<double> start_of(const Fit& fit) {
  return nn::initialise(fit.network(), nn::glorot_normal(), Random(5));
}

}  // namespace

TEST_CASE("Each step of train is a step of the optimiser on the stream's next batch", "[descent][train]") {
  const Centre sum{points()};
  const Vector<double> start = Vector<double>::Constant(2, 5);
  const double h = 0.25;
  std::vector<double> values;
  const auto run = train(sum, descent::run_state(start, GradientDescent{.learning_rate = h}, InTurn{4, 3}),
                         {.iterations = 5}, [&](const descent::Iteration<>& at) { values.push_back(at.value); });
  // theta' = (1 - h) theta + h times the batch's centre; batches 012, 301, 230, 123, 012.
  const std::vector<std::vector<int>> batches = {{0, 1, 2}, {3, 0, 1}, {2, 3, 0}, {1, 2, 3}, {0, 1, 2}};
  Vector<double> theta = start;
  for (std::size_t k = 0; k < batches.size(); ++k) {
    Vector<double> centre = Vector<double>::Zero(2);
    double value = 0;
    for (const int i : batches[k]) {
      centre += points().row(i).transpose() / 3;
      value += (theta - points().row(i).transpose()).squaredNorm() / 6;
    }
    CHECK(values[k] == Approx(value));
    theta = (1 - h) * theta + h * centre;
  }
  CHECK((run.state - theta).norm() < 1e-14);
  CHECK(run.status == Status::reached_end);
  CHECK(run.iterations == 5);
  CHECK(run.evaluations == 5);
  CHECK(run.rate == h);
  CHECK(run.run_state.stream.drawn == 15);
}

TEST_CASE("With the whole set as its batch, train makes the steps of minimise", "[descent][train]") {
  const auto fit = network();
  const Vector<double> start = start_of(fit);
  const GradientDescent optimiser{.learning_rate = 0.3};
  const auto trained = train(fit, descent::run_state(start, optimiser, InTurn{50, 50}), {.iterations = 20});
  const auto minimised = minimise(fit, start, optimiser, {.iterations = 20});
  CHECK(trained.state == minimised.state);
}

TEST_CASE("Batches that share a workspace give the bits of batches that do not, also of changing size",
          "[descent][train]") {
  struct Uneven : InTurn {
    const std::vector<Index>& next() {
      size = 3 + drawn % 5;
      return InTurn::next();
    }
  };
  const auto fit = network();
  const Vector<double> start = start_of(fit);
  const GradientDescent optimiser{.learning_rate = DriftAdjusted{.power = 0.5}};
  const auto shared = train(fit, descent::run_state(start, optimiser, Uneven{{50, 3}}), {.iterations = 30});
  const auto apart = train(WithoutWorkspace<decltype(fit)>{fit}, descent::run_state(start, optimiser, Uneven{{50, 3}}),
                           {.iterations = 30});
  CHECK(shared.status == Status::reached_end);
  CHECK(shared.state == apart.state);
  CHECK(shared.rate == apart.rate);
}

TEST_CASE("A drift-adjusted rate is that of the step's own batch", "[descent][train]") {
  const auto fit = network();
  std::vector<double> rates;
  std::vector<Vector<double>> states = {start_of(fit)};
  train(fit, descent::run_state(states[0], GradientDescent{.learning_rate = DriftAdjusted{}}, InTurn{50, 8}),
        {.iterations = 6}, [&](const descent::Iteration<>& at) {
          rates.push_back(at.rate);
          states.push_back(at.state);
        });
  InTurn stream{50, 8};
  for (std::size_t k = 0; k < 6; ++k) {
    const auto batch = fit.batch(stream.next());
    const Vector<double> g = gradient(batch, states[k]);
    CHECK(rates[k] == Approx(2 * g.norm() / hessian_vector_product(batch, states[k], g).norm()));
  }
}

TEST_CASE("A run that goes on has the bits of one that never stopped, wherever it was interrupted",
          "[descent][train]") {
  const auto fit = network();
  const auto start =
      descent::run_state(start_of(fit), GradientDescent{.learning_rate = DriftAdjusted{.cap = 0.5}}, InTurn{50, 7});
  const auto whole = train(fit, start, {.iterations = 40});
  for (const Index interruption : {0, 1, 17, 39, 40}) {
    const auto part = train(fit, start, {.iterations = interruption});
    const auto resumed = train(fit, part.run_state, {.iterations = 40});
    CHECK(resumed.state == whole.state);
    CHECK(resumed.iterations == 40);
  }
}

TEST_CASE("One and two threads give the same history, bit for bit", "[descent][train]") {
  const auto history_of = [](int threads) {
    const auto fit = network(threads, 8000);  // enough work for two threads
    descent::History<> history;
    train(fit, descent::run_state(start_of(fit), GradientDescent{.learning_rate = 0.3}, InTurn{8000, 6000}),
          {.iterations = 10}, history);
    return history.table();
  };
  const Matrix<double> one = history_of(1);
  CHECK(one.rows() == 10);
  CHECK(one == history_of(2));
}

TEST_CASE("A finite sum with a penalty trains on the batch's loss and the whole penalty", "[descent][train]") {
  const auto fit = network();
  const auto penalty = losses::quadratic(Matrix<double>(Matrix<double>::Identity(fit.dimension(), fit.dimension())));
  const auto sum = fit + 0.25 * penalty;
  static_assert(FiniteSum<decltype(sum)>);
  static_assert(!FiniteSum<decltype(2.0 * penalty)>);
  CHECK(sum.examples() == 50);
  const Vector<double> start = start_of(fit);
  const double h = 0.1;
  const auto run =
      train(sum, descent::run_state(start, GradientDescent{.learning_rate = h}, InTurn{50, 8}), {.iterations = 3});
  Vector<double> theta = start;
  InTurn stream{50, 8};
  for (int k = 0; k < 3; ++k) {
    const Vector<double> g = gradient(fit.batch(stream.next()), theta) + 0.25 * gradient(penalty, theta);
    theta -= h * g;
  }
  CHECK((run.state - theta).norm() < 1e-14 * theta.norm());
  CHECK_THROWS_WITH((fit + network(1, 40)).batch({1}), Contains("examples of a finite sum that is added: was 40"));
}

TEST_CASE("How a training run can end", "[descent][train]") {
  const Centre sum{points()};
  const auto start = [](double x, double h = 0.5) {
    return descent::run_state(Vector<double>::Constant(2, x), GradientDescent{.learning_rate = h}, InTurn{4, 2});
  };
  SECTION("diverged") {
    const auto run = train(sum, start(1, 4), {.divergence_radius = 100});
    CHECK(run.status == Status::diverged);
    CHECK(run.state.allFinite());
    CHECK(run.state.norm() > 100);
    CHECK(train(sum, start(1e3), {.divergence_radius = 100}).status == Status::diverged);
    CHECK(train(sum, start(1e3), {.divergence_radius = 100}).iterations == 0);
  }
  SECTION("non-finite, with the state before the step") {
    Matrix<double> with_nan = points();
    with_nan(3, 0) = std::numeric_limits<double>::quiet_NaN();
    const auto run = train(Centre{with_nan}, start(1));
    CHECK(run.status == Status::non_finite);
    CHECK(run.iterations == 1);  // batch 23 is the second
    CHECK(run.state.allFinite());
    CHECK(train(sum, start(std::numeric_limits<double>::infinity())).status == Status::non_finite);
  }
  SECTION("stopped by an observer, or by one that failed") {
    const auto stop_at_3 = [](const descent::Iteration<>& at) {
      return at.iteration == 3 ? Next::stop : Next::proceed;
    };
    const auto fail_at_2 = [](const descent::Iteration<>& at) {
      if (at.iteration == 2) throw std::runtime_error("disk full");
    };
    CHECK(train(sum, start(1), {}, stop_at_3).status == Status::stopped_by_observer);
    CHECK(train(sum, start(1), {}, stop_at_3).iterations == 3);
    const auto failed = train(sum, start(1), {}, fail_at_2, stop_at_3);
    CHECK(failed.status == Status::observer_failed);
    CHECK(failed.failure == "disk full");
    CHECK(failed.iterations == 2);
    const auto resumed = train(sum, failed.run_state, {.iterations = 10});
    CHECK(resumed.state == train(sum, start(1), {.iterations = 10}).state);
  }
  SECTION("no iterations") {
    const auto run = train(sum, start(1), {.iterations = 0});
    CHECK(run.status == Status::reached_end);
    CHECK(run.evaluations == 0);
    CHECK(run.state == Vector<double>::Constant(2, 1));
    CHECK(std::isnan(run.value));
  }
}

TEST_CASE("A batch without a gradient moves nothing, and the step counts", "[descent][train]") {
  Matrix<double> rows(2, 1);
  rows << 3, 5;
  std::vector<double> states, rates;
  train(Centre{rows},
        descent::run_state(Vector<double>::Constant(1, 3.0), GradientDescent{.learning_rate = 0.5}, InTurn{2, 1}),
        {.iterations = 2}, [&](const descent::Iteration<>& at) {
          states.push_back(at.state[0]);
          rates.push_back(at.rate);
        });
  CHECK(states == std::vector<double>{3, 4});
  CHECK(rates == std::vector<double>{0, 0.5});
}

TEST_CASE("Misuse of train names what is wrong", "[descent][train]") {
  const Centre sum{points()};
  const auto start =
      descent::run_state(Vector<double>::Constant(3, 1.0), GradientDescent{.learning_rate = 0.5}, InTurn{4, 2});
  CHECK_THROWS_WITH(train(sum, start), Contains("parameters") && Contains("length 3") && Contains("length 2"));
  auto good = descent::run_state(Vector<double>::Constant(2, 1.0), GradientDescent{.learning_rate = 0.5}, InTurn{4, 2});
  CHECK_THROWS_WITH(train(sum, good, {.iterations = -1}), Contains("iterations: was -1"));
  CHECK_THROWS_WITH(train(sum, good, {.divergence_radius = 0}), Contains("divergence_radius: was 0"));
  good.optimiser.learning_rate = -1;
  CHECK_THROWS_WITH(train(sum, good), Contains("learning_rate: was -1"));
  const auto fit = network();
  const auto beyond = descent::run_state(start_of(fit), GradientDescent{.learning_rate = 0.5}, InTurn{51, 51});
  CHECK_THROWS_WITH(train(fit, beyond), Contains("batch: was 50") && Contains("0 to 49"));
  const auto empty = descent::run_state(start_of(fit), GradientDescent{.learning_rate = 0.5}, InTurn{50, 0});
  CHECK_THROWS_WITH(train(fit, empty), Contains("batch: was empty"));
}
