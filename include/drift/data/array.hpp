#pragma once
// Array: numbers with a shape, as IDX and NPY files hold them.
//
//     data::Array<double> images = data::read_idx("train-images-idx3-ubyte");
//     images.shape;                  // {60000, 28, 28}
//     images.values[28 * 28 + 3];    // image 1, row 0, column 3: C order, the last axis runs fastest
//     images.matrix();               // 60000 x 784
//
// Cost: matrix() copies once. Failures: InvalidArgument where shape and values do not fit each other.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/data/input_file.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace drift::data {

namespace detail {

/// rows x columns numbers that stand row after row, as a column-major matrix: take(value) for each.
template <class T, class Raw, class Take>
Matrix<T> from_rows(const std::vector<Raw>& values, Index rows, Index columns, Take take) {
  Matrix<T> matrix(rows, columns);
  if (values.empty()) return matrix;  // an axis of 0 may stand beside one of 10^18
  constexpr Index block = 64;  // rows at a time, so that what a column leaves of a cache line serves the next ones
  for (Index first = 0; first < rows; first += block) {
    const Index last = std::min(rows, first + block);
    for (Index j = 0; j < columns; ++j)
      for (Index i = first; i < last; ++i) matrix(i, j) = take(values[static_cast<std::size_t>(i * columns + j)]);
  }
  return matrix;
}

}  // namespace detail

template <class T>
struct Array {
  std::vector<Index> shape;        ///< the size of each axis; none for a single number
  std::vector<T> values;           ///< in C order
  std::vector<std::string> names;  ///< of the last axis, one for each of its entries; empty where the file has none

  /// How many numbers there are.
  Index size() const { return static_cast<Index>(values.size()); }

  void validate() const {
    for (const Index axis : shape) require(axis >= 0, "shape", detail::sizes_as_text(shape), "sizes, 0 or above");
    const auto count = detail::bounded_product(shape, 1);
    const bool empty = std::find(shape.begin(), shape.end(), Index{0}) != shape.end();
    require(count.has_value() && values.size() == (empty ? 0 : *count), "values",
            "of length " + std::to_string(values.size()),
            "as many as the shape " + detail::sizes_as_text(shape) + " says");
  }

  /// The first axis are the rows, all others together the columns (one where there are none).
  Matrix<T> matrix() const {
    validate();
    const Index rows = shape.empty() ? 1 : shape[0];
    Index columns = 1;
    for (std::size_t axis = 1; axis < shape.size(); ++axis) columns *= shape[axis];
    return detail::from_rows<T>(values, rows, columns, [](const T& value) { return value; });
  }
};

}  // namespace drift::data
