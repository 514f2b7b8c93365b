#include "instantiations.hpp"

namespace drift::calculus {

DRIFT_TEST_KERNELS(, float)
DRIFT_TEST_KERNELS(, double)
DRIFT_TEST_PRODUCTS(, float)
DRIFT_TEST_PRODUCTS(, double)
DRIFT_TEST_PRODUCTS(, long double)
DRIFT_TEST_PRODUCTS(, std::complex<double>)

template SymmetricEigen<double> symmetric_eigen<double>(const Matrix<double>&);
template SchurForm<double> schur_of_hessenberg<double>(Matrix<std::complex<double>>);

}  // namespace drift::calculus

namespace drift::detail {

DRIFT_TEST_INTEGRATOR(, double)
DRIFT_TEST_INTEGRATOR(, std::complex<double>)

}  // namespace drift::detail
