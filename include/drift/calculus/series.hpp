#pragma once
// Series<S>: the Taylor coefficients of one array of a program, one rows x columns matrix a stage, and the sums over a stage's
// pairs (calculus/elementary.hpp) for them.
//
// A coefficient that is identically zero is only marked: its memory is neither written nor read, and every product with it is
// skipped. Constant data, zero directions and sparse curves cost nothing extra in this way.
//
// Storage: a stage's matrix is allocated on the first visit and kept; or it is bound to memory that somebody else owns (a
// segment of the parameter vector, a shared data set). Like a span, a const Series gives access to mutable coefficients. Data that
// stay the same for the life of the series can be bound as constant: products that need them the other way round then keep a
// transposed copy (`packed`).

#include <drift/calculus/products.hpp>
#include <drift/calculus/stage.hpp>

#include <array>

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
    s.is_constant = false;
  }

  /// Makes memory of somebody else's coefficient m; it must outlive the use.
  void bind(Index m, const S* data, bool is_zero = false) {
    Slot& s = slot_to_open(m);
    s.data =
        const_cast<S*>(data);  // NOLINT(cppcoreguidelines-pro-type-const-cast): bound series are inputs, never written
    s.is_zero = is_zero;
    s.is_constant = false;
  }
  /// The same for data that do not change until they are bound again.
  void bind_constant(Index m, const S* data) {
    bind(m, data);
    Slot& s = slot_to_open(m);
    s.is_constant = true;
    s.is_packed = false;
  }

  bool is_constant(Index m) const { return slot(m).is_constant; }
  /// A constant coefficient, transposed for add_packed_product; made when first asked for.
  const S* packed(Index m) const {
    const Slot& s = slot(m);
    if (!s.is_packed) {
      s.packed.resize(size());
      pack_transposed<S>(constant_matrix(m), s.packed.data());
      s.is_packed = true;
    }
    return s.packed.data();
  }

  /// Coefficient m is identically zero and needs no memory.
  void open_zero(Index m) {
    Slot& s = slot_to_open(m);
    s.data = nullptr;
    s.is_zero = true;
    s.is_constant = false;
  }

 private:
  struct Slot {
    S* data = nullptr;
    mutable bool is_zero = true;
    bool is_constant = false;
    mutable bool is_packed = false;
    Matrix<S> storage;
    mutable Vector<S> packed;
  };

  const Slot& slot(Index m) const { return slots_[static_cast<std::size_t>(m)]; }
  Slot& slot_to_open(Index m) {
    while (slots_.size() <= static_cast<std::size_t>(m)) slots_.emplace_back();
    return slots_[static_cast<std::size_t>(m)];
  }

  Index rows_;
  Index columns_;
  std::vector<Slot> slots_;
};

/// One term of a sum of elementwise products: factor * x * y.
template <class S>
struct Term {
  const S* x;
  const S* y;
  S factor;
};

namespace detail {

/// Numbers first to last of the sum, vectors of n at a time, several of them so that the terms' addresses are read rarely.
template <Index n, int vectors, class S>
[[gnu::always_inline]] inline Index sum_terms(Index first, Index last, const Term<S>* terms, std::size_t count,
                                              bool add, S* out) {
  using V = Simd<S, n>;
  Index i = first;
  for (; i + vectors * n <= last; i += vectors * n) {
    V sums[vectors];  // NOLINT(cppcoreguidelines-avoid-c-arrays, modernize-avoid-c-arrays): registers
    for (int q = 0; q < vectors; ++q) sums[q] = add ? load<V>(out + i + q * n) : V{};
    for (std::size_t t = 0; t < count; ++t) {
      const Term<S> term = terms[t];
      for (int q = 0; q < vectors; ++q) {
        sums[q] += load<V>(term.x + i + q * n) * load<V>(term.y + i + q * n) * term.factor;
      }
    }
    for (int q = 0; q < vectors; ++q) store(out + i + q * n, sums[q]);
  }
  return i;
}

}  // namespace detail

/// out = sum of the terms, or out += it, in one pass over memory.
template <class S>
[[gnu::noinline]] void sum_of_products(Index size, const Term<S>* terms, std::size_t count, bool add, S* out) {
  if constexpr (has_simd<S>) {
    Index i = detail::sum_terms<simd_width<S>, 4>(0, size, terms, count, add, out);
    i = detail::sum_terms<simd_width<S>, 1>(i, size, terms, count, add, out);
    detail::sum_terms<1, 1>(i, size, terms, count, add, out);
  } else {
    for (Index i = 0; i < size; ++i) {
      S sum = add ? out[i] : S(0);
      for (std::size_t t = 0; t < count; ++t) sum += terms[t].x[i] * terms[t].y[i] * terms[t].factor;
      out[i] = sum;
    }
  }
}

/// Collects the terms of one such sum, of any number; an empty sum leaves `out` as it is.
template <class S>
class SumOfProducts {
 public:
  SumOfProducts(Index size, S* out) : size_(size), out_(out) {}

  void add(const S* x, const S* y, const S& factor) {
    if (count_ == terms_.size()) pass();
    terms_[count_++] = {x, y, factor};
  }

  /// Whether there was a term.
  bool finish() {
    if (count_ > 0) pass();
    return any_;
  }

 private:
  void pass() {
    sum_of_products(size_, terms_.data(), count_, any_, out_);
    any_ = true;
    count_ = 0;
  }

  std::array<Term<S>, 16> terms_;
  std::size_t count_ = 0;
  Index size_;
  S* out_;
  bool any_ = false;
};

