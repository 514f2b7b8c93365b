#include <catch2/catch.hpp>

#include <drift/losses/linear.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>
#include <support/written_out.hpp>

using namespace drift;

namespace {

struct Written {
  template <class T>
  T operator()(const std::vector<T>& z, const std::vector<T>& u) const {
    T sum(0);
    for (std::size_t c = 0; c < z.size(); ++c) sum += u[c] * z[c];
    return sum;
  }
};

}  // namespace

TEST_CASE("the linear loss is the mean of u . z, with every derivative of the written-out loss", "[losses]") {
  const Matrix<double> inputs = Random(2).normal_matrix(6, 2), weights = Random(3).normal_matrix(6, 2);
  const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 2));
  const auto problem = nn::supervised(net, losses::linear(), inputs, weights);
  static_assert(HolomorphicProblem<decltype(problem)>);
  const auto twin = written_out(
      inputs, weights, 17, [](auto& layers, const auto& x) { return layers.dense(tanh_of(layers.dense(x, 3)), 2); },
      Written{});
  const Vector<double> theta = Random(6).normal_vector(17);
  const Vector<std::complex<double>> z =
      theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * Random(7).normal_vector(17);
  expect_same_expansion(problem, twin, theta);
  expect_same_expansion(problem, twin, z);
  expect_derivatives(problem, theta);
}
