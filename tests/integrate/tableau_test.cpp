// The coefficients, checked in exact rational arithmetic against the order conditions of all rooted trees.

#include <drift/integrate/dense_output.hpp>
#include <drift/integrate/tableau.hpp>

#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace {

using Exact = boost::multiprecision::cpp_rational;
using Weights = std::vector<Exact>;

struct Tree {
  std::vector<Tree> children;

  int order() const {
    int n = 1;
    for (const Tree& child : children) n += child.order();
    return n;
  }
  Exact density() const {
    Exact gamma = order();
    for (const Tree& child : children) gamma *= child.density();
    return gamma;
  }
  std::string name() const {
    std::vector<std::string> names;
    for (const Tree& child : children) names.push_back(child.name());
    std::sort(names.begin(), names.end());
    std::string text = "[";
    for (const std::string& each : names) text += each;
    return text + "]";
  }
};

/// All rooted trees of `order` vertices: every tree with one vertex less, grown by a leaf at every vertex.
std::map<std::string, Tree> trees(int order) {
  if (order == 1) return {{"[]", Tree{}}};
  std::map<std::string, Tree> found;
  const auto grow = [&](const auto& self, Tree& root, Tree& here) -> void {
    here.children.push_back(Tree{});
    found.emplace(root.name(), root);
    here.children.pop_back();
    for (Tree& child : here.children) self(self, root, child);
  };
  for (auto [name, tree] : trees(order - 1)) grow(grow, tree, tree);
  return found;
}

Weights row(const drift::Tableau::Row& row, int stages) {
  Weights values;
  for (int i = 0; i < stages; ++i) values.push_back(row[static_cast<std::size_t>(i)].as<Exact>());
  return values;
}

/// The derivative weights of every stage for a tree.
Weights stage_weights(const drift::Tableau& method, const Tree& tree) {
  const auto stages = static_cast<std::size_t>(method.stages);
  Weights product(stages, Exact(1));
  for (const Tree& child : tree.children) {
    const Weights inner = stage_weights(method, child);
    for (std::size_t i = 0; i < stages; ++i) {
      const Weights a = row(method.a[i], method.stages);
      Exact sum = 0;
      for (std::size_t j = 0; j < stages; ++j) sum += a[j] * inner[j];
      product[i] *= sum;
    }
  }
  return product;
}

Exact elementary_weight(const drift::Tableau& method, const Weights& b, const Tree& tree) {
  const Weights stage = stage_weights(method, tree);
  Exact sum = 0;
  for (std::size_t i = 0; i < stage.size(); ++i) sum += b[i] * stage[i];
  return sum;
}

Exact power(const Exact& x, int n) {
  Exact result = 1;
  for (int i = 0; i < n; ++i) result *= x;
  return result;
}

/// The order up to which all conditions hold for the solution at fraction s of the step.
int exact_order(const drift::Tableau& method, const Weights& b, const Exact& s = 1) {
  for (int order = 1; order <= 6; ++order) {
    for (const auto& [name, tree] : trees(order)) {
      if (elementary_weight(method, b, tree) != power(s, order) / tree.density()) return order - 1;
    }
  }
  return 6;
}

}  // namespace

TEST_CASE("The rooted trees of the order conditions are counted right", "[integrate][tableau]") {
  const std::vector<std::size_t> counts = {1, 1, 2, 4, 9, 20};
  for (int order = 1; order <= 6; ++order) CHECK(trees(order).size() == counts[static_cast<std::size_t>(order - 1)]);
}

TEST_CASE("Each method has exactly the order that it claims", "[integrate][tableau]") {
  for (const drift::Tableau& method :
       {drift::methods::euler, drift::methods::runge_kutta_4, drift::methods::dormand_prince_5_4}) {
    INFO(method.name);
    CHECK_NOTHROW(method.validate());
    CHECK(exact_order(method, row(method.b, method.stages)) == method.order);
  }
}

TEST_CASE("The embedded method of Dormand-Prince has exactly order 4", "[integrate][tableau]") {
  const drift::Tableau& method = drift::methods::dormand_prince_5_4;
  Weights embedded = row(method.b, method.stages);
  const Weights error = row(method.error, method.stages);
  for (std::size_t i = 0; i < embedded.size(); ++i) embedded[i] -= error[i];
  CHECK(method.estimates_error());
  CHECK(exact_order(method, embedded) == method.error_order);
}

TEST_CASE("The dense output of Dormand-Prince has order 4 everywhere inside the step", "[integrate][tableau][dense]") {
  const drift::Tableau& method = drift::methods::dormand_prince_5_4;
  const Weights b = row(method.b, method.stages), dense = row(method.dense, method.stages);
  for (const Exact& s : {Exact(1, 7), Exact(1, 2), Exact(9, 10)}) {
    const drift::DenseWeights<Exact> weight(s, Exact(1));
    Weights inside;
    for (std::size_t i = 0; i < b.size(); ++i)
      inside.push_back(weight.difference * b[i] + weight.correction * dense[i]);
    inside.front() += weight.first_slope;
    inside.back() += weight.last_slope;
    CHECK(exact_order(method, inside, s) == 4);
  }
}

TEST_CASE("Only Dormand-Prince hands its last stage to the next step", "[integrate][tableau]") {
  CHECK(drift::methods::dormand_prince_5_4.first_same_as_last());
  CHECK_FALSE(drift::methods::runge_kutta_4.first_same_as_last());
  CHECK_FALSE(drift::methods::euler.first_same_as_last());
}

TEST_CASE("An inconsistent tableau is refused by the name of what is wrong", "[integrate][tableau]") {
  using Catch::Matchers::Contains;
  drift::Tableau method = drift::methods::runge_kutta_4;
  SECTION("weights that do not sum to one") {
    method.b[0] = {1, 5};
    CHECK_THROWS_WITH(method.validate(), Contains("method runge_kutta_4: the sum of b: was 1.03333"));
  }
  SECTION("an implicit stage") {
    method.a[1][1] = {1, 2};
    CHECK_THROWS_WITH(method.validate(), Contains("on or above the diagonal") && Contains("explicit methods only"));
  }
  SECTION("a zero denominator") {
    method.a[2][1] = {1, 0};
    CHECK_THROWS_WITH(method.validate(), Contains("a denominator of a: was 0"));
  }
  SECTION("too many stages") {
    method.stages = 12;
    CHECK_THROWS_WITH(method.validate(), Contains("stages: was 12, must be from 1 to 9"));
  }
  SECTION("an error order without an error estimate") {
    method.error_order = 3;
    CHECK_THROWS_WITH(method.validate(), Contains("method runge_kutta_4: error: was all zero"));
  }
}
