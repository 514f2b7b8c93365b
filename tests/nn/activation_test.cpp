#include <catch2/catch.hpp>

#include <drift/losses/squared_error.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

#include <cmath>
#include <limits>

using namespace drift;
using calculus::Series;

namespace {

template <class S>
struct Evaluated {
  Matrix<S> output;
  Matrix<S> slope;
};

// A layer's outputs at x, and its adjoint of ones.
template <class L, class S>
Evaluated<S> evaluate(const L& layer, const Matrix<S>& x) {
  Series<S> input(1, x.size()), output(1, x.size()), adjoint(1, x.size()), below(1, x.size());
  input.open(0);
  input.matrix(0) = x;
  output.open(0);
  adjoint.open(0);
  below.open(0);
  adjoint.matrix(0).setOnes();
  typename L::template Operation<S> operation(layer, nn::flat(x.size()), {.rows = 1});
  operation.advance(calculus::first_stage, input, {}, output);
  operation.pull_back(calculus::first_stage, adjoint, input, {}, &below, {});
  return {output.matrix(0), below.matrix(0)};
}

}  // namespace

TEST_CASE("smooth activations evaluate their function and their slope, however large the input", "[nn]") {
  Matrix<double> x(1, 5);
  x << -800, -1, 0, 2, 800;
  SECTION("tanh") {
    const Evaluated<double> e = evaluate(nn::tanh(), x);
    for (Index i = 0; i < 5; ++i) {
      CHECK(e.output(0, i) == Approx(std::tanh(x(0, i))).epsilon(1e-15));
      CHECK(e.slope(0, i) == Approx(1 / std::pow(std::cosh(x(0, i)), 2)).margin(1e-16));
    }
  }
  SECTION("softplus") {
    const Evaluated<double> e = evaluate(nn::softplus(), x);
    CHECK(e.output(0, 0) == 0);
    CHECK(e.output(0, 2) == Approx(std::log(2.0)).epsilon(1e-15));
    CHECK(e.output(0, 4) == 800);
    CHECK(e.slope(0, 0) == 0);
    CHECK(e.slope(0, 2) == 0.5);
    CHECK(e.slope(0, 4) == 1);
  }
  SECTION("logistic") {
    const Evaluated<double> e = evaluate(nn::logistic(), x);
    CHECK(e.output(0, 0) == 0);
    CHECK(e.output(0, 2) == 0.5);
    CHECK(e.output(0, 3) == Approx(1 / (1 + std::exp(-2.0))).epsilon(1e-15));
    CHECK(e.output(0, 4) == 1);
    CHECK(e.slope(0, 2) == 0.25);
    CHECK(e.slope(0, 4) == 0);
  }
}

TEST_CASE("GELU is x times the logistic function of 2 u, and keeps its digits in the tails", "[nn]") {
  Matrix<double> x(1, 7);
  x << -800, -6, -1, 0, 0.5, 6, 800;
  const Evaluated<double> e = evaluate(nn::gelu(), x);
  const double c = std::sqrt(2 / std::acos(-1.0));
  for (Index i = 1; i < 6; ++i) {
    const double v = x(0, i), u = c * (v + 0.044715 * v * v * v), s = 1 / (1 + std::exp(-2 * u));
    CHECK(e.output(0, i) == Approx(v * s).epsilon(1e-14));
    CHECK(e.slope(0, i) ==
          Approx(s + v * 2 * c * (1 + 3 * 0.044715 * v * v) * s / (1 + std::exp(2 * u))).epsilon(1e-13));
  }
  CHECK(e.output(0, 0) == 0);
  CHECK(e.output(0, 6) == 800);
  CHECK(e.slope(0, 0) == 0);
  CHECK(e.slope(0, 6) == 1);
}

TEMPLATE_TEST_CASE("piecewise activations: at, below and above the kink, at infinities and at NaN", "[nn]", float,
                   double, long double) {
  using S = TestType;
  using Limits = std::numeric_limits<S>;
  const S nan = Limits::quiet_NaN(), tiny = Limits::denorm_min(), infinity = Limits::infinity();
  Matrix<S> x(1, 10), relu(1, 10), relu_slope(1, 10), leaky(1, 10), leaky_slope(1, 10);
  x << -infinity, -2, -tiny, S(-0.0), 0, tiny, 3, 800, infinity, nan;
  relu << 0, 0, 0, 0, 0, tiny, 3, 800, infinity, nan;
  relu_slope << 0, 0, 0, 0, 0, 1, 1, 1, 1, 1;
  leaky << -infinity, S(-0.5), S(-0.25) * tiny, 0, 0, tiny, 3, 800, infinity, nan;
  leaky_slope << S(0.25), S(0.25), S(0.25), S(0.25), S(0.25), 1, 1, 1, 1, 1;
  const auto check = [](const Evaluated<S>& e, const Matrix<S>& output, const Matrix<S>& slope) {
    CHECK(e.output.leftCols(9) == output.leftCols(9));
    CHECK(std::isnan(e.output(0, 9)));
    CHECK(e.slope == slope);
  };
  check(evaluate(nn::relu(), x), relu, relu_slope);
  check(evaluate(nn::leaky_relu(0.25), x), leaky, leaky_slope);
}

