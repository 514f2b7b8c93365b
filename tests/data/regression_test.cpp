#include <drift/data/regression.hpp>

#include <catch2/catch.hpp>

using Catch::Matchers::StartsWith;
using drift::Matrix;
using drift::data::Regression;

TEST_CASE("A regression is valid when every input has a target, of any widths") {
  const Regression<double> wide{Matrix<double>::Zero(4, 3), Matrix<double>::Zero(4, 2)};
  CHECK_NOTHROW(wide.validate());
  CHECK(wide.size() == 4);
}

TEST_CASE("A regression that does not fit together is refused by the member's name") {
  const auto check = [](drift::Index rows, drift::Index columns, drift::Index target_rows, drift::Index outputs) {
    Regression<float>{Matrix<float>::Zero(rows, columns), Matrix<float>::Zero(target_rows, outputs)}.validate();
  };
  CHECK_THROWS_WITH(Regression<double>{}.validate(), StartsWith("inputs: was 0 x 0, must be a matrix with at least"));
  CHECK_THROWS_WITH(check(3, 0, 3, 1), StartsWith("inputs: was 3 x 0"));
  CHECK_THROWS_WITH(check(3, 1, 3, 0), StartsWith("targets: was 3 x 0"));
  CHECK_THROWS_WITH(check(3, 1, 2, 1),
                    StartsWith("targets: was 2 x 1, must be of 3 rows (one for each row of inputs)"));
}
