#include <drift/calculus/array_functions.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace calculus = drift::calculus;
using calculus::SimdBits;
using drift::Index;

namespace {

using Exact = long double;  // 11 bits more than double: its errors are a thousandth of a unit

template <class S>
using Limits = std::numeric_limits<S>;

/// |got - exact| in units of the last place that a number S of the size of exact has.
template <class S>
double units(S got, Exact exact) {
  if (std::isinf(got)) {  // right where exact rounds to it
    return std::abs(exact) > Exact(Limits<S>::max()) * (1 + Exact(Limits<S>::epsilon()) / 4) ? 0
                                                                                             : Limits<double>::max();
  }
  int exponent = Limits<S>::min_exponent;
  if (exact != 0) std::frexp(exact, &exponent);
  if (exponent < Limits<S>::min_exponent) exponent = Limits<S>::min_exponent;
  const double error =
      static_cast<double>(std::abs(Exact(got) - exact) / std::ldexp(Exact(1), exponent - Limits<S>::digits));
  return std::isnan(error) ? Limits<double>::max() : error;
}

/// The largest error of an output over all arguments, and where.
template <class S>
struct Worst {
  double error = 0;
  S at = 0;
  void see(S x, S got, Exact exact) {
    const double e = units(got, exact);
    if (e > error) error = e, at = x;
  }
};

template <class S>
std::vector<S> arguments() {
  constexpr bool is_float = sizeof(S) == 4;
  constexpr int lowest = is_float ? -149 : -1074, highest = is_float ? 9 : 12;
  std::mt19937_64 random(7);
  std::uniform_real_distribution<Exact> uniform(-1, 1);
  std::vector<S> x;
  const auto around = [&](Exact centre, Exact radius, int count) {
    for (int i = 0; i < count; ++i) x.push_back(static_cast<S>(centre + radius * uniform(random)));
  };
  const auto neighbours = [&](S centre) {
    S below = centre, above = centre;
    for (int i = 0; i < 8; ++i) {
      for (S v : {below, above}) x.insert(x.end(), {v, -v});
      below = std::nextafter(below, -Limits<S>::infinity());
      above = std::nextafter(above, Limits<S>::infinity());
    }
  };
  around(0, is_float ? 110 : 760, 6000);  // everything that is not saturated
  around(0, 40, 6000);
  around(0, 3, 6000);
  around(0, Exact(0.4), 6000);
  around(is_float ? -95 : -725, is_float ? 12 : 30, 4000);  // denormal results
  around(is_float ? -45 : -360, is_float ? 12 : 20, 4000);  // denormal slopes of tanh
  for (int k = lowest; k <= highest; ++k) {                 // every size
    x.insert(x.end(), {std::ldexp(S(1), k), -std::ldexp(S(1), k)});
    around(0, std::ldexp(Exact(1), k), 4);
  }
  const S half_log2 = S(0.34657359027997264);
  for (int k = 1; k < 32; ++k) neighbours(S(k) * half_log2);  // where the reduction goes from one k to the next
  for (Exact e : {std::sqrt(Exact(2)) - 1, Exact(0.5)})
    neighbours(static_cast<S>(std::log(e)));  // softplus's two logarithms
  for (S bound : {S(80), S(89), S(104), S(40), S(52), S(700), S(710), S(746), S(350), S(373), S(1)}) neighbours(bound);
  neighbours(static_cast<S>(std::log(Exact(Limits<S>::max()))));  // overflow
  neighbours(static_cast<S>(std::log(Exact(Limits<S>::min()))));  // the first denormal result
  neighbours(static_cast<S>(std::log(Exact(Limits<S>::denorm_min()) / 2)));
  x.insert(x.end(), {S(0), -S(0), Limits<S>::max(), Limits<S>::lowest(), Limits<S>::min(), Limits<S>::denorm_min()});
  return x;
}

Exact exact_logistic(Exact x) { return 1 / (1 + std::exp(-x)); }
Exact exact_softplus(Exact x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

template <class S>
auto bits(S v) {
  return std::bit_cast<SimdBits<S>>(v);
}

/// The functions behind one signature: up to three outputs of an array, and of a single number.
template <class S>
struct Function {
  const char* name;
  std::size_t outputs;
  void (*of_array)(Index n, const S* x, const std::vector<S*>& y);
  std::vector<S> (*of_number)(S x);
};

template <class S>
std::vector<Function<S>> functions() {
  using Outputs = const std::vector<S*>&;
  return {{"exp", 1, [](Index n, const S* x, Outputs y) { calculus::set_exp(n, x, y[0]); },
           [](S x) { return std::vector<S>{calculus::simd_exp(x)}; }},
          {"log", 1, [](Index n, const S* x, Outputs y) { calculus::set_log(n, x, y[0]); },
           [](S x) { return std::vector<S>{calculus::simd_log(x)}; }},
          {"tanh", 2, [](Index n, const S* x, Outputs y) { calculus::set_tanh(n, x, y[0], y[1]); },
           [](S x) {
             const auto z = calculus::simd_tanh(x);
             return std::vector<S>{z.value, z.slope};
           }},
          {"logistic", 2, [](Index n, const S* x, Outputs y) { calculus::set_logistic(n, x, y[0], y[1]); },
           [](S x) {
             const auto z = calculus::simd_logistic(x);
             return std::vector<S>{z.value, z.slope};
           }},
          {"softplus", 3, [](Index n, const S* x, Outputs y) { calculus::set_softplus(n, x, y[0], y[1], y[2]); },
           [](S x) {
             const auto z = calculus::simd_softplus(x);
             return std::vector<S>{z.value, z.slope, z.curvature};
           }}};
}

}  // namespace

TEMPLATE_TEST_CASE("array exp is within 2 units everywhere", "[array_functions]", float, double) {
  using S = TestType;
  const std::vector<S> x = arguments<S>();
  std::vector<S> y(x.size());
  calculus::set_exp(static_cast<Index>(x.size()), x.data(), y.data());
  Worst<S> value;
  for (std::size_t i = 0; i < x.size(); ++i) value.see(x[i], y[i], std::exp(Exact(x[i])));
  INFO(value.at);
  CHECK(value.error <= 2);
}

TEMPLATE_TEST_CASE("array log is within 2 units for every positive number", "[array_functions]", float, double) {
  using S = TestType;
  std::vector<S> x;
  for (S v : arguments<S>()) {  // every size down to the denormal ones, and close to 1 from both sides
    x.push_back(std::max(std::abs(v), Limits<S>::denorm_min()));
    if (std::abs(v) <= 1) x.insert(x.end(), {1 + v / 2, 1 + v / 512, 1 / Limits<S>::min() * (1 + v / 2)});
  }
  std::vector<S> y(x.size());
  calculus::set_log(static_cast<Index>(x.size()), x.data(), y.data());
  Worst<S> value;
  for (std::size_t i = 0; i < x.size(); ++i) value.see(x[i], y[i], std::log(Exact(x[i])));
  INFO(value.at);
  CHECK(value.error <= 2);
}

TEMPLATE_TEST_CASE("array tanh is within 2 units everywhere, its slope within 5", "[array_functions]", float, double) {
  using S = TestType;
  const std::vector<S> x = arguments<S>();
  std::vector<S> y(x.size()), slope(x.size());
  calculus::set_tanh(static_cast<Index>(x.size()), x.data(), y.data(), slope.data());
  Worst<S> value, derivative;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Exact cosh = std::cosh(Exact(x[i]));
    value.see(x[i], y[i], std::tanh(Exact(x[i])));
    derivative.see(x[i], slope[i], 1 / cosh / cosh);
  }
  INFO(value.at << " " << derivative.at);
  CHECK(value.error <= 2);
  CHECK(derivative.error <= 5);
}

