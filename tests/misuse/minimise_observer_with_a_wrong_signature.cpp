// An observer of minimise takes a descent::Iteration; one that takes a number could never be called.
// expect: minimise_observer_with_a_wrong_signature.cpp:20:.*error: no matching function
// expect: MinimiseObserver.*evaluated to

#include <drift/descent/minimise.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  const drift::MinimiseOptions options;
  drift::minimise(Bowl{}, x, drift::GradientDescent{.learning_rate = 0.1}, options,
                  [](const drift::descent::Iteration<>&) {});

  drift::minimise(Bowl{}, x, drift::GradientDescent{.learning_rate = 0.1}, options, [](double) {});
}
