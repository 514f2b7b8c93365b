// What StagedNetwork can do beyond supervised(): derivatives with respect to the input, and mixed ones. The parameter gradient
// of |grad_x f|^2 is what input-gradient penalties are made of; here it is shown by the mechanism that they will use.
#include <catch2/catch.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>
#include <drift/core/random.hpp>
#include <drift/nn/forward.hpp>

#include <cmath>

using namespace drift;
using calculus::Series;

namespace {

// A 2-3-1 tanh network as a callable of (theta, x) stacked, flat order as in nn.
struct Stacked {
  template <class T>
  T operator()(const Vector<T>& v) const {
    T out = v[12];
    for (Index j = 0; j < 3; ++j) out += v[9 + j] * tanh(v[2 * j] * v[13] + v[2 * j + 1] * v[14] + v[6 + j]);
    return out;
  }
};

const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 1));

struct Gradients {
  Vector<double> parameters;
  Vector<double> input;
};

// f's gradients with respect to parameters and input at one example.
Gradients gradients(nn::StagedNetwork<std::decay_t<decltype(net)>, double>& network,
                    const nn::ParameterSeries<double>& parameters, Series<double>& input_adjoint,
                    const calculus::Stage& stage) {
  network.advance(stage, parameters);
  network.output_adjoint().mark(stage.number, stage.number > 0);
  if (stage.number == 0) network.output_adjoint()[0].setOnes();
  Gradients result{Vector<double>::Zero(13), Vector<double>::Zero(2)};
  network.pull_back(stage, parameters, result.parameters, &input_adjoint);
  if (!input_adjoint.is_zero(stage.number)) result.input = input_adjoint[stage.number].matrix();
  return result;
}

}  // namespace

TEST_CASE("a network's gradients with respect to parameters and input match those of the written-out function",
          "[nn]") {
  Random random(5);
  const Vector<double> theta = random.normal_vector<double>(13);
  const Vector<double> x = random.normal_vector<double>(2);
  Vector<double> stacked(15);
  stacked << theta, x;
  const Vector<double> expected = gradient(differentiable(Stacked{}, 15), stacked);

  nn::StagedNetwork<std::decay_t<decltype(net)>, double> network(net, {.rows = 1});
  nn::ParameterSeries<double> parameters(net);
  parameters.bind(0, theta, false);
  network.input().bind(0, x.data());
  Series<double> input_adjoint(1, 2);
  const Gradients g = gradients(network, parameters, input_adjoint, calculus::first_stage);
  CHECK((g.parameters - expected.head(13)).norm() < 1e-14 * expected.norm());
  CHECK((g.input - expected.tail(2)).norm() < 1e-14 * expected.norm());
}

TEST_CASE("the parameter gradient of |grad_x f|^2 is the e-part of the parameter gradient at x + e grad_x f", "[nn]") {
  Random random(6);
  const Vector<double> theta = random.normal_vector<double>(13);
  const Vector<double> x = random.normal_vector<double>(2);

  // One infinitesimal e beside t: stage 1 is e. The parameters do not move, the input moves by its own gradient.
  calculus::Stages stages(1);
  nn::StagedNetwork<std::decay_t<decltype(net)>, double> network(net, {.rows = 1});
  nn::ParameterSeries<double> parameters(net);
  parameters.bind(0, theta, false);
  network.input().bind(0, x.data());
  Series<double> input_adjoint(1, 2);
  const Vector<double> w = gradients(network, parameters, input_adjoint, stages[0]).input;
  parameters.bind(1, theta, true);
  network.input().bind(1, w.data());
  const Vector<double> penalty_gradient = 2 * gradients(network, parameters, input_adjoint, stages[1]).parameters;

  // Independent: the written-out function's mixed second derivatives, H_(theta, x) grad_x f.
  Vector<double> stacked(15), direction = Vector<double>::Zero(15);
  stacked << theta, x;
  const auto written_out = differentiable(Stacked{}, 15);
  direction.tail(2) = gradient(written_out, stacked).tail(2);
  const Vector<double> expected = 2 * hessian_vector_product(written_out, stacked, direction).head(13);
  CHECK((penalty_gradient - expected).norm() < 1e-14 * expected.norm());

  // And against differences of the penalty itself.
  const auto penalty = [&](const Vector<double>& t) {
    Vector<double> point(15);
    point << t, x;
    return gradient(written_out, point).tail(2).squaredNorm();
  };
  for (Index i = 0; i < 13; ++i) {
    Vector<double> step = Vector<double>::Zero(13);
    step[i] = 1e-5;
    CHECK(penalty_gradient[i] ==
          Approx((penalty(theta + step) - penalty(theta - step)) / 2e-5).epsilon(1e-6).margin(1e-8));
  }
}
