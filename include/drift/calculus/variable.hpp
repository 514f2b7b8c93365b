#pragma once
// Variable<S>: the number type that differentiable() hands to a user's callable. It behaves like a number of type S and, if
// it depends on an input, writes what is done with it on the tape that it came from. Variables without a tape are constants
// and cost nothing. No global state: several recordings may run at once.
//
// Operations: + - * / (with numbers on either side), unary minus, += -= *= /=, comparisons (of values; of real parts where
// S is complex), exp, log, log1p, sqrt, pow, sin, cos, tanh, logistic, softplus. All are holomorphic: there is no abs,
// conj, min or max. Eigen's vector operations (dot, sum, squaredNorm, products) work on vectors of Variables; dot does not
// conjugate.

#include <drift/calculus/elementary.hpp>

#include <array>
#include <concepts>
#include <type_traits>

namespace drift::calculus {

template <class S>
class Tape;

enum class Operator {
  add,
  subtract,
  multiply,
  scale,  // by a constant
  shift,  // by a constant
  power,  // to a constant
  reciprocal,
  exp,
  log,
  log1p,
  sqrt,
  sin,
  cos,
  tanh,
  logistic,
  softplus,
};

template <class S>
class Variable {
 public:
  Variable() : value_(0) {}
  Variable(const S& constant) : value_(constant) {}  // NOLINT(google-explicit-constructor): numbers are Variables
  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::same_as<Number, S>)
  Variable(Number constant) : value_(static_cast<Real<S>>(constant)) {}  // NOLINT(google-explicit-constructor)
  template <class Number>  // a real number of a multiprecision or long double type beside complex values
    requires(is_complex<S> && std::same_as<Number, Real<S>> && !std::is_arithmetic_v<Number>)
  Variable(const Number& constant) : value_(constant) {}  // NOLINT(google-explicit-constructor)
  Variable(const S& value, Tape<S>& tape, Index slot) : value_(value), tape_(&tape), slot_(slot) {}

  const S& value() const { return value_; }
  Tape<S>* tape() const { return tape_; }
  Index slot() const { return slot_; }

  Variable& operator+=(const Variable& y) { return *this = *this + y; }
  Variable& operator-=(const Variable& y) { return *this = *this - y; }
  Variable& operator*=(const Variable& y) { return *this = *this * y; }
  Variable& operator/=(const Variable& y) { return *this = *this / y; }

  friend Variable operator+(const Variable& x, const Variable& y) {
    const S value = x.value_ + y.value_;
    if (!x.tape_ && !y.tape_) return value;
    if (!y.tape_) return x.tape_->with_constant(Operator::shift, value, x.slot_, y.value_);
    if (!x.tape_) return y.tape_->with_constant(Operator::shift, value, y.slot_, x.value_);
    return x.tape_->binary(Operator::add, value, x.slot_, y.slot_);
  }

  friend Variable operator-(const Variable& x, const Variable& y) {
    const S value = x.value_ - y.value_;
    if (!x.tape_ && !y.tape_) return value;
    if (!y.tape_) return x.tape_->with_constant(Operator::shift, value, x.slot_, S(-y.value_));
    if (!x.tape_) return -y + x;
    return x.tape_->binary(Operator::subtract, value, x.slot_, y.slot_);
  }

  friend Variable operator*(const Variable& x, const Variable& y) {
    const S value = x.value_ * y.value_;
    if (!x.tape_ && !y.tape_) return value;
    if (!y.tape_) return x.tape_->with_constant(Operator::scale, value, x.slot_, y.value_);
    if (!x.tape_) return y.tape_->with_constant(Operator::scale, value, y.slot_, x.value_);
    return x.tape_->binary(Operator::multiply, value, x.slot_, y.slot_);
  }

  friend Variable operator/(const Variable& x, const Variable& y) {
    if (!y.tape_)
      return x.tape_ ? x.tape_->with_constant(Operator::scale, S(x.value_ / y.value_), x.slot_, S(S(1) / y.value_))
                     : Variable(S(x.value_ / y.value_));
    return x * y.tape_->template unary<Reciprocal>(Operator::reciprocal, y.value_, y.slot_);
  }

  friend Variable operator-(const Variable& x) {
    if (!x.tape_) return S(-x.value_);
    return x.tape_->with_constant(Operator::scale, S(-x.value_), x.slot_, S(-1));
  }

  friend Variable operator+(const Variable& x) { return x; }