namespace detail {

/// out_m = factor x sum over the stage's pairs of weight(pair) / divisor x_a y_b; false, and out marked zero, where every term
/// vanishes.
template <class S, class Weight>
bool set_sum(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& y, const Weight& weight,
             int divisor, int factor) {
  SumOfProducts<S> sum(out.size(), out[stage.number].data());
  for (const Pair& pair : stage.pairs) {
    const int numerator = factor * weight(pair);
    if (numerator == 0 || x.is_zero(pair.a) || y.is_zero(pair.b)) continue;
    sum.add(x[pair.a].data(), y[pair.b].data(), S(Real<S>(numerator) / Real<S>(divisor)));
  }
  const bool any = sum.finish();
  out.mark(stage.number, !any);
  return any;
}

/// out_m = -sum z_a z_b, every product of two different coefficients once.
template <class S>
void set_negative_square(const Stage& stage, const Series<S>& out, const Series<S>& z) {
  SumOfProducts<S> sum(out.size(), out[stage.number].data());
  for (const Pair& pair : stage.pairs) {
    if (pair.a > pair.b || z.is_zero(pair.a) || z.is_zero(pair.b)) continue;
    sum.add(z[pair.a].data(), z[pair.b].data(), S(Real<S>(pair.a == pair.b ? -1 : -2)));
  }
  if (!sum.finish()) out[stage.number].setZero();
}

/// z = sum of the chain's terms, d = (linear - 2 z_0) z + sum of the square's terms.
template <class S>
struct ChainWithSquare {
  std::array<Term<S>, 16> chain, square;
  std::size_t chain_terms = 0, square_terms = 0;
  const S* z_0 = nullptr;
  S linear = S(0);

  template <Index n, int vectors>
  [[gnu::always_inline]] Index run(Index first, Index last, S* z, S* d) const {
    using V = Simd<S, n>;
    Index i = first;
    for (; i + vectors * n <= last; i += vectors * n) {
      // NOLINTNEXTLINE(cppcoreguidelines-avoid-c-arrays, modernize-avoid-c-arrays): registers
      V value[vectors], slope[vectors];
      for (int q = 0; q < vectors; ++q) value[q] = slope[q] = V{};
      for (std::size_t t = 0; t < chain_terms; ++t) {
        const Term<S> term = chain[t];
        for (int q = 0; q < vectors; ++q) {
          value[q] += load<V>(term.x + i + q * n) * load<V>(term.y + i + q * n) * term.factor;
        }
      }
      for (std::size_t t = 0; t < square_terms; ++t) {
        const Term<S> term = square[t];
        for (int q = 0; q < vectors; ++q) {
          slope[q] += load<V>(term.x + i + q * n) * load<V>(term.y + i + q * n) * term.factor;
        }
      }
      for (int q = 0; q < vectors; ++q) {
        const V factor = linear - S(2) * load<V>(z_0 + i + q * n);
        store(z + i + q * n, value[q]);
        store(d + i + q * n, slope[q] + factor * value[q]);
      }
    }
    return i;
  }

  [[gnu::noinline]] void run(Index size, S* z, S* d) const {
    Index i = run<simd_width<S>, 4>(0, size, z, d);
    i = run<simd_width<S>, 1>(i, size, z, d);
    run<1, 1>(i, size, z, d);
  }
};

}  // namespace detail

template <class S>
bool set_product(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& y, int factor = 1) {
  return detail::set_sum(stage, out, x, y, [](const Pair&) { return 1; }, 1, factor);
}

/// z_m = (1/w_m) sum w_a x_a d_b and d_m = linear x z_m - sum z_a z_b: the functions with D z = d D x and d = c + linear z - z^2,
/// both coefficients in one pass over memory.
template <class S>
bool set_chain_with_square(const Stage& stage, const Series<S>& x, const Series<S>& z, const Series<S>& d, int linear) {
  const Index m = stage.number;
  if constexpr (has_simd<S>) {
    detail::ChainWithSquare<S> pass;
    if (stage.pairs.size() <= pass.chain.size() && !z.is_zero(0)) {
      for (const Pair& pair : stage.pairs) {
        const Index a = pair.a, b = pair.b;
        if (pair.weight != 0 && !x.is_zero(a) && !d.is_zero(b)) {
          pass.chain[pass.chain_terms++] = {x[a].data(), d[b].data(), S(Real<S>(pair.weight) / Real<S>(stage.weight))};
        }
        if (a > 0 && a <= b && !z.is_zero(a) && !z.is_zero(b)) {
          pass.square[pass.square_terms++] = {z[a].data(), z[b].data(), S(a == b ? -1 : -2)};
        }
      }
      if (pass.chain_terms == 0) {  // then nothing varies: no lower coefficient of z does either
        z.mark(m, true);
        return false;
      }
      pass.z_0 = z[0].data();
      pass.linear = S(Real<S>(linear));
      pass.run(z.size(), z[m].data(), d[m].data());
      z.mark(m, false);
      d.mark(m, false);
      return true;
    }
  }
  if (!set_chain(stage, z, x, d)) return false;
  detail::set_negative_square(stage, d, z);
  if (linear != 0) d[m] += S(Real<S>(linear)) * z[m];
  d.mark(m, false);
  return true;
}

template <class S>
bool set_lower_product(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& y) {
  return detail::set_sum(stage, out, x, y, [](const Pair& pair) { return pair.b == 0 ? 0 : 1; }, 1, 1);
}

template <class S>
bool set_chain(const Stage& stage, const Series<S>& out, const Series<S>& x, const Series<S>& d) {
  return detail::set_sum(stage, out, x, d, [](const Pair& pair) { return pair.weight; }, stage.weight, 1);
}

}  // namespace drift::calculus
