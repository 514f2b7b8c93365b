#include <drift/calculus/series.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <utility>

using namespace drift;
using calculus::Series;

namespace {

/// A one-element series with these coefficients; zeros are marked and have no memory.
Series<double> scalars(std::initializer_list<double> values) {
  Series<double> series(1, 1);
  Index m = 0;
  for (const double value : values) {
    if (value == 0) {
      series.open_zero(m);
    } else {
      series.open(m);
      series[m][0] = value;
    }
    ++m;
  }
  return series;
}

}  // namespace

TEST_CASE("series multiply like polynomials, and skip coefficients that are marked zero") {
  calculus::Stages stages;
  const Series<double> x = scalars({2, 0, 3}),
                       y = scalars({5, 7, 0});  // (2 + 3 t^2)(5 + 7 t) = 10 + 14 t + 15 t^2 + ...
  Series<double> product(1, 1);
  const double expected[] = {10, 14, 15};
  for (Index m = 0; m < 3; ++m) {
    product.open(m);
    CHECK(calculus::set_product(stages[m], product, x, y));
    CHECK(product[m][0] == expected[m]);
    CHECK_FALSE(product.is_zero(m));
  }
}

TEST_CASE("a sum without a term marks its coefficient zero") {
  calculus::Stages stages;
  const Series<double> x = scalars({2, 0}), y = scalars({5, 0});
  Series<double> out(1, 1);
  for (Index m = 0; m < 2; ++m) out.open(m);
  CHECK_FALSE(calculus::set_product(stages[1], out, x, y));
  CHECK(out.is_zero(1));
  CHECK_FALSE(calculus::set_chain(stages[1], out, x, y));
  CHECK(out.is_zero(1));
}

TEST_CASE("a moved series keeps its coefficients, a bound one refers to its owner's memory") {
  Series<double> series = scalars({2, 3});
  const Series<double> moved = std::move(series);
  CHECK(moved[0][0] == 2);
  CHECK(moved[1][0] == 3);

  Matrix<double> owner(2, 1);
  owner << 1, 4;
  Series<double> bound(2, 1);
  bound.bind(0, owner.data());
  owner(1, 0) = 8;
  CHECK(bound.constant_matrix(0) == owner);
}

TEST_CASE("sums of more terms than one pass takes, of arrays with a rest, are those of plain numbers", "[series]") {
  // tanh(x_0 + x_1 t + ...), 13 numbers at once, to stage 20: z' = d x', d = 1 - z^2. The long doubles go through Eigen's loops.
  const Index rows = 13, last = 20;
  calculus::Stages stages;
  Series<double> x(rows, 1), z(rows, 1), d(rows, 1);
  Series<long double> xl(rows, 1), zl(rows, 1), dl(rows, 1);
  for (Index m = 0; m <= last; ++m) {
    const bool empty = m == 3 || m > 12;
    if (empty) {
      x.open_zero(m);
      xl.open_zero(m);
    } else {
      x.open(m);
      xl.open(m);
      for (Index i = 0; i < rows; ++i) x[m][i] = std::sin(static_cast<double>(1 + m * rows + i)) / 2;
      xl[m] = x[m].cast<long double>();
    }
    z.open(m);
    d.open(m);
    zl.open(m);
    dl.open(m);
    if (m == 0) {
      zl[0] = xl[0].tanh();
      dl[0] = 1 - zl[0] * zl[0];
      z[0] = zl[0].cast<double>();
      d[0] = dl[0].cast<double>();
      continue;
    }
    CHECK(calculus::set_chain_with_square(stages[m], x, z, d, 0));
    CHECK(calculus::set_chain_with_square(stages[m], xl, zl, dl, 0));
    CHECK((z[m].cast<long double>() - zl[m]).abs().maxCoeff() < 1e-13L);
    CHECK((d[m].cast<long double>() - dl[m]).abs().maxCoeff() < 1e-13L);
  }
}

TEST_CASE("constant data are packed once, transposed, and anew when other data are bound", "[series]") {
  const Matrix<double> first = Matrix<double>::Random(9, 5), second = Matrix<double>::Random(9, 5);
  Series<double> series(9, 5);
  series.bind_constant(0, first.data());
  CHECK(series.is_constant(0));
  const double* const packed = series.packed(0);
  CHECK(series.packed(0) == packed);
  CHECK(packed[0] == first(0, 0));
  CHECK(packed[1] == first(0, 1));
  series.bind_constant(0, second.data());
  CHECK(series.packed(0)[1] == second(0, 1));
  series.bind(0, first.data());
  CHECK_FALSE(series.is_constant(0));
}
