#pragma once
// Losses that the tests of descent share: callables, and a user's own classes of tier 1 and 2.

#include <drift/calculus/differentiable.hpp>

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace descent_tests {

using drift::Index;
using drift::Vector;

struct Rosenbrock {
  template <class T>
  T operator()(const Vector<T>& x) const {
    const T a = T(1) - x[0], b = x[1] - x[0] * x[0];
    return a * a + T(100) * b * b;
  }
};

/// sum of lambda_i x_i^2 / 2: after k steps of gradient descent x_i = (1 - h lambda_i)^k times where it started.
template <class S>
struct Diagonal {
  Vector<S> lambda;
  template <class T>
  T operator()(const Vector<T>& x) const {
    T sum(0);
    for (Index i = 0; i < x.size(); ++i) sum += lambda[i] / S(2) * x[i] * x[i];
    return sum;
  }
};

template <class S = double>
auto diagonal(std::initializer_list<double> lambda) {
  Diagonal<S> loss{Vector<S>(static_cast<Index>(lambda.size()))};
  Index i = 0;
  for (const double value : lambda) loss.lambda[i++] = S(value);
  const Index n = loss.lambda.size();
  return drift::differentiable<S>(std::move(loss), n);
}

/// Tier 1: |theta|^2 / 2, counting its gradients.
struct Bowl {
  using Scalar = double;
  std::shared_ptr<int> gradients = std::make_shared<int>(0);
  Index dimension() const { return 2; }
  double value(const Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  Vector<double> gradient(const Vector<double>& theta) const {
    ++*gradients;
    return theta;
  }
};

/// Tier 2: x^2 + 2 y^2.
struct SecondOrderBowl {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return x[0] * x[0] + 2 * x[1] * x[1]; }
  Vector<double> gradient(const Vector<double>& x) const { return hessian_vector_product(x, x); }
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const {
    Vector<double> product(2);
    product << 2 * v[0], 4 * v[1];
    return product;
  }
};

/// Tier 1: slope . x, the same gradient everywhere.
struct Plane {
  using Scalar = double;
  Vector<double> slope;
  Index dimension() const { return slope.size(); }
  double value(const Vector<double>& x) const { return slope.dot(x); }
  Vector<double> gradient(const Vector<double>&) const { return slope; }
};

inline Vector<double> vector(std::initializer_list<double> values) {
  Vector<double> v(static_cast<Index>(values.size()));
  Index i = 0;
  for (const double value : values) v[i++] = value;
  return v;
}

/// A user's schedule: the rates of a list, the last one for good.
struct Listed {
  std::vector<double> rates;
  template <class E>
  double rate(Index iteration, E&) const {
    const auto i = static_cast<std::size_t>(iteration);
    return i < rates.size() ? rates[i] : rates.back();
  }
};

}  // namespace descent_tests
