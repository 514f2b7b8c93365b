// A Hessian needs Hessian-vector products: nothing is replaced by finite differences.
// expect: hessian_vector_product|HasHessianVectorProduct
// expect: Bowl

#include <drift/calculus/derivatives.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() { return static_cast<int>(drift::hessian(Bowl{}, drift::Vector<double>::Ones(2).eval())(0, 0)); }
