#pragma once
// nn::input_gradient_norm(net, X, U): the mean squared norm of a network's input gradients, as a Problem in the parameters.
//
//     R(theta) = (1/N) sum over examples of |J(x_n; theta)^T u_n|^2            J: outputs x inputs, U: N x outputs, fixed
//
//     auto rough = nn::input_gradient_norm(net, X, Matrix<double>::Ones(X.rows(), 1));   // one output: |its gradient|^2
//     auto smooth = fit + 0.1 * rough;                                                   // a Problem again
//
// nn::input_gradient_norm(net, loss, X, targets): the same for the gradient of each example's own loss (not divided by N). The
// first form is the second with losses::linear().
//
// What input-gradient penalties are made of: with U random it estimates the Frobenius norm of the Jacobian, and the sum over unit
// vectors U is it. Source: Drucker & LeCun, IEEE Trans. Neural Networks 3 (1992) 991-997 (double backpropagation).
//
// Exact at every order. With F(theta, X) = sum over examples of the loss, w = grad_X F and one infinitesimal e beside t
// (calculus/stage.hpp), grad_theta F(theta(t), X + e w(t)) has grad_theta |w|^2 / 2 as its e-part. So stage k of R is stage (k, 1) of the
// network, with a constant input, forward and back to its input, and stage (k, e), with constant parameters and the input
// direction w_k, forward and back to its parameters.
//
// Gives: tiers 1 to 3, nestable, and 4 where all layers and the loss are holomorphic. Layers that help training only (dropout) take part
// unless {.mode = nn::Mode::evaluation} is given; {.threads = 2} as in nn::supervised, with the same bits for any number.
// Cost, in gradients of the network: value 0.6 to 0.9, gradient 1.6 to 2.3, Hessian-vector product at a known point 2 to 4.5 (measured on
// the nets of benchmarks/: Iris, digits, conv), stage k about four times stage k of a supervised problem. Errors: as nn::supervised.

#include <drift/nn/input_derivatives.hpp>

namespace drift::nn {

struct InputGradientNormOptions {
  int threads = 1;             ///< as in SupervisedOptions
  Mode mode = Mode::training;  ///< whether dropout takes part
};

template <class Net, class Loss, class S>
class InputGradientNormProgram {
 public:
  using Scalar = S;

  InputGradientNormProgram(const Net& net, const Loss& loss, std::shared_ptr<const Blocks<Real<S>>> data,
                           const InputGradientNormOptions& options, int depth)
      : data_(std::move(data)),
        stages_(depth + 1),
        parameters_(net),
        sums_(data_->cut, net.parameters(), data_->examples, options.threads) {
    norms_.resize(data_->inputs.size());
    for (std::size_t i = 0; i < data_->inputs.size(); ++i) {
      const Block& block = data_->cut.blocks[i];
      networks_.emplace_back(net, Context{.rows = block.rows, .first_example = block.first, .mode = options.mode});
      losses_.emplace_back(loss, block.rows, net.outputs());
      input_adjoints_.emplace_back(block.rows, net.inputs());
      if constexpr (is_complex<S>) {
        complex_inputs_.push_back(data_->inputs[i].template cast<S>());
        networks_.back().input().bind_constant(0, complex_inputs_.back().data());
      } else {
        networks_.back().input().bind_constant(0, data_->inputs[i].data());
      }
    }
  }

  Index dimension() const { return sums_.dimension(); }

  S start(const Vector<S>& theta, Vector<S>& gradient) {
    parameters_.bind(0, theta, false);
    run(0, gradient);
    return mean_norm();
  }

  // Stage m here is stages 2 m and 2 m + 1 of the networks.
  void advance(const calculus::Stage& stage, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    parameters_.bind(2 * stage.number, direction, is_zero);
    run(stage.number, gradient);
  }

  /// R alone: half of stage 0.
  S value(const Vector<S>& theta) {
    parameters_.bind(0, theta, false);
    const calculus::Stage& plain = stages_[0];
    sums_.for_each_block([&](std::size_t i) { run_to_input(i, plain); });
    return mean_norm();
  }

 private:
  void run(Index m, Vector<S>& gradient) {
    const calculus::Stage& plain = stages_[2 * m];
    const calculus::Stage& mixed = stages_[2 * m + 1];
    parameters_.bind_zero(mixed.number);
    sums_.run(gradient, [&](std::size_t i, Vector<S>& sum, bool accumulate) {
      StagedNetwork<Net, S>& network = networks_[i];
      if (m > 0) network.input().open_zero(plain.number);
      run_to_input(i, plain);
      const calculus::Series<S>& w = input_adjoints_[i];
      network.input().bind(mixed.number, w[plain.number].data(), w.is_zero(plain.number));
      network.advance(mixed, parameters_);
      set_adjoint(i, mixed);
      network.pull_back(mixed, parameters_, sum, nullptr, accumulate);
    });
    gradient *= S(Real<S>(2) / Real<S>(data_->examples));
  }

  void run_to_input(std::size_t i, const calculus::Stage& stage) {
    networks_[i].advance(stage, parameters_);
    set_adjoint(i, stage);
    const calculus::Series<S>& w = input_adjoints_[i];
    networks_[i].pull_back_to_input(stage, parameters_, input_adjoints_[i]);
    if (stage.number == 0) norms_[i] = w.is_zero(0) ? S(0) : S((w[0] * w[0]).sum());
  }

  S mean_norm() const {
    S sum(0);
    for (const S& norm : norms_) sum += norm;
    return sum / S(Real<S>(data_->examples));
  }

