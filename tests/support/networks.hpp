#pragma once
// The network of the oracle file mlp_2_3_2, written as a callable for differentiable.
//
//     E = (1/8) sum over 4 examples of |W2 tanh(W1 x + b1) + b2 - y|^2;  flat order W1 (by rows), b1, W2 (by rows), b2

#include <drift/calculus/differentiable.hpp>

struct Mlp232 {
  template <class T>
  T operator()(const drift::Vector<T>& p) const {
    using std::tanh;
    static constexpr double x[4][2] = {{1, 0.5}, {-0.5, 1}, {0.25, -0.75}, {-1, -0.25}};
    static constexpr double y[4][2] = {{0.5, -0.5}, {1, 0}, {-0.25, 0.75}, {0, 1}};
    T sum(0);
    for (int e = 0; e < 4; ++e) {
      T hidden[3];
      for (int j = 0; j < 3; ++j) hidden[j] = tanh(p[2 * j] * T(x[e][0]) + p[2 * j + 1] * T(x[e][1]) + p[6 + j]);
      for (int k = 0; k < 2; ++k) {
        T out = p[15 + k] - T(y[e][k]);
        for (int j = 0; j < 3; ++j) out += p[9 + 3 * k + j] * hidden[j];
        sum += out * out;
      }
    }
    return sum / T(8);
  }
};

template <class S = double>
auto mlp_2_3_2() {
  return drift::differentiable<S>(Mlp232{}, 17);
}
