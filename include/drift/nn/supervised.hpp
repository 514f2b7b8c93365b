#pragma once
// nn::supervised(net, loss, X, targets): a network, a loss and a data set as a Problem in the network's flat parameters.
//
//     E(theta) = (1/N) sum over examples of loss(net(x; theta), y)
//
//     auto fit = nn::supervised(net, losses::softmax_cross_entropy(), X, labels);
//     auto same = nn::supervised(net, losses::softmax_cross_entropy(), X, labels, {.threads = 2});
//     auto some = fit.batch({3, 1, 4});                   // the same mean over these examples: a Problem; fit is a FiniteSum
//
// X: N x inputs (examples are rows). Targets: std::vector<int> labels, or an N x outputs matrix; the loss says what they may be. The
// number type is X's. Data are copied once and shared by all copies of the problem; the first batch makes a second copy, row after row.
//
// Gives: tiers 1 to 3, nestable, and 4 where all layers and the loss are holomorphic (nn/layer.hpp). With more than one thread
// the examples are shared out, where there are enough of them (256) and enough work; results do not depend on it, not by a bit
// (nn/examples.hpp). It is a FiniteSum too (core/concepts.hpp): batches share memory and cost a
// copy of their examples. Costs of derivatives, in gradients: see README.
// Errors: an empty data set, widths or lengths that do not fit, labels out of range: InvalidArgument.

#include <drift/calculus/expansion.hpp>
#include <drift/nn/examples.hpp>
#include <drift/nn/forward.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace drift::nn {

/// How a supervised problem is computed.
struct SupervisedOptions {
  /// At most so many take part, a power of two of them; small problems run on fewer. Results do not depend on it, not by a bit.
  int threads = 1;
};

/// The program of a supervised problem at states of scalar S (calculus/expansion.hpp). `data` must not move, and may be overwritten
/// before bind_data().
template <class Net, class Loss, class S>
class SupervisedProgram {
 public:
  using Scalar = S;

  SupervisedProgram(const Net& net, const Loss& loss, std::shared_ptr<const Blocks<Real<S>>> data,
                    const SupervisedOptions& options)
      : data_(std::move(data)),
        parameters_(net),
        sums_(data_->cut, net.parameters(), data_->examples, options.threads) {
    const auto& blocks = data_->cut.blocks;
    values_.resize(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      networks_.emplace_back(net, data_->context(blocks[i]));
      losses_.emplace_back(loss, blocks[i].rows, net.outputs());
    }
    if constexpr (is_complex<S>) complex_inputs_.resize(blocks.size());
    bind_data();
  }

  /// Takes the data as they are now.
  void bind_data() {
    for (std::size_t i = 0; i < networks_.size(); ++i) {
      if constexpr (is_complex<S>) {
        complex_inputs_[i] = data_->inputs[i].template cast<S>();
        networks_[i].input().bind_constant(0, complex_inputs_[i].data());
      } else {
        networks_[i].input().bind_constant(0, data_->inputs[i].data());
      }
    }
  }

  Index dimension() const { return sums_.dimension(); }

  S start(const Vector<S>& theta, Vector<S>& gradient) {
    parameters_.bind(0, theta, false);
    sums_.run(gradient, [&](std::size_t i, Vector<S>& sum, bool accumulate) {
      start_block(i);
      networks_[i].pull_back(calculus::first_stage, parameters_, sum, nullptr, accumulate);
    });
    return value();
  }

  /// Stage 0 up to the adjoints, without the parameters' gradient.
  S start_for_products(const Vector<S>& theta) {
    parameters_.bind(0, theta, false);
    sums_.for_each_block([&](std::size_t i) {
      start_block(i);
      networks_[i].pull_back_to_layers(calculus::first_stage, parameters_);
    });
    return value();
  }

  void advance(const calculus::Stage& stage, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    parameters_.bind(stage.number, direction, is_zero);
    sums_.run(gradient, [&](std::size_t i, Vector<S>& sum, bool accumulate) {
      networks_[i].input().open_zero(stage.number);
      networks_[i].advance(stage, parameters_);
      losses_[i].advance(stage, networks_[i].output(), scale(), networks_[i].output_adjoint());
      clear_padding(stage.number, i);
      networks_[i].pull_back(stage, parameters_, sum, nullptr, accumulate);
    });
  }

 private:
  Real<S> scale() const { return Real<S>(1) / Real<S>(data_->examples); }

