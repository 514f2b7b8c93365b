#include <catch2/catch.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/losses/huber.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/input_derivatives.hpp>
#include <drift/nn/predict.hpp>

#include <support/written_out.hpp>

using namespace drift;

namespace {

const auto net = nn::sequential(nn::dense(3, 4), nn::tanh(), nn::dropout(0.5, Random(1)), nn::dense(4, 2));

// Output c of the network as a callable of the input; theta is fixed.
template <class R>
struct OfInput {
  Vector<R> theta;
  std::size_t output;

  template <class T>
  T operator()(const Vector<T>& x) const {
    const Vector<T> parameters = theta.template cast<T>();
    ScalarLayers<T> layers(parameters);
    return layers.dense(tanh_of(layers.dense(std::vector<T>(x.data(), x.data() + 3), 4)), 2)[output];
  }
};

// The outputs x inputs Jacobian at an example, by the written-out network.
Matrix<double> jacobian(const Vector<double>& theta, const Vector<double>& x) {
  Matrix<double> j(2, 3);
  for (std::size_t c = 0; c < 2; ++c)
    j.row(static_cast<Index>(c)) = gradient(differentiable(OfInput<double>{theta, c}, 3), x).transpose();
  return j;
}

const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4)) + 0.1 * Random(5).normal_vector(26);
const Matrix<double> inputs = Random(2).normal_matrix(300, 3);  // several blocks, the last of odd length

}  // namespace

TEST_CASE("vector-Jacobian and Jacobian-vector products are those of the written-out network, row by row", "[nn]") {
  const Matrix<double> u = Random(6).normal_matrix(300, 2), v = Random(7).normal_matrix(300, 3);
  const Matrix<double> backward = nn::vector_jacobian_product(net, theta, inputs, u);
  const Matrix<double> forward = nn::jacobian_vector_product(net, theta, inputs, v);
  const Matrix<double> second = nn::input_gradient(net, theta, inputs, 1);
  REQUIRE(backward.rows() == 300);
  REQUIRE(backward.cols() == 3);
  REQUIRE(forward.rows() == 300);
  REQUIRE(forward.cols() == 2);
  double worst = 0;
  for (Index n = 0; n < 300; ++n) {
    const Matrix<double> j = jacobian(theta, inputs.row(n));
    worst = std::max(worst, (backward.row(n) - u.row(n) * j).norm());
    worst = std::max(worst, (forward.row(n) - v.row(n) * j.transpose()).norm());
    worst = std::max(worst, (second.row(n) - j.row(1)).norm());
  }
  CHECK(worst < 1e-14);
}

TEST_CASE("input derivatives agree with differences of predictions", "[nn]") {
  const Matrix<double> v = Random(7).normal_matrix(300, 3);
  const double h = 1e-5;
  const Matrix<double> difference =
      (nn::predict(net, theta, inputs + h * v) - nn::predict(net, theta, inputs - h * v)) / (2 * h);
  CHECK((nn::jacobian_vector_product(net, theta, inputs, v) - difference).norm() < 1e-8 * difference.norm());
}

TEST_CASE(
    "a convolutional network with pooling and a residual connection: forward and backward products are transposes",
    "[nn]") {
  const auto image_net =
      nn::sequential(nn::image(2, 4, 4), nn::residual(nn::conv2d(2, {.padding = 1}), nn::gelu()), nn::max_pooling(),
                     nn::conv2d(3, {.kernel = 2}), nn::relu(), nn::flatten(), nn::dense(3, 2));
  const Vector<double> parameters = nn::initialise(image_net, nn::he_normal(), Random(4));
  const Matrix<double> x = Random(8).normal_matrix(5, 32), u = Random(9).normal_matrix(5, 2),
                       v = Random(10).normal_matrix(5, 32);
  const Matrix<double> backward = nn::vector_jacobian_product(image_net, parameters, x, u);
  const Matrix<double> forward = nn::jacobian_vector_product(image_net, parameters, x, v);
  for (Index n = 0; n < 5; ++n)
    CHECK(backward.row(n).dot(v.row(n)) == Approx(forward.row(n).dot(u.row(n))).epsilon(1e-12));
  const double h = 1e-7;
  const Matrix<double> difference =
      (nn::predict(image_net, parameters, x + h * v) - nn::predict(image_net, parameters, x - h * v)) / (2 * h);
  CHECK((forward - difference).norm() < 1e-6 * difference.norm());
}

TEST_CASE("the gradient of each example's own loss with respect to its input", "[nn]") {
  std::vector<int> labels;
  for (Index n = 0; n < 300; ++n) labels.push_back(static_cast<int>(n % 2));
  const Matrix<double> gradients = nn::loss_input_gradient(net, losses::softmax_cross_entropy(), theta, inputs, labels);
  const Matrix<double> z = nn::predict(net, theta, inputs);
  double worst = 0;
  for (Index n = 0; n < 300; ++n) {
    Vector<double> p = (z.row(n).array() - z.row(n).maxCoeff()).exp();
    p /= p.sum();
    p[n % 2] -= 1;
    worst = std::max(worst, (gradients.row(n) - p.transpose() * jacobian(theta, inputs.row(n))).norm());
  }
  CHECK(worst < 1e-14);
}

TEST_CASE("input derivatives at complex parameters, where the network has them", "[nn]") {
  const Vector<std::complex<double>> z =
      theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(5).normal_vector(26);
  const Matrix<std::complex<double>> second = nn::input_gradient(net, z, inputs.topRows(3), 1);
  // The network as a function of parameters and input together.
  const auto joint = differentiable(
      [](const auto& v) {
        using T = typename std::decay_t<decltype(v)>::Scalar;
        const Vector<T> parameters = v.head(26);
        ScalarLayers<T> layers(parameters);
        return layers.dense(tanh_of(layers.dense(std::vector<T>(v.data() + 26, v.data() + 29), 4)), 2)[1];
      },
      29);
  for (Index n = 0; n < 3; ++n) {
    Vector<std::complex<double>> point(29);
    point << z, inputs.row(n).transpose().cast<std::complex<double>>();
    CHECK((second.row(n).transpose() - gradient(joint, point).tail(3)).norm() < 1e-14);
  }
}

TEST_CASE("sizes that do not fit are refused by name", "[nn]") {
  const Matrix<double> x = inputs.topRows(4);
  CHECK_THROWS_WITH(nn::vector_jacobian_product(net, theta, x, Matrix<double>::Ones(3, 2)),
                    "rows of U: was 3, must be 4, the rows of X");
  CHECK_THROWS_WITH(nn::vector_jacobian_product(net, theta, x, Matrix<double>::Ones(4, 3)),
                    "columns of U: was 3, must be 2, the network's outputs");
  CHECK_THROWS_WITH(nn::jacobian_vector_product(net, theta, x, Matrix<double>::Ones(4, 2)),
                    "columns of V: was 2, must be 3, the network's inputs");
  CHECK_THROWS_WITH(nn::input_gradient(net, theta, x, 2), "output: was 2, must be 0 to 1, an output of the network");
  CHECK_THROWS_WITH(nn::input_gradient(net, theta, x.leftCols(2)),
                    "columns of X: was 2, must be 3, the network's inputs");
  CHECK_THROWS_WITH(nn::input_gradient(net, theta.head(3), x), Catch::Contains("theta: was of length 3"));
  CHECK_THROWS_WITH(nn::loss_input_gradient(net, losses::huber(), theta, x, Matrix<double>::Ones(4, 1)),
                    "columns of the targets: was 1, must be 2, the network's outputs");
}
