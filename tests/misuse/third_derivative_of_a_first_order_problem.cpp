// A third derivative needs problem.expand(theta).
// expect: HasExpand|p\.expand\(theta\)
// expect: Bowl

#include <drift/calculus/derivatives.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  return static_cast<int>(drift::third_derivative(Bowl{}, x, x, x)[0]);
}
