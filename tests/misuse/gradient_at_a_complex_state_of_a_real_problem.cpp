// A complex state needs a HolomorphicProblem.
// expect: HolomorphicProblem|expand

#include <drift/calculus/derivatives.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() {
  return static_cast<int>(drift::gradient(Bowl{}, drift::Vector<std::complex<double>>::Ones(2).eval())[0].real());
}
