// A number has no size to check: require_size takes vectors.
// expect: require_size
// expect: size_of_a_scalar.cpp:9:.*error: no matching function

#include <drift/core/errors.hpp>

int main() {
  const double x = 2;
  drift::require_size(x, 2, "x");
}
