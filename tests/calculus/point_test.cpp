#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/point.hpp>
#include <drift/losses/rosenbrock.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

using namespace drift;

namespace {

/// Rosenbrock's function with the members of tier 1, and of tier 2.
struct First {
  using Scalar = double;
  Differentiable<losses::Rosenbrock<double>> inner = losses::rosenbrock();
  Index dimension() const { return 2; }
  double value(const Vector<double>& x) const { return inner.value(x); }
  Vector<double> gradient(const Vector<double>& x) const { return inner.gradient(x); }
};
struct Second : First {
  Vector<double> hessian_vector_product(const Vector<double>& x, const Vector<double>& v) const {
    return drift::hessian_vector_product(inner, x, v);
  }
};

template <class E>
concept Pushes = requires(E& e, const Vector<double>& v) { e.push(v); };
template <class E>
concept PushesZero = requires(E& e) { e.push_zero(); };

Vector<double> pair(double a, double b) {
  Vector<double> x(2);
  x << a, b;
  return x;
}

}  // namespace

TEST_CASE("a point has as many pushes as the problem's tier", "[point]") {
  const Vector<double> x = pair(-0.5, 0.75);
  auto first = point_at(First{}, x);
  auto second = point_at(Second{}, x);
  auto third = point_at(losses::rosenbrock(), x);
  STATIC_REQUIRE(Point<decltype(first)>);
  STATIC_REQUIRE(Point<decltype(second)>);
  STATIC_REQUIRE(Point<decltype(third)>);
  STATIC_REQUIRE_FALSE(Pushes<decltype(first)>);
  STATIC_REQUIRE(Pushes<decltype(second)>);
  STATIC_REQUIRE_FALSE(PushesZero<decltype(second)>);
  STATIC_REQUIRE(PushesZero<decltype(third)>);
  CHECK(first.value() == Approx(27.25));
  CHECK(second.value() == first.value());
  CHECK(third.value() == first.value());
  CHECK(first.state() == x);
  CHECK(first.gradient() == third.gradient());
  CHECK(second.push(second.gradient()) == third.push(third.gradient()));
}

TEST_CASE("the point of tier 2 has one push from stage 0, repeatable after rewind", "[point]") {
  auto e = point_at(Second{}, pair(-0.5, 0.75));
  const Vector<double> g = e.gradient(), hg = e.push(g);
  CHECK(e.stage() == 1);
  CHECK_THROWS_WITH(e.push(g), Catch::Matchers::Contains("stage: was 1"));
  e.rewind(0);
  CHECK(e.stage() == 0);
  CHECK(e.push(g) == hg);
  CHECK_THROWS_AS(e.rewind(2), InvalidArgument);
  CHECK_THROWS_AS(e.rewind(-1), InvalidArgument);
  e.move_to(pair(1, 2));
  CHECK(e.stage() == 0);
  CHECK(e.push(e.gradient()) == hessian_vector_product(Second{}, pair(1, 2), gradient(Second{}, pair(1, 2))));
  CHECK_THROWS_AS(
      [&] {
        e.rewind(0);
        e.push(Vector<double>::Zero(3));
      }(),
      InvalidArgument);
}

TEST_CASE("moving a point refreshes value and gradient", "[point]") {
  auto e = point_at(First{}, pair(0, 0));
  e.move_to(pair(-0.5, 0.75));
  CHECK(e.value() == Approx(27.25));
  CHECK(e.gradient() == gradient(First{}, pair(-0.5, 0.75)));
  CHECK_THROWS_WITH(e.move_to(Vector<double>::Zero(5)), Catch::Matchers::Contains("theta: was of length 5"));
  CHECK_THROWS_AS(point_at(First{}, Vector<double>::Zero(5)), InvalidArgument);
}

TEST_CASE("the gradient at another state leaves the point where it is, of tier 1 and of tier 2", "[point]") {
  const auto check = [](auto e) {
    const Vector<double> here = e.gradient();
    CHECK(e.gradient_at(pair(-0.5, 0.75)) == gradient(First{}, pair(-0.5, 0.75)));
    CHECK(e.state() == pair(1, 2));
    CHECK(e.gradient() == here);
    CHECK_THROWS_WITH(e.gradient_at(Vector<double>::Zero(5)), Catch::Matchers::Contains("theta: was of length 5"));
  };
  check(point_at(First{}, pair(1, 2)));
  check(point_at(Second{}, pair(1, 2)));
}

TEST_CASE("a point holds its problem by value", "[point]") {
  auto e = [] { return point_at(Second{}, pair(-0.5, 0.75)); }();
  e.move_to(pair(1, 1));
  CHECK(e.gradient().isZero(0));
  CHECK(e.push(pair(0, 1))[1] == Approx(200));
}

TEST_CASE("expand takes any Eigen expression, real or complex", "[point]") {
  const auto problem = losses::rosenbrock();
  const Vector<double> x = pair(0.25, -0.5);
  CHECK(expand(problem, 2 * x).value() == problem.value(Vector<double>(2 * x)));
  CHECK(expand(problem, 2 * x.cast<std::complex<double>>()).value().real() ==
        Approx(problem.value(Vector<double>(2 * x))));
  CHECK_THROWS_AS(expand(problem, Vector<double>::Zero(1)), InvalidArgument);
}

namespace {

/// x^2, failing as often as told.
struct Failing {
  using Scalar = double;
  std::shared_ptr<int> failures = std::make_shared<int>(0);
  Index dimension() const { return 1; }
  double value(const Vector<double>& x) const {
    if (*failures > 0) {
      --*failures;
      throw std::runtime_error("no value now");
    }
    return x[0] * x[0];
  }
  Vector<double> gradient(const Vector<double>& x) const { return 2 * x; }
};

}  // namespace

TEST_CASE("a point stays where it was when the problem throws", "[point]") {
  const Failing problem;
  auto point = point_at(problem, Vector<double>{{1}});
  *problem.failures = 1;
  CHECK_THROWS_WITH(point.move_to(Vector<double>{{0.5}}), "no value now");
  CHECK(point.state()[0] == 1);
  CHECK(point.gradient()[0] == 2);
  point.move_to(Vector<double>{{0.5}});
  CHECK(point.value() == 0.25);
}
