// differentiable needs a callable written for every number type.
// expect: every number type T

#include <drift/calculus/differentiable.hpp>

int main() {
  const auto loss = [](const drift::Vector<double>& x) { return x[0] * x[0]; };
  return static_cast<int>(drift::differentiable(loss, 1).dimension());
}
