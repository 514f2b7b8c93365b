#include <drift/calculus/products.hpp>

#include <catch2/catch.hpp>
#include <drift/core/random.hpp>

#include <array>
#include <complex>
#include <limits>

using namespace drift;

namespace {

template <class S>
calculus::ConstMatrixMap<S> in(const Matrix<S>& m) {
  return {m.data(), m.rows(), m.cols()};
}
template <class S>
calculus::MatrixMap<S> out(Matrix<S>& m) {
  return {m.data(), m.rows(), m.cols()};
}

}  // namespace

TEST_CASE("the three products add to what is there, and transpose without conjugating") {
  using C = std::complex<double>;
  Matrix<C> a(1, 2), b(2, 1), c(1, 1);
  a << C(0, 1), C(2, 0);
  b << C(0, 1), C(3, 0);
  const Matrix<C> a_transposed = a.transpose(), b_transposed = b.transpose();
  const C expected(15, 0);  // 10 + i i + 2 * 3
  c(0, 0) = 10;
  calculus::add_product<C>(in(a), in(b), out(c));
  CHECK(c(0, 0) == expected);
  c(0, 0) = 10;
  calculus::add_product_with_transpose<C>(in(a), in(b_transposed), out(c));
  CHECK(c(0, 0) == expected);
  c(0, 0) = 10;
  calculus::add_transposed_product<C>(in(a_transposed), in(b), out(c));
  CHECK(c(0, 0) == expected);
}

TEMPLATE_TEST_CASE("the products agree with Eigen's for every number type, and set where they are told to", "", float,
                   double, long double, std::complex<double>) {
  using S = TestType;
  Random random(3);
  const auto random_matrix = [&](Index rows, Index columns) {
    return Matrix<S>(random.normal_matrix<double>(rows, columns).template cast<S>());
  };
  const double tolerance = 100 * static_cast<double>(epsilon<S>());
  // 20 rows and 40 columns go through a transposed copy, 100 rows and 3 columns do not.
  for (const auto& [rows, inner, columns] :
       {std::array<Index, 3>{20, 30, 40}, std::array<Index, 3>{100, 30, 3}, std::array<Index, 3>{5, 1, 2}}) {
    const Matrix<S> a = random_matrix(rows, inner), b = random_matrix(inner, columns), d = random_matrix(rows, columns);
    const Matrix<S> bias = random_matrix(1, columns), start = random_matrix(rows, columns);
    const auto close = [&](const Matrix<S>& x, const Matrix<S>& y) {
      return static_cast<double>((x - y).norm()) <= tolerance * static_cast<double>(y.norm());
    };
    Matrix<S> c = start;
    calculus::add_product<S>(in(a), in(b), out(c));
    CHECK(close(c, start + a * b));
    calculus::add_product<S>(in(a), in(b), out(c), {.accumulate = false, .bias = bias.data()});
    CHECK(close(c, bias.replicate(rows, 1) + a * b));
    Matrix<S> e = random_matrix(rows, inner);
    calculus::add_product_with_transpose<S>(in(d), in(b), out(e), {.accumulate = false});
    CHECK(close(e, d * b.transpose()));
    Matrix<S> f = b;
    calculus::add_transposed_product<S>(in(a), in(d), out(f));
    CHECK(close(f, b + a.transpose() * d));
    f.setConstant(std::numeric_limits<Real<S>>::quiet_NaN());
    calculus::add_transposed_product<S>(in(a), in(d), out(f), {.accumulate = false});
    CHECK(close(f, a.transpose() * d));
    if constexpr (calculus::has_simd<S>) {
      Vector<S> packed(a.size());
      calculus::pack_transposed<S>(in(a), packed.data());
      f = b;
      calculus::add_packed_product<S>(packed.data(), in(d), out(f));
      CHECK(close(f, b + a.transpose() * d));
      f.setConstant(std::numeric_limits<S>::quiet_NaN());
      calculus::add_packed_product<S>(packed.data(), in(d), out(f), {.accumulate = false});
      CHECK(close(f, a.transpose() * d));
    }
  }
}
