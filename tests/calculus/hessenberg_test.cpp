#include <drift/calculus/hessenberg.hpp>

#include "../flows/oracle_problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <complex>
#include <limits>

using namespace drift;

namespace {

template <class R>
Matrix<std::complex<R>> random_hessenberg(Index n, std::uint64_t seed) {
  problems::Numbers numbers(seed);
  Matrix<std::complex<R>> a = Matrix<std::complex<R>>::Zero(n, n);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i <= std::min(j + 1, n - 1); ++i) {
      a(i, j) = {R(numbers()), R(numbers())};
    }
  }
  return a;
}

/// Q T Q^H = A, Q unitary, T triangular, all to rounding.
template <class R>
void check_schur(const Matrix<std::complex<R>>& a) {
  const auto form = calculus::schur_of_hessenberg<R>(a);
  const Index n = a.rows();
  REQUIRE(form.converged);
  const R tolerance = R(20) * R(n) * epsilon<R>();
  CHECK((form.q * form.t * form.q.adjoint() - a).norm() <= tolerance * a.norm());
  CHECK((form.q.adjoint() * form.q - Matrix<std::complex<R>>::Identity(n, n)).norm() <= tolerance);
  for (Index j = 0; j < n; ++j) {
    for (Index i = j + 1; i < n; ++i) CHECK(form.t(i, j) == std::complex<R>(0));
  }
}

/// How far the diagonal of T is from the given eigenvalues, each matched with its nearest.
double eigenvalue_error(const Matrix<std::complex<double>>& a, std::vector<std::complex<double>> expected) {
  const auto form = calculus::schur_of_hessenberg<double>(a);
  double worst = form.converged ? 0 : 1e300;
  for (Index i = 0; i < a.rows(); ++i) {
    const std::complex<double> found = form.t(i, i);
    const auto nearest = std::min_element(expected.begin(), expected.end(),
                                          [&](auto x, auto y) { return std::abs(x - found) < std::abs(y - found); });
    worst = std::max(worst, std::abs(*nearest - found));
    expected.erase(nearest);
  }
  return worst;
}

}  // namespace

using C = std::complex<double>;

TEMPLATE_TEST_CASE("random Hessenberg matrices are put together again from their Schur forms", "", float, double,
                   long double) {
  for (const Index n : {1, 2, 3, 5, 10, 40}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) check_schur<TestType>(random_hessenberg<TestType>(n, seed));
  }
}

TEST_CASE("the eigenvalues of a companion matrix are the polynomial's roots") {
  // (z - 1)(z - i)(z + 2)(z - (1 + i)/2) expanded: the last column holds minus its coefficients.
  const std::vector<C> roots = {C(1), C(0, 1), C(-2), C(0.5, 0.5)};
  std::vector<C> coefficients = {C(1)};  // ascending powers
  for (const C& root : roots) {
    std::vector<C> next(coefficients.size() + 1);
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
      next[i + 1] += coefficients[i];
      next[i] -= root * coefficients[i];
    }
    coefficients = next;
  }
  Matrix<C> companion = Matrix<C>::Zero(4, 4);
  for (Index i = 0; i < 4; ++i) {
    if (i > 0) companion(i, i - 1) = C(1);
    companion(i, 3) = -coefficients[static_cast<std::size_t>(i)];
  }
  CHECK(eigenvalue_error(companion, roots) < 1e-14);
}

TEST_CASE("matrices that defeat a careless shift have their eigenvalues found") {
  Matrix<C> cycle = Matrix<C>::Zero(4, 4);  // a permutation: every sweep without a good shift returns it
  cycle(0, 3) = cycle(1, 0) = cycle(2, 1) = cycle(3, 2) = C(1);
  CHECK(eigenvalue_error(cycle, {C(1), C(-1), C(0, 1), C(0, -1)}) < 1e-14);
  Matrix<C> swap = Matrix<C>::Zero(2, 2);
  swap(0, 1) = swap(1, 0) = C(1);
  CHECK(eigenvalue_error(swap, {C(1), C(-1)}) < 1e-15);
  Matrix<C> tiny_coupling = Matrix<C>::Identity(3, 3);
  tiny_coupling(1, 0) = C(1e-30);
  CHECK(eigenvalue_error(tiny_coupling, {C(1), C(1), C(1)}) < 1e-15);
}

TEST_CASE("Schur forms of zero, scalar, diagonal and badly scaled matrices") {
  CHECK(calculus::schur_of_hessenberg<double>(Matrix<C>::Zero(3, 3)).converged);
  CHECK(calculus::schur_of_hessenberg<double>(Matrix<C>(0, 0)).converged);
  CHECK(calculus::schur_of_hessenberg<double>(Matrix<C>::Constant(1, 1, C(2, -3))).t(0, 0) == C(2, -3));
  check_schur<double>(Matrix<C>(3.0 * Matrix<C>::Identity(6, 6)));
  for (const double scale : {1e-200, 1e200}) {
    const Matrix<C> a = random_hessenberg<double>(6, 3);
    const Matrix<C> scaled = calculus::schur_of_hessenberg<double>(scale * a).t / scale;
    CHECK((scaled - calculus::schur_of_hessenberg<double>(a).t).norm() < 1e-12 * a.norm());
  }
}

