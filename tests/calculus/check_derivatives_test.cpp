#include <drift/calculus/check_derivatives.hpp>
#include <drift/calculus/finite_differences.hpp>
#include <drift/losses/cosine.hpp>
#include <drift/losses/quartic.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/networks.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <sstream>

using namespace drift;
using Catch::Matchers::Contains;

namespace {

enum class Mistake {
  none,
  gradient_of_one_coordinate,  // relative error 1e-3
  gradient_length,
  value_not_finite,
  product_misses_a_term,
  product_not_symmetric,
  product_not_linear,
};

/// E = sum of sin(x_i) x_{i+1} + x_i^4 / 4, by hand: tier 2 with one mistake.
struct ByHand {
  using Scalar = double;
  Mistake mistake = Mistake::none;
  Index n = 4;
  Index dimension() const { return n; }
  double value(const Vector<double>& x) const {
    if (mistake == Mistake::value_not_finite) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += std::pow(x[i], 4) / 4 + (i + 1 < n ? std::sin(x[i]) * x[i + 1] : 0);
    return sum;
  }
  Vector<double> gradient(const Vector<double>& x) const {
    Vector<double> g(n);
    for (Index i = 0; i < n; ++i) {
      g[i] = std::pow(x[i], 3) + (i + 1 < n ? std::cos(x[i]) * x[i + 1] : 0) + (i > 0 ? std::sin(x[i - 1]) : 0);
    }
    if (mistake == Mistake::gradient_of_one_coordinate) g[2] *= 1.001;
    if (mistake == Mistake::gradient_length) g.conservativeResize(n + 1);
    return g;
  }
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>& v) const {
    Vector<double> p(n);
    for (Index i = 0; i < n; ++i) {
      p[i] = 3 * x[i] * x[i] * v[i];
      if (mistake != Mistake::product_misses_a_term && i + 1 < n) p[i] -= std::sin(x[i]) * x[i + 1] * v[i];
      if (i + 1 < n) p[i] += std::cos(x[i]) * v[i + 1];
      if (i > 0 && !(mistake == Mistake::product_not_symmetric && i == 1)) p[i] += std::cos(x[i - 1]) * v[i - 1];
    }
    if (mistake == Mistake::product_not_linear) p[0] += 1e-3 * v[0] * v[0];
    return p;
  }
};

Vector<double> generic() {
  Vector<double> x(4);
  x << 0.7, -0.4, 0.9, 1.2;
  return x;
}

enum class Fault { none, second_push, push_zero, move_to, rewind, aliasing, bent_only, stage, complex_conjugates };

/// An Expansion of a real one with one fault.
template <class S>
class Faulty {
 public:
  using Inner = decltype(std::declval<const Differentiable<Mlp232>&>().expand(std::declval<const Vector<S>&>()));
  Faulty(Inner inner, Fault fault) : inner_(std::move(inner)), fault_(fault) {}
  const Vector<S>& state() const { return inner_.state(); }
  S value() const { return inner_.value(); }
  const Vector<S>& gradient() const {
    if constexpr (is_complex<S>) {
      if (fault_ == Fault::complex_conjugates) return conjugated_ = inner_.gradient().conjugate();
    }
    return inner_.gradient();
  }
  Index stage() const { return fault_ == Fault::stage ? 0 : inner_.stage(); }
  const Vector<S>& push(const Vector<S>& v) {
    straight_ = inner_.stage() == 0 || (straight_ && v.isZero(0));
    const Vector<S> result = inner_.push(v);
    if (fault_ == Fault::aliasing) return store(0, result);
    if (fault_ == Fault::second_push && inner_.stage() == 2) return store(2, result * S(1.001));
    if (fault_ == Fault::bent_only && inner_.stage() == 2 && !straight_) return store(2, result * S(1.001));
    return store(inner_.stage(), result);
  }
  const Vector<S>& push_zero() {
    const Vector<S> result = inner_.push_zero();
    return store(inner_.stage(), fault_ == Fault::push_zero ? Vector<S>(result * S(1 + 1e-9)) : result);
  }
  void rewind(Index k) {
    if (fault_ == Fault::rewind && k == 0 && inner_.stage() > 1)
      inner_.move_to(Vector<S>(inner_.state() * S(1 + 1e-9)));
    inner_.rewind(k < inner_.stage() ? k : inner_.stage());
  }
  void move_to(const Vector<S>& x) {
    const Vector<S> before = inner_.gradient();
    inner_.move_to(fault_ == Fault::move_to ? Vector<S>(x + before * S(1e-9)) : x);
  }

