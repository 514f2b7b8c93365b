#include <drift/integrate/iterate.hpp>

#include "../support/allocations.hpp"

#include <drift/descent/adam.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/step.hpp>
#include <drift/flows/map_logarithm.hpp>
#include <drift/flows/negative_gradient.hpp>
#include <drift/games/gan.hpp>
#include <drift/games/play.hpp>
#include <drift/games/zoo.hpp>
#include <drift/integrate/follow.hpp>
#include <drift/losses/quadratic.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <complex>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace drift;
using Catch::Matchers::Contains;
using C = std::complex<double>;
using V = Vector<double>;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

V vector(double a, double b) { return (V(2) << a, b).finished(); }

/// z -> factor z, in place and not, counting how it was asked.
template <class S = double>
struct Scale {
  S factor;
  mutable int called = 0;
  mutable int advanced = 0;

  Index dimension() const { return 2; }
  Vector<S> operator()(const Vector<S>& z) const {
    ++called;
    return factor * z;
  }
  void advance(Vector<S>& z) const {
    ++advanced;
    z *= factor;
  }
};

/// A mutable update, of which the state is its own.
struct Drawing {
  double drawn = 0;
  V operator()(const V& z) { return z + V::Constant(z.size(), ++drawn); }
};

struct InPlaceOnly {
  void advance(V& z) { z[0] += 1; }
};

const auto halve = [](const V& z) -> V { return z / 2; };

struct GivesExpression {
  auto operator()(const V& z) const { return z / 2; }
};

struct GivesRealPart {
  V operator()(const Vector<C>& z) const { return z.real(); }
};

template <class U, class X, class... Observers>
concept Iterates =
    requires(U update, X start, Observers... observers) { iterate(update, start, IterateOptions{}, observers...); };

/// Step after step by the call alone.
template <class Step, class S>
Vector<S> repeated(Step& step, Vector<S> z, int times) {
  for (int k = 0; k < times; ++k) z = step(z);
  return z;
}

/// |z - centre|^2 / 2, on as many batches as there are numbers.
struct Bowl {
  using Scalar = double;
  double centre = 0;
  Index dimension() const { return 2; }
  double value(const V& z) const { return (z.array() - centre).square().sum() / 2; }
  V gradient(const V& z) const { return z.array() - centre; }
  Bowl on(double batch) const { return {batch}; }
};

struct OneTwoThree {
  double drawn = 0;
  double next() { return ++drawn; }
};

const games::Rates<double> rates{.phi = 0.1, .theta = 0.2};

}  // namespace

TEST_CASE("iterate repeats an update", "[integrate][iterate]") {
  const auto run = iterate(halve, vector(1, -3), {.iterations = 10});
  CHECK(run.status == Status::reached_end);
  CHECK(run.iterations == 10);
  CHECK(run.state == vector(1, -3) / 1024);
  CHECK(run.failure.empty());
  CHECK(iterate(halve, vector(1, -3)).iterations == 1000);
  const auto expression_as_start = iterate(halve, 2 * vector(1, -3), {.iterations = 1});
  CHECK(expression_as_start.state == vector(1, -3));
  const auto none = iterate(halve, vector(1, -3), {.iterations = 0});
  CHECK(none.status == Status::reached_end);
  CHECK(none.iterations == 0);
  CHECK(none.state == vector(1, -3));
}

TEST_CASE("iterate goes on where it stopped", "[integrate][iterate]") {
  const auto step = [](const V& z) -> V { return z + 0.1 * V(z.array().sin()); };
  const auto whole = iterate(step, vector(1, -2), {.iterations = 100});
  const auto part = iterate(step, vector(1, -2), {.iterations = 37});
  CHECK(iterate(step, part.state, {.iterations = 63}).state == whole.state);
}

