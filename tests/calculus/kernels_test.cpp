#include <drift/calculus/kernels.hpp>

#include <catch2/catch.hpp>
#include <drift/core/random.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace drift;
using namespace drift::calculus;

namespace {

template <class S>
Matrix<S> random_matrix(Random& random, Index rows, Index columns) {
  return random.normal_matrix<double>(rows, columns).cast<S>();
}

/// The products in long double, number by number, and the sum of the terms' sizes: what rounding may be relative to.
template <class S, class A, class B>
void check_product(const A& a, const B& b, const Matrix<S>& start, const Matrix<S>& result) {
  REQUIRE(result.rows() == a.rows());
  REQUIRE(result.cols() == b.cols());
  const double unit = static_cast<double>(epsilon<S>());
  bool close = true;
  for (Index j = 0; j < result.cols(); ++j) {
    for (Index i = 0; i < result.rows(); ++i) {
      long double sum = start(i, j), size = std::abs(start(i, j));
      for (Index p = 0; p < a.cols(); ++p) {
        const long double term = static_cast<long double>(a(i, p)) * static_cast<long double>(b(p, j));
        sum += term;
        size += std::abs(term);
      }
      const double error = static_cast<double>(std::abs(static_cast<long double>(result(i, j)) - sum));
      close = close && error <= unit * static_cast<double>(size) * static_cast<double>(a.cols() + 2);
    }
  }
  CHECK(close);
}

// Around every switch: whole and partial vectors and panels of rows, tiles of columns, blocks of the inner dimension.
const std::vector<Index> row_counts{1, 2, 3, 7, 8, 9, 16, 17, 24, 25, 31, 48, 49, 100};
const std::vector<Index> widths{1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17};

template <class S>
void multiply_agrees() {
  Random random(5);
  for (const Index m : row_counts) {
    for (const Index n : widths) {
      for (const Index k : {Index{1}, Index{5}, kernels::k_block - 1, kernels::k_block + 3}) {
        const Matrix<S> a = random_matrix<S>(random, m, k), b = random_matrix<S>(random, k, n);
        const Matrix<S> transposed = b.transpose(), start = random_matrix<S>(random, m, n);
        const Matrix<S> bias = random_matrix<S>(random, 1, n);
        INFO(m << " x " << k << " x " << n);
        Matrix<S> c = start;
        kernels::multiply(m, k, n, a.data(), kernels::Uniform{m}, b.data(), 1, k, c.data(), m, kernels::Onto<S>{});
        check_product<S>(a, b, start, c);
        Matrix<S> d = start;
        kernels::multiply(m, k, n, a.data(), kernels::Uniform{m}, transposed.data(), n, 1, d.data(), m,
                          kernels::Onto<S>{});
        CHECK(d == c);  // where B's numbers lie does not matter
        c.setConstant(std::numeric_limits<S>::quiet_NaN());
        kernels::multiply(m, k, n, a.data(), kernels::Uniform{m}, b.data(), 1, k, c.data(), m, {.accumulate = false});
        check_product<S>(a, b, Matrix<S>::Zero(m, n), c);
        kernels::multiply(m, k, n, a.data(), kernels::Uniform{m}, b.data(), 1, k, c.data(), m,
                          {.accumulate = false, .bias = bias.data()});
        check_product<S>(a, b, bias.replicate(m, 1), c);
      }
    }
  }
}

template <class S>
void multiply_transposed_agrees() {
  Random random(6);
  for (const Index m : row_counts) {
    for (const Index k : {1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 20}) {
      for (const Index n : {1, 2, 3, 4, 7}) {
        const Matrix<S> a = random_matrix<S>(random, m, k), d = random_matrix<S>(random, m, n);
        const Matrix<S> start = random_matrix<S>(random, k, n);
        INFO(m << " x " << k << " x " << n);
        Matrix<S> c = start;
        kernels::multiply_transposed(m, k, n, a.data(), kernels::Uniform{m}, d.data(), m, c.data(), k, true);
        check_product<S>(a.transpose(), d, start, c);
        c.setConstant(std::numeric_limits<S>::quiet_NaN());  // what is set is not read
        kernels::multiply_transposed(m, k, n, a.data(), kernels::Uniform{m}, d.data(), m, c.data(), k, false);
        check_product<S>(a.transpose(), d, Matrix<S>::Zero(k, n), c);
      }
    }
  }
}

}  // namespace

TEST_CASE("multiply agrees with the sums in higher precision at every shape of tile", "[kernels]") {
  multiply_agrees<double>();
  multiply_agrees<float>();
}

TEST_CASE("multiply_transposed agrees with the sums in higher precision at every shape of tile", "[kernels]") {
  multiply_transposed_agrees<double>();
  multiply_transposed_agrees<float>();
}

