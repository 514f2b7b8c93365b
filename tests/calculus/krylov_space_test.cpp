#include <drift/calculus/krylov_space.hpp>

#include <catch2/catch.hpp>

#include <drift/core/random.hpp>

using namespace drift;
using calculus::KrylovSpace;
using C = std::complex<double>;

namespace {

template <class S>
calculus::LinearMap<S> times(const Matrix<S>& a) {
  return [a](const Vector<S>& v, Vector<S>& result) { result = a * v; };
}

Matrix<double> random_symmetric(Index n) {
  const Matrix<double> a = Random(3).normal_matrix(n, n);
  return (a + a.transpose()) / 2;
}

}  // namespace

TEST_CASE("the basis stays orthonormal and projects a symmetric matrix to a tridiagonal one", "[calculus]") {
  Matrix<double> a = random_symmetric(80);
  a(0, 0) = 1e4;  // an outlier, whose Ritz pair converges at once: without reorthogonalisation it would come again
  const Vector<double> start = Random(4).normal_vector(80);
  KrylovSpace<double> space(times(a), start, start.norm());
  while (space.dimension() < 40) space.extend();
  const Matrix<double> v = space.basis();
  CHECK((v.transpose() * v - Matrix<double>::Identity(40, 40)).norm() < 1e-13);
  CHECK((v.transpose() * a * v - Matrix<double>(space.projected())).norm() < 1e-10);
  const auto ritz = calculus::ritz_pairs<double>(space.projected());
  CHECK(ritz.values[38] < 100);
  // A V = V T but for the last column
  const Matrix<double> rest = a * v - v * space.projected();
  CHECK(rest.leftCols(39).norm() < 1e-10);
  const Vector<double> ritz_vector = v * ritz.vectors.col(39);
  CHECK((a * ritz_vector - ritz.values[39] * ritz_vector).norm() < 1e-10);
}

TEST_CASE("a matrix that is not symmetric is projected to an upper Hessenberg one", "[calculus]") {
  Matrix<C> a(30, 30);
  a.real() = Random(5).normal_matrix(30, 30);
  a.imag() = Random(6).normal_matrix(30, 30);
  const Vector<C> start = Random(7).normal_vector(30).cast<C>();
  KrylovSpace<C> space(times(a), start, start.norm());
  while (space.dimension() < 12) space.extend();
  const Matrix<C> v = space.basis();
  CHECK((v.adjoint() * v - Matrix<C>::Identity(12, 12)).norm() < 1e-13);
  CHECK((v.adjoint() * a * v - Matrix<C>(space.projected())).norm() < 1e-12);
}

TEST_CASE("an invariant space is noticed: few eigenvalues, the zero operator, the whole space", "[calculus]") {
  Vector<double> eigenvalues = Vector<double>::Constant(50, 2);
  eigenvalues.head(20).setConstant(-1);
  eigenvalues.tail(5).setZero();
  const Vector<double> ones = Vector<double>::Ones(50);
  KrylovSpace<double> three(times(Matrix<double>(eigenvalues.asDiagonal())), ones, ones.norm());
  while (!three.invariant()) three.extend();
  CHECK(three.dimension() == 3);
  const auto ritz = calculus::ritz_pairs<double>(three.projected());
  CHECK((ritz.values - Vector<double>{{-1, 0, 2}}).norm() < 1e-13);

  KrylovSpace<double> zero(times<double>(Matrix<double>::Zero(50, 50)), ones, ones.norm());
  zero.extend();
  CHECK(zero.invariant());
  CHECK(zero.projected()(0, 0) == 0);

  KrylovSpace<double> one(times<double>(Matrix<double>::Constant(1, 1, -3)), Vector<double>::Ones(1), 1.0);
  one.extend();
  CHECK(one.invariant());
  CHECK(calculus::ritz_pairs<double>(one.projected()).values[0] == -3);
}

TEST_CASE("a product that is not finite is noticed", "[calculus]") {
  Matrix<double> a = random_symmetric(5);
  a(2, 3) = std::numeric_limits<double>::infinity();
  const Vector<double> ones = Vector<double>::Ones(5);
  KrylovSpace<double> space(times(a), ones, ones.norm());
  CHECK(space.finite());
  space.extend();
  CHECK_FALSE(space.finite());
}

TEST_CASE("orthogonalise leaves what is orthogonal, also of a vector that almost lies in the space", "[calculus]") {
  Matrix<double> basis = Matrix<double>::Zero(6, 2);
  basis(0, 0) = basis(1, 1) = 1;
  const Vector<double> original = (Vector<double>(6) << 3, -2, 1e-9, 0, 0, 2e-9).finished();
  Vector<double> v = original, components = Vector<double>::Zero(2), work;
  const double left = calculus::orthogonalise<double>(basis, v, components, work);
  CHECK(left == Approx(std::sqrt(5.0) * 1e-9).epsilon(1e-12));
  CHECK((basis.transpose() * v).norm() < 1e-24);
  CHECK((basis * components + v - original).norm() < 1e-15);
}
