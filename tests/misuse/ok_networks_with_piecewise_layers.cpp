// What the misuse of piecewise networks is not: real states, and complex ones of smooth networks.

#include <drift/calculus/derivatives.hpp>
#include <drift/flows/principal.hpp>
#include <drift/integrate/integrate.hpp>
#include <drift/losses/huber.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/supervised.hpp>
#include <drift/regularisers/gradient_norm.hpp>

int main() {
  using namespace drift;
  const Matrix<double> x = Matrix<double>::Ones(4, 2), y = Matrix<double>::Ones(4, 1);
  const Vector<double> theta = Vector<double>::Ones(13);
  const auto smooth =
      nn::supervised(nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 1)), losses::squared_error(), x, y);
  const auto piecewise =
      nn::supervised(nn::sequential(nn::dense(2, 3), nn::relu(), nn::dense(3, 1)), losses::huber(), x, y);
  const auto penalised = piecewise + 0.1 * regularisers::gradient_norm(piecewise);
  const auto path = integrate(flows::principal(smooth, 0.1), theta, 1.0);
  return static_cast<int>(gradient(smooth, Vector<std::complex<double>>::Ones(13).eval())[0].real() +
                          flows::principal(piecewise, 0.1)(theta)[0].real() +
                          hessian_vector_product(penalised, theta, theta)[0] + static_cast<double>(path.evaluations));
}
