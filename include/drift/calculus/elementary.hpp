#pragma once
// Elementary functions z = phi(x) as operations on series: one text for a scalar of a recorded callable and for the matrix
// of a network's layer.
//
// Every function carries its own derivative series d = phi'(x) beside z, for two uses:
//
//     forward   D z = d D x       z_m = (1/w_m) sum w_a x_a d_b                          (`set_chain`)
//     back      x^ += z^ d        coefficient m of the product of the adjoint and d      (`add_product`)
//
// so that only the rule for d's own coefficient differs from function to function. `Series` is anything whose operator[](m)
// gives coefficient m: a number (calculus/tape.hpp) or an array (calculus/series.hpp); all sums run over the pairs of a
// Stage (calculus/stage.hpp).
//
// Source: Griewank & Walther, Evaluating Derivatives (2008), table 13.2, in the form with the derivative series explicit.
// Cost: one or two products of series per function, so O(m) multiplications for coefficient m.

#include <drift/calculus/functions.hpp>
#include <drift/calculus/stage.hpp>

namespace drift::calculus {

// Sums over the pairs of a stage for series of plain numbers. series.hpp overloads them for arrays.

/// out_m = factor x sum x_a y_b
template <class Out, class X, class Y>
bool set_product(const Stage& stage, const Out& out, const X& x, const Y& y, int factor = 1) {
  using S = std::decay_t<decltype(x[0])>;
  S sum = x[0] * y[stage.number];
  for (std::size_t i = 1; i < stage.pairs.size(); ++i) sum += x[stage.pairs[i].a] * y[stage.pairs[i].b];
  out[stage.number] = factor == 1 ? sum : S(sum * S(Real<S>(factor)));
  return true;
}

/// out_m = sum x_a y_b without the pair (m, 0)
template <class Out, class X, class Y>
bool set_lower_product(const Stage& stage, const Out& out, const X& x, const Y& y) {
  std::decay_t<decltype(x[0])> sum = x[0] * y[stage.number];
  for (std::size_t i = 1; i + 1 < stage.pairs.size(); ++i) sum += x[stage.pairs[i].a] * y[stage.pairs[i].b];
  out[stage.number] = sum;
  return true;
}

/// out_m = (1/w_m) sum w_a x_a d_b, the coefficient of z where D z = d D x
template <class Out, class X, class D>
bool set_chain(const Stage& stage, const Out& out, const X& x, const D& d) {
  using S = std::decay_t<decltype(x[0])>;
  S sum = S(Real<S>(stage.weight)) * x[stage.number] * d[0];
  for (std::size_t i = 1; i + 1 < stage.pairs.size(); ++i) {
    const Pair& pair = stage.pairs[i];
    if (pair.weight != 0) sum += S(Real<S>(pair.weight)) * x[pair.a] * d[pair.b];
  }
  out[stage.number] = stage.weight == 1 ? sum : S(sum / Real<S>(stage.weight));
  return true;
}

/// z_m = (1/w_m) sum w_a x_a d_b and d_m = linear x z_m - sum z_a z_b, the functions with D z = d D x and d = c + linear z - z^2
template <class X, class Z, class D>
bool set_chain_with_square(const Stage& stage, const X& x, const Z& z, const D& d, int linear) {
  using S = std::decay_t<decltype(x[0])>;
  set_chain(stage, z, x, d);
  set_product(stage, d, z, z, -1);
  if (linear != 0) d[stage.number] += S(Real<S>(linear)) * z[stage.number];
  return true;
}

/// out_m += sum x_a y_b
template <class Out, class X, class Y>
void add_product(const Stage& stage, const Out& out, const X& x, const Y& y) {
  for (const Pair& pair : stage.pairs) out[stage.number] += x[pair.a] * y[pair.b];
}

// The functions. `start` computes z_0, d_0 and, where there is one, the auxiliary u_0 from the number x_0; `advance`
// computes coefficient m >= 1 of all of them. Functions without an auxiliary series leave u untouched.

struct Exp {
  static constexpr int series = 1;  ///< how many of z, d, u are stored apart: here d is z itself
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    using std::exp;
    z = d = exp(x);
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series&) {
    return set_chain(stage, z, x, d);
  }
};

/// Functions with phi' = c / y for a series y known up to stage m: d_m = -(sum over b > 0 of d_a y_b) / y_0.
struct Log {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    using std::log;
    z = log(x);
    d = S(1) / x;
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series&) {
    if (!set_chain(stage, z, x, d)) return false;
    set_lower_product(stage, d, d, x);
    d[stage.number] *= -d[0];
    return true;
  }
};

struct Log1p {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    using drift::log1p;
    using std::log1p;
    z = log1p(x);
    d = S(1) / (S(1) + x);
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series& u) {
    return Log::advance(stage, x, z, d, u);  // only x_0 differs, and it enters through d_0 alone
  }
};

struct Sqrt {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    using std::sqrt;
    z = sqrt(x);
    d = S(Real<S>(0.5)) / z;
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series&) {
    if (!set_chain(stage, z, x, d)) return false;
    set_lower_product(stage, d, d, z);  // z d = 1/2
    d[stage.number] /= -z[0];
    return true;
  }
};

struct Reciprocal {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    z = S(1) / x;
    d = -z * z;
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series&) {
    return set_chain_with_square(stage, x, z, d, 0);
  }
};

struct Sin {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    using std::cos;
    using std::sin;
    z = sin(x);
    d = cos(x);
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series&) {
    if (!set_chain(stage, z, x, d)) return false;
    set_chain(stage, d, x, z);  // D d = -z D x, for sin and cos alike
    d[stage.number] = -d[stage.number];
    return true;
  }
};

struct Cos {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    using std::cos;
    using std::sin;
    z = cos(x);
    d = -sin(x);
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series& u) {
    return Sin::advance(stage, x, z, d, u);
  }
};

struct Tanh {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    using std::tanh;
    z = tanh(x);
    d = S(1) - z * z;
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series& u) {
    return Reciprocal::advance(stage, x, z, d, u);  // d = c - z^2 for both, and the constant is in d_0 alone
  }
};

struct Logistic {
  static constexpr int series = 2;
  template <class S>
  static void start(const S& x, S& z, S& d, S&) {
    z = logistic(x);
    d = z * logistic(S(-x));
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series&) {
    return set_chain_with_square(stage, x, z, d, 1);  // d = z - z^2
  }
};

/// d is the logistic function, u its derivative.
struct Softplus {
  static constexpr int series = 3;
  template <class S>
  static void start(const S& x, S& z, S& d, S& u) {
    z = softplus(x);
    d = logistic(x);
    u = d * logistic(S(-x));
  }
  template <class Series>
  static bool advance(const Stage& stage, const Series& x, const Series& z, const Series& d, const Series& u) {
    if (!set_chain(stage, z, x, d)) return false;
    Logistic::advance(stage, x, d, u, u);
    return true;
  }
};

}  // namespace drift::calculus
