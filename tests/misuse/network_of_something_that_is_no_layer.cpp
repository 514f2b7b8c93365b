// A layer is made by calling its function: nn::tanh(), not nn::tanh; and a string is none either.
// expect: Layer

#include <drift/nn/sequential.hpp>

int main() {
  using namespace drift;
  const auto net = nn::sequential(nn::dense(2, 3), "tanh");
  return static_cast<int>(net.parameters());
}
