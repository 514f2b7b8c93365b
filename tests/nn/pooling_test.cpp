#include <catch2/catch.hpp>

#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/predict.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace drift;

namespace {

const auto mean_of = [](const auto& numbers) {
  auto sum = numbers[0];
  for (std::size_t i = 1; i < numbers.size(); ++i) sum += numbers[i];
  return sum / static_cast<double>(numbers.size());
};
const auto largest_of = [](const auto& numbers) {
  auto largest = numbers[0];
  for (const auto& number : numbers) {
    if (number > largest) largest = number;
  }
  return largest;
};

struct Case {
  nn::Shape image;
  nn::PoolingOptions options;
  nn::Shape expected;
};
const std::vector<Case> cases = {{{2, 4, 4}, {}, {2, 2, 2}},
                                 {{1, 5, 6}, {.size = 2, .stride = 1}, {1, 4, 5}},
                                 {{2, 5, 4}, {.size = 3, .stride = 2}, {2, 2, 1}},
                                 {{2, 5, 5}, {.size = 2, .stride = 3}, {2, 2, 2}}};  // steps over a row and a column

// A network around the pooling: convolution, tanh, pooling, dense; and the same written out with `combine`.
template <class Pooling, class Combine>
void matches_written_out(const Case& c, const Pooling& pooling, const Combine& combine) {
  INFO(nn::describe(c.image) << ", size " << c.options.size << ", stride " << c.options.stride);
  const nn::Shape image = c.image;
  const Index size = c.options.size, stride = c.options.stride != 0 ? c.options.stride : size;
  const auto net =
      nn::sequential(nn::image(image.channels, image.height, image.width), nn::conv2d(image.channels, {.padding = 1}),
                     nn::tanh(), pooling, nn::flatten(), nn::dense(c.expected.size(), 2));
  CHECK(net.shape_after(3) == c.expected);
  const Matrix<double> x = Random(2).normal_matrix(3, image.size()), y = Random(3).normal_matrix(3, 2);
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4));
  const auto problem = nn::supervised(net, losses::squared_error(), x, y);
  const auto twin = written_out(x, y, theta.size(), [=](auto& layers, const auto& input) {
    const auto convolved = tanh_of(layers.conv2d(input, image, image.channels, 3, 3, 1, 1));
    return layers.dense(pool(convolved, image, size, stride, combine), 2);
  });
  expect_same_expansion(problem, twin, theta);
}

}  // namespace

TEST_CASE("average and max pooling have every derivative of the written-out network", "[nn]") {
  for (const Case& c : cases) {
    matches_written_out(c, nn::average_pooling(c.options), mean_of);
    matches_written_out(c, nn::max_pooling(c.options), largest_of);
  }
}

TEST_CASE("pooling's derivatives agree with differences of the network's value, away from ties", "[nn]") {
  const Matrix<double> x = Random(2).normal_matrix(3, 32), y = Random(3).normal_matrix(3, 2);
  const auto check = [&](const auto& pooling, double offset) {
    const auto net = nn::sequential(nn::image(2, 4, 4), nn::conv2d(2, {.padding = 1}), nn::tanh(), pooling,
                                    nn::flatten(), nn::dense(8, 2));
    expect_derivatives(nn::supervised(net, losses::squared_error(), x, y),
                       nn::initialise(net, nn::glorot_normal(), Random(5)), {.third = 1e-4, .offset = offset});
  };
  check(nn::average_pooling(), 0.125);
  check(nn::max_pooling(), 0.01);
}

TEST_CASE("the mean is holomorphic, the maximum is not", "[nn]") {
  static_assert(nn::AveragePooling::holomorphic);
  static_assert(!nn::MaxPooling::holomorphic);
  const auto net =
      nn::sequential(nn::image(1, 4, 4), nn::average_pooling(), nn::flatten(), nn::dense(4, 1), nn::tanh());
  const Matrix<double> x = Random(2).normal_matrix(3, 16), y = Random(3).normal_matrix(3, 1);
  const Vector<std::complex<double>> z = Random(4).normal_vector(5).cast<std::complex<double>>() +
                                         std::complex<double>(0, 0.2) * Random(5).normal_vector(5);
  const auto twin = written_out(x, y, 5, [](auto& layers, const auto& input) {
    return tanh_of(layers.dense(pool(input, {1, 4, 4}, 2, 2, mean_of), 1));
  });
  expect_same_expansion(nn::supervised(net, losses::squared_error(), x, y), twin, z);
}

TEST_CASE("the largest of equals is the first, and NaN is the largest", "[nn]") {
  using calculus::Series;
  nn::MaxPoolingOperation<double> pooling(nn::max_pooling(), {1, 2, 2}, {.rows = 3});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Matrix<double> x(3, 4);
  x << 2, 2, 1, 2, nan, 1, 2, 3, 1, 5, nan, 7;
  Series<double> input(3, 4), output(3, 1), adjoint(3, 1), below(3, 4);
  input.bind(0, x.data());
  output.open(0);
  pooling.advance(calculus::first_stage, input, {}, output);
  CHECK(output[0][0] == 2);
  CHECK(std::isnan(output[0][1]));
  CHECK(std::isnan(output[0][2]));
  adjoint.open(0);
  adjoint[0].setOnes();
  below.open(0);
  pooling.pull_back(calculus::first_stage, adjoint, input, {}, &below, {});
  Matrix<double> expected(3, 4);
  expected << 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0;
  CHECK(below.matrix(0) == expected);
}

