#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>
#include <drift/calculus/expansion.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/networks.hpp"
#include "support/oracle.hpp"

#include <catch2/catch.hpp>
#include <drift/core/random.hpp>
#include <stdexcept>

#include <thread>

using namespace drift;

namespace {

Vector<double> start_of(Index n) { return Random(5).normal_vector(n); }

}  // namespace

TEST_CASE("pushes give the Taylor coefficients of the gradient along a bent curve", "[expansion]") {
  // Independent: the gradient on a circle of complex curve parameters (Cauchy's integral), from stage-0 gradients alone.
  using C = std::complex<double>;
  const auto problem = mlp_2_3_2();
  const Vector<double> x = oracle::vector(oracle::load("mlp_2_3_2")["theta"]);
  Random random(8);
  std::vector<Vector<double>> theta;
  for (int k = 0; k < 5; ++k) theta.push_back(random.normal_vector(17) * 0.5);
  auto e = problem.expand(x);
  std::vector<Vector<double>> c = {e.gradient()};
  for (const auto& direction : theta) c.push_back(e.push(direction));

  const int n = 64;
  const double radius = 0.1;
  std::vector<Vector<C>> expected(c.size(), Vector<C>::Zero(17));
  for (int j = 0; j < n; ++j) {
    const C t = std::polar(radius, 2 * std::acos(-1.0) * j / n);
    Vector<C> z = x.cast<C>();
    C power = 1;
    for (const auto& direction : theta) z += (power *= t) * direction.cast<C>();
    const Vector<C> g = gradient(problem, z);
    for (std::size_t k = 0; k < c.size(); ++k) expected[k] += g / (std::pow(t, static_cast<double>(k)) * double(n));
  }
  for (std::size_t k = 0; k < c.size(); ++k) {
    INFO("coefficient " << k);
    CHECK(oracle::relative_error(c[k], Vector<double>(expected[k].real())) < 1e-14 * std::pow(12, k) + 1e-14);
  }
}

TEST_CASE("an expansion knows its stage, and stages are pushed in turn", "[expansion]") {
  const auto problem = losses::rosenbrock();
  Vector<double> x(2), v(2);
  x << 0.5, -1;
  v << 1, 2;
  auto e = problem.expand(x);
  CHECK(e.stage() == 0);
  CHECK(e.dimension() == 2);
  CHECK(e.state() == x);
  CHECK(e.value() == problem.value(x));
  e.push(v);
  CHECK(e.stage() == 1);
  e.push_zero();
  CHECK(e.stage() == 2);
  e.rewind(1);
  CHECK(e.stage() == 1);
  e.rewind(0);
  CHECK(e.stage() == 0);
  e.push(2 * v);  // an expression
  e.move_to(2 * x);
  CHECK(e.stage() == 0);
  CHECK(e.state() == Vector<double>(2 * x));
}

TEST_CASE("references stay valid and unchanged, and may be given back", "[expansion]") {
  const auto problem = mlp_2_3_2();
  const Vector<double> x = start_of(17);
  auto e = problem.expand(x);
  const Vector<double>& g = e.gradient();
  const Vector<double>& hg = e.push(g);
  const Vector<double> g_copy = g, hg_copy = hg;
  const Vector<double>& second = e.push(2 * hg);
  const Vector<double> second_copy = second;
  for (int k = 0; k < 20; ++k) e.push(second);  // deep enough that the containers grow
  CHECK(g == g_copy);
  CHECK(hg == hg_copy);
  CHECK(second == second_copy);
  e.rewind(0);
  const Vector<double>& again = e.push(e.gradient());
  CHECK(&again == &hg);  // the same place
  CHECK(again == hg_copy);
  SECTION("a stage's own result may be its next direction") {
    e.rewind(0);
    const Vector<double> expected = [&] {
      auto fresh = problem.expand(x);
      return Vector<double>(fresh.push(hg_copy));
    }();
    CHECK(e.push(hg) == expected);
  }
}

TEST_CASE("rewinding keeps the primal and repeats exactly", "[expansion]") {
  const auto problem = mlp_2_3_2();
  auto e = problem.expand(start_of(17));
  Random random(2);
  const Vector<double> a = random.normal_vector(17), b = random.normal_vector(17), c = random.normal_vector(17);
  const Vector<double> first = e.push(a), second = e.push(b), third = e.push(c);
  e.rewind(0);
  e.push(c);
  e.push(c);
  e.rewind(0);
  CHECK(e.push(a) == first);
  CHECK(e.push(b) == second);
  e.rewind(1);
  CHECK(e.push(b) == second);
  CHECK(e.push(c) == third);
  SECTION("push_zero is push of zeros") {
    e.rewind(1);
    const Vector<double> zero = e.push_zero();
    e.rewind(1);
    CHECK(e.push(Vector<double>::Zero(17)) == zero);
  }
  SECTION("moving to a point is starting there") {
    const Vector<double> y = start_of(17) + a;
    e.move_to(y);
    auto fresh = problem.expand(y);
    CHECK(e.value() == fresh.value());
    CHECK(e.gradient() == fresh.gradient());
    CHECK(e.push(b) == fresh.push(b));
    CHECK(e.push_zero() == fresh.push_zero());
  }
}