TEST_CASE("iterate updates in place where the update can, and allocates nothing then", "[integrate][iterate]") {
  const Scale<> scale{.factor = 0.5};
  const auto run = iterate(scale, vector(1, -3), {.iterations = 10});
  CHECK(run.state == iterate(halve, vector(1, -3), {.iterations = 10}).state);
  CHECK(scale.advanced == 10);
  CHECK(scale.called == 0);
  if (DRIFT_TEST_OWN_MALLOC == 0) return;
  double seen = 0;
  const auto observer = [&](const Iterate<>& at) { seen += at.state[0]; };
  const auto allocations_in = [&](Index iterations) {
    return allocations_of([&] { iterate(scale, vector(1, 1), {.iterations = iterations}, observer); });
  };
  CHECK(allocations_in(1000) == allocations_in(1));
  CHECK(seen > 0);
}

TEST_CASE("An update may change from call to call; it is not copied", "[integrate][iterate]") {
  Drawing drawing;
  const auto run = iterate(drawing, vector(0, 1), {.iterations = 4});
  CHECK(run.state == vector(10, 11));
  CHECK(drawing.drawn == 4);
  CHECK(iterate(Drawing{}, vector(0, 1), {.iterations = 4}).state == run.state);
  int calls = 0;
  auto counted = [&calls](const V& z) mutable -> V {
    ++calls;
    return z;
  };
  CHECK(iterate(counted, vector(1, 1), {.iterations = 5}).state == vector(1, 1));
  CHECK(calls == 5);
}

TEST_CASE("Complex states turn and stay on their circle", "[integrate][iterate]") {
  const Scale<C> quarter{.factor = C(0, 1)};
  Vector<C> z(2);
  z << C(1, 2), C(0, -1);
  const auto run = iterate(quarter, z, {.iterations = 3}, [](const Iterate<C>& at) { CHECK(at.state.size() == 2); });
  CHECK(run.state == Vector<C>(z * C(0, -1)));
  CHECK(iterate(quarter, z, {.iterations = 4}).state == z);
}

TEST_CASE("A run that leaves the radius has diverged, and returns that state", "[integrate][iterate]") {
  Index told = 0;
  const auto run = iterate(Scale<>{.factor = 2}, vector(3, 4), {.divergence_radius = 40}, [&](const auto&) { ++told; });
  CHECK(run.status == Status::diverged);
  CHECK(run.iterations == 4);  // 5, 10, 20, 40, 80: above, not at
  CHECK(run.state == vector(48, 64));
  CHECK(told == 4);
  const auto outside = iterate(halve, vector(3, 4), {.divergence_radius = 4});
  CHECK(outside.status == Status::diverged);
  CHECK(outside.iterations == 0);
  CHECK(outside.state == vector(3, 4));
  const auto far = iterate(Scale<>{.factor = 2}, vector(1, 0), {.iterations = 100, .divergence_radius = infinity});
  CHECK(far.status == Status::reached_end);
  CHECK(far.state[0] == std::pow(2.0, 100));
}

TEST_CASE("A state that is not finite is refused: the one before is returned, and no one is told of it",
          "[integrate][iterate]") {
  Index told = 0;
  const auto root = [](const V& z) -> V { return vector(std::sqrt(z[0]) - 1, 0); };
  const auto run = iterate(root, vector(1, 0), {}, [&](const auto&) { ++told; });  // 1, 0, -1, NaN
  CHECK(run.status == Status::non_finite);
  CHECK(run.iterations == 2);
  CHECK(run.state == vector(-1, 0));
  CHECK(told == 2);
  const auto overflow = iterate(Scale<>{.factor = 1e200}, vector(1, 0), {.divergence_radius = infinity});
  CHECK(overflow.status == Status::non_finite);
  CHECK(overflow.state == vector(1e200, 0));
}

TEST_CASE("A start that is not finite is non_finite at iteration 0", "[integrate][iterate]") {
  for (const double bad : {std::nan(""), infinity, -infinity}) {
    const Scale<> scale{.factor = 0.5};
    const auto run = iterate(scale, vector(1, bad));
    CHECK(run.status == Status::non_finite);
    CHECK(run.iterations == 0);
    CHECK(run.state[0] == 1);
    CHECK(scale.advanced == 0);
  }
}