TEMPLATE_TEST_CASE("array logistic is within 2 units everywhere, its slope within 4", "[array_functions]", float,
                   double) {
  using S = TestType;
  const std::vector<S> x = arguments<S>();
  std::vector<S> y(x.size()), slope(x.size());
  calculus::set_logistic(static_cast<Index>(x.size()), x.data(), y.data(), slope.data());
  Worst<S> value, derivative;
  for (std::size_t i = 0; i < x.size(); ++i) {
    value.see(x[i], y[i], exact_logistic(x[i]));
    derivative.see(x[i], slope[i], exact_logistic(x[i]) * exact_logistic(-Exact(x[i])));
  }
  INFO(value.at << " " << derivative.at);
  CHECK(value.error <= 2);
  CHECK(derivative.error <= 4);
}

TEMPLATE_TEST_CASE("array softplus and its slope are within 2 units everywhere, its curvature within 4",
                   "[array_functions]", float, double) {
  using S = TestType;
  const std::vector<S> x = arguments<S>();
  std::vector<S> y(x.size()), slope(x.size()), curvature(x.size());
  calculus::set_softplus(static_cast<Index>(x.size()), x.data(), y.data(), slope.data(), curvature.data());
  Worst<S> value, first, second;
  for (std::size_t i = 0; i < x.size(); ++i) {
    value.see(x[i], y[i], exact_softplus(x[i]));
    first.see(x[i], slope[i], exact_logistic(x[i]));
    second.see(x[i], curvature[i], exact_logistic(x[i]) * exact_logistic(-Exact(x[i])));
  }
  INFO(value.at << " " << first.at << " " << second.at);
  CHECK(value.error <= 2);
  CHECK(first.error <= 2);
  CHECK(second.error <= 4);
}