TEST_CASE("a matrix with a NaN or an infinity does not converge, at once") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Matrix<C> a = random_hessenberg<double>(5, 1);
    a(1, 2) = C(bad);
    const auto form = calculus::schur_of_hessenberg<double>(a);
    CHECK_FALSE(form.converged);
    const auto identity = [](const C& z) { return z; };
    CHECK(calculus::times_function(form, identity, Vector<C>(Vector<C>::Ones(5))).hasNaN());
  }
}

TEMPLATE_TEST_CASE("polynomials of a Hessenberg matrix are what multiplication gives", "", float, double, long double) {
  using R = TestType;
  using Z = std::complex<R>;
  for (const Index n : {1, 2, 6, 15}) {
    const Matrix<Z> a = random_hessenberg<R>(n, 7);
    const Vector<Z> v = problems::Numbers(8).vector<R>(n).template cast<Z>();
    const auto form = calculus::schur_of_hessenberg<R>(a);
    const auto cubic = [](const Z& z) { return z * z * z - R(2) * z + Z(0, 1); };
    const Vector<Z> expected = a * (a * (a * v)) - R(2) * (a * v) + Z(0, 1) * v;
    CHECK((calculus::times_function(form, cubic, v) - expected).norm() < R(3000) * epsilon<R>() * expected.norm());
  }
}

TEST_CASE("a function of a far from normal matrix is as good as its eigenvectors allow") {
  // exp of an upper triangular matrix with separated eigenvalues and large couplings, against its power series
  Matrix<C> a = Matrix<C>::Zero(5, 5);
  for (Index i = 0; i < 5; ++i) {
    a(i, i) = C(0.1 * static_cast<double>(i), 0.05);
    for (Index j = i + 1; j < 5; ++j) a(i, j) = C(3, -1);
  }
  const Vector<C> v = Vector<C>::Ones(5);
  Vector<C> expected = v, term = v;
  for (int k = 1; k < 60; ++k) {
    term = (a * term / static_cast<double>(k)).eval();
    expected += term;
  }
  const auto exponential = [](const C& z) { return std::exp(z); };
  const Vector<C> found = calculus::times_function(calculus::schur_of_hessenberg<double>(a), exponential, v);
  CHECK((found - expected).norm() < 1e-8 * expected.norm());
}

TEST_CASE("a function of a defective matrix keeps its derivative terms") {
  // f of a Jordan block has f, f', f''/2 along its diagonals; and of the nilpotent complex symmetric [1 i; i -1].
  Matrix<C> block = Matrix<C>::Zero(2, 2);
  block << C(0.5), C(1), C(0), C(0.5);
  const auto exponential = [](const C& z) { return std::exp(z); };
  Vector<C> unit = Vector<C>::Unit(2, 1);
  Vector<C> column = calculus::times_function(calculus::schur_of_hessenberg<double>(block), exponential, unit);
  CHECK(std::abs(column[0] - std::exp(0.5)) < 1e-6);
  CHECK(std::abs(column[1] - std::exp(0.5)) < 1e-6);

  Matrix<C> nilpotent(2, 2);
  nilpotent << C(1), C(0, 1), C(0, 1), C(-1);
  column = calculus::times_function(calculus::schur_of_hessenberg<double>(nilpotent), exponential, unit);
  CHECK(std::abs(column[0] - C(0, 1)) < 1e-6);  // exp(N) = 1 + N
  CHECK(std::abs(column[1]) < 1e-6);

  Matrix<C> triple = Matrix<C>::Zero(3, 3);
  triple(0, 0) = triple(1, 1) = triple(2, 2) = C(0.5);
  triple(0, 1) = triple(1, 2) = C(1);
  const Vector<C> third = calculus::times_function(calculus::schur_of_hessenberg<double>(triple), exponential,
                                                   Vector<C>(Vector<C>::Unit(3, 2)));
  CHECK(third.allFinite());
  CHECK(std::abs(third[1] - std::exp(0.5)) < 1e-3);
}

TEST_CASE("The eigenvectors of a triangular matrix satisfy T X = X L, and components along them go there and back") {
  problems::Numbers numbers(12);
  Matrix<C> t = Matrix<C>::Zero(9, 9);
  for (Index j = 0; j < 9; ++j) {
    for (Index i = 0; i <= j; ++i) t(i, j) = C(numbers(), numbers());
  }
  const auto eigen = calculus::eigen_of_triangular<double>(t);
  CHECK(eigen.values == t.diagonal());
  CHECK(eigen.vectors.diagonal() == Vector<C>::Ones(9));
  CHECK((t * eigen.vectors - eigen.vectors * eigen.values.asDiagonal()).norm() < 1e-12 * eigen.vectors.norm());
  const Vector<C> v = Vector<C>::LinSpaced(9, C(1, 2), C(-3, 1));
  const Vector<C> components = calculus::components_along<double>(eigen, v);
  CHECK((eigen.vectors * components - v).norm() < 1e-12 * components.norm());
  CHECK((calculus::from_components<double>(eigen, components) - v).norm() < 1e-12 * components.norm());
}
