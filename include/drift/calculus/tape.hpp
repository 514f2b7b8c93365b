#pragma once
// A tape: the scalar operations that a callable performed on Variables, in order, with the series of every intermediate.
//
// Recording happens once per expansion point, with plain numbers, so that the callable's own control flow follows the values
// there. The stages then run over the recorded list: forward for coefficient m of every intermediate, backward for
// coefficient m of every adjoint. Each operation of the list appears once in both directions.
//
// Cost: recording about one evaluation of the callable with some bookkeeping; stage m O(m) multiplications for each recorded
// operation, whatever the number of inputs. Memory: one number a stage for each intermediate and auxiliary series.
// A tape is reused: recording again keeps its memory.

#include <drift/calculus/elementary.hpp>
#include <drift/calculus/variable.hpp>

#include <deque>
#include <vector>

namespace drift::calculus {

template <class S>
class Tape {
 public:
  /// Starts a new recording; the inputs take slots 0 to n - 1.
  void record_inputs(const Vector<S>& theta, Vector<Variable<S>>& inputs) {
    operations_.clear();
    if (values_.empty()) values_.resize(1);
    values_[0].clear();
    inputs.resize(theta.size());
    for (Index i = 0; i < theta.size(); ++i) inputs[i] = Variable<S>(theta[i], *this, new_slot(theta[i]));
    inputs_ = theta.size();
  }

  /// Ends the recording: `output` is the value whose derivatives the stages give.
  void record_output(const Variable<S>& output) {
    output_value_ = output.value();
    output_ = output.tape() == this ? output.slot() : no_slot;
    slots_ = static_cast<Index>(values_[0].size());
  }

  const S& output_value() const { return output_value_; }
  Index size() const { return static_cast<Index>(operations_.size()); }

  /// Coefficient m of all intermediates, from coefficient m of the inputs (m >= 1).
  void advance(const Stage& stage, const Vector<S>& direction) {
    const auto m = static_cast<std::size_t>(stage.number);
    make_room(m);
    std::copy(direction.data(), direction.data() + inputs_, values_[m].begin());
    refresh_rows(m);
    for (const Operation& operation : operations_) forward(stage, operation);
  }

  /// Coefficient m of all adjoints; that of the inputs is the gradient's. Coefficients below m must be there.
  void pull_back(const Stage& stage, Vector<S>& gradient) {
    const auto m = static_cast<std::size_t>(stage.number);
    make_room(m);
    std::fill(adjoints_[m].begin(), adjoints_[m].end(), S(0));
    refresh_rows(m);
    if (output_ != no_slot && m == 0) adjoints_[0][static_cast<std::size_t>(output_)] = S(1);
    for (auto operation = operations_.rbegin(); operation != operations_.rend(); ++operation)
      backward(stage, *operation);
    gradient.resize(inputs_);
    std::copy(adjoints_[m].begin(), adjoints_[m].begin() + inputs_, gradient.data());
  }

  // Recording, called by the operators of Variable.

  Variable<S> binary(Operator op, const S& value, Index x, Index y) {
    const Index slot = new_slot(value);
    operations_.push_back({op, slot, x, y, S(0)});
    return {value, *this, slot};
  }

  Variable<S> with_constant(Operator op, const S& value, Index x, const S& constant) {
    const Index slot = new_slot(value);
    operations_.push_back({op, slot, x, no_slot, constant});
    return {value, *this, slot};
  }

  template <class Function>
  Variable<S> unary(Operator op, const S& x_value, Index x) {
    S z(0), d(0), u(0);
    Function::start(x_value, z, d, u);
    return with_series(op, x, S(0), {z, d, u}, Function::series);
  }

  /// x^p for a constant p that is not a small integer.
  Variable<S> power(const S& x_value, Index x, const S& p) {
    using std::pow;
    const S z = pow(x_value, p);
    return with_series(Operator::power, x, p, {z, p * S(pow(x_value, S(p - S(1)))), S(0)}, 2);
  }

 private:
  static constexpr Index no_slot = -1;

  struct Operation {
    Operator op;
    Index z;  ///< the result's slot; its auxiliary series follow it
    Index x;
    Index y;
    S constant;
  };

  /// The series of one slot.
  struct Slot {
    S* const* rows;
    Index slot;
    S& operator[](Index m) const { return rows[m][slot]; }
  };

  Index new_slot(const S& value) {
    values_[0].push_back(value);
    return static_cast<Index>(values_[0].size()) - 1;
  }

