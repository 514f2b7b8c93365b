#include <drift/core/norm.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <complex>
#include <limits>

using namespace drift;

TEMPLATE_TEST_CASE("a norm is right for entries of any size", "", float, double, long double) {
  using T = TestType;
  const T tolerance = 4 * std::numeric_limits<T>::epsilon();
  const T largest = std::numeric_limits<T>::max(), smallest = std::numeric_limits<T>::min();
  for (const T& size : {T(1), largest / 8, std::sqrt(largest), smallest * 8, std::sqrt(smallest), T(0)}) {
    const Vector<T> v = Vector<T>::Constant(9, size);
    CHECK(std::abs(norm_of(v) - 3 * size) <= tolerance * 3 * size);
    CHECK(std::abs(norm_of(T(2) * v.head(4) / T(2)) - 2 * size) <= tolerance * 2 * size);
  }
}

TEST_CASE("what is not finite shows, and complex numbers have a norm") {
  Vector<double> v = Vector<double>::Ones(5);
  v[3] = std::numeric_limits<double>::infinity();
  CHECK(!std::isfinite(norm_of(v)));
  v[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK(!std::isfinite(norm_of(v)));
  for (Index n = 1; n < 20; ++n) {
    for (Index i = 0; i < n; ++i) {
      Vector<double> zeros = Vector<double>::Zero(n);
      zeros[i] = std::numeric_limits<double>::quiet_NaN();
      CHECK(!std::isfinite(norm_of(zeros)));
      CHECK(!std::isfinite(norm_of(zeros.cast<std::complex<double>>())));
    }
  }
  Vector<std::complex<double>> z(2);
  z << std::complex<double>(0, 3e200), std::complex<double>(4e200, 0);
  CHECK(norm_of(z) == Approx(5e200).epsilon(1e-14));
  CHECK(norm_of(Vector<double>()) == 0);
}
