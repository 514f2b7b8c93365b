// A problem must say its dimension.
// expect: HasDimension|dimension\(\)
// expect: Bowl

#include <drift/calculus/derivatives.hpp>

struct Bowl {
  using Scalar = double;
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() { return static_cast<int>(drift::gradient(Bowl{}, drift::Vector<double>::Ones(2).eval())[0]); }
