#include <catch2/catch.hpp>

#include <drift/losses/squared_error.hpp>

using namespace drift;
using calculus::Series;

TEST_CASE("squared error is half the squared residual, and its adjoint the scaled residual", "[losses]") {
  Matrix<double> z(2, 2), y(2, 2);
  z << 1, 2, -1, 0.5;
  y << 0, 2, 1, 1.5;
  Series<double> outputs(2, 2), adjoint(2, 2);
  outputs.open(0);
  outputs.matrix(0) = z;
  adjoint.open(0);
  losses::SquaredError::Operation<double> loss(losses::squared_error(), 2, 2);
  CHECK(loss.start(outputs, y, 2, 0.5, adjoint) == 0.5 * (1 + 0 + 4 + 1) / 2);
  CHECK(adjoint.matrix(0) == 0.5 * (z - y));

  SECTION("higher coefficients are linear in the outputs'") {
    calculus::Stages stages;
    outputs.open(1);
    outputs.matrix(1) = y;
    adjoint.open(1);
    loss.advance(stages[1], outputs, 0.5, adjoint);
    CHECK(adjoint.matrix(1) == 0.5 * y);
    outputs.open_zero(2);
    adjoint.open(2);
    loss.advance(stages[2], outputs, 0.5, adjoint);
    CHECK(adjoint.is_zero(2));
  }
}
