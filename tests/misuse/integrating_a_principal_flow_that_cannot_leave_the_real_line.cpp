// The principal flow's states become complex: to integrate it the problem must accept them.
// expect: integrate
// expect: VectorField|IntegrableField|AcceptsScalar

#include <drift/flows/principal.hpp>
#include <drift/integrate/integrate.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
  drift::Vector<double> hessian_vector_product(const drift::Vector<double>&, const drift::Vector<double>& v) const {
    return v;
  }
};

int main() {
  const auto path = drift::integrate(drift::flows::principal(Bowl{}, 0.1), drift::Vector<double>::Ones(2), 1.0);
  return static_cast<int>(path.evaluations);
}
