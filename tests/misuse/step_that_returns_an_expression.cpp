// A step must return a vector: the expression that this lambda returns refers to temporaries that are gone.
// expect: Update<Step|PlainVector

#include <drift/flows/map_logarithm.hpp>

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  const auto step = [](const drift::Vector<double>& z) { return 0.5 * z; };
  return static_cast<int>(drift::flows::map_logarithm<2>(step)(x)[0]);
}
