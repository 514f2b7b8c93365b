#include <drift/descent/scratch.hpp>

#include <catch2/catch.hpp>
#include <utility>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;

TEST_CASE("Scratch is not copied, neither into a new value nor over one that has its own", "[descent]") {
  descent::Scratch<double> original;
  original.vector = vector({1, 2, 3});
  descent::Scratch<double> copy(original);
  CHECK(copy.vector.size() == 0);
  copy.vector = vector({4, 5, 6});
  const double* own = copy.vector.data();
  copy = original;
  CHECK(copy.vector == vector({4, 5, 6}));
  CHECK(copy.vector.data() == own);
  std::swap(copy, original);  // as two memories are swapped: each place keeps its own
  CHECK(copy.vector.data() == own);
  CHECK(original.vector == vector({1, 2, 3}));
}