TEST_CASE("Observers see every update once, with the state it led to", "[integrate][iterate]") {
  std::vector<Iterate<>> seen;
  Index second = 0;
  const auto record = [&](const Iterate<>& at) { seen.push_back(at); };
  const auto run = iterate(halve, vector(1, 0), {.iterations = 5}, record, [&](const Iterate<>&) {
    ++second;
    return Next::proceed;
  });
  REQUIRE(seen.size() == 5);
  CHECK(second == 5);
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(seen[k].iteration == static_cast<Index>(k) + 1);
    CHECK(seen[k].state[0] == std::pow(0.5, k + 1));
  }
  CHECK(seen.back().state == run.state);
}

TEST_CASE("An observer stops a run once all were told; a divergence in the same update goes first",
          "[integrate][iterate]") {
  Index told = 0;
  const auto stop_at_3 = [](const Iterate<>& at) { return at.iteration == 3 ? Next::stop : Next::proceed; };
  const auto count = [&](const Iterate<>&) { ++told; };
  const auto run = iterate(halve, vector(1, 0), {}, stop_at_3, count);
  CHECK(run.status == Status::stopped_by_observer);
  CHECK(run.iterations == 3);
  CHECK(run.state[0] == 0.125);
  CHECK(told == 3);
  CHECK(iterate(halve, vector(1, 0), {.iterations = 3}, stop_at_3).status == Status::stopped_by_observer);
  const Scale<> twice{.factor = 2};
  CHECK(iterate(twice, vector(1, 0), {.divergence_radius = 7}, stop_at_3).status == Status::diverged);
}

TEST_CASE("An observer that throws ends the run with its message and the state it came to", "[integrate][iterate]") {
  Index told = 0;
  const auto fail_at_3 = [](const Iterate<>& at) {
    if (at.iteration == 3) throw std::runtime_error("disk full");
  };
  const auto run = iterate(halve, vector(1, 0), {}, fail_at_3, [&](const Iterate<>&) { ++told; });
  CHECK(run.status == Status::observer_failed);
  CHECK(run.failure == "disk full");
  CHECK(run.iterations == 3);
  CHECK(run.state[0] == 0.125);
  CHECK(told == 3);
}

TEST_CASE("An exception of the update passes through", "[integrate][iterate]") {
  const auto broken = [](const V&) -> V { throw std::runtime_error("no data"); };
  CHECK_THROWS_WITH(iterate(broken, vector(1, 0)), "no data");
}

TEST_CASE("What is no update, and an observer that could never be called, do not compile", "[integrate][iterate]") {
  const auto wrong = [](double) {};
  const auto answers_number = [](const Iterate<>&) { return 1.5; };
  STATIC_REQUIRE(Iterates<decltype(halve), V>);
  STATIC_REQUIRE(Iterates<const Scale<>&, V>);
  STATIC_REQUIRE(Iterates<Drawing, V>);
  STATIC_REQUIRE_FALSE(Iterates<InPlaceOnly, V>);
  STATIC_REQUIRE_FALSE(Iterates<const Drawing, V>);
  STATIC_REQUIRE_FALSE(Iterates<GivesExpression, V>);  // an Eigen expression over temporaries
  STATIC_REQUIRE_FALSE(Iterates<GivesRealPart, Vector<C>>);
  STATIC_REQUIRE_FALSE(Iterates<decltype(halve), V, decltype(wrong)>);
  STATIC_REQUIRE_FALSE(Iterates<decltype(halve), V, decltype(answers_number)>);
}

