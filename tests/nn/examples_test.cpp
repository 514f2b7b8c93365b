#include <drift/nn/examples.hpp>

#include <catch2/catch.hpp>

#include <numeric>

using namespace drift;

TEST_CASE("a data set is cut into parts and blocks that hold every example once", "[nn]") {
  using Cut = nn::Cut<double>;
  for (const Index examples : {1, 7, 8, 9, 150, 191, 192, 193, 255, 256, 1000, 1797, 6000, 70001}) {
    const Cut cut(examples);
    INFO(examples);
    Index next = 0;
    for (const nn::Block& block : cut.blocks) {
      CHECK(block.first == next);
      CHECK(block.examples >= 1);
      CHECK(block.rows >= block.examples);
      CHECK(block.rows < block.examples + Cut::row_unit);
      CHECK(block.rows % Cut::row_unit == 0);
      CHECK(block.rows <= Cut::largest_block);
      next += block.examples;
    }
    CHECK(next == examples);
    CHECK(cut.part_ends.back() == cut.blocks.size());
    const std::size_t parts = cut.part_ends.size();
    CHECK((parts & (parts - 1)) == 0);
    if (examples < 256) CHECK(parts == 1);
    if (examples >= 256) CHECK(parts >= 2);
  }
}

TEST_CASE("padding repeats the last example", "[nn]") {
  const Matrix<double> x = Matrix<double>::Random(11, 2), y = Matrix<double>::Random(11, 1);
  const auto blocks = nn::cut_into_blocks<double>(x, y);
  REQUIRE(blocks.inputs.size() == 1);
  REQUIRE(blocks.inputs[0].rows() == 16);
  CHECK(blocks.inputs[0].topRows(11) == x);
  CHECK(blocks.targets[0].topRows(11) == y);
  for (Index i = 11; i < 16; ++i) {
    CHECK(blocks.inputs[0].row(i) == x.row(10));
    CHECK(blocks.targets[0].row(i) == y.row(10));
  }
}

TEST_CASE("sums over blocks have the same bits for every number of threads", "[nn][threads]") {
  const Index examples = 9000, dimension = 101;
  const nn::Cut<double> cut(examples);
  std::vector<Vector<double>> terms;
  for (std::size_t i = 0; i < cut.blocks.size(); ++i) terms.push_back(Vector<double>::Random(dimension) / 3);
  Vector<double> plain = Vector<double>::Zero(dimension);
  for (const auto& term : terms) plain += term;
  const auto add = [&](int threads) {
    nn::ExampleSums<double> sums(cut, dimension, examples, threads);
    CHECK(sums.threads() <= threads);
    Vector<double> total;
    for (int round = 0; round < 3; ++round) {
      sums.run(total, [&](std::size_t block, Vector<double>& sum, bool accumulate) {
        if (accumulate) {
          sum += terms[block];
        } else {
          sum = terms[block];
        }
      });
    }
    std::vector<int> visits(cut.blocks.size());
    sums.for_each_block([&](std::size_t block) { ++visits[block]; });
    CHECK(visits == std::vector<int>(cut.blocks.size(), 1));
    return total;
  };
  const Vector<double> one = add(1);
  CHECK((one - plain).norm() < 1e-13 * plain.norm());
  for (const int threads : {2, 3, 4, 8, 100}) CHECK(add(threads) == one);
}

TEST_CASE("little work is not shared", "[nn][threads]") {
  const nn::Cut<double> cut(1000);
  CHECK(nn::ExampleSums<double>(cut, 10, 1000, 4).threads() == 1);
  CHECK(nn::ExampleSums<double>(cut, 1000, 1000, 4).threads() == 4);
  CHECK(nn::ExampleSums<double>(cut, 1000, 1000, 3).threads() == 2);
}
