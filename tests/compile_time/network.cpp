// A researcher's usual unit: a network of three layers, expansions to third order, a run of gradient descent.
#include <drift/drift.hpp>

using namespace drift;

double study(const Matrix<double>& x, const std::vector<int>& labels) {
  const auto net = nn::sequential(nn::dense(64, 100), nn::tanh(), nn::dense(100, 100), nn::tanh(), nn::dense(100, 10));
  const auto fit = nn::supervised(net, losses::softmax_cross_entropy(), x, labels);
  const Vector<double> start = nn::initialise(net, nn::glorot_normal(), Random(0));
  auto e = expand(fit, start);
  const Vector<double> product = e.push(e.gradient());
  const Vector<double> third = e.push_zero();
  const Vector<double> next = e.push(product);
  const auto run = minimise(fit, start, GradientDescent{.learning_rate = 0.1}, {.iterations = 100});
  return third.dot(next) + value(fit, run.state);
}
