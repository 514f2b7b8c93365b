#include <drift/calculus/series.hpp>

#include <catch2/catch.hpp>

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
