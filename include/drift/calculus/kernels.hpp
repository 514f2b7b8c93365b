#pragma once
// The two kernels behind every matrix product of a network, for float and double:
//
//     multiply                  C  = 1 bias^T + A B,   or  C += A B       A m x k, B k x n, C m x n
//     multiply_transposed       C += A^T D,              or  C  = A^T D   A m x k, D m x n, C k x n
//
// The m rows are examples and contiguous, so whatever the widths k and n, vectors run over examples. A's columns may start
// anywhere (`Uniform`: a matrix; `Table`: patches of an image, without a copy of them); B has any strides, so that it may be a
// transposed matrix. Nothing is packed: a panel of 1 to 3 vectors of rows x up to k_block columns of A stays in the first-level cache,
// numbers of B are broadcast, and a tile of 3 vectors x 8 columns of C is summed in registers. The columns of C are cut into
// tiles of nearly equal width, so that a width of 10 is 5 + 5.
//
// multiply_transposed sums over the rows: a tile of 8 x 3 sums has a vector of partial sums for each, which are added up at the
// end. That end is dear where there are few rows; there, and for data that never change, the caller transposes A (`transpose`)
// and uses multiply (calculus/products.hpp decides).
//
// Every number of C is the sum of its products in the order of k (or of rows, by the lanes of a vector): how C is cut into tiles,
// by a caller or by the kernel, does not change a bit.
//
// Why our own: on the nets of benchmarks/README.md gradients end 1.17 to 1.72 times faster than with Eigen's products, which
// pack both operands and lose most where an inner dimension is 10. Measured there; the method (register tiles, one panel in cache) is that of
// Goto & van de Geijn, Anatomy of high-performance matrix multiplication, ACM TOMS 34 (2008), without its packing.

#include <drift/calculus/simd.hpp>

#include <algorithm>
#include <utility>

