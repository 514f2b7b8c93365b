#include <drift/descent/history.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace drift;
using Catch::Matchers::Contains;

namespace {

descent::Iteration<> at(Index iteration) {
  const auto k = static_cast<double>(iteration);
  return {.iteration = iteration,
          .state = Vector<double>::Constant(2, k),
          .value = 1 / k,
          .gradient_norm = 2 / k,
          .rate = 0.25};
}

}  // namespace

TEST_CASE("A history has a row for every so many steps and a column for each measure", "[descent][history]") {
  descent::History<> history({.every = 2}, {{"sum", [](const Vector<double>& x) { return x.sum(); }}});
  for (Index k = 1; k <= 5; ++k) history(at(k));
  CHECK(history.names() == std::vector<std::string>{"iteration", "value", "gradient_norm", "rate", "sum"});
  Matrix<double> expected(2, 5);
  expected << 2, 0.5, 1, 0.25, 4, 4, 0.25, 0.5, 0.25, 8;
  CHECK(history.rows() == 2);
  CHECK(history.table() == expected);
  CHECK(history.column("sum") == expected.col(4));
  CHECK_THROWS_WITH(history.column("loss"), Contains("column: was loss") && Contains("gradient_norm"));
}

TEST_CASE("A measure that throws leaves whole rows behind", "[descent][history]") {
  descent::History<> history({}, {{"fails", [](const Vector<double>& x) -> double {
                                     if (x[0] > 1) throw std::runtime_error("no");
                                     return x[0];
                                   }}});
  history(at(1));
  CHECK_THROWS_WITH(history(at(2)), "no");
  CHECK(history.rows() == 1);
  CHECK(history.table()(0, 4) == 1);
}

TEST_CASE("An empty history, and options out of bounds", "[descent][history]") {
  CHECK(descent::History<>().table().rows() == 0);
  CHECK(descent::History<float>().table().cols() == 4);
  CHECK_THROWS_WITH(descent::History<>({.every = 0}), Contains("every: was 0"));
  CHECK_THROWS_WITH(descent::History<>({}, {{"rate", [](const Vector<double>&) { return 0.0; }}}),
                    Contains("name of a column: was rate"));
  CHECK_THROWS_WITH(descent::History<>({}, {{"empty", {}}}), Contains("measure of empty"));
}
