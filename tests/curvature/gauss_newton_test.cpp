#include <drift/curvature/gauss_newton.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/curvature/top_eigenpairs.hpp>
#include <drift/losses/linear.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/predict.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

const auto net = nn::sequential(nn::dense(3, 4), nn::tanh(), nn::dense(4, 2));
const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4)) + 0.1 * Random(5).normal_vector(26);

Matrix<double> inputs_of(Index examples) { return Random(2).normal_matrix(examples, 3); }

std::vector<int> labels_of(Index examples) {
  std::vector<int> labels(static_cast<std::size_t>(examples));
  for (std::size_t n = 0; n < labels.size(); ++n) labels[n] = static_cast<int>(n % 2);
  return labels;
}

/// The gradient of output c at example n, by a plain reverse pass: a row of the Jacobian.
template <class Net>
Vector<double> jacobian_row(const Net& network, const Vector<double>& at, const Matrix<double>& x, Index n, Index c) {
  Matrix<double> unit = Matrix<double>::Zero(x.rows(), network.outputs());
  unit(n, c) = static_cast<double>(x.rows());
  return nn::supervised(network, losses::linear(), x, unit).gradient(at);
}

/// J' L J with L made of a matrix for each example.
template <class Net, class LossHessian>
Matrix<double> explicit_gauss_newton(const Net& network, const Vector<double>& at, const Matrix<double>& x,
                                     const LossHessian& loss_hessian) {
  Matrix<double> sum = Matrix<double>::Zero(at.size(), at.size());
  for (Index n = 0; n < x.rows(); ++n) {
    Matrix<double> jacobian(network.outputs(), at.size());
    for (Index c = 0; c < network.outputs(); ++c) jacobian.row(c) = jacobian_row(network, at, x, n, c).transpose();
    sum += jacobian.transpose() * loss_hessian(n) * jacobian / static_cast<double>(x.rows());
  }
  return sum;
}

template <class A, class B>
void check_close(const A& a, const B& b, double tolerance = 1e-13) {
  CHECK((a - b).norm() < tolerance * b.norm());
}

}  // namespace

TEST_CASE("it is J' L J, with J row by row and L in closed form", "[curvature]") {
  const Matrix<double> x = inputs_of(9);
  const auto squared = nn::supervised(net, losses::squared_error(), x, Random(3).normal_matrix(9, 2));
  const auto entropy = nn::supervised(net, losses::softmax_cross_entropy(), x, labels_of(9));
  const Matrix<double> of_squared = hessian(curvature::gauss_newton(squared), theta);
  const Matrix<double> of_entropy = hessian(curvature::gauss_newton(entropy), theta);
  check_close(of_squared, explicit_gauss_newton(net, theta, x, [](Index) { return Matrix<double>::Identity(2, 2); }));
  const Matrix<double> outputs = nn::predict(net, theta, x);
  const auto softmax_hessian = [&](Index n) -> Matrix<double> {
    Vector<double> p = outputs.row(n).transpose().array().exp();
    p /= p.sum();
    return Matrix<double>(p.asDiagonal()) - p * p.transpose();
  };
  check_close(of_entropy, explicit_gauss_newton(net, theta, x, softmax_hessian));
  for (const Matrix<double>& g : {of_squared, of_entropy}) {
    check_close(g, Matrix<double>(g.transpose()));
    const auto eigen = calculus::symmetric_eigen<double>(g);
    CHECK(eigen.values[0] > -1e-14 * eigen.values[25]);
  }
  CHECK((of_squared - hessian(squared, theta)).norm() > 0.01 * of_squared.norm());
}

TEST_CASE("for a network that is linear in its parameters it is the Hessian", "[curvature]") {
  const auto linear = nn::sequential(nn::dense(3, 2));
  const Vector<double> at = Random(6).normal_vector(8);
  const Matrix<double> x = inputs_of(9);
  const auto squared = nn::supervised(linear, losses::squared_error(), x, Random(3).normal_matrix(9, 2));
  const auto entropy = nn::supervised(linear, losses::softmax_cross_entropy(), x, labels_of(9));
  check_close(hessian(curvature::gauss_newton(squared), at), hessian(squared, at));
  check_close(hessian(curvature::gauss_newton(entropy), at), hessian(entropy, at));
}

TEST_CASE("where the network meets its targets it is the Hessian of the squared error", "[curvature]") {
  const Matrix<double> x = inputs_of(9);
  const auto fit = nn::supervised(net, losses::squared_error(), x, nn::predict(net, theta, x));
  check_close(hessian(curvature::gauss_newton(fit), theta), hessian(fit, theta));
}

TEST_CASE("a network that sees some examples only in training, and has pieces", "[curvature]") {
  const auto image_net = nn::sequential(nn::image(2, 3, 3), nn::conv2d(2), nn::relu(), nn::flatten(),
                                        nn::dropout(0.3, Random(3)), nn::dense(2, 2));
  const Matrix<double> x = Random(8).normal_matrix(5, 18);
  const Vector<double> at = nn::initialise(image_net, nn::glorot_normal(), Random(4));
  const auto fit = nn::supervised(image_net, losses::squared_error(), x, Random(3).normal_matrix(5, 2));
  check_close(hessian(curvature::gauss_newton(fit), at),
              explicit_gauss_newton(image_net, at, x, [](Index) { return Matrix<double>::Identity(2, 2); }));
}

