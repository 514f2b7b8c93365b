#pragma once
// What every schedule that looks at the loss must keep: that it works in minimise, train, checkpoints and wrapped in others.

#include <drift/core/archive.hpp>
#include <drift/core/random.hpp>
#include <drift/data/minibatches.hpp>
#include <drift/descent/checkpoint.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/descent/train.hpp>
#include <drift/schedules/choice.hpp>
#include <drift/schedules/warm_up.hpp>

#include <catch2/catch.hpp>

#include <vector>

#include "support/temporary_folder.hpp"

namespace schedules_tests {

using drift::Index;
using drift::Matrix;
using drift::Vector;

/// The mean over rows r of the inputs of (tanh(r . theta) - target)^2 / 2: a user's FiniteSum of tier 1.
struct Neuron {
  using Scalar = double;
  Matrix<double> inputs;
  Vector<double> targets;

  Index dimension() const { return inputs.cols(); }
  Index examples() const { return inputs.rows(); }
  Vector<double> outputs(const Vector<double>& theta) const { return (inputs * theta).array().tanh(); }
  double value(const Vector<double>& theta) const {
    return (outputs(theta) - targets).squaredNorm() / 2 / static_cast<double>(examples());
  }
  Vector<double> gradient(const Vector<double>& theta) const {
    const Vector<double> y = outputs(theta);
    const Vector<double> slopes = (y - targets).array() * (1 - y.array().square());
    return inputs.transpose() * slopes / static_cast<double>(examples());
  }
  Neuron batch(const std::vector<Index>& rows) const {
    Neuron some{Matrix<double>(static_cast<Index>(rows.size()), inputs.cols()),
                Vector<double>(static_cast<Index>(rows.size()))};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      some.inputs.row(static_cast<Index>(i)) = inputs.row(rows[i]);
      some.targets[static_cast<Index>(i)] = targets[rows[i]];
    }
    return some;
  }
};

/// The same with Hessian-vector products: tier 2.
struct CurvedNeuron : Neuron {
  Vector<double> hessian_vector_product(const Vector<double>& theta, const Vector<double>& v) const {
    const Vector<double> y = outputs(theta), slope = 1 - y.array().square();
    const Vector<double> curvature =
        slope.array().square() - 2 * (y - targets).array() * y.array() * slope.array();  // of each example's loss
    const Vector<double> weighted = curvature.cwiseProduct(inputs * v);
    return inputs.transpose() * weighted / static_cast<double>(examples());
  }
  CurvedNeuron batch(const std::vector<Index>& rows) const { return {Neuron::batch(rows)}; }
};

inline CurvedNeuron neuron() {
  CurvedNeuron sum;
  sum.inputs = drift::Random(21).normal_matrix(24, 4);
  sum.targets = sum.outputs(drift::Random(22).normal_vector(4));  // so that the least value is 0
  return sum;
}

inline Vector<double> start() { return Vector<double>::Constant(4, 0.25); }

/// A run that goes on from a checkpoint ends with the bits of one that was never stopped.
template <class Sum, class Rate>
void goes_on_from_a_checkpoint(const Sum& sum, const Rate& rate) {
  using namespace drift;
  const TemporaryFolder folder;
  const auto path = folder / "run.checkpoint";
  const auto check = [&](const auto& fresh, const auto& run) {
    const auto whole = run(fresh, 9);
    auto half = run(fresh, 4);
    descent::save_checkpoint(path, half.run_state);
    auto loaded = fresh;
    descent::load_checkpoint(path, loaded);
    const auto rest = run(loaded, 9);
    CHECK(whole.status == Status::reached_end);
    CHECK(same_fields(rest.run_state, whole.run_state));
    CHECK(rest.state != half.state);
  };
  const auto batches = data::minibatches(sum.examples(), {.batch_size = 8}, Random(23));
  check(descent::run_state(start(), Momentum{.learning_rate = rate, .momentum = 0.5}),
        [&](const auto& state, Index iterations) { return minimise(sum, state, {.iterations = iterations}); });
  check(descent::run_state(start(), GradientDescent{.learning_rate = rate}, batches),
        [&](const auto& state, Index iterations) { return train(sum, state, {.iterations = iterations}); });
}

/// Minibatches, checkpoints, a choice and a warm-up of it.
template <class Sum, class Rate>
void works_everywhere(const Sum& sum, const Rate& rate) {
  using namespace drift;
  goes_on_from_a_checkpoint(sum, rate);
  const auto end = [&](const auto& learning_rate) {
    return minimise(sum, start(), GradientDescent{.learning_rate = learning_rate}, {.iterations = 6}).state;
  };
  using AnyRate = ScheduleChoice<double, Rate>;
  goes_on_from_a_checkpoint(sum, AnyRate{rate});
  CHECK(end(AnyRate{rate}) == end(rate));
  CHECK(end(WarmUp<Rate>{.schedule = rate}) == end(rate));
  CHECK(end(WarmUp<Rate>{.schedule = rate, .iterations = 3}) != end(rate));
}

}  // namespace schedules_tests
