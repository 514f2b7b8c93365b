#include <drift/games/workspaces.hpp>

#include <catch2/catch.hpp>

using namespace drift;

TEST_CASE("a borrowed set of vectors comes back with its memory, and two at a time are two sets") {
  const games::Workspaces<double, 2> workspaces;
  const double* memory = nullptr;
  {
    const auto set = workspaces.borrow<double>();
    (*set)[1].setConstant(5, 3);
    memory = (*set)[1].data();
    const auto other = workspaces.borrow<double>();
    CHECK((*other)[1].size() == 0);
  }
  const games::Workspaces<double, 2> copy = workspaces;  // shares them
  const auto first = copy.borrow<double>(), second = copy.borrow<double>();
  CHECK(((*first)[1].data() == memory) != ((*second)[1].data() == memory));
  const auto of_complex = workspaces.borrow<std::complex<double>>();
  CHECK((*of_complex)[0].size() == 0);
}
