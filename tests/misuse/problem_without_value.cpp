// A problem must have a value.
// expect: HasValue|p\.value\(theta\)
// expect: Bowl

#include <drift/calculus/derivatives.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() { return static_cast<int>(drift::gradient(Bowl{}, drift::Vector<double>::Ones(2).eval())[0]); }
