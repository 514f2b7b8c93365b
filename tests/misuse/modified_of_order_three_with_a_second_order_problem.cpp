// The modified flows from order three on need every derivative: problem.expand(theta). Hessian-vector products reach order two.
// expect: modified<n> with n >= 3 needs problem\.expand\(theta\)

#include <drift/flows/modified.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
  drift::Vector<double> hessian_vector_product(const drift::Vector<double>&, const drift::Vector<double>& v) const {
    return v;
  }
};

int main() {
  const auto flow = drift::flows::modified<3>(Bowl{}, 0.1);
  return static_cast<int>(flow(drift::Vector<double>::Ones(2))[0]);
}
