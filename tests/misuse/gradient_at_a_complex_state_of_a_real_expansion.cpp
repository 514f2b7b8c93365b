// A tier-3 problem whose expand takes real states only has no derivatives at complex ones, and Eigen's conversions do not hide it.
// expect: HolomorphicProblem

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>

struct Square {
  template <class T>
  T operator()(const drift::Vector<T>& x) const {
    return x.squaredNorm();
  }
};

struct RealOnly {
  using Scalar = double;
  drift::Differentiable<Square> inner = drift::differentiable(Square{}, 2);
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& x) const { return inner.value(x); }
  drift::Vector<double> gradient(const drift::Vector<double>& x) const { return inner.gradient(x); }
  auto expand(const drift::Vector<double>& x) const { return inner.expand(x); }
};

int main() {
  const drift::Vector<std::complex<double>> z = drift::Vector<std::complex<double>>::Ones(2);
  return static_cast<int>(drift::gradient(RealOnly{}, z)[0].real());
}
