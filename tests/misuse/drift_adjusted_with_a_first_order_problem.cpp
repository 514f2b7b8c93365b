// A drift-adjusted rate needs Hessian-vector products; a problem with value and gradient alone has none.
// expect: SecondOrderProblem
// expect: DriftAdjusted

#include <drift/descent/minimise.hpp>
#include <drift/schedules/drift_adjusted.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  drift::minimise(Bowl{}, x, drift::GradientDescent{.learning_rate = drift::DriftAdjusted{}});
}
