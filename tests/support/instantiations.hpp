#pragma once
// Declares the heavy templates (Eigen's matrix products, the eigenvalue solver, the integrator's engine) that
// instantiations.cpp compiles once for all test executables: an `extern template` here, its `template` there.

#include <drift/calculus/hessenberg.hpp>
#include <drift/calculus/products.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/integrate/integrate.hpp>

namespace drift::calculus {

#define DRIFT_TEST_PRODUCTS(prefix, S)                                                                    \
  prefix template void add_product<S>(ConstMatrixMap<S>, ConstMatrixMap<S>, MatrixMap<S>);                \
  prefix template void add_product_with_transpose<S>(ConstMatrixMap<S>, ConstMatrixMap<S>, MatrixMap<S>); \
  prefix template void add_transposed_product<S>(ConstMatrixMap<S>, ConstMatrixMap<S>, MatrixMap<S>);

DRIFT_TEST_PRODUCTS(extern, float)
DRIFT_TEST_PRODUCTS(extern, double)
DRIFT_TEST_PRODUCTS(extern, long double)
DRIFT_TEST_PRODUCTS(extern, std::complex<double>)

extern template SymmetricEigen<double> symmetric_eigen<double>(const Matrix<double>&);
extern template SchurForm<double> schur_of_hessenberg<double>(Matrix<std::complex<double>>);

}  // namespace drift::calculus

namespace drift::detail {

#define DRIFT_TEST_INTEGRATOR(prefix, S) \
  prefix template Solution<S> run<S>(CountedField<S>, Vector<S>, const Real<S>&, const IntegrateOptions&, StepCall<S>);

DRIFT_TEST_INTEGRATOR(extern, double)
DRIFT_TEST_INTEGRATOR(extern, std::complex<double>)

}  // namespace drift::detail