TEMPLATE_TEST_CASE("array functions at zero, infinity and NaN", "[array_functions]", float, double) {
  using S = TestType;
  const S inf = Limits<S>::infinity(), nan = Limits<S>::quiet_NaN(), tiny = Limits<S>::denorm_min();

  CHECK(calculus::simd_exp(S(0)) == 1);
  CHECK(calculus::simd_exp(-S(0)) == 1);
  CHECK(calculus::simd_exp(inf) == inf);
  CHECK(calculus::simd_exp(-inf) == 0);
  CHECK(calculus::simd_exp(tiny) == 1);

  CHECK(bits(calculus::simd_log(S(1))) == bits(S(0)));
  CHECK(calculus::simd_log(S(0)) == -inf);
  CHECK(calculus::simd_log(-S(0)) == -inf);
  CHECK(calculus::simd_log(inf) == inf);
  CHECK(std::isnan(calculus::simd_log(S(-1))));
  CHECK(std::isnan(calculus::simd_log(-tiny)));
  CHECK(std::isnan(calculus::simd_log(-inf)));

  for (S x : {S(0), -S(0), tiny, -tiny, 3 * tiny, Limits<S>::min()}) {  // tanh x = x here, the sign of zero included
    CHECK(bits(calculus::simd_tanh(x).value) == bits(x));
    CHECK(calculus::simd_tanh(x).slope == 1);
  }
  for (S x : {inf, Limits<S>::max()}) {
    CHECK(calculus::simd_tanh(x).value == 1);
    CHECK(calculus::simd_tanh(-x).value == -1);
    CHECK(calculus::simd_tanh(x).slope == 0);
    CHECK(calculus::simd_tanh(-x).slope == 0);
    CHECK(calculus::simd_logistic(x).value == 1);
    CHECK(calculus::simd_logistic(-x).value == 0);
    CHECK(calculus::simd_logistic(x).slope == 0);
    CHECK(calculus::simd_logistic(-x).slope == 0);
    CHECK(calculus::simd_softplus(x).value == x);
    CHECK(calculus::simd_softplus(-x).value == 0);
    CHECK(calculus::simd_softplus(x).slope == 1);
    CHECK(calculus::simd_softplus(-x).slope == 0);
    CHECK(calculus::simd_softplus(x).curvature == 0);
    CHECK(calculus::simd_softplus(-x).curvature == 0);
  }
  CHECK(calculus::simd_logistic(-S(0)).value == S(0.5));
  CHECK(calculus::simd_logistic(S(0)).slope == S(0.25));
  CHECK(calculus::simd_softplus(S(0)).slope == S(0.5));
  CHECK(calculus::simd_softplus(S(0)).curvature == S(0.25));

  for (const auto& function : functions<S>()) {
    INFO(function.name);
    for (S v : {nan, -nan, Limits<S>::signaling_NaN()}) {
      for (S result : function.of_number(v)) CHECK(std::isnan(result));
    }
  }
}

