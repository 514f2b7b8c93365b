#include <drift/calculus/krylov_function.hpp>

#include "../flows/oracle_problems.hpp"

#include <catch2/catch.hpp>

#include <Eigen/SVD>

#include <cmath>
#include <complex>
#include <limits>

using namespace drift;
using C = std::complex<double>;

namespace {

struct Exponential {
  C operator()(const double& x) const { return std::exp(x); }
  C operator()(const C& x) const { return std::exp(x); }
};

template <class S>
Matrix<S> random_symmetric(Index n, std::uint64_t seed) {
  problems::Numbers numbers(seed);
  Matrix<S> a(n, n);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i <= j; ++i) {
      if constexpr (is_complex<S>) {
        a(i, j) = S(numbers(), numbers());
      } else {
        a(i, j) = numbers();
      }
      a(j, i) = a(i, j);
    }
  }
  return a / std::sqrt(static_cast<double>(n));
}

template <class S>
calculus::LinearMap<S> times(const Matrix<S>& a, int* count = nullptr) {
  return [a, count](const Vector<S>& v, Vector<S>& result) {
    result = a * v;
    if (count != nullptr) ++*count;
  };
}

template <class S>
Vector<C> exponential_series(const Matrix<S>& a, const Vector<S>& b) {
  Vector<S> term = b, sum = b;
  for (int k = 1; k < 80; ++k) {
    term = (a * term / static_cast<double>(k)).eval();
    sum += term;
  }
  return sum.template cast<C>();
}

}  // namespace

TEMPLATE_TEST_CASE("exp of a matrix times a vector by a few products, symmetric and complex symmetric", "", double, C) {
  using S = TestType;
  const Matrix<S> a = random_symmetric<S>(60, 3);
  const Vector<S> b = problems::Numbers(4).vector<double>(60).template cast<S>();
  int products = 0;
  const auto result = calculus::krylov_function<S>(times(a, &products), b, Exponential{}, {.tolerance = 1e-12});
  CHECK((result.value - exponential_series(a, b)).norm() < 1e-11 * result.value.norm());
  CHECK(result.change <= 1e-12);
  CHECK(result.dimension == products);
  CHECK(result.dimension < 35);
  CHECK(result.ritz_values.size() == result.dimension);
}

TEMPLATE_TEST_CASE("a fixed dimension is kept, and the limit ends the growth", "", double, C) {
  using S = TestType;
  const Matrix<S> a = random_symmetric<S>(60, 5);
  const Vector<S> b = Vector<S>::Ones(60);
  for (const Index m : {1, 2, 3, 7}) {
    CHECK(calculus::krylov_function<S>(times(a), b, Exponential{}, {.fixed = m}).dimension == m);
    CHECK(calculus::krylov_function<S>(times(a), b, Exponential{}, {.largest = m}).dimension == m);
  }
  const auto rough = calculus::krylov_function<S>(times(a), b, Exponential{}, {.fixed = 4});
  CHECK(rough.change > 1e-4);
}

TEMPLATE_TEST_CASE("an invariant space ends the growth with the exact result", "", double, C) {
  using S = TestType;
  Vector<S> diagonal = Vector<S>::Constant(50, S(0.5));
  diagonal.head(10).setConstant(S(-1));
  const Matrix<S> a = diagonal.asDiagonal();
  const Vector<S> b = Vector<S>::Ones(50);
  const auto result = calculus::krylov_function<S>(times(a), b, Exponential{}, {.tolerance = 1e-30});
  CHECK(result.dimension == 2);
  CHECK(result.change == 0);
  CHECK(std::abs(result.value[0] - std::exp(-1.0)) < 1e-14);
  CHECK(std::abs(result.value[49] - std::exp(0.5)) < 1e-14);
  const auto zero = calculus::krylov_function<S>(times<S>(Matrix<S>::Zero(50, 50)), b, Exponential{}, {});
  CHECK(zero.dimension == 1);
  CHECK((zero.value - b.template cast<C>()).norm() < 1e-13);
}

