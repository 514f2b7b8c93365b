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

struct Case {
  nn::Shape image;
  nn::Conv2dOptions options;
  nn::Shape expected;  ///< of two filters
};

const std::vector<Case> cases = {
    {{2, 4, 5}, {}, {2, 2, 3}},
    {{1, 3, 3}, {.kernel = 1}, {2, 3, 3}},
    {{3, 4, 4}, {.kernel = 2, .stride = 2}, {2, 2, 2}},
    {{2, 5, 4}, {.kernel = 3, .padding = 1}, {2, 5, 4}},
    {{1, 6, 5}, {.kernel = 3, .stride = 2, .padding = 1}, {2, 3, 3}},
    {{2, 3, 6}, {.kernel_height = 1, .kernel_width = 4, .stride = 1, .padding = 2}, {2, 7, 7}},
    {{2, 7, 3}, {.kernel = 3, .kernel_height = 2, .stride = 3}, {2, 2, 1}},
    {{1, 2, 2}, {.kernel = 2, .padding = 3}, {2, 7, 7}},  // windows that see nothing but zeros
};

struct Kernel {
  Index rows;
  Index columns;
};
Kernel kernel(const nn::Conv2dOptions& o) {
  return {o.kernel_height != 0 ? o.kernel_height : o.kernel, o.kernel_width != 0 ? o.kernel_width : o.kernel};
}

}  // namespace

TEST_CASE("a convolution is the written-out sum, with stride, padding and oblong kernels, in PyTorch's flat order",
          "[nn]") {
  for (const Case& c : cases) {
    INFO(nn::describe(c.image) << ", stride " << c.options.stride << ", padding " << c.options.padding);
    const auto net =
        nn::sequential(nn::image(c.image.channels, c.image.height, c.image.width), nn::conv2d(2, c.options));
    CHECK(net.output_shape() == c.expected);
    const auto [rows, columns] = kernel(c.options);
    REQUIRE(net.parameters() == 2 * (c.image.channels * rows * columns + 1));
    const Vector<double> theta = Random(1).normal_vector(net.parameters());
    const Matrix<double> x = Random(2).normal_matrix(4, c.image.size());
    const Matrix<double> outputs = nn::predict(net, theta, x);
    for (Index n = 0; n < x.rows(); ++n) {
      ScalarLayers<double> layers(theta);
      std::vector<double> example;
      for (Index i = 0; i < x.cols(); ++i) example.push_back(x(n, i));
      const std::vector<double> expected =
          layers.conv2d(example, c.image, 2, rows, columns, c.options.stride, c.options.padding);
      REQUIRE(static_cast<Index>(expected.size()) == outputs.cols());
      for (Index i = 0; i < outputs.cols(); ++i) {
        CHECK(std::abs(outputs(n, i) - expected[static_cast<std::size_t>(i)]) < 1e-14 * 10);
      }
    }
  }
}

TEST_CASE("a convolution has every derivative of the written-out network", "[nn]") {
  for (const Case& c : cases) {
    INFO(nn::describe(c.image) << ", stride " << c.options.stride << ", padding " << c.options.padding);
    const auto [rows, columns] = kernel(c.options);
    const nn::Shape image = c.image, between = c.expected;
    const Index stride = c.options.stride, padding = c.options.padding;
    // The second convolution makes the first's outputs' adjoints, and the first layer's input is not the network's.
    const auto net =
        nn::sequential(nn::image(image.channels, image.height, image.width), nn::conv2d(image.channels, {.kernel = 1}),
                       nn::tanh(), nn::conv2d(2, c.options), nn::tanh(), nn::flatten(), nn::dense(between.size(), 1));
    const Matrix<double> x = Random(2).normal_matrix(3, image.size()), y = Random(3).normal_matrix(3, 1);
    const Vector<double> theta =
        nn::initialise(net, nn::glorot_normal(), Random(4)) + 0.1 * Random(5).normal_vector(net.parameters());
    const auto problem = nn::supervised(net, losses::squared_error(), x, y);
    const auto twin = written_out(x, y, theta.size(), [=](auto& layers, const auto& input) {
      const auto first = tanh_of(layers.conv2d(input, image, image.channels, 1, 1, 1, 0));
      return layers.dense(tanh_of(layers.conv2d(first, image, 2, rows, columns, stride, padding)), 1);
    });
    expect_same_expansion(problem, twin, theta);
  }
}

