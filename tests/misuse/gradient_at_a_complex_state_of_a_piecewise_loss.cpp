// The Huber loss is made of pieces: it has no derivative at complex states.
// expect: HolomorphicProblem|AcceptsScalar|expand

#include <drift/calculus/derivatives.hpp>
#include <drift/losses/huber.hpp>
#include <drift/nn/supervised.hpp>

int main() {
  using namespace drift;
  const auto problem = nn::supervised(nn::sequential(nn::dense(2, 1)), losses::huber(), Matrix<double>::Ones(4, 2),
                                      Matrix<double>::Ones(4, 1));
  return static_cast<int>(gradient(problem, Vector<std::complex<double>>::Ones(3).eval())[0].real());
}
