#include <drift/calculus/start_array.hpp>

#include <catch2/catch.hpp>
#include <drift/core/random.hpp>

#include <algorithm>
#include <cmath>

using namespace drift;

namespace {

/// Arrays against the function's own start, number by number.
template <class Function, class S>
void agrees(int ulps) {
  const Index n = 203;
  const Vector<S> x = 5 * Random(2).normal_vector<double>(n).cast<S>();
  Vector<S> z(n), d(n), u = Vector<S>::Zero(n);
  calculus::start_array<Function>(n, x.data(), z.data(), d.data(), Function::series > 2 ? u.data() : nullptr);
  for (Index i = 0; i < n; ++i) {
    S value(0), slope(0), auxiliary(0);
    Function::start(x[i], value, slope, auxiliary);
    using std::abs;
    const auto close = [&](const S& a, const S& b) { return abs(a - b) <= Real<S>(ulps) * epsilon<S>() * abs(b); };
    CHECK(close(z[i], value));
    // The plain 1 - tanh^2 loses digits that the array's slope keeps.
    CHECK(abs(d[i] - slope) <= Real<S>(ulps) * epsilon<S>() * std::max(Real<S>(1), abs(slope)));
    if (Function::series > 2) CHECK(close(u[i], auxiliary));
  }
}

}  // namespace

TEST_CASE("an array starts as its numbers do", "[elementary]") {
  agrees<calculus::Tanh, double>(8);
  agrees<calculus::Tanh, float>(8);
  agrees<calculus::Logistic, double>(8);
  agrees<calculus::Softplus, double>(8);
  agrees<calculus::Softplus, float>(8);
}

TEST_CASE("exp's slope is its value", "[elementary]") {
  agrees<calculus::Exp, double>(8);
  const Vector<double> x = Vector<double>::LinSpaced(7, -1, 1);
  Vector<double> z(7), d(7);
  calculus::start_array<calculus::Exp, double>(7, x.data(), z.data(), d.data(), nullptr);
  CHECK(z == d);
}

TEST_CASE("numbers without vectors and functions without an array form go one by one", "[elementary]") {
  agrees<calculus::Tanh, long double>(0);
  agrees<calculus::Tanh, std::complex<double>>(0);
  agrees<calculus::Sin, double>(0);
}
