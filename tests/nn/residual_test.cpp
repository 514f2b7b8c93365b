#include <catch2/catch.hpp>

#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

using namespace drift;

namespace {

template <class T>
std::vector<T> sum(const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> c;
  for (std::size_t i = 0; i < a.size(); ++i) c.push_back(a[i] + b[i]);
  return c;
}

const Matrix<double> x = Random(2).normal_matrix(4, 3), y = Random(3).normal_matrix(4, 2);

}  // namespace

TEST_CASE("a residual connection has every derivative of the written-out network", "[nn]") {
  const auto written = [](auto& layers, const auto& input) {
    const auto a = sum(input, tanh_of(layers.dense(input, 3)));
    const auto inner = layers.dense(a, 3);
    const auto b = sum(a, tanh_of(sum(inner, tanh_of(layers.dense(inner, 3)))));
    return layers.dense(b, 2);
  };
  // First in the network, ending in tanh, and nested.
  const auto net = nn::sequential(nn::residual(nn::dense(3, 3), nn::tanh()),
                                  nn::residual(nn::dense(3, 3), nn::residual(nn::dense(3, 3), nn::tanh()), nn::tanh()),
                                  nn::dense(3, 2));
  CHECK(net.parameters() == 3 * 12 + 8);
  CHECK(net.blocks()[4].name == "1.1.0.weight");
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4));
  const auto problem = nn::supervised(net, losses::squared_error(), x, y);
  static_assert(HolomorphicProblem<decltype(problem)>);
  const auto twin = written_out(x, y, theta.size(), written);
  expect_same_expansion(problem, twin, theta);
  const Vector<std::complex<double>> z =
      theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(5).normal_vector(theta.size());
  expect_same_expansion(problem, twin, z);
  expect_derivatives(problem, theta);
}

TEST_CASE("a residual connection of views and activations alone", "[nn]") {
  const auto net = nn::sequential(nn::dense(3, 2), nn::residual(nn::identity()), nn::residual(nn::tanh()));
  const Vector<double> theta = nn::initialise(net, nn::glorot_normal(), Random(4));
  const auto twin = written_out(x, y, theta.size(), [](auto& layers, const auto& input) {
    const auto a = layers.dense(input, 2);
    const auto b = sum(a, a);
    return sum(b, tanh_of(b));
  });
  expect_same_expansion(nn::supervised(net, losses::squared_error(), x, y), twin, theta);
}

TEST_CASE("a residual connection must keep the shape", "[nn]") {
  CHECK_THROWS_WITH(nn::sequential(nn::dense(3, 4), nn::residual(nn::dense(4, 2))),
                    "layer 1 (residual): output of its layers: was 2 features, must be 4 features, as their input");
  CHECK_THROWS_WITH(nn::sequential(nn::dense(3, 4), nn::residual(nn::tanh(), nn::dense(5, 4))),
                    "layer 1 (residual): layer 1 (dense): input: was 4 features, must be 5 features");
}
