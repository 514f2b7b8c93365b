#pragma once
// StagedNetwork: a network on one block of examples, run one stage at a time, forward and back. supervised() and predict()
// are made of it; so is whatever else asks for a network's derivatives, with respect to its parameters, its input or both.

#include <drift/nn/sequential.hpp>

namespace drift::nn {

/// The parameter Series of every array of a network, bound to the stages' flat vectors.
template <class S>
class ParameterSeries {
 public:
  /// The network's parameters stand in the flat vector from `first` on.
  template <class Net>
  explicit ParameterSeries(const Net& net, Index first = 0) {
    for (const ParameterBlock& b : net.blocks()) {
      series_.emplace_back(b.rows, b.columns);
      offsets_.push_back(first + b.offset);
    }
  }

  /// Stage m of all arrays is this flat vector. Arrays that are zero throughout are marked, so that products skip them: the
  /// scan costs little beside one product, and directions such as unit vectors are zero in all layers but one.
  void bind(Index m, const Vector<S>& flat, bool is_zero) {
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const auto segment = flat.segment(offsets_[i], series_[i].size());
      series_[i].bind(m, segment.data(), is_zero || (m > 0 && (segment.array() == S(0)).all()));
    }
  }

  /// Stage m of all arrays is zero.
  void bind_zero(Index m) {
    for (calculus::Series<S>& series : series_) series.open_zero(m);
  }

  Parameters<S> all() const { return series_; }

 private:
  std::vector<calculus::Series<S>> series_;
  std::vector<Index> offsets_;
};

/// A network on the examples of `context`. Its parameters stand in the flat vector from `first` on.
template <class Net, class S>
class StagedNetwork {
 public:
  StagedNetwork(const Net& net, const Context& context, Index first = 0)
      : operation_(net.chain(), net.input_shape(), context),
        input_(context.rows, net.inputs()),
        output_(context.rows, net.outputs()),
        output_adjoint_(context.rows, net.outputs()) {
    for (const ParameterBlock& b : net.blocks()) arrays_.push_back({b.rows, b.columns, first + b.offset});
  }

  /// The input's coefficients; the caller binds or opens them before each stage.
  calculus::Series<S>& input() { return input_; }
  const calculus::Series<S>& output() const { return output_; }
  /// The loss's adjoint of the output; the caller sets it between forward and back.
  const calculus::Series<S>& output_adjoint() const { return output_adjoint_; }
  calculus::Series<S>& output_adjoint() { return output_adjoint_; }

  void advance(const calculus::Stage& stage, const ParameterSeries<S>& parameters) {
    output_.open(stage.number);
    operation_.advance(stage, input_, parameters.all(), output_);
    output_adjoint_.open(stage.number);
  }

  /// Adds coefficient m of this block's parameter gradient to `gradient`, or sets it where `accumulate` is false.
  /// `input_adjoint` takes the input's, unless null.
  void pull_back(const calculus::Stage& stage, const ParameterSeries<S>& parameters, Vector<S>& gradient,
                 calculus::Series<S>* input_adjoint = nullptr, bool accumulate = true) {
    maps_.clear();
    for (const Array& a : arrays_) maps_.emplace_back(gradient.data() + a.offset, a.rows, a.columns);
    run_back(stage, parameters, input_adjoint, accumulate);
  }

  /// The adjoints of the layers' outputs alone, which later stages need.
  void pull_back_to_layers(const calculus::Stage& stage, const ParameterSeries<S>& parameters) {
    maps_.clear();
    run_back(stage, parameters, nullptr);
  }

  /// The adjoint of the input alone, without the products that the parameters' would need.
  void pull_back_to_input(const calculus::Stage& stage, const ParameterSeries<S>& parameters,
                          calculus::Series<S>& input_adjoint) {
    maps_.clear();
    run_back(stage, parameters, &input_adjoint);
  }

 private:
  struct Array {
    Index rows;
    Index columns;
    Index offset;
  };

  void run_back(const calculus::Stage& stage, const ParameterSeries<S>& parameters, calculus::Series<S>* input_adjoint,
                bool accumulate = true) {
    if (input_adjoint != nullptr) input_adjoint->open(stage.number);
    operation_.pull_back(stage, output_adjoint_, input_, parameters.all(), input_adjoint,
                         Gradients<S>{maps_, accumulate});
  }

  typename Net::template Operation<S> operation_;
  calculus::Series<S> input_;
  calculus::Series<S> output_;
  calculus::Series<S> output_adjoint_;
  std::vector<Array> arrays_;
  std::vector<calculus::MatrixMap<S>> maps_;  // kept for its memory
};

}  // namespace drift::nn
