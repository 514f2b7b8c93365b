#pragma once
// nn::predict(net, theta, X): the network's outputs, N x outputs; nn::accuracy(net, theta, X, labels): the share of examples
// whose largest output is at their label (of equal ones the first counts). Layers that help training only (dropout) are off.
// Cost: a forward pass.

#include <drift/nn/supervised.hpp>

#include <optional>

namespace drift::nn {

template <class Net, VectorExpression Theta, class X>
  requires(Net::holomorphic || !is_complex<ScalarOf<Theta>>)
Matrix<ScalarOf<Theta>> predict(const Net& net, const Theta& theta, const Eigen::MatrixBase<X>& inputs) {
  using S = ScalarOf<Theta>;
  require_size(theta, net.parameters(), "theta", "the network's parameters");
  const Vector<S> values = theta;
  require(inputs.cols() == net.inputs(), "columns of X", inputs.cols(),
          std::to_string(net.inputs()) + ", the network's inputs");
  ParameterSeries<S> parameters(net);
  parameters.bind(0, values, false);
  Matrix<S> outputs(inputs.rows(), net.outputs());
  // Blocks of one size share a network: which examples a block holds plays no part in evaluation.
  std::optional<StagedNetwork<Net, S>> network;
  Matrix<S> rows;
  for (const Block& block : Cut<Real<S>>(inputs.rows()).blocks) {
    if (!network || rows.rows() != block.rows) {
      rows.setZero(block.rows, inputs.cols());
      network.emplace(net, Context{.rows = block.rows, .first_example = block.first, .mode = Mode::evaluation});
    }
    rows.topRows(block.examples) = inputs.middleRows(block.first, block.examples).template cast<S>();
    network->input().bind(0, rows.data());
    network->advance(calculus::first_stage, parameters);
    outputs.middleRows(block.first, block.examples) = network->output().matrix(0).topRows(block.examples);
  }
  return outputs;
}

template <class Net, VectorExpression Theta, class X>
double accuracy(const Net& net, const Theta& theta, const Eigen::MatrixBase<X>& inputs,
                const std::vector<int>& labels) {
  require(!labels.empty(), "labels", "empty", "one label for each example");
  require(static_cast<Index>(labels.size()) == inputs.rows(), "number of labels", labels.size(),
          std::to_string(inputs.rows()) + ", the rows of X");
  const Matrix<ScalarOf<Theta>> outputs = predict(net, theta, inputs);
  Index right = 0;
  for (Index i = 0; i < outputs.rows(); ++i) {
    Index best = 0;
    outputs.row(i).maxCoeff(&best);
    if (best == labels[static_cast<std::size_t>(i)]) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(outputs.rows());
}

}  // namespace drift::nn