TEST_CASE("an expansion can be moved, not copied", "[expansion]") {
  using E = decltype(losses::rosenbrock().expand(Vector<double>()));
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<E>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<E>);
  STATIC_REQUIRE(Expansion<E, double>);
  const auto problem = mlp_2_3_2();
  auto e = problem.expand(start_of(17));
  const Vector<double> expected = e.push(e.gradient());
  auto moved = std::move(e);
  CHECK(moved.stage() == 1);
  moved.rewind(0);
  CHECK(moved.push(moved.gradient()) == expected);
}

TEST_CASE("misuse of an expansion is refused by name and leaves it as it was", "[expansion][errors]") {
  using Catch::Matchers::Contains;
  const auto problem = losses::rosenbrock();
  const Vector<double> x = Vector<double>::Constant(2, 0.5), wrong = Vector<double>::Zero(3);
  CHECK_THROWS_WITH(problem.expand(wrong), Contains("theta: was of length 3"));
  auto e = problem.expand(x);
  CHECK_THROWS_WITH(e.push(wrong), Contains("direction: was of length 3"));
  CHECK_THROWS_WITH(e.rewind(1), Contains("stage: was 1"));
  CHECK_THROWS_AS(e.rewind(-1), InvalidArgument);
  CHECK_THROWS_WITH(e.move_to(wrong), Contains("theta: was of length 3"));
  CHECK(e.stage() == 0);
  CHECK(e.state() == x);
  CHECK(e.push(x) == hessian_vector_product(problem, x, x));
}

TEST_CASE("two threads may ask one problem at once", "[expansion][threads]") {
  const auto problem = mlp_2_3_2();
  const auto work = [&](std::uint64_t seed, Vector<double>& sum) {
    Random random(seed);
    for (int i = 0; i < 200; ++i) {
      const Vector<double> x = random.normal_vector(17);
      const Vector<double> g = gradient(problem, x);
      sum += hessian_vector_product(problem, x, g) + third_derivative(problem, x, g, x);
    }
  };
  Vector<double> alone[2], together[2];
  for (int t = 0; t < 2; ++t) {
    alone[t] = together[t] = Vector<double>::Zero(17);
    work(static_cast<std::uint64_t>(t), alone[t]);
  }
  std::thread other(work, 1, std::ref(together[1]));
  work(0, together[0]);
  other.join();
  CHECK(together[0] == alone[0]);
  CHECK(together[1] == alone[1]);
}

namespace {

/// x^2, or an exception where x is above 1.
struct Thrower {
  template <class T>
  T operator()(const Vector<T>& x) const {
    const T square = x[0] * x[0];
    if (x[0] > T(1)) throw std::runtime_error("too far");
    return square * x[1];
  }
};

}  // namespace

TEST_CASE("an expansion that a throwing callable left is at no point until it is moved to one", "[expansion]") {
  auto e = differentiable(Thrower{}, 2).expand(Vector<double>{{0.5, 2}});
  CHECK_THROWS_WITH(e.move_to(Vector<double>{{2, 2}}), "too far");
  CHECK_THROWS_WITH(e.push(Vector<double>{{1, 0}}), Catch::Contains("left by an exception"));
  CHECK_THROWS_WITH(e.rewind(0), Catch::Contains("left by an exception"));
  e.move_to(Vector<double>{{0.5, 2}});
  CHECK(e.push(Vector<double>{{1, 0}}) == Vector<double>{{4, 1}});
}

TEST_CASE("an expansion may be moved to an expression of its own state", "[expansion]") {
  auto e = differentiable(Thrower{}, 2).expand(Vector<double>{{0.5, 0.25}});
  e.move_to(e.state().reverse());
  CHECK(e.state() == Vector<double>{{0.25, 0.5}});
}

TEST_CASE("a push on an expansion that is about to go returns a value", "[expansion]") {
  const auto problem = differentiable(Thrower{}, 2);
  const Vector<double>& kept = problem.expand(Vector<double>{{0.5, 2}}).push(Vector<double>{{1, 0}});
  CHECK(kept == Vector<double>{{4, 1}});
}
