#include <drift/calculus/eigenvalues.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace drift;
using C = std::complex<double>;

TEST_CASE("a companion matrix has its polynomial's roots") {
  const std::vector<C> roots{{-3, 0}, {0.5, 2}, {0.5, -2}, {1, 0}, {4, 0}};
  std::vector<C> coefficients{1};  // of the product of (x - root), lowest first
  for (const C& root : roots) {
    coefficients.insert(coefficients.begin(), C(0));
    for (std::size_t i = 0; i + 1 < coefficients.size(); ++i) coefficients[i] -= root * coefficients[i + 1];
  }
  Matrix<double> companion = Matrix<double>::Zero(5, 5);
  for (Index i = 0; i < 5; ++i) companion(i, 4) = -coefficients[static_cast<std::size_t>(i)].real();
  for (Index i = 0; i < 4; ++i) companion(i + 1, i) = 1;
  Matrix<double> mix = Matrix<double>::Identity(5, 5);  // I - v v' / |v|^2 * 2: similar, and no longer Hessenberg
  const Vector<double> v = (Vector<double>(5) << 1, -2, 3, 1, 0.5).finished();
  mix -= 2 / v.squaredNorm() * v * v.transpose();
  const Vector<C> lambda = eigenvalues(Matrix<double>(mix * companion * mix));
  for (const C& root : roots) {
    CHECK((lambda.array() - root).abs().minCoeff() < 1e-12);
  }
}

TEST_CASE("special matrices") {
  CHECK(eigenvalues(Matrix<double>(Matrix<double>::Zero(3, 3))).cwiseAbs().maxCoeff() == 0);
  CHECK(eigenvalues(Matrix<double>(Matrix<double>::Identity(3, 3) * 1e-200)) == Vector<C>::Constant(3, C(1e-200)));
  CHECK(eigenvalues(Matrix<double>(Matrix<double>::Constant(1, 1, -7)))[0] == C(-7));
  CHECK(eigenvalues(Matrix<double>(0, 0)).size() == 0);
  CHECK_FALSE(
      eigenvalues(Matrix<double>(Matrix<double>::Constant(2, 2, std::numeric_limits<double>::infinity()))).allFinite());
  CHECK_THROWS_AS(eigenvalues(Matrix<double>(2, 3)), InvalidArgument);
}
