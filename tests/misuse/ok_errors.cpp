// A size check of a vector compiles.

#include <drift/core/errors.hpp>

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Zero(2);
  drift::require_size(x, 2, "x");
}
