#pragma once
// Declares the heavy templates (matrix products, functions of arrays, the eigenvalue solver, the integrator's engine) that
// instantiations.cpp compiles once for all test executables: an `extern template` here, its `template` there.

#include <drift/calculus/array_functions.hpp>
#include <drift/calculus/hessenberg.hpp>
#include <drift/calculus/products.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/integrate/integrate.hpp>

namespace drift::calculus {

#define DRIFT_TEST_PRODUCTS(prefix, S)                                                                             \
  prefix template void add_product<S>(ConstMatrixMap<S>, ConstMatrixMap<S>, MatrixMap<S>, Onto<S>);                \
  prefix template void add_product_with_transpose<S>(ConstMatrixMap<S>, ConstMatrixMap<S>, MatrixMap<S>, Onto<S>); \
  prefix template void add_transposed_product<S>(ConstMatrixMap<S>, ConstMatrixMap<S>, MatrixMap<S>, Onto<S>);

#define DRIFT_TEST_KERNELS(prefix, S)                                                                                 \
  prefix template void pack_transposed<S>(ConstMatrixMap<S>, S*);                                                     \
  prefix template void add_packed_product<S>(const S*, ConstMatrixMap<S>, MatrixMap<S>, Onto<S>);                     \
  prefix template void kernels::multiply<S, kernels::Table>(Index, Index, Index, const S*, kernels::Table, const S*,  \
                                                            Index, Index, S*, Index, Onto<S>);                        \
  prefix template void kernels::multiply_transposed<S, kernels::Table>(Index, Index, Index, const S*, kernels::Table, \
                                                                       const S*, Index, S*, Index, bool);             \
  prefix template void set_exp<S>(Index, const S*, S*);                                                               \
  prefix template void set_log<S>(Index, const S*, S*);                                                               \
  prefix template void set_tanh<S>(Index, const S*, S*, S*);                                                          \
  prefix template void set_logistic<S>(Index, const S*, S*, S*);                                                      \
  prefix template void set_softplus<S>(Index, const S*, S*, S*, S*);

DRIFT_TEST_KERNELS(extern, float)
DRIFT_TEST_KERNELS(extern, double)
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
