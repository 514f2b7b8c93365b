#include <catch2/catch.hpp>

#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/predict.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

#include <cmath>

using namespace drift;

namespace {

// What dropout makes of a matrix of ones: its mask.
Matrix<double> mask(const nn::Dropout& layer, Index features, const nn::Context& context) {
  nn::DropoutOperation<double> operation(layer, nn::flat(features), context);
  calculus::Series<double> x(context.rows, features), y(context.rows, features);
  x.open(0);
  x[0].setOnes();
  y.open(0);
  operation.advance(calculus::first_stage, x, {}, y);
  return y.matrix(0);
}

}  // namespace

TEST_CASE("a mask has the documented share of zeros, and the others make up for them", "[nn]") {
  for (const double rate : {0.1, 0.5, 0.75}) {
    const Matrix<double> m = mask(nn::dropout(rate, Random(3)), 200, {.rows = 300});
    const auto zeros = static_cast<double>((m.array() == 0).count()) / 60000;
    CHECK(std::abs(zeros - rate) < 5 * std::sqrt(rate * (1 - rate) / 60000));  // five standard errors
    CHECK(((m.array() == 0) || (m.array() == 1 / (1 - rate))).all());
  }
  CHECK(mask(nn::dropout(0, Random(3)), 5, {.rows = 4}) == Matrix<double>::Ones(4, 5));
  CHECK(mask(nn::dropout(0.5, Random(3)), 5, {.rows = 4, .mode = nn::Mode::evaluation}) == Matrix<double>::Ones(4, 5));
}

TEST_CASE("a mask is a function of stream, example and feature: not of the block", "[nn]") {
  const nn::Dropout layer = nn::dropout(0.5, Random(3));
  const Matrix<double> whole = mask(layer, 7, {.rows = 40});
  CHECK(mask(layer, 7, {.rows = 13, .first_example = 9}) == whole.middleRows(9, 13));
  CHECK(mask(layer, 7, {.rows = 40}) == whole);
  CHECK(mask(nn::dropout(0.5, Random(4)), 7, {.rows = 40}) != whole);
  CHECK(mask(nn::dropout(0.5, Random(3).split(1)), 7, {.rows = 40}) != whole);
}

TEST_CASE("a problem with dropout is that of one mask, in all blocks, with all its derivatives", "[nn]") {
  const Random stream = Random(8).split("dropout");
  const auto net = nn::sequential(nn::dense(3, 4), nn::tanh(), nn::dropout(0.4, stream), nn::dense(4, 2));
  const Index examples = 307;
  const Matrix<double> x = Random(2).normal_matrix(examples, 3), y = Random(3).normal_matrix(examples, 2);
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4));
  const Matrix<double> m = mask(nn::dropout(0.4, stream), 4, {.rows = examples});
  Index n = 0;  // examples come in order; recorded once and evaluated once or more, so modulo their number
  const auto twin = written_out(x, y, theta.size(), [&](auto& layers, const auto& input) {
    auto hidden = tanh_of(layers.dense(input, 4));
    for (std::size_t i = 0; i < 4; ++i) hidden[i] = hidden[i] * m(n, static_cast<Index>(i));
    n = (n + 1) % examples;
    return layers.dense(hidden, 2);
  });
  const auto problem = nn::supervised(net, losses::squared_error(), x, y);
  expect_same_expansion(problem, twin, theta);
  CHECK(value(problem, theta) == value(problem, theta));
  const Matrix<double> all = nn::predict(net, theta, x);  // evaluation: no mask
  const auto without = nn::sequential(nn::dense(3, 4), nn::tanh(), nn::identity(), nn::dense(4, 2));
  CHECK(all == nn::predict(without, theta, x));
}

TEST_CASE("dropout's derivatives agree with differences of the network's value", "[nn]") {
  const auto net = nn::sequential(nn::dense(3, 6), nn::tanh(), nn::dropout(0.5, Random(9)), nn::dense(6, 2));
  const auto problem =
      nn::supervised(net, losses::squared_error(), Random(2).normal_matrix(5, 3), Random(3).normal_matrix(5, 2));
  static_assert(HolomorphicProblem<decltype(problem)>);
  expect_derivatives(problem, nn::initialise(net, nn::glorot_normal(), Random(4)));
}

TEST_CASE("rates outside [0, 1) are refused", "[nn]") {
  CHECK_THROWS_WITH(nn::dropout(1, Random(1)), "rate: was 1, must be 0 or more and below 1");
  CHECK_THROWS_AS(nn::dropout(-0.1, Random(1)), InvalidArgument);
  CHECK_THROWS_AS(nn::dropout(std::nan(""), Random(1)), InvalidArgument);
}
