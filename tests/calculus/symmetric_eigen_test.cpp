#include <drift/calculus/symmetric_eigen.hpp>

#include "../flows/oracle_problems.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace drift;

TEST_CASE("a symmetric matrix is put together again from its eigenvalues, which ascend, and orthonormal eigenvectors") {
  problems::Numbers numbers(1);
  for (const Index n : {1, 2, 7, 40}) {
    Matrix<double> a(n, n);
    for (Index i = 0; i < a.size(); ++i) a.data()[i] = numbers();
    a = (a + a.transpose()).eval();
    const auto eigen = calculus::symmetric_eigen(a);
    CHECK((eigen.vectors * eigen.values.asDiagonal() * eigen.vectors.transpose() - a).norm() < 1e-14 * a.norm());
    CHECK((eigen.vectors.transpose() * eigen.vectors - Matrix<double>::Identity(n, n)).norm() < 1e-13);
    for (Index i = 1; i < n; ++i) CHECK(eigen.values[i - 1] <= eigen.values[i]);
  }
}

TEST_CASE("eigenvalues: zero, equal and empty matrices work, a matrix that is not square is refused") {
  CHECK(calculus::symmetric_eigen<double>(Matrix<double>::Zero(3, 3)).values.norm() == 0);
  const auto identity = calculus::symmetric_eigen<double>(Matrix<double>::Identity(3, 3));
  CHECK(identity.values == Vector<double>::Ones(3));
  CHECK(calculus::symmetric_eigen<double>(Matrix<double>(0, 0)).values.size() == 0);
  CHECK_THROWS_AS(calculus::symmetric_eigen<double>(Matrix<double>::Zero(2, 3)), InvalidArgument);
}

TEST_CASE("eigenvalues: a NaN or infinite matrix gives NaN") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Matrix<double> a = Matrix<double>::Identity(4, 4);
    a(2, 1) = a(1, 2) = bad;
    const auto eigen = calculus::symmetric_eigen(a);
    CHECK(std::isnan(eigen.values[0]));
    CHECK(eigen.vectors.hasNaN());
  }
}
