#pragma once
// Derivatives of a network with respect to its input, example by example; J_n is the outputs x inputs Jacobian at example n.
//
//   nn::vector_jacobian_product(net, theta, X, U)          N x inputs     row n is J_n^T u_n
//   nn::jacobian_vector_product(net, theta, X, V)          N x outputs    row n is J_n v_n
//   nn::input_gradient(net, theta, X, output = 0)          N x inputs     row n is the gradient of that output
//   nn::loss_input_gradient(net, loss, theta, X, targets)  N x inputs     row n is the gradient of example n's own loss, not divided by N
//
// U: N x outputs, V: N x inputs; targets: a matrix or labels, as in nn::supervised. As nn::predict these are for looking at a network:
// layers that help training only (dropout) are off. What is to be differentiated further, in the parameters, is a Problem:
// nn/input_gradient_norm.hpp. theta may be complex where the network and the loss are holomorphic; nothing is conjugated.
//
// Cost: a forward pass and, but for jacobian_vector_product, half of one back; jacobian_vector_product two passes forward.
// Errors: sizes that do not fit: InvalidArgument.

#include <drift/losses/linear.hpp>
#include <drift/nn/supervised.hpp>

namespace drift::nn {

namespace detail {

inline void require_columns(Index columns, Index expected, std::string_view what, std::string_view of) {
  require(columns == expected, "columns of " + std::string(what), columns,
          std::to_string(expected) + ", the network's " + std::string(of));
}
inline void require_rows(Index rows, Index examples, std::string_view what) {
  require(rows == examples, "rows of " + std::string(what), rows, std::to_string(examples) + ", the rows of X");
}

/// A block's rows of a matrix in the numbers of the parameters, with rows of zeros as padding.
template <class S, class X>
Matrix<S> rows_of(const Eigen::MatrixBase<X>& data, const Block& block) {
  Matrix<S> rows = Matrix<S>::Zero(block.rows, data.cols());
  rows.topRows(block.examples) = data.middleRows(block.first, block.examples).template cast<S>();
  return rows;
}

/// visit(network, parameters, block) for the network on each block, after stage 0 forward.
template <class Net, VectorExpression Theta, class X, class Visit>
void for_each_block(const Net& net, const Theta& theta, const Eigen::MatrixBase<X>& inputs, const Visit& visit) {
  using S = ScalarOf<Theta>;
  require_size(theta, net.parameters(), "theta", "the network's parameters");
  require_columns(inputs.cols(), net.inputs(), "X", "inputs");
  const Vector<S> values = theta;
  ParameterSeries<S> parameters(net);
  parameters.bind(0, values, false);
  for (const Block& block : Cut<Real<S>>(inputs.rows()).blocks) {
    const Matrix<S> rows = rows_of<S>(inputs, block);
    StagedNetwork<Net, S> network(net, {.rows = block.rows, .first_example = block.first, .mode = Mode::evaluation});
    network.input().bind(0, rows.data());
    network.advance(calculus::first_stage, parameters);
    visit(network, parameters, block);
  }
}

}  // namespace detail

template <class Net, class Loss, VectorExpression Theta, class X, class Y>
  requires AllowsScalar<Net, Loss, ScalarOf<Theta>>
Matrix<ScalarOf<Theta>> loss_input_gradient(const Net& net, const Loss& loss, const Theta& theta,
                                            const Eigen::MatrixBase<X>& inputs, const Eigen::MatrixBase<Y>& targets) {
  using S = ScalarOf<Theta>;
  detail::require_rows(targets.rows(), inputs.rows(), "the targets");
  detail::require_columns(targets.cols(), net.outputs(), "the targets", "outputs");
  const Matrix<Real<S>> prepared = loss.prepared(Matrix<Real<S>>(targets.template cast<Real<S>>()));
  Matrix<S> gradients(inputs.rows(), inputs.cols());
  detail::for_each_block(net, theta, inputs, [&](auto& network, const auto& parameters, const Block& block) {
    typename Loss::template Operation<S> operation(loss, block.rows, net.outputs());
    operation.start(network.output(), detail::rows_of<Real<S>>(prepared, block), block.examples, Real<S>(1),
                    network.output_adjoint());
    calculus::Series<S> adjoint(block.rows, inputs.cols());
    network.pull_back_to_input(calculus::first_stage, parameters, adjoint);
    gradients.middleRows(block.first, block.examples) = adjoint.matrix(0).topRows(block.examples);
  });
  return gradients;
}

template <class Net, class Loss, VectorExpression Theta, class X>
  requires AllowsScalar<Net, Loss, ScalarOf<Theta>>
Matrix<ScalarOf<Theta>> loss_input_gradient(const Net& net, const Loss& loss, const Theta& theta,
                                            const Eigen::MatrixBase<X>& inputs, const std::vector<int>& labels) {
  const Matrix<Real<ScalarOf<Theta>>> targets = loss.template targets_of<Real<ScalarOf<Theta>>>(labels, net.outputs());
  return loss_input_gradient(net, loss, theta, inputs, targets);
}

template <class Net, VectorExpression Theta, class X, class U>
  requires AllowsScalar<Net, losses::Linear, ScalarOf<Theta>>
Matrix<ScalarOf<Theta>> vector_jacobian_product(const Net& net, const Theta& theta, const Eigen::MatrixBase<X>& inputs,
                                                const Eigen::MatrixBase<U>& vectors) {
  detail::require_rows(vectors.rows(), inputs.rows(), "U");
  detail::require_columns(vectors.cols(), net.outputs(), "U", "outputs");
  return loss_input_gradient(net, losses::linear(), theta, inputs, vectors);
}

template <class Net, VectorExpression Theta, class X>
  requires AllowsScalar<Net, losses::Linear, ScalarOf<Theta>>
Matrix<ScalarOf<Theta>> input_gradient(const Net& net, const Theta& theta, const Eigen::MatrixBase<X>& inputs,
                                       Index output = 0) {
  require(output >= 0 && output < net.outputs(), "output", output,
          "0 to " + std::to_string(net.outputs() - 1) + ", an output of the network");
  Matrix<Real<ScalarOf<Theta>>> unit = Matrix<Real<ScalarOf<Theta>>>::Zero(inputs.rows(), net.outputs());
  unit.col(output).setOnes();
  return loss_input_gradient(net, losses::linear(), theta, inputs, unit);
}

template <class Net, VectorExpression Theta, class X, class V>
  requires AllowsScalar<Net, losses::Linear, ScalarOf<Theta>>
Matrix<ScalarOf<Theta>> jacobian_vector_product(const Net& net, const Theta& theta, const Eigen::MatrixBase<X>& inputs,
                                                const Eigen::MatrixBase<V>& vectors) {
  using S = ScalarOf<Theta>;
  detail::require_rows(vectors.rows(), inputs.rows(), "V");
  detail::require_columns(vectors.cols(), net.inputs(), "V", "inputs");
  Matrix<S> products(inputs.rows(), net.outputs());
  calculus::Stages stages;
  detail::for_each_block(net, theta, inputs, [&](auto& network, auto& parameters, const Block& block) {
    const Matrix<S> direction = detail::rows_of<S>(vectors, block);
    parameters.bind_zero(1);
    network.input().bind(1, direction.data());
    network.advance(stages[1], parameters);
    if (network.output().is_zero(1)) {
      products.middleRows(block.first, block.examples).setZero();
    } else {
      products.middleRows(block.first, block.examples) = network.output().matrix(1).topRows(block.examples);
    }
  });
  return products;
}

}  // namespace drift::nn
