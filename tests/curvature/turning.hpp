#pragma once
// A Hessian whose eigenvalues and eigenvectors change along a line, in closed form.

#include <drift/core/types.hpp>

#include <cmath>

namespace spectra {

using drift::Index;
using drift::Vector;

/// A problem of tier 2 whose Hessian at theta is Q(theta_0) diag(values(theta_0)) Q(theta_0)': all that a tracker sees of one. The
/// frame turns in the plane of the first axis and the diagonal of the others; values may be NaN.
template <class T = double>
struct Turning {
  using Scalar = T;
  Index n = 40;
  T overtaking = 0;  ///< how fast the second eigenvalue gains on the first

  Index dimension() const { return n; }
  T value(const Vector<T>&) const { return 0; }
  Vector<T> gradient(const Vector<T>&) const { return Vector<T>::Zero(n); }

  Vector<T> values(T t) const {
    using std::pow, std::sin;
    Vector<T> d(n);
    for (Index i = 0; i < n; ++i) d[i] = T(10) * pow(T(0.8), T(i)) + sin(t + T(i)) / T(10);
    d[1] += overtaking * t;
    return d;
  }
  Vector<T> hessian_vector_product(const Vector<T>& theta, const Vector<T>& v) const {
    return turn(-theta[0], values(theta[0]).cwiseProduct(turn(theta[0], v)));
  }
  static Vector<T> turn(T angle, Vector<T> v) {
    using std::cos, std::sin, std::sqrt;
    const T others = sqrt(T(v.size() - 1)), first = v[0], second = v.tail(v.size() - 1).sum() / others;
    v[0] = cos(angle) * first + sin(angle) * second;
    v.tail(v.size() - 1).array() += ((cos(angle) - T(1)) * second - sin(angle) * first) / others;
    return v;
  }
};

template <class T>
Vector<T> at(const Turning<T>& problem, T t) {
  Vector<T> theta = Vector<T>::Zero(problem.n);
  theta[0] = t;
  return theta;
}

template <class T>
T top_of(const Turning<T>& problem, T t) {
  return problem.values(t).maxCoeff();
}

}  // namespace spectra
