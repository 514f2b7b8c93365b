// No allocation in steady state: every layer, every loss, and the problems that networks make.

#include <drift/data/minibatches.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/train.hpp>
#include <drift/losses/huber.hpp>
#include <drift/losses/linear.hpp>
#include <drift/losses/logistic.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/input_gradient_norm.hpp>
#include <drift/nn/supervised.hpp>
#include <drift/regularisers/gradient_norm.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include "support/allocations.hpp"

using namespace drift;

TEST_CASE("an expansion of a network allocates nothing after its first use", "[nn][allocations]") {
  if (DRIFT_TEST_OWN_MALLOC == 0) {
    SUCCEED("allocations cannot be counted in this build");
    return;
  }
  const Matrix<double> images = Random(2).normal_matrix(150, 72);
  Matrix<double> targets = Random(3).uniform_matrix(150, 3);
  targets.array().colwise() /= targets.array().rowwise().sum().eval();  // probabilities, which cross-entropy asks for
  const auto net =
      nn::sequential(nn::image(2, 6, 6), nn::conv2d(3, {.padding = 1}), nn::gelu(), nn::average_pooling(),
                     nn::residual(nn::conv2d(3, {.kernel = 1}), nn::tanh()), nn::max_pooling({.size = 2, .stride = 1}),
                     nn::flatten(), nn::dropout(0.2, Random(5)), nn::chain(nn::dense(12, 4), nn::leaky_relu()),
                     nn::softplus(), nn::logistic(), nn::dense(4, 3));
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4));
  expect_none("cross-entropy", nn::supervised(net, losses::softmax_cross_entropy(), images, targets), theta);
  expect_none("squared error", nn::supervised(net, losses::squared_error(), images, targets), theta);
  expect_none("logistic", nn::supervised(net, losses::logistic(), images, targets), theta);
  expect_none("Huber", nn::supervised(net, losses::huber(), images, targets), theta);
  expect_none("linear", nn::supervised(net, losses::linear(), images, targets), theta);
  expect_none("input gradient norm", nn::input_gradient_norm(net, images, targets), theta);

  const auto smooth =
      nn::sequential(nn::image(2, 6, 6), nn::conv2d(3, {.stride = 2}), nn::gelu(), nn::flatten(), nn::dense(12, 3));
  const Vector<double> parameters = nn::initialise(smooth, nn::glorot_normal(), Random(4));
  const auto problem = nn::supervised(smooth, losses::softmax_cross_entropy(), images, targets);
  expect_none("gradient norm", regularisers::gradient_norm(problem), parameters);
  // Complex products are Eigen's, which packs its operands on the heap once they are large.
  const auto few = nn::supervised(smooth, losses::softmax_cross_entropy(), images.topRows(3), targets.topRows(3));
  expect_none("complex", few, Vector<std::complex<double>>(parameters.cast<std::complex<double>>()));
}

TEST_CASE("training allocates nothing from its second step on", "[nn][allocations]") {
  if (DRIFT_TEST_OWN_MALLOC == 0) {
    SUCCEED("allocations cannot be counted in this build");
    return;
  }
  const auto net = nn::sequential(nn::dense(20, 16), nn::tanh(), nn::dense(16, 3));
  const Matrix<double> inputs = Random(2).normal_matrix(150, 20);
  const std::vector<int> labels(150, 1);
  const auto fit = nn::supervised(net, losses::softmax_cross_entropy(), inputs, labels);
  const auto batches = data::minibatches(150, {.batch_size = 30}, Random(3));
  const auto count_of = [&](const auto& optimiser) {
    long at_second = 0, at_last = 0;
    const auto count = [&](const descent::Iteration<>& at) {
      if (at.iteration == 2) at_second = allocations.load();
      if (at.iteration == 20) at_last = allocations.load();
    };
    train(fit, descent::run_state(nn::initialise(net, nn::glorot_normal(), Random(4)), optimiser, batches),
          {.iterations = 20}, count);
    return at_last - at_second;
  };
  CHECK(count_of(Adam{.learning_rate = 1e-3}) == 0);
  CHECK(count_of(GradientDescent{.learning_rate = DriftAdjusted{}}) == 0);
}
