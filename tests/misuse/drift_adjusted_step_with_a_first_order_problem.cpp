// The same misuse is found where a step is made, before it is ever called.
// expect: SecondOrderProblem
// expect: DriftAdjusted

#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/step.hpp>
#include <drift/schedules/drift_adjusted.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() { drift::descent::step(Bowl{}, drift::GradientDescent{.learning_rate = drift::DriftAdjusted{}}); }
