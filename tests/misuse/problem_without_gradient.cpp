// A problem must have a gradient.
// expect: HasGradient|p\.gradient\(theta\)
// expect: Bowl

#include <drift/calculus/derivatives.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
};

int main() { return static_cast<int>(drift::gradient(Bowl{}, drift::Vector<double>::Ones(2).eval())[0]); }