namespace {

// The feature of the image that a window's largest number is: of equal ones the first, of several NaN the last.
template <class Values>
Index largest_in_window(const Values& image, Index first, Index size, Index width) {
  std::vector<Index> window;
  for (Index k = 0; k < size; ++k)
    for (Index l = 0; l < size; ++l) window.push_back(first + k * width + l);
  const auto last_nan =
      std::find_if(window.rbegin(), window.rend(), [&](Index feature) { return std::isnan(image[feature]); });
  if (last_nan != window.rend()) return *last_nan;
  return *std::max_element(window.begin(), window.end(), [&](Index a, Index b) { return image[a] < image[b]; });
}

// Small integers, so that ties abound, and what is not finite.
template <class S>
Matrix<S> image_with_ties(Index rows, Index columns) {
  using Limits = std::numeric_limits<S>;
  Matrix<S> x = (2 * Random(3).normal_matrix(rows, columns)).array().round().matrix().template cast<S>();
  for (Index i = 0; i < x.size(); ++i) {
    if (i % 13 == 0) x.data()[i] = Limits::quiet_NaN();
    if (i % 3 == 1) x.data()[i] = -Limits::infinity();
    if (i % 17 == 2) x.data()[i] = Limits::infinity();
  }
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("max pooling chooses, follows and sends back the same number, whatever the number of examples",
                   "[nn]", float, double, long double) {
  using S = TestType;
  using calculus::Series;
  const calculus::Stage later{.number = 1, .weight = 1, .pairs = {}};
  for (const Case& c : cases) {
    const Index size = c.options.size, stride = c.options.stride != 0 ? c.options.stride : size;
    const Index width = c.image.width, in = c.image.size(), out = c.expected.size();
    for (const Index rows : {1, 2, 3, 7, 16, 37}) {
      INFO(nn::describe(c.image) << ", size " << size << ", stride " << stride << ", examples " << rows);
      Series<S> x(rows, in), y(rows, out), y_hat(rows, out), x_hat(rows, in);
      for (Index m = 0; m < 2; ++m) {
        x.open(m);
        y.open(m);
        y_hat.open(m);
        x_hat.open(m);
        x_hat[m].setConstant(S(99));  // whatever stood there
      }
      x.matrix(0) = image_with_ties<S>(rows, in);
      x.matrix(1) = Random(4).normal_matrix(rows, in).template cast<S>();
      y_hat.matrix(0) = Random(5).normal_matrix(rows, out).template cast<S>();
      y_hat.matrix(1) = Random(6).normal_matrix(rows, out).template cast<S>();
      nn::MaxPoolingOperation<S> pooling(nn::max_pooling(c.options), c.image, {.rows = rows});
      pooling.advance(calculus::first_stage, x, {}, y);
      pooling.pull_back(calculus::first_stage, y_hat, x, {}, &x_hat, {});
      pooling.advance(later, x, {}, y);
      pooling.pull_back(later, y_hat, x, {}, &x_hat, {});

      Matrix<S> value(rows, out), change(rows, out), sent = Matrix<S>::Zero(rows, in), sent_later = sent;
      for (Index n = 0; n < rows; ++n) {
        for (Index o = 0; o < out; ++o) {
          const Index plane = c.expected.height * c.expected.width, i = o % plane / c.expected.width,
                      j = o % c.expected.width;
          const Index first = (o / plane * c.image.height + i * stride) * width + j * stride;
          const Index chosen = largest_in_window(x.matrix(0).row(n), first, size, width);
          value(n, o) = x.matrix(0)(n, chosen);
          change(n, o) = x.matrix(1)(n, chosen);
          sent(n, chosen) += y_hat.matrix(0)(n, o);
          sent_later(n, chosen) += y_hat.matrix(1)(n, o);
        }
      }
      const auto nan = value.array().isNaN();
      CHECK((y.matrix(0).array().isNaN() == nan).all());
      CHECK((nan || y.matrix(0).array() == value.array()).all());
      CHECK(y.matrix(1) == change);
      CHECK(x_hat.matrix(0) == sent);
      CHECK(x_hat.matrix(1) == sent_later);
    }
  }
}

TEST_CASE("pooling that cannot be is refused by name", "[nn]") {
  CHECK_THROWS_WITH(nn::max_pooling({.size = 0}), "size: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::average_pooling({.stride = -1}), "stride: was -1, must be 1 or more");
  CHECK_THROWS_WITH(nn::sequential(nn::image(3, 1, 2), nn::max_pooling()),
                    Catch::Contains("layer 1 (max pooling): input: was 3 x 1 x 2"));
}
