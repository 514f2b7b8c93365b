#pragma once
// A diagonal quadratic as a class of tier 2 and nothing more, for large dimensions.

#include <drift/core/types.hpp>

namespace flows_tests {

struct Spectrum {
  using Scalar = double;
  drift::Vector<double> eigenvalues;

  drift::Index dimension() const { return eigenvalues.size(); }
  double value(const drift::Vector<double>& x) const { return eigenvalues.dot(x.cwiseAbs2()) / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& x) const { return eigenvalues.cwiseProduct(x); }
  drift::Vector<double> hessian_vector_product(const drift::Vector<double>&, const drift::Vector<double>& v) const {
    return eigenvalues.cwiseProduct(v);
  }
};

}  // namespace flows_tests
