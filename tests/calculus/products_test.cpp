#include <drift/calculus/products.hpp>

#include <catch2/catch.hpp>

#include <complex>

using namespace drift;

TEST_CASE("the three products add to what is there, and transpose without conjugating") {
  using C = std::complex<double>;
  Matrix<C> a(1, 2), b(2, 1), c(1, 1);
  a << C(0, 1), C(2, 0);
  b << C(0, 1), C(3, 0);
  const auto in = [](const Matrix<C>& m) { return calculus::ConstMatrixMap<C>(m.data(), m.rows(), m.cols()); };
  const Matrix<C> a_transposed = a.transpose(), b_transposed = b.transpose();
  const C expected(15, 0);  // 10 + i i + 2 * 3
  c(0, 0) = 10;
  calculus::add_product<C>(in(a), in(b), {c.data(), 1, 1});
  CHECK(c(0, 0) == expected);
  c(0, 0) = 10;
  calculus::add_product_with_transpose<C>(in(a), in(b_transposed), {c.data(), 1, 1});
  CHECK(c(0, 0) == expected);
  c(0, 0) = 10;
  calculus::add_transposed_product<C>(in(a_transposed), in(b), {c.data(), 1, 1});
  CHECK(c(0, 0) == expected);
}
