#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>
#include <drift/calculus/variable.hpp>

#include "support/expect_derivatives.hpp"

#include <cmath>
#include <limits>

using namespace drift;
using calculus::Variable;

namespace {

/// Each operator and function of Variable once, with numbers on either side; `T` may be a plain number too.
struct Everything {
  template <class T>
  T operator()(const Vector<T>& x) const {
    using drift::logistic, drift::softplus;
    using std::cos, std::exp, std::log, std::log1p, std::pow, std::sin, std::sqrt, std::tanh;
    T a = x[0] + x[1], b = x[0] - x[1], c = x[0] * x[1], d = x[0] / x[1];
    a += x[2];
    b -= x[2];
    c *= x[2];
    d /= x[2];
    T sum = a * b + c * d;
    sum = sum + 2 * x[0] - x[1] * 3.0 + x[2] / 4 + 5 / x[0] - (1.5F - x[1]) - (x[2] - 1) + (2 + x[0]);
    sum += exp(-x[0]) * log(x[1]) + log1p(x[2]) * sqrt(x[0] * x[1]) + sin(x[0]) * cos(x[1]);
    sum -= tanh(x[2]) + logistic(x[0]) * softplus(x[1]) + +x[2];
    sum *= pow(x[0], 3) + pow(x[1], 0.5) + pow(x[2], T(-1.25));
    sum /= pow(x[0], -2) + pow(x[1], x[2]);
    return sum + x[0] * x[0] + x[1] * x[1] * x[1];
  }
};

template <class S, class F>
auto one(F f) {
  return differentiable<S>(f, 1);
}

Vector<double> at(double x) { return Vector<double>::Constant(1, x); }

/// E', E'', E''', E'''' at x of a callable of one number.
template <class F>
Vector<double> derivatives_at(F f, double x) {
  const Vector<double> all =
      directional_derivatives(differentiable([f](const auto& v) { return f(v[0]); }, 1), at(x), at(1), 4);
  return all.tail(4);
}

template <class F>
void expect_derivatives_at(F f, double x, std::array<double, 4> expected) {
  const Vector<double> d = derivatives_at(f, x);
  for (std::size_t k = 0; k < 4; ++k) {
    INFO("order " << k + 1 << " at " << x << ": " << d[static_cast<Index>(k)]);
    CHECK(std::abs(d[static_cast<Index>(k)] - expected[k]) <= 1e-12 * (1 + std::abs(expected[k])));
  }
}

}  // namespace

TEST_CASE("a Variable behaves like a number", "[variable]") {
  Vector<double> x(3);
  x << 0.7, 1.3, 0.4;
  const auto problem = differentiable(Everything{}, 3);
  CHECK(problem.expand(x).value() == Approx(Everything{}(x)).epsilon(1e-15));
  expect_derivatives(problem, x, Everything{});
}

TEST_CASE("constants cost nothing and have the value of the plain operation", "[variable]") {
  using V = Variable<double>;
  const V a = 3, b = 0.5, c;
  CHECK(a.tape() == nullptr);
  CHECK((a * b + c).tape() == nullptr);
  CHECK((a + b).value() == 3.5);
  CHECK((a - b).value() == 2.5);
  CHECK((a / b).value() == 6);
  CHECK((-a).value() == -3);
  CHECK(exp(b).value() == std::exp(0.5));
  CHECK(log(b).value() == std::log(0.5));
  CHECK(log1p(b).value() == std::log1p(0.5));
  CHECK(sqrt(b).value() == std::sqrt(0.5));
  CHECK(sin(b).value() == std::sin(0.5));
  CHECK(cos(b).value() == std::cos(0.5));
  CHECK(tanh(b).value() == std::tanh(0.5));
  CHECK(logistic(b).value() == logistic(0.5));
  CHECK(softplus(b).value() == softplus(0.5));
  CHECK(pow(a, 2).value() == 9);
  CHECK(pow(a, b).value() == std::pow(3, 0.5));
  CHECK(c.value() == 0);
}

