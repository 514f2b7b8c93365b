#include <drift/drift.hpp>

#include <iostream>

double in_the_second_unit(double number);

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Constant(3, 2.0);
  const bool good = in_the_second_unit(2.0) == x.squaredNorm();
  std::cout << drift::to_string(drift::Status::reached_end) << '\n';
  return good ? 0 : 1;
}