  void start_block(std::size_t i) {
    networks_[i].advance(calculus::first_stage, parameters_);
    values_[i] = losses_[i].start(networks_[i].output(), data_->targets[i], data_->cut.blocks[i].examples, scale(),
                                  networks_[i].output_adjoint());
    clear_padding(0, i);
  }

  S value() const {
    S sum(0);
    for (const S& block : values_) sum += block;
    return sum;
  }

  void clear_padding(Index m, std::size_t i) {
    const Block& block = data_->cut.blocks[i];
    const calculus::Series<S>& adjoint = networks_[i].output_adjoint();
    if (block.rows == block.examples || adjoint.is_zero(m)) return;
    adjoint.matrix(m).bottomRows(block.rows - block.examples).setZero();
  }

  std::shared_ptr<const Blocks<Real<S>>> data_;
  std::vector<Matrix<S>> complex_inputs_;
  ParameterSeries<S> parameters_;
  std::vector<StagedNetwork<Net, S>> networks_;  // one for each block of examples
  std::vector<typename Loss::template Operation<S>> losses_;
  std::vector<S> values_;  // of each block
  ExampleSums<S> sums_;
};

/// The program of a minibatch of a data set: of other examples after every select. Batches of one size share a workspace, unless a layer
/// looks at which examples they are.
template <class Net, class Loss, class S>
class BatchProgram {
 public:
  using Scalar = S;

  BatchProgram(const Net& net, const Loss& loss, std::shared_ptr<const Examples<Real<S>>> all,
               const SupervisedOptions& options, const std::vector<Index>& batch)
      : net_(net),
        loss_(loss),
        options_(options),
        all_(std::move(all)),
        data_(gathered(*all_, batch)),
        program_(net_, loss_, data_, options_) {}

  void select(const std::vector<Index>& batch) {
    if (static_cast<Index>(batch.size()) == data_->examples && !looks_at_examples<Net>) {
      all_->gather(batch, *data_);
      program_.bind_data();
    } else {
      auto data = gathered(*all_, batch);
      program_ = SupervisedProgram<Net, Loss, S>(net_, loss_, data, options_);
      data_ = std::move(data);
    }
  }

  Index dimension() const { return program_.dimension(); }
  S start(const Vector<S>& theta, Vector<S>& gradient) { return program_.start(theta, gradient); }
  S start_for_products(const Vector<S>& theta) { return program_.start_for_products(theta); }
  void advance(const calculus::Stage& stage, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    program_.advance(stage, direction, is_zero, gradient);
  }

 private:
  static std::shared_ptr<Blocks<Real<S>>> gathered(const Examples<Real<S>>& all, const std::vector<Index>& batch) {
    auto data = std::make_shared<Blocks<Real<S>>>();
    all.gather(batch, *data);
    return data;
  }

  Net net_;
  Loss loss_;
  SupervisedOptions options_;
  std::shared_ptr<const Examples<Real<S>>> all_;
  std::shared_ptr<Blocks<Real<S>>> data_;
  SupervisedProgram<Net, Loss, S> program_;
};

/// Complex states are for networks and losses that are holomorphic.
template <class Net, class Loss, class S>
concept AllowsScalar = !is_complex<S> || (Net::holomorphic && Loss::holomorphic);

template <class Net, class Loss, class T>
class Supervised {
 public:
  using Scalar = T;
  template <class S>
  using ExpansionOver = calculus::ProgramExpansion<SupervisedProgram<Net, Loss, S>>;
  template <class S>
  using BatchExpansionOver = calculus::ProgramExpansion<BatchProgram<Net, Loss, S>>;

  Supervised(Net net, Loss loss, const Matrix<T>& inputs, const Matrix<T>& targets, const SupervisedOptions& options)
      : net_(std::move(net)), loss_(std::move(loss)), options_(options) {
    require(options.threads >= 1, "threads", options.threads, "1 or more");
    require(inputs.rows() > 0, "X", "of 0 rows", "a data set with at least one example");
    require(inputs.cols() == net_.inputs(), "columns of X", inputs.cols(),
            std::to_string(net_.inputs()) + ", the network's inputs");
    require(targets.rows() == inputs.rows(), "rows of the targets", targets.rows(),
            std::to_string(inputs.rows()) + ", the rows of X");
    require(targets.cols() == net_.outputs(), "columns of the targets", targets.cols(),
            std::to_string(net_.outputs()) + ", the network's outputs");
    data_ = std::make_shared<const Examples<T>>(cut_into_blocks<T>(inputs, loss_.prepared(targets)));
  }

