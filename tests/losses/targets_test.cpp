#include <catch2/catch.hpp>

#include <drift/losses/huber.hpp>
#include <drift/losses/logistic.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/losses/squared_error.hpp>

#include <limits>

using namespace drift;

static_assert(losses::NetworkLoss<losses::Huber> && losses::NetworkLoss<losses::Logistic>);
static_assert(losses::NetworkLoss<losses::SquaredError> && losses::NetworkLoss<losses::SoftmaxCrossEntropy>);
static_assert(!losses::NetworkLoss<Matrix<double>>);

TEST_CASE("labels stand for unit vectors", "[losses]") {
  Matrix<double> expected(3, 3);
  expected << 0, 0, 1, 1, 0, 0, 0, 1, 0;
  CHECK(losses::unit_vectors<double>({2, 0, 1}, 3) == expected);
  CHECK(losses::squared_error().targets_of<double>({2, 0, 1}, 3) == expected);
  CHECK(losses::softmax_cross_entropy().targets_of<double>({2, 0, 1}, 3) == expected);
  CHECK(losses::huber().targets_of<float>({2, 0, 1}, 3) == expected.cast<float>());
  CHECK(losses::logistic().targets_of<double>({2, 0, 1}, 3) == expected);
  CHECK_THROWS_WITH(losses::unit_vectors<double>({0, 3}, 3),
                    "labels[1]: was 3, must be 0 to 2, an output of the network");
  CHECK_THROWS_AS(losses::unit_vectors<double>({-1}, 3), InvalidArgument);
}

TEST_CASE("with one output the logistic loss takes labels 0 and 1", "[losses]") {
  Matrix<double> expected(3, 1);
  expected << 1, 0, 1;
  CHECK(losses::logistic().targets_of<double>({1, 0, 1}, 1) == expected);
  CHECK_THROWS_AS(losses::logistic().targets_of<double>({2}, 1), InvalidArgument);
}

TEST_CASE("targets that must be probabilities are checked, others pass", "[losses]") {
  Matrix<double> targets(2, 2);
  targets << 0, 1, 0.5, 1.5;
  CHECK_THROWS_WITH(losses::logistic().prepared(targets), "targets(1, 1): was 1.5, must be a probability, 0 to 1");
  CHECK(losses::squared_error().prepared(targets) == targets);
  CHECK(losses::huber().prepared(targets) == targets);
  targets(1, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(losses::require_probabilities(targets), InvalidArgument);
}