TEMPLATE_TEST_CASE("a number gives the same bits wherever it stands in an array of any length", "[array_functions]",
                   float, double) {
  using S = TestType;
  constexpr std::size_t longest = 40, margin = 3;
  const std::vector<S> all = arguments<S>();
  std::size_t next = 0;
  for (const auto& function : functions<S>()) {
    bool same = true, kept_inside = true;
    for (std::size_t n = 0; n <= longest; ++n) {
      for (std::size_t start = 0; start < margin; ++start) {  // in numbers, so hardly ever aligned
        std::vector<S> x(start + n);
        for (S& v : x) v = all[next = (next + 7919) % all.size()];
        if (n > 5) x[start + n - 2] = Limits<S>::quiet_NaN();
        std::vector<std::vector<S>> y(function.outputs, std::vector<S>(start + n + margin, S(-77)));
        std::vector<S*> pointers;
        for (auto& v : y) pointers.push_back(v.data() + start);
        function.of_array(static_cast<Index>(n), x.data() + start, pointers);
        for (std::size_t i = 0; i < function.outputs; ++i) {
          for (std::size_t j = 0; j < n; ++j) {
            const S alone = function.of_number(x[start + j])[i], there = y[i][start + j];
            same = same && (bits(there) == bits(alone) || (std::isnan(there) && std::isnan(alone)));
          }
          for (std::size_t j = 0; j < start; ++j) kept_inside = kept_inside && y[i][j] == S(-77);
          for (std::size_t j = 0; j < margin; ++j) kept_inside = kept_inside && y[i][start + n + j] == S(-77);
        }
      }
    }
    INFO(function.name);
    CHECK(same);
    CHECK(kept_inside);
  }
}

TEMPLATE_TEST_CASE("vectors and single numbers agree to the bit", "[array_functions]", float, double) {
  using S = TestType;
  const std::vector<S> x = arguments<S>();
  for (const auto& function : functions<S>()) {
    std::vector<std::vector<S>> y(function.outputs, std::vector<S>(x.size()));
    std::vector<S*> pointers;
    for (auto& v : y) pointers.push_back(v.data());
    function.of_array(static_cast<Index>(x.size()), x.data(), pointers);
    std::size_t different = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const std::vector<S> alone = function.of_number(x[j]);
      for (std::size_t i = 0; i < function.outputs; ++i) {
        if (bits(alone[i]) != bits(y[i][j]) && !(std::isnan(alone[i]) && std::isnan(y[i][j]))) ++different;
      }
    }
    INFO(function.name);
    CHECK(different == 0);
  }
}

TEMPLATE_TEST_CASE("any output of an array function may be its input", "[array_functions]", float, double) {
  using S = TestType;
  const std::vector<S> all = arguments<S>();
  for (const auto& function : functions<S>()) {
    bool same = true;
    for (std::size_t n = 1; n <= 40; ++n) {
      const std::vector<S> x(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
      for (std::size_t replaced = 0; replaced < function.outputs; ++replaced) {
        std::vector<S> in_place = x;
        std::vector<std::vector<S>> y(function.outputs, std::vector<S>(n));
        std::vector<S*> pointers;
        for (std::size_t i = 0; i < function.outputs; ++i) {
          pointers.push_back(i == replaced ? in_place.data() : y[i].data());
        }
        function.of_array(static_cast<Index>(n), in_place.data(), pointers);
        y[replaced] = in_place;
        for (std::size_t i = 0; i < function.outputs; ++i) {
          for (std::size_t j = 0; j < n; ++j) {
            const S alone = function.of_number(x[j])[i];
            same = same && (bits(y[i][j]) == bits(alone) || (std::isnan(alone) && std::isnan(y[i][j])));
          }
        }
      }
    }
    INFO(function.name);
    CHECK(same);
  }
}

TEST_CASE("an empty array needs no memory", "[array_functions]") {
  for (const auto& function : functions<double>()) {
    CHECK_NOTHROW(function.of_array(0, nullptr, std::vector<double*>(function.outputs, nullptr)));
  }
}
