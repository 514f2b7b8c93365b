#include <drift/data/array.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <numeric>
#include <vector>

using Catch::Matchers::Equals;
using drift::Index;
using drift::Matrix;
using drift::data::Array;

namespace {

Array<int> counted(const std::vector<Index>& shape, std::size_t count) {
  Array<int> array{shape, std::vector<int>(count), {}};
  std::iota(array.values.begin(), array.values.end(), 0);
  return array;
}

}  // namespace

TEST_CASE("The first axis are the rows of the matrix, the others its columns") {
  const Matrix<int> matrix = counted({2, 3, 2}, 12).matrix();
  REQUIRE(matrix.rows() == 2);
  REQUIRE(matrix.cols() == 6);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) CHECK(matrix(i, 2 * j + k) == 6 * i + 2 * j + k);
}

TEST_CASE("A line of numbers is a column, a single one a matrix of one") {
  CHECK(counted({3}, 3).matrix() == Matrix<int>{{0}, {1}, {2}});
  CHECK(counted({}, 1).matrix() == Matrix<int>{{0}});
}

TEST_CASE("A matrix of more rows than are turned at a time is whole") {
  const Matrix<int> matrix = counted({150, 3}, 450).matrix();
  bool same = true;
  for (int i = 0; i < 150; ++i)
    for (int j = 0; j < 3; ++j) same = same && matrix(i, j) == 3 * i + j;
  CHECK(same);
}

TEST_CASE("An axis of nothing makes a matrix of nothing, at once, however long another axis is") {
  constexpr Index huge = std::numeric_limits<Index>::max() / 16;
  CHECK(Array<int>{{0, 4}, {}, {}}.matrix().cols() == 4);
  CHECK(Array<int>{{4, 0}, {}, {}}.matrix().rows() == 4);
  CHECK(Array<int>{{0, huge}, {}, {}}.matrix().cols() == huge);  // a fuzzer found this to take minutes
  CHECK(Array<int>{{huge, 0}, {}, {}}.matrix().rows() == huge);
}

TEST_CASE("A shape that does not fit the values is refused") {
  CHECK_THROWS_WITH(counted({2, 3}, 5).matrix(),
                    Equals("values: was of length 5, must be as many as the shape 2 x 3 says"));
  CHECK_THROWS_WITH(counted({0, 3}, 3).matrix(),
                    Equals("values: was of length 3, must be as many as the shape 0 x 3 says"));
  CHECK_THROWS_WITH(counted({2, -3}, 6).matrix(), Equals("shape: was 2 x -3, must be sizes, 0 or above"));
  CHECK_THROWS_AS(counted({Index{1} << 32, Index{1} << 32}, 0).matrix(), drift::InvalidArgument);
}