  Index dimension() const { return net_.parameters(); }
  Index examples() const { return data_->blocks().examples; }
  const Net& network() const { return net_; }
  const Loss& loss() const { return loss_; }
  const SupervisedOptions& options() const { return options_; }
  /// The data as the network's programs take them: what others that run the network on them are made from.
  std::shared_ptr<const Blocks<T>> blocks() const { return {data_, &data_->blocks()}; }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  ScalarOf<X> value(const X& theta) const {
    return forward_value(evaluated(theta));
  }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    return borrow(theta)->gradient();
  }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth = 0) const {
    return {SupervisedProgram<Net, Loss, ScalarOf<X>>(net_, loss_, blocks(), options_), theta, depth};
  }

  /// The problem over some of the examples, each counted as often as it stands there.
  Supervised batch(const std::vector<Index>& examples) const {
    Blocks<T> some;
    data_->gather(examples, some);
    return {net_, loss_, std::make_shared<const Examples<T>>(std::move(some)), options_};
  }

  /// Its expansion, which e.move_to(theta, other_examples) aims at another batch in the same memory.
  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  BatchExpansionOver<ScalarOf<X>> expand_batch(const X& theta, const std::vector<Index>& examples) const {
    return {BatchProgram<Net, Loss, ScalarOf<X>>(net_, loss_, data_, options_, examples), theta};
  }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  auto borrow(const X& theta, Wanted wanted = Wanted::gradient) const {
    return pool_.borrow(*this, theta, wanted);
  }

 private:
  /// E without its gradient: forward, block after block, in the memory of one block. The bits of an expansion's value.
  template <class S>
  S forward_value(const Vector<S>& theta) const {
    require_size(theta, dimension(), "theta");
    const Blocks<T>& data = data_->blocks();
    ParameterSeries<S> parameters(net_);
    parameters.bind(0, theta, false);
    std::vector<S> values(data.cut.blocks.size());
    ExampleSums<S>(data.cut, dimension(), data.examples, options_.threads).for_each_block([&](std::size_t i) {
      const Block& block = data.cut.blocks[i];
      StagedNetwork<Net, S> network(net_, data.context(block));
      Matrix<S> complex_inputs;
      if constexpr (is_complex<S>) {
        complex_inputs = data.inputs[i].template cast<S>();
        network.input().bind(0, complex_inputs.data());
      } else {
        network.input().bind(0, data.inputs[i].data());
      }
      network.advance(calculus::first_stage, parameters);
      typename Loss::template Operation<S> operation(loss_, block.rows, net_.outputs());
      values[i] = operation.start(network.output(), data.targets[i], block.examples,
                                  Real<S>(1) / Real<S>(data.examples), network.output_adjoint());
    });
    S sum(0);
    for (const S& value : values) sum += value;
    return sum;
  }

  Supervised(Net net, Loss loss, std::shared_ptr<const Examples<T>> data, const SupervisedOptions& options)
      : net_(std::move(net)), loss_(std::move(loss)), options_(options), data_(std::move(data)) {}

  Net net_;
  Loss loss_;
  SupervisedOptions options_;
  std::shared_ptr<const Examples<T>> data_;
  calculus::ExpansionPool<ExpansionOver<T>,
                          ExpansionOver<std::conditional_t<AllowsScalar<Net, Loss, Complex<T>>, Complex<T>, T>>>
      pool_;
};

/// Targets as an N x outputs matrix.
template <class Net, class Loss, class X, class Y>
Supervised<Net, Loss, typename X::Scalar> supervised(Net net, Loss loss, const Eigen::MatrixBase<X>& inputs,
                                                     const Eigen::MatrixBase<Y>& targets,
                                                     const SupervisedOptions& options = {}) {
  using T = typename X::Scalar;
  return {std::move(net), std::move(loss), Matrix<T>(inputs), Matrix<T>(targets), options};
}

/// Targets as labels: row i of the target matrix is the unit vector of labels[i].
template <class Net, class Loss, class X>
Supervised<Net, Loss, typename X::Scalar> supervised(Net net, Loss loss, const Eigen::MatrixBase<X>& inputs,
                                                     const std::vector<int>& labels,
                                                     const SupervisedOptions& options = {}) {
  using T = typename X::Scalar;
  const Matrix<T> targets = loss.template targets_of<T>(labels, net.outputs());
  return {std::move(net), std::move(loss), Matrix<T>(inputs), targets, options};
}

}  // namespace drift::nn
