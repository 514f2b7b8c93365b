// ReLU has no complex derivative: a principal flow over it cannot leave the real line.
// expect: integrate
// expect: VectorField|IntegrableField|AcceptsScalar

#include <drift/flows/principal.hpp>
#include <drift/integrate/integrate.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/supervised.hpp>

int main() {
  using namespace drift;
  const auto net = nn::sequential(nn::dense(2, 3), nn::relu(), nn::dense(3, 1));
  const auto problem =
      nn::supervised(net, losses::squared_error(), Matrix<double>::Ones(4, 2), Matrix<double>::Ones(4, 1));
  const auto path = integrate(flows::principal(problem, 0.1), Vector<double>::Ones(13), 1.0);
  return static_cast<int>(path.evaluations);
}