TEST_CASE("comparisons are those of the values", "[variable]") {
  using V = Variable<double>;
  const V a = 1, b = 2;
  CHECK(a < b);
  CHECK(a <= b);
  CHECK(a <= a);
  CHECK(b > a);
  CHECK(b >= a);
  CHECK(a == 1);
  CHECK(a != b);
  CHECK_FALSE(a == b);
  const V nothing = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(nothing < a);
  CHECK_FALSE(nothing >= a);
  CHECK(nothing != nothing);
  using W = Variable<std::complex<double>>;
  CHECK(W(std::complex<double>(1, 9)) < W(std::complex<double>(2, -9)));  // by real parts
  CHECK(W(std::complex<double>(1, 9)) != W(std::complex<double>(1, -9)));
}

TEST_CASE("self-multiplication and self-division differentiate both factors", "[variable]") {
  expect_derivatives_at([](const auto& x) { return x * x; }, 1.5, {3, 2, 0, 0});
  expect_derivatives_at([](const auto& x) { return x / x; }, 1.5, {0, 0, 0, 0});
  expect_derivatives_at([](const auto& x) { return x - x; }, 1.5, {0, 0, 0, 0});
  expect_derivatives_at(
      [](auto x) {
        x *= x;
        x *= x;
        return x;
      },
      -1.5, {-13.5, 27, -36, 24});
  expect_derivatives_at(
      [](auto x) {
        x += x;
        x -= x;
        return x;
      },
      2, {0, 0, 0, 0});
}

TEST_CASE("powers hold at zero and for negative bases where the exponent is a whole number", "[variable][pow]") {
  const auto power = [](auto p) {
    return [p](const auto& x) {
      using std::pow;
      return pow(x, p);
    };
  };
  expect_derivatives_at(power(3), 0, {0, 0, 6, 0});
  expect_derivatives_at(power(3.0), 0, {0, 0, 6, 0});
  expect_derivatives_at(power(2.0), -1.5, {-3, 2, 0, 0});
  expect_derivatives_at(power(1), 0, {1, 0, 0, 0});
  expect_derivatives_at(power(0), 0, {0, 0, 0, 0});
  expect_derivatives_at(power(0), 2, {0, 0, 0, 0});
  expect_derivatives_at(power(-1), -2, {-0.25, -0.25, -0.375, -0.75});
  expect_derivatives_at(power(-2.0), 0.5, {-16, 96, -768, 7680});
  expect_derivatives_at(power(4), -1, {-4, 12, -24, 24});
  expect_derivatives_at(power(64), 1, {64, 64.0 * 63, 64.0 * 63 * 62, 64.0 * 63 * 62 * 61});
  expect_derivatives_at(power(65), 1, {65, 65.0 * 64, 65.0 * 64 * 63, 65.0 * 64 * 63 * 62});
  expect_derivatives_at(power(65.0), 1, {65, 65.0 * 64, 65.0 * 64 * 63, 65.0 * 64 * 63 * 62});
  CHECK(differentiable(
            [](const auto& x) {
              using std::pow;
              return pow(x[0], 3);
            },
            1)
            .value(at(0)) == 0);
}

TEST_CASE("powers with other exponents, and numbers to a variable power", "[variable][pow]") {
  const double p = 1.5, x = 2.25;
  expect_derivatives_at(
      [p](const auto& v) {
        using std::pow;
        return pow(v, p);
      },
      x,
      {p * std::pow(x, p - 1), p * (p - 1) * std::pow(x, p - 2), p * (p - 1) * (p - 2) * std::pow(x, p - 3),
       p * (p - 1) * (p - 2) * (p - 3) * std::pow(x, p - 4)});
  const double l = std::log(3.0), e = std::pow(3.0, 0.7);
  const auto exponential = [](const auto& v) {
    using T = std::decay_t<decltype(v)>;
    using std::pow;
    return pow(T(3), v);
  };
  expect_derivatives_at(exponential, 0.7, {l * e, l * l * e, l * l * l * e, l * l * l * l * e});
  const auto tower = [](const auto& v) {
    using std::pow;
    return pow(v, v);
  };  // x^x: at 1 derivatives 1, 2, 3, 8
  expect_derivatives_at(tower, 1, {1, 2, 3, 8});
}

TEST_CASE("a branch of the callable follows the values, and derivatives are those of the branch", "[variable]") {
  const auto huber = [](const auto& x) {
    using T = std::decay_t<decltype(x)>;
    if (x > 1) return T(x - 0.5);
    if (x < -1) return T(-x - 0.5);
    return T(x * x / 2);
  };
  expect_derivatives_at(huber, 0.5, {0.5, 1, 0, 0});
  expect_derivatives_at(huber, 3, {1, 0, 0, 0});
  expect_derivatives_at(huber, -3, {-1, 0, 0, 0});
  expect_derivatives_at(
      [](const auto& x) {
        auto sum = x;
        while (sum < 100) sum = sum * x;
        return sum;
      },
      3, {5 * 81, 20 * 27, 60 * 9, 120 * 3});  // 3^5 is the first above 100
}

