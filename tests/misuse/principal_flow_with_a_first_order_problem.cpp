// The principal flow needs Hessian-vector products.
// expect: SecondOrderProblem
// expect: Bowl

#include <drift/flows/principal.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() {
  const auto flow = drift::flows::principal(Bowl{}, 0.1);
  return static_cast<int>(flow.step_time());
}
