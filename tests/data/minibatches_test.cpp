#include <drift/core/fields.hpp>
#include <drift/core/random.hpp>
#include <drift/data/minibatches.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <any>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using drift::Index;
using drift::InvalidArgument;
using drift::Random;
using drift::data::LastBatch;
using drift::data::Minibatches;
using drift::data::minibatches;
using drift::data::MinibatchOptions;

namespace {

std::vector<Index> natural_order(Index n) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

/// The examples of the next so many batches, one after another.
std::vector<Index> concatenated(Minibatches stream, Index batches) {
  std::vector<Index> examples;
  for (Index i = 0; i < batches; ++i) {
    const auto& batch = stream.next();
    examples.insert(examples.end(), batch.begin(), batch.end());
  }
  return examples;
}

std::vector<std::size_t> sizes_of_an_epoch(Minibatches stream) {
  std::vector<std::size_t> sizes;
  for (Index i = 0; i < stream.batches_per_epoch(); ++i) sizes.push_back(stream.next().size());
  return sizes;
}

/// With so many degrees of freedom chi-square is nearly normal: mean k, variance 2 k. The bound is six deviations.
bool plausible_chi_square(double chi_square, double degrees) {
  return std::abs(chi_square - degrees) < 6 * std::sqrt(2 * degrees);
}

double chi_square(const std::vector<double>& counts, double expected) {
  double sum = 0;
  for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

/// Copies fields out of one stream and into another by name, as a reader of checkpoints does.
struct Saved {
  std::map<std::string, std::any, std::less<>> values;

  explicit Saved(const Minibatches& stream) {
    drift::visit_fields(stream, [&](std::string_view name, const auto& field) { values[std::string(name)] = field; });
  }
  void write_to(Minibatches& stream) const {
    drift::visit_fields(
        stream, [&]<class T>(std::string_view name, T& field) { field = std::any_cast<T>(values.find(name)->second); });
  }
};

const std::vector<MinibatchOptions> all_kinds{
    {.batch_size = 7, .last = LastBatch::keep},
    {.batch_size = 7, .last = LastBatch::drop},
    {.batch_size = 5},
    {.batch_size = 1},
    {.batch_size = 30},
    {.batch_size = 100},
    {.batch_size = 7, .replacement = true},
    {.batch_size = 100, .replacement = true},
};

}  // namespace

TEST_CASE("Without replacement every epoch visits every example exactly once, in an order of its own") {
  for (const Index batch_size : {1, 7, 10, 29}) {
    Minibatches stream = minibatches(30, {.batch_size = batch_size}, Random(1));
    std::vector<std::vector<Index>> orders;
    for (int epoch = 0; epoch < 4; ++epoch) {
      CHECK(stream.epoch() == epoch);
      std::vector<Index> seen = concatenated(stream, stream.batches_per_epoch());
      stream.skip(stream.batches_per_epoch());
      orders.push_back(seen);
      std::sort(seen.begin(), seen.end());
      CHECK(seen == natural_order(30));
    }
    std::sort(orders.begin(), orders.end());
    CHECK(std::adjacent_find(orders.begin(), orders.end()) == orders.end());
  }
}

TEST_CASE("An epoch is the permutation of its number's substream, however it is cut") {
  const Random random = Random(2).split("batches");
  std::vector<Index> expected;
  for (const std::uint64_t epoch : {0U, 1U, 2U}) {
    const std::vector<Index> permutation = random.split(epoch).permutation(30);
    expected.insert(expected.end(), permutation.begin(), permutation.end());
  }
  for (const Index batch_size : {1, 4, 7, 15, 29}) {
    const Minibatches stream = minibatches(30, {.batch_size = batch_size}, random);
    CHECK(concatenated(stream, 3 * stream.batches_per_epoch()) == expected);
  }
}

TEST_CASE("Examples that fill no last batch are a short batch or left out, as asked") {
  const auto kept = minibatches(30, {.batch_size = 7}, Random(3));
  const auto dropped = minibatches(30, {.batch_size = 7, .last = LastBatch::drop}, Random(3));
  CHECK(kept.batches_per_epoch() == 5);
  CHECK(dropped.batches_per_epoch() == 4);
  CHECK(sizes_of_an_epoch(kept) == std::vector<std::size_t>{7, 7, 7, 7, 2});
  CHECK(sizes_of_an_epoch(dropped) == std::vector<std::size_t>{7, 7, 7, 7});
  CHECK(concatenated(kept, 4) == concatenated(dropped, 4));
  // Which ones are left out changes: each example is missed in 2 of 30 epochs on average, none in all of 300.
  std::vector<double> seen(30, 0);
  for (const Index example : concatenated(dropped, 300 * 4)) ++seen[static_cast<std::size_t>(example)];
  CHECK(*std::min_element(seen.begin(), seen.end()) > 250);
  CHECK(*std::max_element(seen.begin(), seen.end()) < 300);
  for (const LastBatch last : {LastBatch::keep, LastBatch::drop}) {
    const auto even = minibatches(30, {.batch_size = 10, .last = last}, Random(3));
    CHECK(sizes_of_an_epoch(even) == std::vector<std::size_t>{10, 10, 10});
  }
}

TEST_CASE("A batch of all examples is in natural order") {
  for (const Index batch_size : {30, 31, 1000}) {
    auto stream = minibatches(30, {.batch_size = batch_size}, Random(4));
    CHECK(stream.batches_per_epoch() == 1);
    for (int i = 0; i < 3; ++i) CHECK(stream.next() == natural_order(30));
    CHECK(stream.epoch() == 3);
  }
  auto whole = drift::data::full_batch(30);
  CHECK(whole.next() == natural_order(30));
  CHECK(whole.next() == natural_order(30));
  CHECK(minibatches(1, {.last = LastBatch::keep}, Random(4)).next() == natural_order(1));
}

TEST_CASE("With replacement all examples are equally likely, whatever was drawn before") {
  constexpr Index examples = 50, batch_size = 40, batches = 5000;
  auto stream = minibatches(examples, {.batch_size = batch_size, .replacement = true}, Random(5));
  std::vector<double> counts(examples, 0);
  std::vector<double> pairs(examples * examples, 0);  // an example and its successor, also from one batch to the next
  Index last = 0, repeats = 0;
  for (Index i = 0; i < batches; ++i) {
    std::vector<Index> batch = stream.next();
    REQUIRE(batch.size() == batch_size);
    for (const Index example : batch) {
      REQUIRE((example >= 0 && example < examples));
      ++counts[static_cast<std::size_t>(example)];
      ++pairs[static_cast<std::size_t>(last * examples + example)];
      last = example;
    }
    std::sort(batch.begin(), batch.end());
    repeats += std::adjacent_find(batch.begin(), batch.end()) != batch.end() ? 1 : 0;
  }
  constexpr double draws = static_cast<double>(batch_size * batches);
  CHECK(plausible_chi_square(chi_square(counts, draws / examples), examples - 1));
  CHECK(plausible_chi_square(chi_square(pairs, draws / (examples * examples)), examples * examples - 1));
  CHECK(repeats == batches);  // 40 of 50 without a repeat: one batch in 10^11
}

TEST_CASE("Shuffled epochs put every example in every place equally often") {
  constexpr Index examples = 10, epochs = 5000;
  const auto order = concatenated(minibatches(examples, {.batch_size = 3}, Random(6)), 4 * epochs);
  REQUIRE(order.size() == examples * epochs);
  std::vector<double> counts(examples * examples, 0);
  for (std::size_t i = 0; i < order.size(); ++i) ++counts[i % examples * examples + static_cast<std::size_t>(order[i])];
  // Rows and columns have fixed sums: (n - 1)^2 degrees of freedom, and the statistic of n uniform permutation cells is
  // n / (n - 1) times chi-square.
  constexpr double n = examples;
  CHECK(plausible_chi_square(chi_square(counts, epochs / n) * (n - 1) / n, (n - 1) * (n - 1)));
}

TEST_CASE("With replacement the draws do not depend on how they are cut into batches") {
  const auto stream = [](Index batch_size) {
    return minibatches(17, {.batch_size = batch_size, .replacement = true}, Random(7));
  };
  const std::vector<Index> draws = concatenated(stream(60), 1);
  CHECK(concatenated(stream(1), 60) == draws);
  CHECK(concatenated(stream(5), 12) == draws);
  CHECK(concatenated(stream(20), 3) == draws);
  // An epoch is a count of batches that draw at least as many as there are examples; LastBatch has no say.
  CHECK(stream(5).batches_per_epoch() == 4);
  CHECK(stream(60).batches_per_epoch() == 1);
  CHECK(minibatches(17, {.batch_size = 60, .replacement = true, .last = LastBatch::drop}, Random(7)).next() == draws);
}

TEST_CASE("A copy goes on identically and on its own") {
  for (const MinibatchOptions& options : all_kinds) {
    auto stream = minibatches(30, options, Random(8));
    for (int drawn = 0; drawn < 12; ++drawn) {
      auto copy = stream;
      CHECK(copy == stream);
      const std::vector<Index> batch = stream.next();
      CHECK_FALSE(copy == stream);
      CHECK(copy.next() == batch);
      CHECK(copy == stream);
    }
  }
}

TEST_CASE("Skipping is drawing") {
  for (const MinibatchOptions& options : all_kinds) {
    const auto start = minibatches(30, options, Random(9));
    auto drawing = start;
    for (Index n = 0; n < 40; ++n) {
      auto skipping = start;
      if (n % 3 == 1) skipping.next();  // with or without an epoch at hand
      skipping.skip(n - skipping.drawn());
      CHECK(skipping == drawing);
      CHECK(skipping.drawn() == n);
      CHECK(skipping.epoch() == n / start.batches_per_epoch());
      CHECK(skipping.next() == drawing.next());
    }
  }
}

TEST_CASE("Seeds, substreams and epochs give different batches; what was drawn from the Random has no say") {
  const auto order = [](const Random& random, bool replacement) {
    return concatenated(minibatches(100, {.batch_size = 10, .replacement = replacement}, random), 10);
  };
  for (const bool replacement : {false, true}) {
    CHECK(order(Random(1), replacement) == order(Random(1), replacement));
    CHECK(order(Random(1), replacement) != order(Random(2), replacement));
    CHECK(order(Random(1).split("a"), replacement) != order(Random(1).split("b"), replacement));
    Random advanced(1);
    advanced.skip(5);
    CHECK(order(advanced, replacement) == order(Random(1), replacement));
    CHECK(minibatches(9, {.replacement = replacement}, advanced) ==
          minibatches(9, {.replacement = replacement}, Random(1)));
  }
}

TEST_CASE("Streams that differ in anything that they consist of are unequal") {
  const auto base = minibatches(30, {.batch_size = 7}, Random(1));
  CHECK(base == minibatches(30, {.batch_size = 7}, Random(1)));
  CHECK_FALSE(base == minibatches(31, {.batch_size = 7}, Random(1)));
  CHECK_FALSE(base == minibatches(30, {.batch_size = 8}, Random(1)));
  CHECK_FALSE(base == minibatches(30, {.batch_size = 7, .replacement = true}, Random(1)));
  CHECK_FALSE(base == minibatches(30, {.batch_size = 7, .last = LastBatch::drop}, Random(1)));
  CHECK_FALSE(base == minibatches(30, {.batch_size = 7}, Random(2)));
}

TEST_CASE("A stream whose fields are overwritten goes on as the one that they were read from") {
  STATIC_REQUIRE(drift::HasFields<Minibatches>);
  for (const MinibatchOptions& options : all_kinds)
    for (const Index drawn : {0, 1, 4, 9}) {
      auto original = minibatches(30, options, Random(10));
      for (Index i = 0; i < drawn; ++i) original.next();
      // Readers with every kind of scratch memory: none, another epoch's, another seed's and size's.
      auto fresh = minibatches(30, options, Random(10));
      auto other_epoch = minibatches(30, options, Random(10));
      other_epoch.skip(1000);
      other_epoch.next();
      auto other_seed = minibatches(30, {.batch_size = 3}, Random(11));
      other_seed.next();
      auto other_size = minibatches(12, {.batch_size = 2}, Random(10));
      other_size.next();
      const Saved saved(original);
      for (Minibatches* reader : {&fresh, &other_epoch, &other_seed, &other_size}) {
        saved.write_to(*reader);
        CHECK(*reader == original);
        CHECK(concatenated(*reader, 15) == concatenated(original, 15));
      }
    }
}

TEST_CASE("Fields that do not fit together are refused by the next draw") {
  const auto refused = [](std::string_view changed, const std::any& value) {
    auto stream = minibatches(30, {.batch_size = 7, .last = LastBatch::drop}, Random(12));
    stream.next();
    Saved saved(stream);
    saved.values.find(changed)->second = value;
    saved.write_to(stream);
    try {
      stream.next();
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused("drawn", Index{5}) == "accepted");
  CHECK_THAT(refused("drawn", Index{-1}), StartsWith("drawn: was -1, must be 0 or above"));
  CHECK_THAT(refused("examples", Index{0}), StartsWith("examples: was 0"));
  CHECK_THAT(refused("batch_size", Index{0}), StartsWith("batch_size: was 0"));
  CHECK_THAT(refused("examples", Index{3}), StartsWith("batch_size: was 7, must be at most the 3 examples"));
}

TEST_CASE("Options that allow no batch are refused") {
  const auto make = [](Index examples, const MinibatchOptions& options) {
    return minibatches(examples, options, Random(1));
  };
  CHECK_THROWS_WITH(make(0, {}), StartsWith("examples: was 0, must be 1 or above"));
  CHECK_THROWS_WITH(make(-3, {}), StartsWith("examples: was -3"));
  CHECK_THROWS_WITH(make(10, {.batch_size = 0}), StartsWith("batch_size: was 0, must be 1 or above"));
  CHECK_THROWS_WITH(make(10, {.batch_size = -1, .replacement = true}), StartsWith("batch_size: was -1"));
  CHECK_THROWS_WITH(make(10, {.batch_size = 11, .last = LastBatch::drop}),
                    StartsWith("batch_size: was 11, must be at most the 10 examples") && Contains("dropped"));
  CHECK_NOTHROW(make(10, {.batch_size = 10, .last = LastBatch::drop}));
  CHECK_THROWS_WITH(drift::data::full_batch(0), StartsWith("examples: was 0"));
  auto stream = make(10, {});
  CHECK_THROWS_WITH(stream.skip(-1), StartsWith("batches: was -1, must be 0 or above"));
  stream.skip(std::numeric_limits<Index>::max());
  CHECK_THROWS_AS(stream.skip(1), InvalidArgument);
}