  friend bool operator==(const Variable& x, const Variable& y) { return x.value_ == y.value_; }
  friend bool operator!=(const Variable& x, const Variable& y) { return !(x == y); }
  friend bool operator<(const Variable& x, const Variable& y) { return x.order() < y.order(); }
  friend bool operator>(const Variable& x, const Variable& y) { return x.order() > y.order(); }
  friend bool operator<=(const Variable& x, const Variable& y) { return x.order() <= y.order(); }
  friend bool operator>=(const Variable& x, const Variable& y) { return x.order() >= y.order(); }

  friend Variable exp(const Variable& x) { return x.template apply<Exp>(Operator::exp); }
  friend Variable log(const Variable& x) { return x.template apply<Log>(Operator::log); }
  friend Variable log1p(const Variable& x) { return x.template apply<Log1p>(Operator::log1p); }
  friend Variable sqrt(const Variable& x) { return x.template apply<Sqrt>(Operator::sqrt); }
  friend Variable sin(const Variable& x) { return x.template apply<Sin>(Operator::sin); }
  friend Variable cos(const Variable& x) { return x.template apply<Cos>(Operator::cos); }
  friend Variable tanh(const Variable& x) { return x.template apply<Tanh>(Operator::tanh); }
  friend Variable logistic(const Variable& x) { return x.template apply<Logistic>(Operator::logistic); }
  friend Variable softplus(const Variable& x) { return x.template apply<Softplus>(Operator::softplus); }

  /// x^n by repeated squaring, so that it holds at x = 0 and for negative x.
  friend Variable pow(const Variable& x, int n) {
    Variable result(1), square = x;
    unsigned rest = n < 0 ? 0U - static_cast<unsigned>(n) : static_cast<unsigned>(n);
    for (; rest > 0; rest >>= 1U) {
      if ((rest & 1U) != 0) result = result.is_one() ? square : result * square;
      if (rest > 1) square = square * square;
    }
    return n < 0 ? Variable(1) / result : result;
  }

  /// x^p. An exponent that is a small whole number is taken as one; any other needs x off the branch cut, and away from
  /// zero for derivatives beyond the gradient.
  friend Variable pow(const Variable& x, const Variable& p) {
    using std::log;
    using std::pow;
    if (p.tape_) return x.tape_ ? exp(p * log(x)) : exp(p * Variable(S(log(x.value_))));
    for (int n = -64; n <= 64; ++n) {
      if (p.value_ == S(Real<S>(n))) return pow(x, n);
    }
    if (!x.tape_) return S(pow(x.value_, p.value_));
    return x.tape_->power(x.value_, x.slot_, p.value_);
  }
  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::same_as<Number, int>)
  friend Variable pow(const Variable& x, Number p) {
    return pow(x, Variable(p));
  }

 private:
  template <class Function>
  Variable apply(Operator op) const {
    if (tape_) return tape_->template unary<Function>(op, value_, slot_);
    S z(0), d(0), u(0);
    Function::start(value_, z, d, u);
    return z;
  }

  Real<S> order() const { return Eigen::numext::real(value_); }
  bool is_one() const { return !tape_ && value_ == S(1); }

  S value_;
  Tape<S>* tape_ = nullptr;
  Index slot_ = 0;
};

}  // namespace drift::calculus

template <class S>
struct Eigen::NumTraits<drift::calculus::Variable<S>> : Eigen::NumTraits<drift::Real<S>> {
  using Real = drift::calculus::Variable<S>;
  using NonInteger = drift::calculus::Variable<S>;
  using Nested = drift::calculus::Variable<S>;
  using Literal = drift::calculus::Variable<S>;
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 1,
    ReadCost = 2,
    AddCost = 8,
    MulCost = 16
  };
};

/// Products of matrices of plain numbers with vectors of Variables.
template <class S, class BinaryOp>
struct Eigen::ScalarBinaryOpTraits<S, drift::calculus::Variable<S>, BinaryOp> {
  using ReturnType = drift::calculus::Variable<S>;
};
template <class S, class BinaryOp>
struct Eigen::ScalarBinaryOpTraits<drift::calculus::Variable<S>, S, BinaryOp> {
  using ReturnType = drift::calculus::Variable<S>;
};

/// The same with matrices of real numbers where the Variables are complex.
template <class R, class BinaryOp>
struct Eigen::ScalarBinaryOpTraits<R, drift::calculus::Variable<std::complex<R>>, BinaryOp> {
  using ReturnType = drift::calculus::Variable<std::complex<R>>;
};
template <class R, class BinaryOp>
struct Eigen::ScalarBinaryOpTraits<drift::calculus::Variable<std::complex<R>>, R, BinaryOp> {
  using ReturnType = drift::calculus::Variable<std::complex<R>>;
};
