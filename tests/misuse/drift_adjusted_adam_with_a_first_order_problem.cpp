// A drift-adjusted rate inside two wrappers asks for Hessian-vector products as it does alone.
// expect: SecondOrderProblem

#include <drift/descent/adam.hpp>
#include <drift/descent/decoupled_weight_decay.hpp>
#include <drift/descent/gradient_clipping.hpp>
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
  const drift::Adam adam{.learning_rate = drift::DriftAdjusted{}};
  drift::minimise(Bowl{}, x, drift::GradientClipping{.optimiser = drift::DecoupledWeightDecay{.optimiser = adam}});
}
