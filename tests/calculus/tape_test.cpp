#include <drift/calculus/tape.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using namespace drift::calculus;

namespace {

Vector<double> vector(std::initializer_list<double> numbers) {
  Vector<double> v(static_cast<Index>(numbers.size()));
  std::copy(numbers.begin(), numbers.end(), v.data());
  return v;
}

}  // namespace

TEST_CASE("a tape replays what was recorded on it", "[tape]") {
  Tape<double> tape;
  Vector<Variable<double>> x;
  tape.record_inputs(vector({2, 3}), x);
  tape.record_output(x[0] * x[0] * x[1] + exp(x[0]) / x[1]);
  CHECK(tape.output_value() == Approx(12 + std::exp(2.0) / 3));
  CHECK(tape.size() == 6);

  Vector<double> g;
  tape.pull_back(first_stage, g);
  CHECK(g[0] == Approx(12 + std::exp(2.0) / 3));
  CHECK(g[1] == Approx(4 - std::exp(2.0) / 9));

  Stages stages;
  tape.advance(stages[1], vector({1, -2}));
  Vector<double> h;
  tape.pull_back(stages[1], h);
  const double e = std::exp(2.0);
  CHECK(h[0] == Approx(6 + e / 3 - 2 * (4 - e / 9)));
  CHECK(h[1] == Approx(4 - e / 9 - 2 * (2 * e / 27)));
}

TEST_CASE("recording again starts anew, with another number of operations too", "[tape]") {
  Tape<double> tape;
  Vector<Variable<double>> x;
  Vector<double> g;
  Stages stages;
  for (int length : {5, 1, 8}) {
    tape.record_inputs(vector({2}), x);
    Variable<double> product = 1;
    for (int i = 0; i < length; ++i) product *= x[0];
    tape.record_output(product);
    CHECK(tape.output_value() == std::pow(2, length));
    tape.pull_back(first_stage, g);
    CHECK(g[0] == length * std::pow(2, length - 1));
    tape.advance(stages[1], vector({1}));
    tape.pull_back(stages[1], g);
    CHECK(g[0] == length * (length - 1) * std::pow(2, length - 2));
  }
}

TEST_CASE("constants, single inputs and unused inputs are outputs like any other", "[tape]") {
  Tape<double> tape;
  Vector<Variable<double>> x;
  Vector<double> g;
  Stages stages;
  SECTION("a constant has no gradient") {
    tape.record_inputs(vector({1, 2}), x);
    tape.record_output(7);
    CHECK(tape.output_value() == 7);
    tape.pull_back(first_stage, g);
    CHECK(g == vector({0, 0}));
    tape.advance(stages[1], vector({1, 1}));
    tape.pull_back(stages[1], g);
    CHECK(g == vector({0, 0}));
  }
  SECTION("an input itself") {
    tape.record_inputs(vector({1, 2}), x);
    tape.record_output(x[1]);
    tape.pull_back(first_stage, g);
    CHECK(g == vector({0, 1}));
    tape.advance(stages[1], vector({5, 6}));
    tape.pull_back(stages[1], g);
    CHECK(g == vector({0, 0}));
  }
  SECTION("an output that is not the last operation") {
    tape.record_inputs(vector({3, 2}), x);
    const Variable<double> output = x[0] * x[0];
    const Variable<double> unused = exp(x[0] * x[1]);
    tape.record_output(output);
    CHECK(unused.value() == std::exp(6.0));
    tape.pull_back(first_stage, g);
    CHECK(g == vector({6, 0}));
  }
}

TEST_CASE("two tapes record side by side", "[tape]") {
  Tape<double> a, b;
  Vector<Variable<double>> x, y;
  a.record_inputs(vector({2}), x);
  b.record_inputs(vector({3}), y);
  const Variable<double> u = x[0] * x[0], v = y[0] * y[0] * y[0];
  a.record_output(u);
  b.record_output(v);
  Vector<double> g;
  a.pull_back(first_stage, g);
  CHECK(g[0] == 4);
  b.pull_back(first_stage, g);
  CHECK(g[0] == 27);
}