TEST_CASE("a data set of many blocks is the mean of its parts, and any number of threads gives the same bits",
          "[curvature]") {
  const Matrix<double> x = inputs_of(531), y = Random(3).normal_matrix(531, 2);
  const Vector<double> v = Random(7).normal_vector(26);
  const auto whole = nn::supervised(net, losses::squared_error(), x, y);
  const auto product = [&](Index first, Index count) -> Vector<double> {
    const auto part =
        nn::supervised(net, losses::squared_error(), x.middleRows(first, count), y.middleRows(first, count));
    return curvature::gauss_newton_product(part, theta, v) * static_cast<double>(count) / 531;
  };
  check_close(curvature::gauss_newton_product(whole, theta, v), Vector<double>(product(0, 7) + product(7, 524)));

  const auto wide = nn::sequential(nn::dense(3, 40), nn::tanh(), nn::dense(40, 2));
  const Vector<double> at = nn::initialise(wide, nn::glorot_normal(), Random(4));
  const Matrix<double> many = inputs_of(3000), targets = Random(3).normal_matrix(3000, 2);
  const auto one = nn::supervised(wide, losses::squared_error(), many, targets);
  const auto three = nn::supervised(wide, losses::squared_error(), many, targets, {.threads = 3});
  CHECK(curvature::gauss_newton_product(one, at, at) == curvature::gauss_newton_product(three, at, at));
}

TEST_CASE("a workspace that was elsewhere gives the same product", "[curvature]") {
  const auto fit = nn::supervised(net, losses::softmax_cross_entropy(), inputs_of(9), labels_of(9));
  const auto gn = curvature::gauss_newton(fit);
  const Vector<double> v = Random(7).normal_vector(26), there = 2 * theta;
  const Vector<double> here = gn.hessian_vector_product(theta, v);
  CHECK(gn.hessian_vector_product(there, v) == curvature::gauss_newton_product(fit, there, v));
  CHECK(gn.hessian_vector_product(theta, 2 * v) == 2 * here);
  CHECK(gn.hessian_vector_product(theta, v) == here);
  const Vector<double> nan = theta * std::numeric_limits<double>::quiet_NaN();
  CHECK(gn.hessian_vector_product(nan, v).hasNaN());
  CHECK(gn.hessian_vector_product(theta, v) == here);
  const auto copy = gn;
  CHECK(copy.hessian_vector_product(theta, v) == here);
}

TEST_CASE("the zero direction, and a loss that is linear in the outputs, give zero", "[curvature]") {
  const Matrix<double> x = inputs_of(200), y = Random(3).normal_matrix(200, 2);
  const auto squared = curvature::gauss_newton(nn::supervised(net, losses::squared_error(), x, y));
  const Vector<double> zero = Vector<double>::Zero(26);
  CHECK(squared.hessian_vector_product(theta, theta).norm() > 0);
  CHECK(squared.hessian_vector_product(theta, zero) == zero);
  const auto linear = curvature::gauss_newton(nn::supervised(net, losses::linear(), x, y));
  CHECK(linear.hessian_vector_product(theta, theta) == zero);
}

TEST_CASE("value and gradient are the problem's, and what does not fit is refused", "[curvature]") {
  const auto fit = nn::supervised(net, losses::squared_error(), inputs_of(9), Random(3).normal_matrix(9, 2));
  const auto gn = curvature::gauss_newton(fit);
  static_assert(SecondOrderProblem<decltype(gn)> && !ExpandableProblem<decltype(gn)>);
  CHECK(value(gn, theta) == fit.value(theta));
  CHECK(gradient(gn, theta) == fit.gradient(theta));
  CHECK_THROWS_WITH(gn.hessian_vector_product(theta.head(3), theta), Catch::Contains("theta: was of length 3"));
  CHECK_THROWS_WITH(gn.hessian_vector_product(theta, theta.head(3)), Catch::Contains("v: was of length 3"));
}

TEST_CASE("its top eigenvalue, beside the Hessian's", "[curvature]") {
  const auto fit = nn::supervised(net, losses::squared_error(), inputs_of(9), Random(3).normal_matrix(9, 2));
  const auto gn = curvature::gauss_newton(fit);
  const auto top = curvature::top_eigenpairs(gn, theta, 1);
  CHECK(top.status == Status::converged);
  CHECK(top.values[0] == Approx(calculus::symmetric_eigen<double>(hessian(gn, theta)).values[25]).epsilon(1e-12));
  const auto of_hessian = curvature::top_eigenpairs(fit, theta, 1);
  CHECK(of_hessian.values[0] ==
        Approx(calculus::symmetric_eigen<double>(hessian(fit, theta)).values[25]).epsilon(1e-12));
  CHECK(std::abs(top.values[0] - of_hessian.values[0]) > 1e-3);
}

TEST_CASE("Single precision: gauss newton", "[curvature]") {
  const Matrix<float> x = inputs_of(9).cast<float>();
  const auto fit = nn::supervised(net, losses::squared_error(), x, Random(3).normal_matrix<float>(9, 2));
  const auto twin = nn::supervised(net, losses::squared_error(), Matrix<double>(x.cast<double>()),
                                   Random(3).normal_matrix<double>(9, 2));
  const Vector<float> at = theta.cast<float>();
  const Vector<double> rounded = at.cast<double>();
  const Vector<double> product = curvature::gauss_newton_product(fit, at, at).cast<double>();
  check_close(product, curvature::gauss_newton_product(twin, rounded, rounded), 1e-5);
}