 private:
  const Vector<S>& store(Index k, const Vector<S>& v) {
    while (static_cast<Index>(kept_.size()) <= k) kept_.push_back(std::make_unique<Vector<S>>());
    return *kept_[static_cast<std::size_t>(k)] = v;
  }
  Inner inner_;
  Fault fault_;
  bool straight_ = true;
  mutable Vector<S> conjugated_;
  std::vector<std::unique_ptr<Vector<S>>> kept_;
};

struct FaultyProblem {
  using Scalar = double;
  Fault fault = Fault::none;
  Differentiable<Mlp232> inner = mlp_2_3_2();
  Index dimension() const { return 17; }
  double value(const Vector<double>& x) const { return inner.value(x); }
  Vector<double> gradient(const Vector<double>& x) const { return inner.gradient(x); }
  Faulty<double> expand(const Vector<double>& x) const { return {inner.expand(x), fault}; }
  Faulty<std::complex<double>> expand(const Vector<std::complex<double>>& x) const { return {inner.expand(x), fault}; }
};

std::string text_of(const DerivativeReport& report) {
  std::ostringstream text;
  text << report;
  return text.str();
}

void expect_failure(const DerivativeReport& report, const std::string& culprit) {
  INFO(report);
  REQUIRE_FALSE(report.passed());
  CHECK_THAT(report.first_failure()->name, Contains(culprit));
  CHECK_THAT(text_of(report), Contains("FAILED, look first at: " + report.first_failure()->name));
}

}  // namespace

TEST_CASE("true derivatives of every tier pass", "[check_derivatives]") {
  const auto expect = [](const DerivativeReport& report) {
    INFO(report);
    CHECK(report.passed());
    CHECK(report.first_failure() == nullptr);
    CHECK_THAT(text_of(report), Contains("all " + std::to_string(report.checks.size()) + " checks passed"));
  };
  expect(check_derivatives(ByHand{}, generic()));
  expect(check_derivatives(with_finite_differences(ByHand{}), generic()));
  expect(check_derivatives(FaultyProblem{}, Random(9).normal_vector(17)));
  expect(check_derivatives(losses::rosenbrock(4), generic()));
  expect(check_derivatives(losses::quartic(4), 3 * generic()));
}

TEST_CASE("true derivatives pass at special points", "[check_derivatives]") {
  const auto expect = [](const DerivativeReport& report) {
    INFO(report);
    CHECK(report.passed());
  };
  SECTION("a stationary point") {
    expect(check_derivatives(losses::rosenbrock(), Vector<double>::Ones(2)));
    expect(check_derivatives(losses::rosenbrock<float>(), Vector<float>::Ones(2)));
    expect(check_derivatives(losses::cosine(2), Vector<double>::Zero(2)));
    expect(check_derivatives(losses::quartic(), Vector<double>::Zero(1)));
  }
  SECTION("next to the edge of the domain") {
    const auto logarithm = differentiable(
        [](const auto& x) {
          using std::log;
          return log(x[0]) + x[0] * x[1];
        },
        2);
    Vector<double> x(2);
    x << 1e-3, 2;
    expect(check_derivatives(logarithm, x, {.offset = 1e-4}));
    x[0] = 0.05;
    expect(check_derivatives(logarithm, x));
  }
  SECTION("with a large constant in the value") {
    const auto lifted = differentiable([](const auto& x) { return 1e4 + x[0] * x[0] * x[1]; }, 2);
    Vector<double> x(2);
    x << 0.5, -1.5;
    expect(check_derivatives(lifted, x));
  }
  SECTION("a constant") {
    const auto constant = differentiable([](const auto& x) { return 0 * x[0] + 3; }, 1);
    expect(check_derivatives(constant, Vector<double>::Ones(1)));
  }
  SECTION("steep and flat scales") {
    const auto steep = differentiable(
        [](const auto& x) {
          using std::exp;
          return exp(100 * x[0]) + 1e-6 * x[1] * x[1];
        },
        2);
    Vector<double> x(2);
    x << 0.02, 3;
    expect(check_derivatives(steep, x));
  }
}

