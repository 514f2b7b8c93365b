#pragma once
// The three matrix products that a network's derivatives are made of, on contiguous column-major matrices:
//
//     add_product(a, b, c)                  c += a b
//     add_product_with_transpose(a, b, c)   c += a b^T
//     add_transposed_product(a, b, c)       c += a^T b
//
// They are function templates that are not inlined, so that each is compiled once for a number type and not at every call, and
// so that a project can compile them once for all its units:
//
//     extern template void drift::calculus::add_product<double>(...);          // tests/support does this
//
// The products are Eigen's. Cost: 2 x rows x inner x columns multiply-adds. Shapes must agree (asserted by Eigen in debug).

#include <drift/core/types.hpp>

namespace drift::calculus {

template <class S>
using MatrixMap = Eigen::Map<Matrix<S>>;
template <class S>
using ConstMatrixMap = Eigen::Map<const Matrix<S>>;

template <class S>
[[gnu::noinline]] void add_product(ConstMatrixMap<S> a, ConstMatrixMap<S> b, MatrixMap<S> c) {
  c.noalias() += a * b;
}

template <class S>
[[gnu::noinline]] void add_product_with_transpose(ConstMatrixMap<S> a, ConstMatrixMap<S> b, MatrixMap<S> c) {
  c.noalias() += a * b.transpose();
}

template <class S>
[[gnu::noinline]] void add_transposed_product(ConstMatrixMap<S> a, ConstMatrixMap<S> b, MatrixMap<S> c) {
  c.noalias() += a.transpose() * b;
}

}  // namespace drift::calculus
