// A choice's memory is known only at run time: no vector can be made of it.
// expect: no step as one vector
// expect: OptimiserChoice's, use descent::advance

#include <drift/descent/adam.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/descent/optimiser_choice.hpp>
#include <drift/descent/step.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() { drift::descent::step(Bowl{}, drift::OptimiserChoice<drift::Momentum<>, drift::Adam<>>{drift::Adam{}}); }
