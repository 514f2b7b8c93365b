// A view refers to its vector, so that the vector must not be a temporary.
// expect: deleted function|use of deleted|call to deleted

#include <drift/nn/sequential.hpp>

int main() {
  const auto net = drift::nn::sequential(drift::nn::dense(2, 1));
  const drift::Vector<double> theta = drift::Vector<double>::Ones(3);
  return static_cast<int>(drift::nn::view(net, drift::Vector<double>(2 * theta), "0.weight").sum());
}