  // The loss's adjoint of the outputs; rows of padding have none.
  void set_adjoint(std::size_t i, const calculus::Stage& stage) {
    const Block& block = data_->cut.blocks[i];
    const calculus::Series<S>& adjoint = networks_[i].output_adjoint();
    if (stage.number == 0) {
      losses_[i].start(networks_[i].output(), data_->targets[i], block.examples, Real<S>(1), adjoint);
    } else {
      losses_[i].advance(stage, networks_[i].output(), Real<S>(1), adjoint);
    }
    if (!adjoint.is_zero(stage.number)) adjoint.matrix(stage.number).bottomRows(block.rows - block.examples).setZero();
  }

  std::shared_ptr<const Blocks<Real<S>>> data_;
  calculus::Stages stages_;
  std::deque<Matrix<S>> complex_inputs_;
  ParameterSeries<S> parameters_;
  std::vector<StagedNetwork<Net, S>> networks_;  // one for each block of examples
  std::vector<typename Loss::template Operation<S>> losses_;
  std::vector<calculus::Series<S>> input_adjoints_;
  std::vector<S> norms_;  // of each block: the sum of |w|^2
  ExampleSums<S> sums_;
};

template <class Net, class Loss, class T>
class InputGradientNorm {
 public:
  using Scalar = T;
  template <class S>
  using ExpansionOver = calculus::ProgramExpansion<InputGradientNormProgram<Net, Loss, S>>;

  InputGradientNorm(Net net, Loss loss, const Matrix<T>& inputs, const Matrix<T>& targets,
                    const InputGradientNormOptions& options)
      : net_(std::move(net)), loss_(std::move(loss)), options_(options) {
    require(options.threads >= 1, "threads", options.threads, "1 or more");
    require(inputs.rows() > 0, "X", "of 0 rows", "a data set with at least one example");
    detail::require_columns(inputs.cols(), net_.inputs(), "X", "inputs");
    detail::require_rows(targets.rows(), inputs.rows(), "the targets");
    detail::require_columns(targets.cols(), net_.outputs(), "the targets", "outputs");
    data_ = std::make_shared<const Blocks<T>>(cut_into_blocks<T>(inputs, loss_.prepared(targets)));
  }

  Index dimension() const { return net_.parameters(); }
  const Net& network() const { return net_; }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  ScalarOf<X> value(const X& theta) const {
    require_size(theta, dimension(), "theta");
    if constexpr (is_complex<ScalarOf<X>>) {
      return borrow(theta)->value();
    } else {
      return programs_.borrow([&] { return program<T>(0); }, [](const auto&) {})->value(evaluated(theta));
    }
  }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    return borrow(theta)->gradient();
  }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth = 0) const {
    return {program<ScalarOf<X>>(depth), theta, depth};
  }

  template <StateOver<T> X>
    requires AllowsScalar<Net, Loss, ScalarOf<X>>
  auto borrow(const X& theta) const {
    return pool_.borrow(*this, theta);
  }

 private:
  template <class S>
  InputGradientNormProgram<Net, Loss, S> program(int depth) const {
    return {net_, loss_, data_, options_, depth};
  }

  Net net_;
  Loss loss_;
  InputGradientNormOptions options_;
  std::shared_ptr<const Blocks<T>> data_;
  calculus::ExpansionPool<ExpansionOver<T>,
                          ExpansionOver<std::conditional_t<AllowsScalar<Net, Loss, Complex<T>>, Complex<T>, T>>>
      pool_;
  Pool<InputGradientNormProgram<Net, Loss, T>> programs_;  // for values alone
};

/// (1/N) sum of |J_n^T u_n|^2.
template <class Net, class X, class U>
InputGradientNorm<Net, losses::Linear, typename X::Scalar> input_gradient_norm(
    Net net, const Eigen::MatrixBase<X>& inputs, const Eigen::MatrixBase<U>& vectors,
    const InputGradientNormOptions& options = {}) {
  using T = typename X::Scalar;
  detail::require_rows(vectors.rows(), inputs.rows(), "U");
  detail::require_columns(vectors.cols(), net.outputs(), "U", "outputs");
  return {std::move(net), losses::linear(), Matrix<T>(inputs), Matrix<T>(vectors), options};
}

/// (1/N) sum of |grad_x loss(net(x_n), y_n)|^2.
template <class Net, losses::NetworkLoss Loss, class X, class Y>
InputGradientNorm<Net, Loss, typename X::Scalar> input_gradient_norm(Net net, Loss loss,
                                                                     const Eigen::MatrixBase<X>& inputs,
                                                                     const Eigen::MatrixBase<Y>& targets,
                                                                     const InputGradientNormOptions& options = {}) {
  using T = typename X::Scalar;
  return {std::move(net), std::move(loss), Matrix<T>(inputs), Matrix<T>(targets), options};
}

template <class Net, losses::NetworkLoss Loss, class X>
InputGradientNorm<Net, Loss, typename X::Scalar> input_gradient_norm(Net net, Loss loss,
                                                                     const Eigen::MatrixBase<X>& inputs,
                                                                     const std::vector<int>& labels,
                                                                     const InputGradientNormOptions& options = {}) {
  using T = typename X::Scalar;
  const Matrix<T> targets = loss.template targets_of<T>(labels, net.outputs());
  return {std::move(net), std::move(loss), Matrix<T>(inputs), targets, options};
}

}  // namespace drift::nn
