#pragma once
// The losses of the oracle files as callables, and the few others that several tests of flows use.

#include <drift/calculus/differentiable.hpp>
#include <drift/core/types.hpp>

#include <cmath>
#include <cstdint>

namespace problems {

using drift::Index;
using drift::Matrix;
using drift::Vector;

/// theta' A theta / 2 - b' theta
template <class S>
struct Quadratic {
  Matrix<S> a;
  Vector<S> b;
  template <class T>
  T operator()(const Vector<T>& x) const {
    T sum(0);
    for (Index i = 0; i < x.size(); ++i) {
      T row(0);
      for (Index j = 0; j < x.size(); ++j) {
        if (a(i, j) != S(0)) row = row + a(i, j) * x[j];
      }
      sum = sum + (S(0.5) * row - b[i]) * x[i];
    }
    return sum;
  }
};

template <class S = double>
auto quadratic(const Matrix<S>& a, const Vector<S>& b) {
  return drift::differentiable<S>(Quadratic<S>{a, b}, b.size());
}

/// The quadratic with these eigenvalues along the axes and its minimum at 0.
template <class S = double>
auto axes(const Vector<S>& eigenvalues) {
  return quadratic<S>(Matrix<S>(eigenvalues.asDiagonal()), Vector<S>(Vector<S>::Zero(eigenvalues.size())));
}

struct OracleQuadratic {
  template <class T>
  T operator()(const Vector<T>& x) const {
    return 1.5 * x[0] * x[0] + 0.5 * x[1] * x[1] - 0.25 * x[2] * x[2] + 0.5 * x[0] * x[1] - 0.25 * x[0] * x[2] +
           0.125 * x[1] * x[2] - 0.5 * x[0] + 0.25 * x[1] - 0.125 * x[2];
  }
};

struct NotebookQuadratic {
  template <class T>
  T operator()(const Vector<T>& x) const {
    return x[0] * x[0] + x[1] * x[1] / T(100);
  }
};

struct Rosenbrock {
  template <class T>
  T operator()(const Vector<T>& x) const {
    const T a = T(1) - x[0], b = x[1] - x[0] * x[0];
    return a * a + T(100) * b * b;
  }
};

struct Cosine {
  template <class T>
  T operator()(const Vector<T>& x) const {
    using std::cos;
    return cos(x[0]);
  }
};

struct Quartic {
  template <class T>
  T operator()(const Vector<T>& x) const {
    const T square = x[0] * x[0];
    return square / T(2) + square * square / T(4);
  }
};

/// The 2-3-2 tanh network with squared error of the oracle file mlp_2_3_2.
struct Network {
  template <class T>
  T operator()(const Vector<T>& w) const {
    using std::tanh;
    const double inputs[4][2] = {{1, 0.5}, {-0.5, 1}, {0.25, -0.75}, {-1, -0.25}};
    const double targets[4][2] = {{0.5, -0.5}, {1, 0}, {-0.25, 0.75}, {0, 1}};
    T sum(0);
    for (int example = 0; example < 4; ++example) {
      T hidden[3];
      for (Index j = 0; j < 3; ++j) {
        hidden[j] = tanh(w[2 * j] * T(inputs[example][0]) + w[2 * j + 1] * T(inputs[example][1]) + w[6 + j]);
      }
      for (Index k = 0; k < 2; ++k) {
        T residual = w[15 + k] - T(targets[example][k]);
        for (Index j = 0; j < 3; ++j) residual = residual + w[9 + 3 * k + j] * hidden[j];
        sum = sum + residual * residual;
      }
    }
    return sum / T(8);
  }
};

/// Smooth, every derivative of order one, no symmetry, three variables.
struct Smooth {
  template <class T>
  T operator()(const Vector<T>& x) const {
    using std::cos;
    using std::exp;
    using std::sin;
    return exp(x[0] / T(2)) * cos(x[1]) + sin(x[1] * x[2]) + x[2] * x[2] / T(2) + x[0] * x[0] * x[2] / T(3);
  }
};

template <class S = double>
Vector<S> smooth_start() {
  Vector<S> x(3);
  x << S(0.75), S(-0.5), S(0.625);
  return x;
}

/// Numbers in [-1, 1) that are the same everywhere.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  double operator()() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state_ >> 11) * 0x1p-52 - 1.0;
  }
  template <class S>
  Vector<S> vector(Index n) {
    Vector<S> v(n);
    for (Index i = 0; i < n; ++i) v[i] = S((*this)());
    return v;
  }

 private:
  std::uint64_t state_;
};

/// A random sum of products of tanh and exp of linear forms: derivatives of every order, all of order one.
struct RandomLoss {
  Matrix<double> forms;  // rows
  template <class T>
  T operator()(const Vector<T>& x) const {
    using std::exp;
    using std::tanh;
    T sum(0);
    for (Index i = 0; i + 1 < forms.rows(); i += 2) {
      T a(0), b(0);
      for (Index j = 0; j < x.size(); ++j) {
        a = a + T(forms(i, j)) * x[j];
        b = b + T(forms(i + 1, j)) * x[j];
      }
      sum = sum + tanh(a) * exp(b / T(2)) + a * b / T(3);
    }
    return sum;
  }
};

inline RandomLoss random_loss(Index n, std::uint64_t seed) {
  Numbers numbers(seed);
  RandomLoss loss{Matrix<double>(8, n)};
  for (Index i = 0; i < loss.forms.size(); ++i) loss.forms.data()[i] = numbers();
  return loss;
}

// Users' own classes, with what each tier asks for and nothing more.

/// Tier 1: x0^4 / 4 + x1^2
struct FirstOrder {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return std::pow(x[0], 4) / 4 + x[1] * x[1]; }
  Vector<double> gradient(const Vector<double>& x) const {
    Vector<double> g(2);
    g << std::pow(x[0], 3), 2 * x[1];
    return g;
  }
};

/// Tier 2, the same.
struct SecondOrder : FirstOrder {
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>& v) const {
    Vector<double> product(2);
    product << 3 * x[0] * x[0] * v[0], 2 * v[1];
    return product;
  }
};

}  // namespace problems