TEST_CASE("a convolutional network's derivatives agree with differences of its value", "[nn]") {
  const auto net =
      nn::sequential(nn::image(2, 4, 4), nn::conv2d(2, {.kernel = 3, .padding = 1}), nn::tanh(),
                     nn::conv2d(2, {.kernel = 2, .stride = 2}), nn::tanh(), nn::flatten(), nn::dense(8, 2));
  const Matrix<double> x = Random(2).normal_matrix(3, 32), y = Random(3).normal_matrix(3, 2);
  const auto problem = nn::supervised(net, losses::squared_error(), x, y);
  static_assert(HolomorphicProblem<decltype(problem)>);
  expect_derivatives(problem, nn::initialise(net, nn::glorot_normal(), Random(4)));
}

TEST_CASE("convolutions in complex and in float", "[nn][types]") {
  const auto net = nn::sequential(nn::image(2, 3, 4), nn::conv2d(2, {.kernel = 2, .padding = 1}), nn::tanh(),
                                  nn::flatten(), nn::dense(40, 1));
  const auto written = [](auto& layers, const auto& input) {
    return layers.dense(tanh_of(layers.conv2d(input, {2, 3, 4}, 2, 2, 2, 1, 1)), 1);
  };
  const Matrix<double> x = Random(2).normal_matrix(3, 24), y = Random(3).normal_matrix(3, 1);
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4));
  const Vector<std::complex<double>> z =
      theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(5).normal_vector(theta.size());
  expect_same_expansion(nn::supervised(net, losses::squared_error(), x, y), written_out(x, y, theta.size(), written),
                        z);
  const Matrix<float> xf = x.cast<float>(), yf = y.cast<float>();
  expect_same_expansion(nn::supervised(net, losses::squared_error(), xf, yf),
                        written_out(xf, yf, theta.size(), written), Vector<float>(theta.cast<float>()), 2e-5);
}

TEST_CASE("initial weights of a convolution are scaled by channels times kernel", "[nn]") {
  const auto net = nn::sequential(nn::image(30, 5, 5), nn::conv2d(40, {.kernel = 3}));
  CHECK(net.blocks()[0].name == "1.weight");
  CHECK(net.blocks()[0].fan_in == 270);
  CHECK(net.blocks()[0].fan_out == 360);
  const Vector<double> theta = nn::initialise(net, nn::he_normal(), Random(3));
  CHECK(std::sqrt(nn::view(net, theta, "1.weight").squaredNorm() / 10800) ==
        Approx(std::sqrt(2.0 / 270)).epsilon(0.03));
  CHECK(nn::view(net, theta, "1.bias").isZero(0));
}

TEST_CASE("convolutions that cannot be are refused by name", "[nn]") {
  CHECK_THROWS_WITH(nn::conv2d(0), "filters: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::conv2d(1, {.kernel = 0}), "kernel: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::conv2d(1, {.kernel_height = -1}), "height of the window: was -1, must be 1 or more");
  CHECK_THROWS_WITH(nn::conv2d(1, {.stride = 0}), "stride: was 0, must be 1 or more");
  CHECK_THROWS_WITH(nn::conv2d(1, {.padding = -1}), "padding: was -1, must be 0 or more");
  CHECK_THROWS_WITH(
      nn::sequential(nn::image(1, 2, 5), nn::conv2d(1)),
      "layer 1 (conv2d): input: was 1 x 2 x 5 (channels x height x width), must be 3 x 3 or more, the size of "
      "the window");
  CHECK_THROWS_WITH(
      nn::sequential(nn::dense(3, 9), nn::conv2d(1)),
      Catch::Contains("layer 1 (conv2d): input: was 9 features") && Catch::Contains("put nn::image before it"));
  CHECK_THROWS_AS(nn::sequential(nn::conv2d(1)), InvalidArgument);
}
