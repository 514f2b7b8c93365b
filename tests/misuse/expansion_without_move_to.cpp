// An Expansion without move_to is told so by name.
// expect: lacks `[^`]*move_to\(

#include <drift/calculus/derivatives.hpp>

#include <deque>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
  struct Expansion {
    std::deque<drift::Vector<double>> curve;
    const drift::Vector<double>& state() const { return curve[0]; }
    double value() const { return curve[0].squaredNorm() / 2; }
    const drift::Vector<double>& gradient() const { return curve[0]; }
    drift::Index stage() const { return static_cast<drift::Index>(curve.size()) - 1; }
    const drift::Vector<double>& push(const drift::Vector<double>& v) { return curve.emplace_back(v); }
    const drift::Vector<double>& push_zero() { return curve.emplace_back(drift::Vector<double>::Zero(2)); }
    void rewind(drift::Index k) { curve.resize(static_cast<std::size_t>(k) + 1); }
  };
  Expansion expand(const drift::Vector<double>& theta) const { return {{theta}}; }
};

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  return static_cast<int>(drift::third_derivative(Bowl{}, x, x, x)[0]);
}