TEST_CASE("iterate refuses misuse by name", "[integrate][iterate]") {
  const V x = vector(1, 0);
  CHECK_THROWS_WITH(iterate(halve, x, {.iterations = -1}), Contains("iterations: was -1"));
  CHECK_THROWS_WITH(iterate(halve, x, {.divergence_radius = 0}), Contains("divergence_radius: was 0"));
  CHECK_THROWS_WITH(iterate(halve, x, {.divergence_radius = std::nan("")}), Contains("divergence_radius: was nan"));
  CHECK_THROWS_WITH(iterate(Scale<>{.factor = 1}, V::Ones(3)),
                    "start: was of length 3, must be a vector of length 2 (the update's dimension)");
  CHECK_THROWS_WITH(iterate(halve, V(0)), Contains("start: was of length 0"));
  const auto longer = [](const V& z) -> V { return V::Ones(z.size() + 1); };
  CHECK_THROWS_AS(iterate(longer, x), InvalidArgument);
  CHECK_THROWS_WITH(iterate(longer, x), Contains("update(z): was of length 3"));
}

TEST_CASE("A linear map's power", "[integrate][iterate]") {
  const auto shear = [](const V& z) -> V { return vector(z[0] + z[1], z[1]); };  // to the k: (1, k; 0, 1)
  CHECK(iterate(shear, vector(2, 3), {.iterations = 50}).state == vector(152, 3));
}

TEST_CASE("iterate has the bits of repeated steps: of descent, with memory and without, and of play, real and complex",
          "[integrate][iterate]") {
  const auto problem = losses::quadratic((Matrix<double>(2, 2) << 3, 1, 1, 2).finished(), vector(1, -1));
  const auto descend = descent::step(problem, GradientDescent{.learning_rate = 0.3});
  CHECK(iterate(descend, vector(1, -3), {.iterations = 20}).state == repeated(descend, vector(1, -3), 20));
  const auto adam = descent::step(problem, Adam{.learning_rate = 0.1});
  const V remembering = adam.start(vector(1, -3));
  CHECK(iterate(adam, remembering, {.iterations = 20}).state == repeated(adam, remembering, 20));

  const auto play = games::alternating(games::dirac_gan(), rates, {.theta_steps = 2});
  CHECK(iterate(play, vector(1, -3), {.iterations = 20}).state == repeated(play, vector(1, -3), 20));
  const Vector<C> z = vector(1, -3) * C(0.5, 0.25);
  CHECK(iterate(play, z, {.iterations = 20}).state == repeated(play, z, 20));
}

TEST_CASE("An update that draws minibatches goes on with the next one", "[integrate][iterate]") {
  const auto simultaneous = [](double centre) {
    return games::simultaneous(games::common_payoff(Bowl{centre}, 1), rates);
  };
  const V z = vector(1, -3);
  V by_hand = z;
  for (int k = 1; k <= 50; ++k) by_hand = simultaneous(k)(by_hand);

  auto drawing = games::on_batches(simultaneous(0), OneTwoThree{});
  const auto part = iterate(drawing, z, {.iterations = 20});
  CHECK(part.state != by_hand);
  CHECK(iterate(drawing, part.state, {.iterations = 30}).state == by_hand);
}

TEST_CASE("Following a flow for one step is an update: its power is the flow for many", "[integrate][iterate]") {
  const auto flow = flows::negative_gradient(losses::quadratic(V(vector(1, 3)).asDiagonal().toDenseMatrix()));
  const auto along = [&](const V& z) -> V { return integrate(flow, z, 0.1).state; };
  const auto run = iterate(along, vector(2, -1), {.iterations = 8});
  CHECK(run.state[0] == Approx(2 * std::exp(-0.8)).epsilon(1e-7));
  CHECK(run.state[1] == Approx(-std::exp(-2.4)).epsilon(1e-7));
}

TEST_CASE("The order-4 flow of play is where its iterates are, to the order that it promises", "[integrate][iterate]") {
  const auto distance = [](double h) {
    const auto play = games::alternating(games::bilinear(), {.phi = h, .theta = h});
    const auto flow = follow(flows::map_logarithm<4>(play), vector(1, -3), 10,
                             {.relative_tolerance = 1e-13, .absolute_tolerance = 1e-15});
    return (flow.state - iterate(play, vector(1, -3), {.iterations = 10}).state).norm();
  };
  CHECK(std::log2(distance(0.02) / distance(0.01)) == Approx(5).margin(0.1));
}
