#pragma once
// Quadratics with a given spectrum and eigenvectors that are not the axes, and a problem that counts its products.

#include <drift/core/random.hpp>
#include <drift/losses/quadratic.hpp>

#include <limits>

namespace spectra {

using drift::Index;
using drift::Matrix;
using drift::Vector;

/// Q diag(eigenvalues) Q', Q two random reflections.
template <class T>
Matrix<T> turned(const Vector<T>& eigenvalues) {
  const Index n = eigenvalues.size();
  Matrix<T> q = Matrix<T>::Identity(n, n);
  for (std::uint64_t i = 0; i < 2; ++i) {
    const Vector<T> w = drift::Random(99).split(i).normal_vector<T>(n).normalized();
    q -= (T(2) * q * w * w.transpose()).eval();
  }
  const Matrix<T> a = q * eigenvalues.asDiagonal() * q.transpose();
  return (a + a.transpose()) / T(2);
}

template <class T>
auto quadratic(const Matrix<T>& a) {
  return drift::losses::quadratic(a, Vector<T>(Vector<T>::Zero(a.rows())));
}

/// theta' A theta / 2 as a problem of tier 2 that counts; product number `spoiled` (from 1) is NaN.
struct Counted {
  using Scalar = double;
  Matrix<double> a;
  int* products = nullptr;
  int spoiled = 0;

  Index dimension() const { return a.rows(); }
  double value(const Vector<double>& theta) const { return theta.dot(a * theta) / 2; }
  Vector<double> gradient(const Vector<double>& theta) const { return a * theta; }
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const {
    if (++*products == spoiled) return Vector<double>::Constant(v.size(), std::numeric_limits<double>::quiet_NaN());
    return a * v;
  }
};

}  // namespace spectra