TEST_CASE("a slope must be finite", "[nn]") {
  CHECK_THROWS_WITH(nn::leaky_relu(std::numeric_limits<double>::quiet_NaN()),
                    Catch::Contains("negative_slope: was") && Catch::Contains("finite"));
}

TEST_CASE("piecewise activations of an array are those of its numbers, whatever the array's length", "[nn]") {
  for (Index n = 1; n <= 40; ++n) {
    const Matrix<float> x = Random(1).normal_matrix(1, n).cast<float>();
    const Evaluated<float> all = evaluate(nn::leaky_relu(0.25), x);
    for (Index i = 0; i < n; ++i) {
      const float slope = x(0, i) > 0 ? 1.0F : 0.25F;
      CHECK(all.slope(0, i) == slope);
      CHECK(all.output(0, i) == slope * x(0, i));
    }
  }
}

namespace {

const Matrix<double> inputs = Random(2).normal_matrix(4, 3), targets = Random(3).normal_matrix(4, 2);

template <class L>
auto problem_with(const L& activation) {
  return nn::supervised(nn::sequential(nn::dense(3, 4), activation, nn::dense(4, 2), activation),
                        losses::squared_error(), inputs, targets);
}

template <class Function>
auto twin_with(const Function& phi) {
  return written_out(inputs, targets, 26, [phi](auto& layers, const auto& input) {
    return each(layers.dense(each(layers.dense(input, 4), phi), 2), phi);
  });
}

const auto written_gelu = [](const auto& v) {
  using T = std::decay_t<decltype(v)>;
  const T u = T(0.79788456080286535588) * (v + T(0.044715) * v * v * v);
  return v * (T(1) + tanh(u)) / T(2);
};
const auto written_relu = [](const auto& v) { return v > 0 ? v : v * 0; };
const auto written_leaky = [](const auto& v) { return v > 0 ? v : v * 0.25; };

Vector<double> theta() { return 0.5 * Random(6).normal_vector(26); }

}  // namespace

TEST_CASE("activations have every derivative of the written-out network", "[nn]") {
  expect_same_expansion(problem_with(nn::tanh()), twin_with([](const auto& v) { return tanh(v); }), theta());
  expect_same_expansion(problem_with(nn::softplus()), twin_with([](const auto& v) { return softplus(v); }), theta());
  expect_same_expansion(problem_with(nn::logistic()), twin_with([](const auto& v) { return logistic(v); }), theta());
  expect_same_expansion(problem_with(nn::gelu()), twin_with(written_gelu), theta());
  expect_same_expansion(problem_with(nn::relu()), twin_with(written_relu), theta());
  expect_same_expansion(problem_with(nn::leaky_relu(0.25)), twin_with(written_leaky), theta());
}

TEST_CASE("activations' derivatives agree with differences of the network's value, away from kinks", "[nn]") {
  expect_derivatives(problem_with(nn::tanh()), theta());
  expect_derivatives(problem_with(nn::softplus()), theta());
  expect_derivatives(problem_with(nn::logistic()), theta());
  expect_derivatives(problem_with(nn::gelu()), theta());
  const DerivativeTolerances near{.third = 1e-4, .offset = 0.004};
  expect_derivatives(problem_with(nn::relu()), theta(), near);
  expect_derivatives(problem_with(nn::leaky_relu(0.25)), theta(), near);
}

TEST_CASE("smooth activations at complex states; piecewise ones have none", "[nn]") {
  const Vector<std::complex<double>> z =
      theta().cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(7).normal_vector(26);
  expect_same_expansion(problem_with(nn::logistic()), twin_with([](const auto& v) { return logistic(v); }), z);
  expect_same_expansion(problem_with(nn::gelu()), twin_with(written_gelu), z);
  static_assert(HolomorphicProblem<decltype(problem_with(nn::gelu()))>);
  using Piecewise = decltype(problem_with(nn::relu()));
  static_assert(ExpandableProblem<Piecewise> && NestableProblem<Piecewise>);
  static_assert(!HolomorphicProblem<Piecewise>);
  static_assert(!HasExpand<Piecewise, std::complex<double>>);
}