TEST_CASE("a wrong value or gradient is found, and its coordinate named", "[check_derivatives]") {
  const auto report = check_derivatives(ByHand{Mistake::gradient_of_one_coordinate}, generic());
  expect_failure(report, "gradient: differences of value");
  CHECK(report.first_failure()->worst_coordinate == 2);
  CHECK_THAT(text_of(report), Contains("coordinate 2"));
  CHECK(report.first_failure()->relative_error > 1e-4);
  expect_failure(check_derivatives(ByHand{Mistake::value_not_finite}, generic()), "value is finite");
  expect_failure(check_derivatives(ByHand{Mistake::gradient_length}, generic()), "gradient has the length of x");
}

TEST_CASE("a wrong Hessian-vector product is found", "[check_derivatives]") {
  expect_failure(check_derivatives(ByHand{Mistake::product_misses_a_term}, generic()),
                 "Hessian-vector product: differences");
  expect_failure(check_derivatives(ByHand{Mistake::product_not_linear}, generic()), "Hessian-vector product");
  const auto report = check_derivatives(ByHand{Mistake::product_not_symmetric}, generic());
  const auto names_symmetry = [](const DerivativeCheck& check) {
    return !check.passed && check.name.find("symmetry") != std::string::npos;
  };
  CHECK(std::any_of(report.checks.begin(), report.checks.end(), names_symmetry));
}

TEST_CASE("each fault of an expansion is found", "[check_derivatives]") {
  const Vector<double> x = Random(9).normal_vector(17);
  const auto report = [&](Fault fault) { return check_derivatives(FaultyProblem{fault}, x); };
  expect_failure(report(Fault::second_push), "push 2 along a bent curve");
  expect_failure(report(Fault::bent_only), "push 2 along a bent curve");
  expect_failure(report(Fault::move_to), "move_to");
  expect_failure(report(Fault::rewind), "rewind");
  expect_failure(report(Fault::aliasing), "references");
  expect_failure(report(Fault::stage), "stage() counts the pushes");
  expect_failure(report(Fault::complex_conjugates), "complex");
  const auto zero = report(Fault::push_zero);
  INFO(zero);
  CHECK_FALSE(zero.passed());
}

TEST_CASE("a kink between the points that are compared is found", "[check_derivatives]") {
  const auto kink = differentiable([](const auto& x) { return x[0] > 1 ? 2 * x[0] : x[0] + 1; }, 1);
  expect_failure(check_derivatives(kink, Vector<double>::Constant(1, 1)), "gradient");
}

TEST_CASE("many coordinates are sampled, and random directions see the others", "[check_derivatives]") {
  ByHand large{Mistake::none, 500};
  const Vector<double> x = Random(1).uniform_vector<double>(500, -1, 1);
  CHECK(check_derivatives(large, x, {.coordinates = 20, .directions = 1}).passed());
  large.mistake = Mistake::gradient_of_one_coordinate;  // coordinate 2 is not among the 20
  expect_failure(check_derivatives(large, x, {.coordinates = 20, .directions = 1}), "random directions");
}

TEMPLATE_TEST_CASE("the check works in other number types, with tolerances that follow epsilon",
                   "[check_derivatives][types]", float, long double) {
  using T = TestType;
  const Vector<T> x = Random(9).normal_vector<T>(17);
  const auto report = check_derivatives(mlp_2_3_2<T>(), x);
  INFO(report);
  CHECK(report.passed());
}

TEST_CASE("the options of the check are checked", "[check_derivatives][errors]") {
  const ByHand p;
  CHECK_THROWS_WITH(check_derivatives(p, Vector<double>::Zero(3)), Contains("x: was of length 3"));
  CHECK_THROWS_WITH(check_derivatives(p, generic(), {.differences = -1}), Contains("differences: was -1"));
  CHECK_THROWS_WITH(check_derivatives(p, generic(), {.offset = 0}), Contains("offset: was 0"));
  CHECK_THROWS_WITH(check_derivatives(p, generic(), {.offsets = 2}), Contains("offsets: was 2"));
  CHECK_THROWS_WITH(check_derivatives(p, generic(), {.coordinates = 0}), Contains("coordinates: was 0"));
  CHECK_THROWS_WITH(check_derivatives(p, generic(), {.directions = 0}), Contains("directions: was 0"));
  CHECK_THROWS_WITH(check_derivatives(p, generic(), {.pushes = 0}), Contains("pushes: was 0"));
  SECTION("a strict tolerance is kept") {
    CHECK_FALSE(check_derivatives(p, generic(), {.differences = 1e-18, .loosest = 1e-18}).passed());
  }
}
