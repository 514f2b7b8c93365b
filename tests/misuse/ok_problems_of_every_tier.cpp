// The same calls as in problem_without_*.cpp, hessian_of_*.cpp and third_derivative_of_*.cpp compile for classes that have the members.

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

struct BowlWithProducts : Bowl {
  drift::Vector<double> hessian_vector_product(const drift::Vector<double>&, const drift::Vector<double>& v) const {
    return v;
  }
};

struct Square {
  template <class T>
  T operator()(const drift::Vector<T>& x) const {
    return x.squaredNorm();
  }
};

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  const drift::Vector<std::complex<double>> z = drift::Vector<std::complex<double>>::Ones(2);
  const auto problem = drift::differentiable(Square{}, 2);
  return static_cast<int>(drift::gradient(Bowl{}, x)[0] + drift::hessian(BowlWithProducts{}, x)(0, 0) +
                          drift::third_derivative(problem, x, x, x)[0] + drift::gradient(problem, z)[0].real());
}