TEST_CASE("a part of the columns has the bits that it has in the whole", "[kernels]") {
  Random random(7);
  const Index m = 45, k = 300, n = 29;
  const Matrix<double> a = random_matrix<double>(random, m, k), b = random_matrix<double>(random, k, n);
  const Matrix<double> d = random_matrix<double>(random, m, n);
  Matrix<double> whole = Matrix<double>::Zero(m, n), adjoint = Matrix<double>::Zero(k, n);
  kernels::multiply(m, k, n, a.data(), kernels::Uniform{m}, b.data(), 1, k, whole.data(), m, kernels::Onto<double>{});
  kernels::multiply_transposed(m, k, n, a.data(), kernels::Uniform{m}, d.data(), m, adjoint.data(), k, true);
  for (Index first = 0; first < n; ++first) {
    for (const Index count : {Index{1}, Index{3}, n - first}) {
      if (first + count > n) continue;
      Matrix<double> part = Matrix<double>::Zero(m, count), adjoint_part = Matrix<double>::Zero(k, count);
      kernels::multiply(m, k, count, a.data(), kernels::Uniform{m}, b.data() + first * k, 1, k, part.data(), m,
                        kernels::Onto<double>{});
      CHECK(part == whole.middleCols(first, count));
      kernels::multiply_transposed(m, k, count, a.data(), kernels::Uniform{m}, d.data() + first * m, m,
                                   adjoint_part.data(), k, true);
      CHECK(adjoint_part == adjoint.middleCols(first, count));
    }
  }
}

TEST_CASE("a part of the rows has the bits that it has in the whole, and no inner dimension gives nothing",
          "[kernels]") {
  Random random(11);
  const Index m = 40, k = 19, n = 5;
  const Matrix<double> a = random_matrix<double>(random, m, k), b = random_matrix<double>(random, k, n);
  const Matrix<double> bias = random_matrix<double>(random, 1, n);
  Matrix<double> whole(m, n);
  kernels::multiply(m, k, n, a.data(), kernels::Uniform{m}, b.data(), 1, k, whole.data(), m,
                    {.accumulate = false, .bias = bias.data()});
  for (Index rows = 1; rows <= m; ++rows) {
    Matrix<double> part(rows, n);
    kernels::multiply(rows, k, n, a.data(), kernels::Uniform{m}, b.data(), 1, k, part.data(), rows,
                      {.accumulate = false, .bias = bias.data()});
    CHECK(part == whole.topRows(rows));
  }
  kernels::multiply(m, 0, n, a.data(), kernels::Uniform{m}, b.data(), 1, k, whole.data(), m,
                    {.accumulate = false, .bias = bias.data()});
  CHECK(whole == bias.replicate(m, 1));
}

TEST_CASE("columns may start anywhere", "[kernels]") {
  Random random(8);
  const Index m = 21, k = 260, n = 6, shift = 3;
  const Matrix<double> image = random_matrix<double>(random, 40, k);  // columns of which the product sees 21 rows
  std::vector<Index> offsets;
  Matrix<double> patches(m, k);
  for (Index p = 0; p < k; ++p) {
    const Index column = (p * 7) % k, row = shift + p % 5;
    offsets.push_back(column * 40 + row);
    patches.col(p) = image.col(column).segment(row, m);
  }
  const kernels::Table at{offsets.data()};
  const Matrix<double> b = random_matrix<double>(random, k, n), d = random_matrix<double>(random, m, n);
  Matrix<double> c = Matrix<double>::Zero(m, n), expected = c;
  kernels::multiply(m, k, n, image.data(), at, b.data(), 1, k, c.data(), m, kernels::Onto<double>{});
  kernels::multiply(m, k, n, patches.data(), kernels::Uniform{m}, b.data(), 1, k, expected.data(), m,
                    kernels::Onto<double>{});
  CHECK(c == expected);
  Matrix<double> e = Matrix<double>::Zero(k, n), transposed = e;
  kernels::multiply_transposed(m, k, n, image.data(), at, d.data(), m, e.data(), k, true);
  kernels::multiply_transposed(m, k, n, patches.data(), kernels::Uniform{m}, d.data(), m, transposed.data(), k, true);
  CHECK(e == transposed);
}

TEMPLATE_TEST_CASE("transpose is exact at every remainder", "[kernels]", float, double) {
  Random random(9);
  for (const Index m : row_counts) {
    for (const Index k : widths) {
      const Matrix<TestType> a = random_matrix<TestType>(random, m, k);
      Matrix<TestType> b = Matrix<TestType>::Zero(k + 2, m);
      kernels::transpose(m, k, a.data(), m, b.data(), k + 2);
      CHECK(b.topRows(k) == a.transpose());
      CHECK(b.bottomRows(2).isZero(0));
    }
  }
}

TEST_CASE("what is not finite stays in its row and column", "[kernels]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Random random(10);
  Matrix<double> a = random_matrix<double>(random, 13, 4);
  const Matrix<double> b = random_matrix<double>(random, 4, 3);
  a(11, 2) = nan;
  Matrix<double> c = Matrix<double>::Zero(13, 3);
  kernels::multiply(13, 4, 3, a.data(), kernels::Uniform{13}, b.data(), 1, 4, c.data(), 13, kernels::Onto<double>{});
  for (Index i = 0; i < 13; ++i) CHECK(c.row(i).array().isNaN().all() == (i == 11));
}
