#pragma once
// The three matrix products that a network's derivatives are made of, on contiguous column-major matrices whose rows are examples:
//
//     add_product(a, b, c)                  c += a b
//     add_product_with_transpose(a, b, c)   c += a b^T
//     add_transposed_product(a, b, c)       c += a^T b
//
// All take a fourth argument `Onto`: {.accumulate = false} sets c instead of adding to it, for the first two with .bias to a row
// that is added to each of its rows.
//
// For float and double they are the kernels of calculus/kernels.hpp, for other numbers (long double, complex, multiprecision)
// Eigen's products. They are function templates that are not inlined, so that each is compiled once for a number type and not at
// every call, and so that a project can compile them once for all its units:
//
//     extern template void drift::calculus::add_product<double>(...);          // tests/support does this
//
// Cost: 2 x rows x inner x columns multiply-adds. Shapes must agree (asserted).

#include <drift/calculus/kernels.hpp>

namespace drift::calculus {

template <class S>
using MatrixMap = Eigen::Map<Matrix<S>>;
template <class S>
using ConstMatrixMap = Eigen::Map<const Matrix<S>>;

template <class S>
using Onto = kernels::Onto<S>;

namespace detail {

/// c as `onto` leaves it before a product is added.
template <class S>
void prepare(const Onto<S>& onto, MatrixMap<S> c) {
  if (onto.accumulate) return;
  if (onto.bias != nullptr) {
    c.rowwise() = Eigen::Map<const Eigen::Matrix<S, 1, Eigen::Dynamic>>(onto.bias, c.cols());
  } else {
    c.setZero();
  }
}

}  // namespace detail

template <class S>
[[gnu::noinline]] void add_product(ConstMatrixMap<S> a, ConstMatrixMap<S> b, MatrixMap<S> c, Onto<S> onto = {}) {
  eigen_assert(a.cols() == b.rows() && a.rows() == c.rows() && b.cols() == c.cols());
  if constexpr (has_simd<S>) {
    kernels::multiply(a.rows(), a.cols(), b.cols(), a.data(), kernels::Uniform{a.rows()}, b.data(), 1, b.rows(),
                      c.data(), c.rows(), onto);
  } else {
    detail::prepare(onto, c);
    c.noalias() += a * b;
  }
}

template <class S>
[[gnu::noinline]] void add_product_with_transpose(ConstMatrixMap<S> a, ConstMatrixMap<S> b, MatrixMap<S> c,
                                                  Onto<S> onto = {}) {
  eigen_assert(a.cols() == b.cols() && a.rows() == c.rows() && b.rows() == c.cols());
  if constexpr (has_simd<S>) {
    kernels::multiply(a.rows(), a.cols(), b.rows(), a.data(), kernels::Uniform{a.rows()}, b.data(), b.rows(), 1,
                      c.data(), c.rows(), onto);
  } else {
    detail::prepare(onto, c);
    c.noalias() += a * b.transpose();
  }
}

template <class S>
[[gnu::noinline]] void add_transposed_product(ConstMatrixMap<S> a, ConstMatrixMap<S> b, MatrixMap<S> c,
                                              Onto<S> onto = {}) {
  eigen_assert(a.rows() == b.rows() && a.cols() == c.rows() && b.cols() == c.cols());
  if constexpr (has_simd<S>) {
    const Index rows = a.rows(), width = a.cols();
    // With few rows the sums' end costs more than their products: then transpose once and let vectors run over a's columns.
    // The copy costs rows x width moves, against width x columns sums.
    if (rows <= 64 && b.cols() >= rows / 2 && width >= simd_width<S>) {
      static thread_local Vector<S> transposed;
      const Index padded =
          (width + simd_width<S> - 1) / simd_width<S> * simd_width<S>;  // so that columns start aligned
      if (transposed.size() < padded * rows) transposed.resize(padded * rows);
      kernels::transpose(rows, width, a.data(), rows, transposed.data(), padded);
      kernels::multiply(width, rows, b.cols(), transposed.data(), kernels::Uniform{padded}, b.data(), 1, rows, c.data(),
                        width, onto);
    } else {
      kernels::multiply_transposed(rows, width, b.cols(), a.data(), kernels::Uniform{rows}, b.data(), rows, c.data(),
                                   width, onto.accumulate);
    }
  } else {
    detail::prepare(onto, c);
    c.noalias() += a.transpose() * b;
  }
}

/// a^T for add_packed_product: panels of as many columns of a as a tile has rows, each panel contiguous, so that it streams
/// through the caches whatever a's width is.
template <class S>
[[gnu::noinline]] void pack_transposed(ConstMatrixMap<S> a, S* packed)
  requires has_simd<S>
{
  const Index rows = a.rows(), panel = kernels::tile_vectors * simd_width<S>;
  for (Index first = 0; first < a.cols(); first += panel) {
    const Index columns = std::min(panel, a.cols() - first);
    kernels::transpose(rows, columns, a.data() + first * rows, rows, packed + first * rows, columns);
  }
}

/// c += a^T b with a packed by pack_transposed: for an a that serves many products.
template <class S>
[[gnu::noinline]] void add_packed_product(const S* packed, ConstMatrixMap<S> b, MatrixMap<S> c, Onto<S> onto = {})
  requires has_simd<S>
{
  const Index rows = b.rows(), panel = kernels::tile_vectors * simd_width<S>;
  for (Index first = 0; first < c.rows(); first += panel) {
    const Index columns = std::min(panel, c.rows() - first);
    kernels::multiply(columns, rows, b.cols(), packed + first * rows, kernels::Uniform{columns}, b.data(), 1, rows,
                      c.data() + first, c.rows(), onto);
  }
}

}  // namespace drift::calculus
