#pragma once
// norm_of(v): the Euclidean norm of a vector, whatever the size of its entries, in one pass over it where that is safe.
//
// The plain sum of squares overflows for entries above 1e154 and loses those below 1e-154 (double): close to a minimum |g|^2
// underflows long before |g|. There, and only there, Eigen's scaled norm, which takes about three times as long, does it again.
// A non-finite entry gives a non-finite norm.

#include <drift/core/types.hpp>

#include <cmath>
#include <limits>

namespace drift {

template <VectorExpression V>
Real<ScalarOf<V>> norm_of(const V& v) {
  using R = Real<ScalarOf<V>>;
  using std::isfinite;
  using std::sqrt;
  const R square = v.squaredNorm();
  // What underflows is below the smallest number in each of the entries' squares: nothing beside this much.
  const R least = R((std::numeric_limits<R>::min)()) / epsilon<R>() * R(v.size() + 1);
  if (isfinite(square) && square > least) return sqrt(square);
  if (!isfinite(square) && !v.allFinite()) return square;
  return v.stableNorm();
}

}  // namespace drift
