// A field must return a vector: the expression that this lambda returns refers to temporaries that are gone.
// expect: VectorField<Field|PlainVector

#include <drift/integrate/integrate.hpp>

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  const auto field = [](const drift::Vector<double>& z) { return -z; };
  return static_cast<int>(drift::integrate(field, x, 1.0).state[0]);
}
