#include <drift/drift.hpp>

double in_the_second_unit(double number) { return drift::Vector<double>::Constant(3, number).squaredNorm(); }
