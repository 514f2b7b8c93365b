#pragma once
// Series<S>: the Taylor coefficients of one array of a program, one rows x columns matrix a stage, and the sums over a stage's
// pairs (calculus/elementary.hpp) for them.
//
// A coefficient that is identically zero is only marked: its memory is neither written nor read, and every product with it is
// skipped. Constant data, zero directions and sparse curves cost nothing extra in this way.
//
// Storage: a stage's matrix is allocated on the first visit and kept; or it is bound to memory that somebody else owns (a
// segment of the parameter vector, a shared data set). Like a span, a const Series gives access to mutable coefficients.

#include <drift/calculus/products.hpp>
#include <drift/calculus/stage.hpp>

#include <deque>

namespace drift::calculus {

template <class S>
class Series {
 public:
  using ArrayMap = Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>>;

  Series(Index rows, Index columns) : rows_(rows), columns_(columns) {}
  Series(Series&&) noexcept = default;
  Series& operator=(Series&&) noexcept = default;
  Series(const Series&) = delete;  // slots hold addresses of their storage
  Series& operator=(const Series&) = delete;
  ~Series() = default;

  Index rows() const { return rows_; }
  Index columns() const { return columns_; }
  Index size() const { return rows_ * columns_; }

  /// Coefficient m as one long array, for elementwise work.
  ArrayMap operator[](Index m) const { return {slot(m).data, size()}; }
  MatrixMap<S> matrix(Index m) const { return {slot(m).data, rows_, columns_}; }
  ConstMatrixMap<S> constant_matrix(Index m) const { return {slot(m).data, rows_, columns_}; }

  bool is_zero(Index m) const { return slot(m).is_zero; }
  void mark(Index m, bool is_zero) const { slot(m).is_zero = is_zero; }

  /// Makes coefficient m available in memory of the series' own.
  void open(Index m) {
    Slot& s = slot_to_open(m);
    if (s.storage.size() == 0) s.storage.resize(rows_, columns_);
    s.data = s.storage.data();
    s.is_zero = false;
  }

  /// Makes memory of somebody else's coefficient m; it must outlive the use.
  void bind(Index m, const S* data, bool is_zero = false) {
    Slot& s = slot_to_open(m);
    s.data =
        const_cast<S*>(data);  // NOLINT(cppcoreguidelines-pro-type-const-cast): bound series are inputs, never written
    s.is_zero = is_zero;
  }

  /// Coefficient m is identically zero and needs no memory.
  void open_zero(Index m) {
    Slot& s = slot_to_open(m);
    s.data = nullptr;
    s.is_zero = true;
  }

 private:
  struct Slot {
    S* data = nullptr;
    mutable bool is_zero = true;
    Matrix<S> storage;
  };

  const Slot& slot(Index m) const { return slots_[static_cast<std::size_t>(m)]; }
  Slot& slot_to_open(Index m) {
    while (slots_.size() <= static_cast<std::size_t>(m)) slots_.emplace_back();
    return slots_[static_cast<std::size_t>(m)];
  }

  Index rows_;
  Index columns_;
  std::deque<Slot> slots_;
};

namespace detail {

/// out_m = sum over the stage's pairs of weight(pair) / divisor x_a y_b; false, and out marked zero, where every term vanishes.
template <class S, class Weight>
bool set_sum(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& y, const Weight& weight,
             int divisor) {
  bool any = false;
  auto result = out[stage.number];
  for (const Pair& pair : stage.pairs) {
    const int numerator = weight(pair);
    if (numerator == 0 || x.is_zero(pair.a) || y.is_zero(pair.b)) continue;
    const S factor = S(Real<S>(numerator)) / Real<S>(divisor);
    if (!any) result.setZero();
    if (numerator == divisor) {
      result += x[pair.a] * y[pair.b];
    } else {
      result += factor * x[pair.a] * y[pair.b];
    }
    any = true;
  }
  out.mark(stage.number, !any);
  return any;
}

}  // namespace detail

template <class S>
bool set_product(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& y) {
  return detail::set_sum(stage, out, x, y, [](const Pair&) { return 1; }, 1);
}

template <class S>
bool set_lower_product(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& y) {
  return detail::set_sum(stage, out, x, y, [](const Pair& pair) { return pair.b == 0 ? 0 : 1; }, 1);
}

template <class S>
bool set_chain(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& d) {
  return detail::set_sum(stage, out, x, d, [](const Pair& pair) { return pair.weight; }, stage.weight);
}

}  // namespace drift::calculus
