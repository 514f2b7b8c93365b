#include <drift/core/fields.hpp>
#include <drift/descent/velocity.hpp>

#include <catch2/catch.hpp>

#include <complex>
#include <string>

#include "problems.hpp"

using namespace drift;
using namespace descent_tests;

TEST_CASE("A velocity is one field, and zero only where every component is", "[descent]") {
  descent::Velocity<double> memory{vector({0, 0})};
  CHECK(memory.zero());
  std::string names;
  visit_fields(memory, [&](std::string_view name, Vector<double>& field) {
    names += name;
    field[1] = -1e-300;
  });
  CHECK(names == "velocity");
  CHECK(!memory.zero());
  const descent::Velocity<std::complex<double>> turning{Vector<std::complex<double>>::Constant(1, {0, 1})};
  CHECK(!turning.zero());
}
