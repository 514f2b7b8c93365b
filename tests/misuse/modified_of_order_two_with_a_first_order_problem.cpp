// The IGR flow needs Hessian-vector products.
// expect: modified<2> needs problem\.hessian_vector_product\(theta, v\)

#include <drift/flows/modified.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() {
  const auto flow = drift::flows::modified<2>(Bowl{}, 0.1);
  return static_cast<int>(flow(drift::Vector<double>::Ones(2))[0]);
}
