#include <catch2/catch.hpp>

#include <drift/calculus/algebra.hpp>
#include <drift/losses/huber.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/input_gradient_norm.hpp>
#include <drift/regularisers/gradient_norm.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

using namespace drift;

namespace {

// A 3-4-2 tanh network, its input gradients by the chain rule written out: sum over i of (sum_c u_c sum_j V_cj (1 - h_j^2) W_ji)^2, where
// u is given (for the linear form) or z - y (for squared error). Flat order as in nn.
template <bool squared_error>
struct Written {
  Matrix<double> inputs;
  Matrix<double> targets;

  template <class T>
  T operator()(const Vector<T>& theta) const {
    T total(0);
    for (Index n = 0; n < inputs.rows(); ++n) {
      T h[4], u[2];
      for (Index j = 0; j < 4; ++j) {
        T a = theta[12 + j];
        for (Index i = 0; i < 3; ++i) a += theta[3 * j + i] * T(inputs(n, i));
        h[j] = tanh(a);
      }
      for (Index c = 0; c < 2; ++c) {
        u[c] = T(targets(n, c));
        if (!squared_error) continue;
        T z = theta[24 + c];
        for (Index j = 0; j < 4; ++j) z += theta[16 + 4 * c + j] * h[j];
        u[c] = z - u[c];
      }
      for (Index i = 0; i < 3; ++i) {
        T w(0);
        for (Index c = 0; c < 2; ++c)
          for (Index j = 0; j < 4; ++j) w += u[c] * theta[16 + 4 * c + j] * (T(1) - h[j] * h[j]) * theta[3 * j + i];
        total += w * w;
      }
    }
    return total / T(static_cast<double>(inputs.rows()));
  }
};

const auto net = nn::sequential(nn::dense(3, 4), nn::tanh(), nn::dense(4, 2));
const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4)) + 0.1 * Random(5).normal_vector(26);
const Matrix<double> inputs = Random(2).normal_matrix(9, 3), vectors = Random(3).normal_matrix(9, 2);

}  // namespace

TEST_CASE("every derivative of the input gradients' norm is that of the chain rule written out", "[nn]") {
  const auto linear = nn::input_gradient_norm(net, inputs, vectors);
  const auto linear_twin = differentiable(Written<false>{inputs, vectors}, 26);
  const auto squared = nn::input_gradient_norm(net, losses::squared_error(), inputs, vectors);
  const auto squared_twin = differentiable(Written<true>{inputs, vectors}, 26);
  static_assert(HolomorphicProblem<decltype(linear)> && NestableProblem<decltype(linear)>);
  CHECK(linear.value(theta) == Approx(linear_twin.value(theta)).epsilon(1e-14));
  CHECK(linear.value(theta) == expand(linear, theta).value());
  CHECK(linear.value(theta) ==
        Approx(nn::vector_jacobian_product(net, theta, inputs, vectors).squaredNorm() / 9).epsilon(1e-14));
  expect_same_expansion(linear, linear_twin, theta);
  expect_same_expansion(squared, squared_twin, theta);
  const Vector<std::complex<double>> z =
      theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(7).normal_vector(26);
  expect_same_expansion(linear, linear_twin, z);
  expect_same_expansion(squared, squared_twin, z);
}

TEST_CASE("more than one block, in one and in several parts", "[nn]") {
  const Matrix<double> x = Random(2).normal_matrix(531, 3), u = Random(3).normal_matrix(531, 2);
  expect_same_expansion(nn::input_gradient_norm(net, x, u), differentiable(Written<false>{x, u}, 26), theta);
}

TEST_CASE("any number of threads gives the same bits", "[nn]") {
  const auto wide = nn::sequential(nn::dense(3, 40), nn::tanh(), nn::dense(40, 2));
  const Matrix<double> x = Random(2).normal_matrix(3000, 3), u = Random(3).normal_matrix(3000, 2);
  const Vector<double> parameters = nn::initialise(wide, nn::glorot_normal(), Random(4));
  const auto one = nn::input_gradient_norm(wide, x, u), three = nn::input_gradient_norm(wide, x, u, {.threads = 3});
  CHECK(one.value(parameters) == three.value(parameters));
  auto a = expand(one, parameters), b = expand(three, parameters);
  CHECK(a.value() == b.value());
  CHECK(a.gradient() == b.gradient());
  CHECK(a.push(parameters) == b.push(parameters));
  CHECK_THROWS_WITH(nn::input_gradient_norm(wide, x, u, {.threads = 0}), "threads: was 0, must be 1 or more");
}

