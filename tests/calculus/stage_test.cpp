#include <drift/calculus/elementary.hpp>
#include <drift/calculus/stage.hpp>

#include <catch2/catch.hpp>
#include <drift/core/random.hpp>

#include <vector>

using namespace drift;
using namespace drift::calculus;

namespace {

/// A series of plain numbers, as the recurrences want it: operator[] of a const object gives a number to write to.
struct Series {
  double* data;
  double& operator[](Index m) const { return data[m]; }
};

}  // namespace

TEST_CASE("stages of plain Taylor arithmetic pair a with m - a and weigh with the power", "[stage]") {
  Stages stages;
  for (Index m = 0; m < 6; ++m) {
    const Stage& stage = stages[m];
    CHECK(stage.number == m);
    CHECK(stage.weight == (m == 0 ? 1 : static_cast<int>(m)));
    REQUIRE(stage.pairs.size() == static_cast<std::size_t>(m + 1));
    for (Index a = 0; a <= m; ++a) {
      CHECK(stage.pairs[static_cast<std::size_t>(a)].a == a);
      CHECK(stage.pairs[static_cast<std::size_t>(a)].b == m - a);
      CHECK(stage.pairs[static_cast<std::size_t>(a)].weight == a);
    }
  }
}

TEST_CASE("the first stage is the plain evaluation at any depth", "[stage]") {
  for (int depth : {0, 1, 2, 3}) {
    Stages stages(depth);
    CHECK(stages.depth() == depth);
    CHECK(stages[0].pairs.size() == first_stage.pairs.size());
    CHECK(stages[0].number == first_stage.number);
    CHECK(stages[0].weight == first_stage.weight);
  }
}

TEST_CASE("references to a stage stay valid while more are made", "[stage]") {
  Stages stages(2);
  const Stage& third = stages[3];
  stages[200];
  CHECK(&third == &stages[3]);
  CHECK(third.number == 3);
}

TEST_CASE("products of series with infinitesimals follow t^i t^j = t^(i+j), e e = 0", "[stage]") {
  // Brute force: multiply monomials as exponent tuples.
  for (int depth : {0, 1, 2, 3}) {
    INFO("depth " << depth);
    const Index block = Index{1} << depth, count = 5 * block;
    Random random(11);
    Vector<double> x = random.normal_vector(count), y = random.normal_vector(count);
    Vector<double> expected = Vector<double>::Zero(count);
    for (Index i = 0; i < count; ++i) {
      for (Index j = 0; j < count; ++j) {
        bool vanishes = false;
        Index bits = 0;
        for (int e = 0; e < depth; ++e) {
          const Index power = ((i >> e) & 1) + ((j >> e) & 1);
          vanishes = vanishes || power > 1;
          bits |= power << e;
        }
        const Index m = (i / block + j / block) * block + bits;
        if (!vanishes && m < count) expected[m] += x[i] * y[j];
      }
    }
    Stages stages(depth);
    Vector<double> z = Vector<double>::Zero(count), added = Vector<double>::Ones(count);
    for (Index m = 0; m < count; ++m) {
      set_product(stages[m], Series{z.data()}, Series{x.data()}, Series{y.data()});
      add_product(stages[m], Series{added.data()}, Series{x.data()}, Series{y.data()});
    }
    CHECK((z - expected).norm() < 1e-13);
    CHECK((added - expected - Vector<double>::Ones(count)).norm() < 1e-13);
  }
}

TEST_CASE("pairs ascend from (0, m) to (m, 0), and their weights come from a derivation of the ring", "[stage]") {
  for (int depth : {1, 2, 3}) {
    Stages stages(depth);
    for (Index m = 1; m < 24; ++m) {
      const Stage& stage = stages[m];
      CHECK(stage.weight > 0);
      CHECK(stage.pairs.front().a == 0);
      CHECK(stage.pairs.front().b == m);
      CHECK(stage.pairs.back().a == m);
      CHECK(stage.pairs.back().weight == stage.weight);
      for (std::size_t i = 0; i < stage.pairs.size(); ++i) {
        const Pair& pair = stage.pairs[i];
        if (i > 0) CHECK(pair.a > stage.pairs[i - 1].a);
        // Leibniz: the weights of the two factors add up to that of the product.
        const Pair& mirrored = stage.pairs[stage.pairs.size() - 1 - i];
        CHECK(mirrored.a == pair.b);
        CHECK(pair.weight + mirrored.weight == stage.weight);
      }
    }
  }
}