namespace drift::calculus::kernels {

/// Column j starts at j * stride.
struct Uniform {
  Index stride;
  Index operator()(Index j) const { return j * stride; }
};

/// Column j starts at offsets[j].
struct Table {
  const Index* offsets;
  Index operator()(Index j) const { return offsets[j]; }
};

inline constexpr int tile_vectors = 3;                         ///< vectors of rows in a tile of multiply
inline constexpr int tile_columns = simd_bytes == 64 ? 8 : 4;  ///< columns of C in it: AVX-512 has 32 registers, AVX 16
inline constexpr int transposed_columns = simd_bytes == 64 ? 8 : 4;  ///< columns of A in a tile of multiply_transposed
inline constexpr Index k_block = 256;                                ///< columns of A that a panel keeps in the cache

/// What multiply does with the old C.
template <class S>
struct Onto {
  bool accumulate = true;   ///< C += A B
  const S* bias = nullptr;  ///< otherwise C = A B, or with n numbers here C = 1 bias^T + A B
};

// The loops below run over arrays of registers, so they must be unrolled at every optimisation level, and checked by nobody.
// NOLINTBEGIN(cppcoreguidelines-avoid-c-arrays, modernize-avoid-c-arrays)
#define DRIFT_UNROLL _Pragma("GCC unroll 16")

namespace detail {

/// g++ would read x from memory again for every product with it, and the kernel is then bound by its loads.
template <class V>
[[gnu::always_inline]] inline void keep_in_register([[maybe_unused]] V& x) {
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
  asm("" : "+v"(x));
#endif
}

template <class V, int vectors, int columns, class S, class Offsets>
[[gnu::always_inline]] inline void multiply_tile(Index k, const S* a, Offsets at, const S* b, Index b_row,
                                                 Index b_column, S* c, Index c_column, const Onto<S>& onto) {
  constexpr Index width = sizeof(V) / sizeof(S);
  V sums[columns][vectors];
  if (onto.accumulate) {
    DRIFT_UNROLL
    for (int j = 0; j < columns; ++j) {
      DRIFT_UNROLL
      for (int i = 0; i < vectors; ++i) sums[j][i] = load<V>(c + j * c_column + i * width);
    }
  } else if (onto.bias != nullptr) {
    DRIFT_UNROLL
    for (int j = 0; j < columns; ++j) {
      DRIFT_UNROLL
      for (int i = 0; i < vectors; ++i) sums[j][i] = V{} + onto.bias[j];
    }
  } else {
    DRIFT_UNROLL
    for (int j = 0; j < columns; ++j) {
      DRIFT_UNROLL
      for (int i = 0; i < vectors; ++i) sums[j][i] = V{};
    }
  }
  for (Index p = 0; p < k; ++p) {
    const S* const column = a + at(p);
    const S* const row = b + p * b_row;
    __builtin_prefetch(row + columns * b_column);  // of a transposed B the next tile's row, which no hardware foresees
    V x[vectors];
    DRIFT_UNROLL
    for (int i = 0; i < vectors; ++i) x[i] = load<V>(column + i * width);
    DRIFT_UNROLL
    for (int j = 0; j < columns; ++j) {
      const S y = row[j * b_column];
      DRIFT_UNROLL
      for (int i = 0; i < vectors; ++i) sums[j][i] += x[i] * y;
    }
  }
  DRIFT_UNROLL
  for (int j = 0; j < columns; ++j) {
    DRIFT_UNROLL
    for (int i = 0; i < vectors; ++i) store(c + j * c_column + i * width, sums[j][i]);
  }
}

/// A panel of rows times all of B.
template <class V, int vectors, class S, class Offsets>
[[gnu::noinline]] void multiply_panel(Index k, Index n, const S* a, Offsets at, const S* b, Index b_row, Index b_column,
                                      S* c, Index c_column, Onto<S> onto) {
  constexpr Index widest = vectors > tile_vectors ? 6 : tile_columns;
  Index j = 0;
  for (Index tiles = (n + widest - 1) / widest; tiles > 0; --tiles) {
    const Index columns = (n - j + tiles - 1) / tiles;
    const auto run = [&]<int count>(std::integral_constant<int, count>) __attribute__((always_inline)) {
      multiply_tile<V, vectors, count>(k, a, at, b + j * b_column, b_row, b_column, c + j * c_column, c_column, onto);
    };
    const auto run_if = [&]<int count>(std::integral_constant<int, count> width) __attribute__((always_inline)) {
      if constexpr (count <= widest) run(width);
    };
    switch (columns) {
      case 1: run(std::integral_constant<int, 1>()); break;
      case 2: run(std::integral_constant<int, 2>()); break;
      case 3: run(std::integral_constant<int, 3>()); break;
      case 4: run(std::integral_constant<int, 4>()); break;
      case 5: run_if(std::integral_constant<int, 5>()); break;
      case 6: run_if(std::integral_constant<int, 6>()); break;
      case 7: run_if(std::integral_constant<int, 7>()); break;
      default: run_if(std::integral_constant<int, 8>()); break;
    }
    j += columns;
    if (onto.bias != nullptr) onto.bias += columns;
  }
}

/// The last m < width rows: a copy of theirs in whole vectors goes through the same text.
template <class S, class Offsets>
[[gnu::noinline]] void multiply_rest(Index m, Index k, Index n, const S* a, Offsets at, const S* b, Index b_row,
                                     Index b_column, S* c, Index c_column, Onto<S> onto) {
  constexpr Index width = simd_width<S>;
  S rows[k_block * width];
  S out[tile_columns * width];
  for (Index p = 0; p < k; ++p) {
    for (Index i = 0; i < width; ++i) rows[p * width + i] = i < m ? a[at(p) + i] : S(0);
  }
  for (Index j = 0; j < n; j += tile_columns) {
    const Index columns = std::min<Index>(tile_columns, n - j);
    for (Index q = 0; q < columns; ++q) {
      const S empty = !onto.accumulate && onto.bias != nullptr ? onto.bias[j + q] : S(0);
      for (Index i = 0; i < width; ++i) {
        out[q * width + i] = onto.accumulate && i < m ? c[(j + q) * c_column + i] : empty;
      }
    }
    multiply_panel<Simd<S>, 1>(k, columns, rows, Uniform{width}, b + j * b_column, b_row, b_column, out, width,
                               Onto<S>{});
    for (Index q = 0; q < columns; ++q) {
      for (Index i = 0; i < m; ++i) c[(j + q) * c_column + i] = out[q * width + i];
    }
  }
}

template <class S, int distance, int... lane>
[[gnu::always_inline]] inline void add_in_pairs(const Simd<S>& a, const Simd<S>& b, Simd<S>& sum,
                                                std::integer_sequence<int, lane...>) {
  // Of each 2 x distance lanes the first `distance` are sums of a's, the others of b's.
  constexpr int width = simd_width<S>;
  sum = __builtin_shufflevector(a, b, (lane & distance) != 0 ? width + (lane & ~distance) : lane...) +
        __builtin_shufflevector(a, b, (lane & distance) != 0 ? width + lane : lane + distance...);
}

/// The sums over the lanes of `count` vectors (a power of two up to 8): vector i's is the sum over the lanes i, i + count, ...
template <class S, int count>
[[gnu::always_inline]] inline void add_lanes(const Simd<S>* v, Simd<S>& sum) {
  using Lanes = std::make_integer_sequence<int, static_cast<int>(simd_width<S>)>;
  if constexpr (count == 1) {
    sum = v[0];
  } else {
    Simd<S> low, high;
    add_lanes<S, count / 2>(v, low);
    add_lanes<S, count / 2>(v + count / 2, high);
    add_in_pairs<S, count / 2>(low, high, sum, Lanes());
  }
}

/// C[inner x outer] += A^T D for `inner` columns of A, `outer` of D.
template <int inner, int outer, class S, class Offsets>
[[gnu::always_inline]] inline void transposed_tile(Index m, const S* a, Offsets at, const S* d, Index d_column, S* c,
                                                   Index c_column, bool accumulate) {
  using V = Simd<S>;
  constexpr Index width = simd_width<S>;
  V sums[outer][inner];
  DRIFT_UNROLL
  for (int j = 0; j < outer; ++j) {
    DRIFT_UNROLL
    for (int i = 0; i < inner; ++i) sums[j][i] = V{};
  }
  const S* columns[inner];
  DRIFT_UNROLL
  for (int i = 0; i < inner; ++i) columns[i] = a + at(i);
  Index r = 0;
  for (; r + width <= m; r += width) {
    V y[outer];
    DRIFT_UNROLL
    for (int j = 0; j < outer; ++j) y[j] = load<V>(d + j * d_column + r);
    DRIFT_UNROLL
    for (int i = 0; i < inner; ++i) {
      V x = load<V>(columns[i] + r);
      keep_in_register(x);
      DRIFT_UNROLL
      for (int j = 0; j < outer; ++j) sums[j][i] += x * y[j];
    }
  }
  DRIFT_UNROLL
  for (int j = 0; j < outer; ++j) {
    constexpr int group = inner < width ? inner : static_cast<int>(width);  // sums that one vector holds
    S* const out = c + j * c_column;
    DRIFT_UNROLL
    for (int first = 0; first < inner; first += group) {
      V sum;
      add_lanes<S, group>(sums[j] + first, sum);
      if constexpr (group == width) {
        store(out + first, accumulate ? load<V>(out + first) + sum : sum);
      } else {
        S parts[width];
        store(parts, sum);
        for (Index lane = group; lane < width; ++lane) parts[lane % group] += parts[lane];
        for (int i = 0; i < group; ++i) out[i] = accumulate ? out[i] + parts[i] : parts[i];
      }
    }
  }
  if (r == m) return;
  for (int j = 0; j < outer; ++j) {
    for (int i = 0; i < inner; ++i) {
      S rest(0);
      for (Index q = r; q < m; ++q) rest += columns[i][q] * d[j * d_column + q];
      c[j * c_column + i] += rest;
    }
  }
}

template <int inner, class S, class Offsets>
[[gnu::noinline]] void transposed_panel(Index m, Index n, const S* a, Offsets at, const S* d, Index d_column, S* c,
                                        Index c_column, bool accumulate) {
  Index j = 0;
  for (; j + 3 <= n; j += 3) {
    transposed_tile<inner, 3>(m, a, at, d + j * d_column, d_column, c + j * c_column, c_column, accumulate);
  }
  if (n - j == 2)
    transposed_tile<inner, 2>(m, a, at, d + j * d_column, d_column, c + j * c_column, c_column, accumulate);
  if (n - j == 1)
    transposed_tile<inner, 1>(m, a, at, d + j * d_column, d_column, c + j * c_column, c_column, accumulate);
}

/// Exchanges blocks of `distance` numbers across the diagonal, then of twice as many, until the square is transposed.
template <class S, int distance, int... lane>
[[gnu::always_inline]] inline void exchange_blocks(Simd<S>* x, std::integer_sequence<int, lane...>) {
  constexpr int width = static_cast<int>(simd_width<S>);
  DRIFT_UNROLL
  for (int q = 0; q < width; ++q) {
    if ((q & distance) != 0) continue;
    const Simd<S> low = x[q], high = x[q + distance];
    x[q] = __builtin_shufflevector(low, high, (lane & distance) != 0 ? width + (lane & ~distance) : lane...);
    x[q + distance] = __builtin_shufflevector(low, high, (lane & distance) != 0 ? width + lane : lane + distance...);
  }
}
template <class S, int distance>
[[gnu::always_inline]] inline void transpose_square(Simd<S>* x) {
  constexpr int width = static_cast<int>(simd_width<S>);
  exchange_blocks<S, distance>(x, std::make_integer_sequence<int, width>());
  if constexpr (2 * distance < width) transpose_square<S, 2 * distance>(x);
}

inline Uniform skip(Uniform at, Index) { return at; }
inline Table skip(Table at, Index columns) { return {at.offsets + columns}; }
inline Index start_of(Uniform at, Index column) { return at(column); }
inline Index start_of(Table, Index) { return 0; }

}  // namespace detail

/// C = 1 bias^T + A B or C += A B. `at` gives the start of A's columns relative to a.
template <class S, class Offsets>
void multiply(Index m, Index k, Index n, const S* a, Offsets at, const S* b, Index b_row, Index b_column, S* c,
              Index c_column, Onto<S> onto) {
  constexpr Index width = simd_width<S>;
  for (Index p = 0; p == 0 || p < k; p += k_block) {  // once for k = 0 too: C may have to be set
    const Index depth = std::min(k_block, k - p);
    const S* const left = a + detail::start_of(at, p);
    const Offsets columns = detail::skip(at, p);
    const S* const right = b + p * b_row;
    Index i = 0;
    for (Index vectors = m / width; vectors > 0;) {
      // One vector left over is better taken into the panel before it, where there are registers for that.
      const bool one_over = simd_bytes == 64 && vectors > tile_vectors && vectors % tile_vectors == 1;
      const Index count = one_over ? tile_vectors + 1 : std::min<Index>(vectors, tile_vectors);
      vectors -= count;
      const auto panel = [&]<int height>(std::integral_constant<int, height>) {
        detail::multiply_panel<Simd<S>, height>(depth, n, left + i, columns, right, b_row, b_column, c + i, c_column,
                                                onto);
      };
      if (count == 1) {
        panel(std::integral_constant<int, 1>());
      } else if (count == 2) {
        panel(std::integral_constant<int, 2>());
      } else if (count == 3) {
        panel(std::integral_constant<int, 3>());
      } else if constexpr (simd_bytes == 64) {
        panel(std::integral_constant<int, 4>());
      }
      i += count * width;
    }
    if (i < m) detail::multiply_rest(m - i, depth, n, left + i, columns, right, b_row, b_column, c + i, c_column, onto);
    onto = {};
  }
}

/// C += A^T D, or C = A^T D. The order of its sums over rows depends on nothing but m and the vectors' width.
template <class S, class Offsets>
void multiply_transposed(Index m, Index k, Index n, const S* a, Offsets at, const S* d, Index d_column, S* c,
                         Index c_column, bool accumulate) {
  Index i = 0;
  const auto run = [&]<int columns>(std::integral_constant<int, columns>) {
    detail::transposed_panel<columns>(m, n, a + detail::start_of(at, i), detail::skip(at, i), d, d_column, c + i,
                                      c_column, accumulate);
    i += columns;
  };
  while (k - i >= transposed_columns) run(std::integral_constant<int, transposed_columns>());
  if (k - i >= 4) run(std::integral_constant<int, 4>());
  if (k - i >= 2) run(std::integral_constant<int, 2>());
  if (k - i >= 1) run(std::integral_constant<int, 1>());
}

/// B = A^T, A m x k with columns `a_column` apart, B k x m with columns `b_column` apart.
template <class S>
void transpose(Index m, Index k, const S* a, Index a_column, S* b, Index b_column) {
  constexpr int width = static_cast<int>(simd_width<S>);
  using V = Simd<S>;
  Index i = 0;
  for (; i + width <= k; i += width) {
    Index r = 0;
    for (; r + width <= m; r += width) {
      V x[width];
      DRIFT_UNROLL
      for (int q = 0; q < width; ++q) x[q] = load<V>(a + (i + q) * a_column + r);
      detail::transpose_square<S, 1>(x);
      DRIFT_UNROLL
      for (int q = 0; q < width; ++q) store(b + (r + q) * b_column + i, x[q]);
    }
    for (; r < m; ++r) {
      for (int q = 0; q < width; ++q) b[r * b_column + i + q] = a[(i + q) * a_column + r];
    }
  }
  for (; i < k; ++i) {
    for (Index r = 0; r < m; ++r) b[r * b_column + i] = a[i * a_column + r];
  }
}

// NOLINTEND(cppcoreguidelines-avoid-c-arrays, modernize-avoid-c-arrays)
#undef DRIFT_UNROLL

}  // namespace drift::calculus::kernels