TEST_CASE("its derivatives agree with differences of its value", "[nn]") {
  std::vector<int> labels;
  for (int n = 0; n < 9; ++n) labels.push_back(n % 2);
  expect_derivatives(nn::input_gradient_norm(net, inputs, vectors), theta);
  expect_derivatives(nn::input_gradient_norm(net, losses::softmax_cross_entropy(), inputs, labels), theta);
  const auto image_net = nn::sequential(nn::image(2, 3, 3), nn::residual(nn::conv2d(2, {.padding = 1}), nn::gelu()),
                                        nn::average_pooling({.stride = 1}), nn::flatten(), nn::dropout(0.3, Random(3)),
                                        nn::dense(8, 2), nn::softplus());
  const Matrix<double> images = Random(8).normal_matrix(3, 18);
  expect_derivatives(nn::input_gradient_norm(image_net, images, vectors.topRows(3)),
                     nn::initialise(image_net, nn::glorot_normal(), Random(4)));
}

TEST_CASE("with a piecewise layer it is expandable and not holomorphic", "[nn]") {
  const auto relu_net = nn::sequential(nn::dense(3, 4), nn::relu(), nn::dense(4, 2));
  const auto problem = nn::input_gradient_norm(relu_net, inputs, vectors);
  static_assert(ExpandableProblem<decltype(problem)> && !HolomorphicProblem<decltype(problem)>);
  expect_derivatives(problem, Random(6).normal_vector(26), {.third = 1e-4, .offset = 0.004});
  const auto huber = nn::input_gradient_norm(net, losses::huber(), inputs, vectors);
  static_assert(!HolomorphicProblem<decltype(huber)>);
  CHECK(huber.value(theta) > 0);
}

TEST_CASE("a linear network's input gradient norm is |W u|^2", "[nn]") {
  const auto linear = nn::sequential(nn::dense(3, 2));
  const Vector<double> parameters = Random(6).normal_vector(8);
  const auto w = nn::view(linear, parameters, "0.weight");
  const Matrix<double> u = Matrix<double>::Ones(9, 1) * vectors.row(0);
  const auto problem = nn::input_gradient_norm(linear, inputs, u);
  CHECK(problem.value(parameters) == Approx((w * vectors.row(0).transpose()).squaredNorm()).epsilon(1e-14));
  Vector<double> expected = Vector<double>::Zero(8);
  nn::view(linear, expected, "0.weight") = 2 * w * vectors.row(0).transpose() * vectors.row(0);
  CHECK((gradient(problem, parameters) - expected).norm() < 1e-13 * expected.norm());
}

TEST_CASE("added to a loss and to that sum's own gradient norm it stays exact", "[nn]") {
  const auto fit = nn::supervised(net, losses::squared_error(), inputs, vectors);
  const auto smooth = fit + 0.1 * nn::input_gradient_norm(net, inputs, vectors);
  const auto problem = smooth + 0.05 * regularisers::gradient_norm(smooth);
  const auto twin_fit = written_out(
      inputs, vectors, 26, [](auto& layers, const auto& x) { return layers.dense(tanh_of(layers.dense(x, 4)), 2); });
  const auto twin_smooth = twin_fit + 0.1 * differentiable(Written<false>{inputs, vectors}, 26);
  expect_same_expansion(problem, twin_smooth + 0.05 * regularisers::gradient_norm(twin_smooth), theta);
}

TEST_CASE("in evaluation dropout is off, in training it is the mask", "[nn]") {
  const auto dropped = nn::sequential(nn::dense(3, 4), nn::tanh(), nn::dropout(0.5, Random(1)), nn::dense(4, 2));
  const double plain = nn::input_gradient_norm(net, inputs, vectors).value(theta);
  CHECK(nn::input_gradient_norm(dropped, inputs, vectors, {.mode = nn::Mode::evaluation}).value(theta) == plain);
  CHECK(nn::input_gradient_norm(dropped, inputs, vectors).value(theta) != plain);
}

TEST_CASE("data that do not fit the network are refused", "[nn]") {
  CHECK_THROWS_WITH(nn::input_gradient_norm(net, Matrix<double>(0, 3), Matrix<double>(0, 2)),
                    Catch::Contains("X: was of 0 rows"));
  CHECK_THROWS_WITH(nn::input_gradient_norm(net, inputs, vectors.topRows(2)),
                    "rows of U: was 2, must be 9, the rows of X");
  CHECK_THROWS_WITH(nn::input_gradient_norm(net, losses::huber(), inputs, vectors.leftCols(1)),
                    "columns of the targets: was 1, must be 2, the network's outputs");
  CHECK_THROWS_WITH(nn::input_gradient_norm(net, inputs.leftCols(2), vectors),
                    "columns of X: was 2, must be 3, the network's inputs");
  CHECK_THROWS_WITH(nn::input_gradient_norm(net, inputs, vectors).value(theta.head(2)),
                    Catch::Contains("theta: was of length 2"));
}