  Variable<S> with_series(Operator op, Index x, const S& constant, const std::array<S, 3>& start, int series) {
    const Index slot = new_slot(start[0]);
    for (int i = 1; i < series; ++i) new_slot(start[static_cast<std::size_t>(i)]);
    operations_.push_back({op, slot, x, no_slot, constant});
    return {start[0], *this, slot};
  }

  void make_room(std::size_t m) {
    const auto slots = static_cast<std::size_t>(slots_);
    if (values_.size() <= m) values_.resize(m + 1);
    if (adjoints_.size() <= m) adjoints_.resize(m + 1);
    if (values_[m].size() != slots) values_[m].resize(slots);
    if (adjoints_[m].size() != slots) adjoints_[m].resize(slots);
  }

  // The rows' addresses, gathered so that the inner loops index plain arrays.
  void refresh_rows(std::size_t m) {
    value_rows_.resize(m + 1);
    adjoint_rows_.resize(m + 1);
    for (std::size_t k = 0; k <= m; ++k) {
      value_rows_[k] = values_[k].data();
      adjoint_rows_[k] = adjoints_[k].data();
    }
  }

  Slot value(Index slot) const { return {value_rows_.data(), slot}; }
  Slot adjoint(Index slot) const { return {adjoint_rows_.data(), slot}; }

  template <class Function>
  void forward_unary(const Stage& stage, const Operation& o) {
    const Slot z = value(o.z);
    const Slot d = Function::series > 1 ? value(o.z + 1) : z;
    const Slot u = Function::series > 2 ? value(o.z + 2) : z;
    Function::advance(stage, value(o.x), z, d, u);
  }

  void forward(const Stage& stage, const Operation& o) {
    const Index m = stage.number;
    const Slot x = value(o.x);
    const Slot z = value(o.z);
    switch (o.op) {
      case Operator::add: z[m] = x[m] + value(o.y)[m]; break;
      case Operator::subtract: z[m] = x[m] - value(o.y)[m]; break;
      case Operator::multiply: set_product(stage, z, x, value(o.y)); break;
      case Operator::scale: z[m] = o.constant * x[m]; break;
      case Operator::shift: z[m] = x[m]; break;
      case Operator::power: {
        const Slot d = value(o.z + 1);
        set_chain(stage, z, x, d);
        set_lower_product(stage, d, d, x);  // x d = p z
        d[m] = (o.constant * z[m] - d[m]) / x[0];
        break;
      }
      case Operator::reciprocal: forward_unary<Reciprocal>(stage, o); break;
      case Operator::exp: forward_unary<Exp>(stage, o); break;
      case Operator::log: forward_unary<Log>(stage, o); break;
      case Operator::log1p: forward_unary<Log1p>(stage, o); break;
      case Operator::sqrt: forward_unary<Sqrt>(stage, o); break;
      case Operator::sin: forward_unary<Sin>(stage, o); break;
      case Operator::cos: forward_unary<Cos>(stage, o); break;
      case Operator::tanh: forward_unary<Tanh>(stage, o); break;
      case Operator::logistic: forward_unary<Logistic>(stage, o); break;
      case Operator::softplus: forward_unary<Softplus>(stage, o); break;
    }
  }

  void backward(const Stage& stage, const Operation& o) {
    const Index m = stage.number;
    const Slot x = adjoint(o.x);
    const Slot z = adjoint(o.z);
    switch (o.op) {
      case Operator::add:
        x[m] += z[m];
        adjoint(o.y)[m] += z[m];
        break;
      case Operator::subtract:
        x[m] += z[m];
        adjoint(o.y)[m] -= z[m];
        break;
      case Operator::multiply:
        add_product(stage, x, z, value(o.y));
        add_product(stage, adjoint(o.y), z, value(o.x));
        break;
      case Operator::scale: x[m] += o.constant * z[m]; break;
      case Operator::shift: x[m] += z[m]; break;
      case Operator::exp: add_product(stage, x, z, value(o.z)); break;
      default: add_product(stage, x, z, value(o.z + 1)); break;  // every other function keeps phi' beside its value
    }
  }

  std::vector<Operation> operations_;
  std::deque<std::vector<S>> values_;    // [stage][slot]
  std::deque<std::vector<S>> adjoints_;  // [stage][slot]; auxiliary slots stay zero
  std::vector<S*> value_rows_;
  std::vector<S*> adjoint_rows_;
  Index inputs_ = 0;
  Index slots_ = 0;
  Index output_ = no_slot;
  S output_value_ = S(0);
};

}  // namespace drift::calculus