TEMPLATE_TEST_CASE("the zero vector costs nothing; one dimension works; tiny and huge vectors scale", "", double, C) {
  using S = TestType;
  const Matrix<S> a = random_symmetric<S>(8, 6);
  int products = 0;
  const auto none = calculus::krylov_function<S>(times(a, &products), Vector<S>(Vector<S>::Zero(8)), Exponential{}, {});
  CHECK(none.value == Vector<C>::Zero(8));
  CHECK(products == 0);
  const auto one = calculus::krylov_function<S>(times<S>(Matrix<S>::Constant(1, 1, S(2))),
                                                Vector<S>(Vector<S>::Ones(1)), Exponential{}, {});
  CHECK(std::abs(one.value[0] - std::exp(2.0)) < 1e-14);
  const Vector<S> b = Vector<S>::Ones(8);
  const auto plain = calculus::krylov_function<S>(times(a), b, Exponential{}, {});
  for (const double scale : {1e-250, 1e250}) {
    const auto scaled = calculus::krylov_function<S>(times(a), Vector<S>(S(scale) * b), Exponential{}, {});
    CHECK((scaled.value / scale - plain.value).norm() < 1e-13);
  }
}

TEMPLATE_TEST_CASE("a NaN in the vector or in a product gives NaN and ends", "", double, C) {
  using S = TestType;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Matrix<S> a = random_symmetric<S>(30, 7);
  Vector<S> b = Vector<S>::Ones(30);
  b[3] = S(nan);
  CHECK(calculus::krylov_function<S>(times(a), b, Exponential{}, {}).value.hasNaN());
  a(2, 5) = S(std::numeric_limits<double>::infinity());
  const auto result = calculus::krylov_function<S>(times(a), Vector<S>(Vector<S>::Ones(30)), Exponential{}, {});
  CHECK(result.value.hasNaN());
  CHECK(result.dimension == 1);
}

TEMPLATE_TEST_CASE("Each Ritz value is as near to being an eigenvalue as its residual says", "", double, C) {
  using S = TestType;
  const Matrix<S> a = random_symmetric<S>(40, 8);
  const Vector<S> b = Vector<S>::Ones(40);
  for (const Index m : {1, 4, 15}) {
    const auto result = calculus::krylov_function<S>(times(a), b, Exponential{}, {.fixed = m});
    REQUIRE(result.residuals.size() == m);
    for (Index i = 0; i < m; ++i) {
      // The least |(A - theta) y| over unit vectors y is the least singular value.
      const Matrix<C> shifted = a.template cast<C>() - result.ritz_values[i] * Matrix<C>::Identity(40, 40);
      const double least = Eigen::JacobiSVD<Matrix<C>>(shifted).singularValues().minCoeff();
      CHECK(least <= result.residuals[i] * (1 + 1e-12));
      CHECK(result.residuals[i] > 0);
    }
  }
  const auto whole = calculus::krylov_function<S>(times(a), b, Exponential{}, {.fixed = 40});
  CHECK(whole.residuals == Vector<double>::Zero(40));
}

TEMPLATE_TEST_CASE("The component along a Ritz vector is what a function with no other value gives", "", double, C) {
  using S = TestType;
  const Matrix<S> a = random_symmetric<S>(40, 9);
  const Vector<S> b = problems::Numbers(10).vector<double>(40).template cast<S>();
  const auto result = calculus::krylov_function<S>(times(a), b, Exponential{}, {.fixed = 6});
  for (Index i = 0; i < 6; ++i) {
    const auto only = [&](const S& x) { return std::abs(C(x) - result.ritz_values[i]) < 1e-9 ? C(std::exp(x)) : C(0); };
    const auto part = calculus::krylov_function<S>(times(a), b, only, {.fixed = 6});
    CHECK(result.components[i] * result.value.norm() == Approx(part.value.norm()).epsilon(1e-10));
  }
}
