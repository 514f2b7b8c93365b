#pragma once
// nn::supervised(net, loss, X, targets): a network, a loss and a data set as a Problem in the network's flat parameters.
//
//     E(theta) = (1/N) sum over examples of loss(net(x; theta), y)
//
//     auto fit = nn::supervised(net, losses::softmax_cross_entropy(), X, labels);
//
// X: N x inputs (examples are rows). Targets: std::vector<int> labels 0 .. outputs - 1, or an N x outputs matrix. The number
// type is X's. Data are copied once and shared by all copies of the problem.
//
// Gives: tiers 1 to 4, nestable. Reductions over examples run over fixed blocks of examples_per_block in their order, so that
// results do not depend on how the work is shared out. Costs of derivatives, in gradients: see README.
// Errors: an empty data set, widths or lengths that do not fit, labels out of range: InvalidArgument.

#include <drift/calculus/expansion.hpp>
#include <drift/nn/forward.hpp>

#include <memory>

namespace drift::nn {

/// How many examples run through the network together: few enough that a block of all layers stays in the cache, many enough
/// that the matrix products are efficient.
inline constexpr Index examples_per_block = 128;

/// A data set cut into blocks of rows.
template <class T>
struct Blocks {
  std::vector<Matrix<T>> inputs;
  std::vector<Matrix<T>> targets;
  Index examples = 0;
};

template <class T>
Blocks<T> cut_into_blocks(const Matrix<T>& inputs, const Matrix<T>& targets) {
  Blocks<T> blocks;
  blocks.examples = inputs.rows();
  for (Index first = 0; first < inputs.rows(); first += examples_per_block) {
    const Index rows = std::min(examples_per_block, inputs.rows() - first);
    blocks.inputs.push_back(inputs.middleRows(first, rows));
    blocks.targets.push_back(targets.middleRows(first, rows));
  }
  return blocks;
}

/// The program of a supervised problem at states of scalar S (calculus/expansion.hpp).
template <class Net, class Loss, class S>
class SupervisedProgram {
 public:
  using Scalar = S;

  SupervisedProgram(const Net& net, std::shared_ptr<const Blocks<Real<S>>> data)
      : data_(std::move(data)), parameters_(net), dimension_(net.parameters()) {
    for (const auto& inputs : data_->inputs) {
      networks_.emplace_back(net, inputs.rows());
      losses_.emplace_back(inputs.rows(), net.outputs());
      if constexpr (is_complex<S>) {
        complex_inputs_.push_back(inputs.template cast<S>());
        networks_.back().input().bind(0, complex_inputs_.back().data());
      } else {
        networks_.back().input().bind(0, inputs.data());
      }
    }
  }

  Index dimension() const { return dimension_; }

  S start(const Vector<S>& theta, Vector<S>& gradient) {
    parameters_.bind(0, theta, false);
    gradient.setZero(dimension_);
    S value(0);
    for (std::size_t i = 0; i < networks_.size(); ++i) {
      networks_[i].advance(calculus::first_stage, parameters_);
      value += losses_[i].start(networks_[i].output(), data_->targets[i], scale(), networks_[i].output_adjoint());
      networks_[i].pull_back(calculus::first_stage, parameters_, gradient);
    }
    return value;
  }

  void advance(const calculus::Stage& stage, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    parameters_.bind(stage.number, direction, is_zero);
    gradient.setZero(dimension_);
    for (std::size_t i = 0; i < networks_.size(); ++i) {
      networks_[i].input().open_zero(stage.number);
      networks_[i].advance(stage, parameters_);
      losses_[i].advance(stage, networks_[i].output(), scale(), networks_[i].output_adjoint());
      networks_[i].pull_back(stage, parameters_, gradient);
    }
  }

 private:
  Real<S> scale() const { return Real<S>(1) / Real<S>(data_->examples); }

  std::shared_ptr<const Blocks<Real<S>>> data_;
  std::deque<Matrix<S>> complex_inputs_;
  ParameterSeries<S> parameters_;
  std::vector<StagedNetwork<Net, S>> networks_;  // one for each block of examples
  std::vector<typename Loss::template Operation<S>> losses_;
  Index dimension_;
};

template <class Net, class Loss, class T>
class Supervised {
 public:
  using Scalar = T;
  template <class S>
  using ExpansionOver = calculus::ProgramExpansion<SupervisedProgram<Net, Loss, S>>;

  Supervised(Net net, Loss loss, const Matrix<T>& inputs, const Matrix<T>& targets)
      : net_(std::move(net)), loss_(std::move(loss)) {
    require(inputs.rows() > 0, "X", "of 0 rows", "a data set with at least one example");
    require(inputs.cols() == net_.inputs(), "columns of X", inputs.cols(),
            std::to_string(net_.inputs()) + ", the network's inputs");
    require(targets.rows() == inputs.rows(), "rows of the targets", targets.rows(),
            std::to_string(inputs.rows()) + ", the rows of X");
    require(targets.cols() == net_.outputs(), "columns of the targets", targets.cols(),
            std::to_string(net_.outputs()) + ", the network's outputs");
    data_ = std::make_shared<const Blocks<T>>(cut_into_blocks<T>(inputs, targets));
  }

  Index dimension() const { return net_.parameters(); }
  Index examples() const { return data_->examples; }
  const Net& network() const { return net_; }

  template <StateOver<T> X>
  ScalarOf<X> value(const X& theta) const {
    return borrow(theta)->value();
  }

  template <StateOver<T> X>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    return borrow(theta)->gradient();
  }

  template <StateOver<T> X>
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth = 0) const {
    return {SupervisedProgram<Net, Loss, ScalarOf<X>>(net_, data_), theta, depth};
  }

  template <StateOver<T> X>
  auto borrow(const X& theta) const {
    return pool_.borrow(*this, theta);
  }

 private:
  Net net_;
  Loss loss_;
  std::shared_ptr<const Blocks<T>> data_;
  calculus::ExpansionPool<ExpansionOver<T>, ExpansionOver<Complex<T>>> pool_;
};

/// Targets as an N x outputs matrix.
template <class Net, class Loss, class X, class Y>
Supervised<Net, Loss, typename X::Scalar> supervised(Net net, Loss loss, const Eigen::MatrixBase<X>& inputs,
                                                     const Eigen::MatrixBase<Y>& targets) {
  using T = typename X::Scalar;
  return {std::move(net), std::move(loss), Matrix<T>(inputs), Matrix<T>(targets)};
}

/// Targets as labels: row i of the target matrix is the unit vector of labels[i].
template <class Net, class Loss, class X>
Supervised<Net, Loss, typename X::Scalar> supervised(Net net, Loss loss, const Eigen::MatrixBase<X>& inputs,
                                                     const std::vector<int>& labels) {
  using T = typename X::Scalar;
  Matrix<T> targets = Matrix<T>::Zero(static_cast<Index>(labels.size()), net.outputs());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < net.outputs(), "labels[" + std::to_string(i) + "]", labels[i],
            "0 to " + std::to_string(net.outputs() - 1) + ", an output of the network");
    targets(static_cast<Index>(i), labels[i]) = T(1);
  }
  return {std::move(net), std::move(loss), Matrix<T>(inputs), targets};
}

}  // namespace drift::nn