TEST_CASE("NaN and infinity pass through and are not hidden", "[variable]") {
  const double nan_value = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const auto problem = one<double>([](const auto& x) { return x[0] * x[0] * x[0]; });
  CHECK(std::isnan(value(problem, at(nan_value))));
  CHECK(std::isnan(gradient(problem, at(nan_value))[0]));
  CHECK(std::isnan(hessian_vector_product(problem, at(nan_value), at(1))[0]));
  CHECK(gradient(problem, at(inf))[0] == inf);
  CHECK(std::isnan(hessian_vector_product(problem, at(1), at(nan_value))[0]));
  const auto root = one<double>([](const auto& x) {
    using std::sqrt;
    return sqrt(x[0]);
  });
  CHECK(gradient(root, at(0))[0] == inf);
  CHECK(std::isnan(value(root, at(-1))));
  const auto logarithm = one<double>([](const auto& x) {
    using std::log;
    return log(x[0]);
  });
  CHECK(value(logarithm, at(0)) == -inf);
  CHECK(gradient(logarithm, at(0))[0] == inf);
  const auto reciprocal = one<double>([](const auto& x) { return 1 / x[0]; });
  CHECK(value(reciprocal, at(0)) == inf);
  CHECK(gradient(reciprocal, at(0))[0] == -inf);
}

TEST_CASE("Eigen's vector operations work on Variables", "[variable][eigen]") {
  Matrix<double> a(2, 3);
  a << 1, 2, -1, 0.5, -0.25, 3;
  Vector<double> b(2), x(3);
  b << 0.5, -1;
  x << 0.3, -0.6, 0.9;
  const auto dot = [a, b](const auto& v) {
    using T = typename std::decay_t<decltype(v)>::Scalar;
    const Vector<T> residual = a * v - b.template cast<T>();
    const Vector<T> scaled = 2.0 * v + v / 4.0;
    return T(residual.squaredNorm() / 2 + residual.dot(residual) * v.sum() + v.head(2).dot(v.tail(2)) +
             scaled.cwiseProduct(v).sum() + scaled.mean() + v.prod());
  };
  expect_derivatives(differentiable(dot, 3), x, dot);

  SECTION("without conjugation at complex states") {
    using C = std::complex<double>;
    const auto square = differentiable([](const auto& v) { return v.squaredNorm() + v.dot(v); }, 2);
    Vector<C> z(2);
    z << C(1, 2), C(-0.5, 1);
    CHECK(std::abs(value(square, z) - 2.0 * (z[0] * z[0] + z[1] * z[1])) < 1e-14);
    CHECK((gradient(square, z) - 4.0 * z).norm() < 1e-14);
  }
  SECTION("with matrices of numbers at complex states") {
    using C = std::complex<double>;
    const auto problem = differentiable(dot, 3);
    const Vector<C> z = x.cast<C>();
    CHECK(std::abs(value(problem, z) - value(problem, x)) < 1e-14);
    CHECK((gradient(problem, z) - gradient(problem, x).cast<C>()).norm() < 1e-14);
  }
}

TEST_CASE("float and long double constants mix with Variables of another type", "[variable][types]") {
  const auto f = [](const auto& x) { return 2 * x[0] * x[0] + 0.5 * x[0] - 1.5F; };
  CHECK(gradient(one<float>(f), Vector<float>::Constant(1, 3))[0] == 12.5F);
  CHECK(gradient(one<long double>(f), Vector<long double>::Constant(1, 3))[0] == 12.5L);
  using C = std::complex<float>;
  CHECK(gradient(one<float>(f), Vector<C>::Constant(1, C(0, 1)))[0] == C(0.5F, 4));
}

TEST_CASE("a power above 1 has value and gradient 0 at 0", "[variable]") {
  const auto problem = differentiable([](const auto& x) { return pow(x[0], 2.5); }, 1);
  CHECK(value(problem, Vector<double>::Zero(1)) == 0);
  CHECK(gradient(problem, Vector<double>::Zero(1))[0] == 0);
}
