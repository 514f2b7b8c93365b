#include <drift/data/split.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using Catch::Matchers::StartsWith;
using drift::Index;
using drift::Random;
using drift::data::Dataset;
using drift::data::Split;
using drift::data::split;

namespace {

/// Examples whose one feature is their number, so that a part tells which it holds; sizes[c] of class c, interleaved.
Dataset<double> numbered(std::vector<int> sizes) {
  std::vector<int> labels;
  const auto classes = static_cast<int>(sizes.size());
  for (bool more = true; more;) {
    more = false;
    for (std::size_t c = 0; c < sizes.size(); ++c)
      if (sizes[c]-- > 0) {
        labels.push_back(static_cast<int>(c));
        more = true;
      }
  }
  const auto n = static_cast<Index>(labels.size());
  return drift::data::make_dataset<double>(drift::Vector<double>::LinSpaced(n, 0, static_cast<double>(n - 1)), labels,
                                           classes);
}

std::vector<int> members(const Dataset<double>& part) {
  std::vector<int> numbers;
  for (Index i = 0; i < part.size(); ++i) numbers.push_back(static_cast<int>(part.features(i, 0)));
  return numbers;
}

std::vector<Index> class_sizes(const Dataset<double>& part) {
  std::vector<Index> sizes;
  for (int c = 0; c < part.classes(); ++c) sizes.push_back(std::count(part.labels.begin(), part.labels.end(), c));
  return sizes;
}

/// Every example in one part, with its own label and the names it had.
void check_parts(const Dataset<double>& all, const Split<double>& parts) {
  std::vector<int> both = members(parts.train), test = members(parts.test);
  both.insert(both.end(), test.begin(), test.end());
  std::sort(both.begin(), both.end());
  CHECK(both == members(all));
  for (const Dataset<double>* part : {&parts.train, &parts.test}) {
    part->validate();
    CHECK(part->class_names == all.class_names);
    CHECK(part->feature_names == all.feature_names);
    const std::vector<int> numbers = members(*part);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      CHECK(part->labels[i] == all.labels[static_cast<std::size_t>(numbers[i])]);
  }
}

}  // namespace

TEST_CASE("A split holds every example in exactly one part, for fractions, counts and strata") {
  const Dataset<double> all = numbered({10, 23, 7});
  for (const bool stratified : {false, true}) {
    const Split<double> by_fraction = split(all, Random(1), {.train_fraction = 0.71, .stratified = stratified});
    check_parts(all, by_fraction);
    CHECK(by_fraction.train.size() == 28);
    for (const Index count : {Index{1}, Index{2}, Index{17}, Index{39}}) {
      const Split<double> by_count = split(all, Random(1), {.train_count = count, .stratified = stratified});
      check_parts(all, by_count);
      CHECK(by_count.train.size() == count);
    }
  }
}

TEST_CASE("The same stream gives the same split, another one another, in random order") {
  const Dataset<double> all = numbered({20, 20});
  const Random random(3);
  for (const bool stratified : {false, true}) {
    const auto train = [&](const Random& stream) {
      return members(split(all, stream, {.stratified = stratified}).train);
    };
    const std::vector<int> first = train(random);
    CHECK(train(random) == first);
    CHECK(train(Random(4)) != first);
    CHECK(train(random.split("other")) != first);
    CHECK_FALSE(std::is_sorted(first.begin(), first.end()));
  }
  CHECK(random == Random(3));
}

TEST_CASE("Every example is as likely as another to be trained on") {
  const Dataset<double> all = numbered({4, 6});
  for (const bool stratified : {false, true}) {
    std::vector<int> trained(10);
    const int rounds = 2000;
    for (int i = 0; i < rounds; ++i) {
      const auto parts =
          split(all, Random(5).split(static_cast<std::uint64_t>(i)), {.train_fraction = 0.5, .stratified = stratified});
      for (const int number : members(parts.train)) ++trained[static_cast<std::size_t>(number)];
    }
    for (const int count : trained) CHECK(std::abs(count - rounds / 2) < 4.5 * std::sqrt(rounds / 4.0));
  }
}

TEST_CASE("A stratified split keeps the proportions of the classes to within one example") {
  const Dataset<double> balanced = numbered({50, 50, 50});
  const auto parts = split(balanced, Random(6), {.train_fraction = 0.8, .stratified = true});
  CHECK(class_sizes(parts.train) == std::vector<Index>{40, 40, 40});
  CHECK(class_sizes(parts.test) == std::vector<Index>{10, 10, 10});

  const std::vector<int> sizes{13, 1, 29, 0, 7};
  const Dataset<double> uneven = numbered(sizes);
  for (Index count = 1; count < uneven.size(); ++count) {
    const auto trained = class_sizes(split(uneven, Random(7), {.train_count = count, .stratified = true}).train);
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      const double share = static_cast<double>(sizes[c]) * static_cast<double>(count) / 50;
      CHECK(std::abs(static_cast<double>(trained[c]) - share) < 1);
    }
  }
  // Shares 5.2, 0.4, 11.6, 0, 2.8: the two that are left go to the largest remainders.
  const auto twenty = split(uneven, Random(7), {.train_count = 20, .stratified = true});
  CHECK(class_sizes(twenty.train) == std::vector<Index>{5, 0, 12, 0, 3});
}

TEST_CASE("A split that would leave a part empty is refused by the option's name") {
  const Dataset<double> all = numbered({2, 2});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double fraction : {0.0, 1.0, -0.5, 1.5, 0.1, 0.9, nan}) {
    CAPTURE(fraction);
    CHECK_THROWS_WITH(split(all, Random(1), {.train_fraction = fraction}), StartsWith("train_fraction: was "));
  }
  for (const Index count : {Index{0}, Index{4}, Index{5}, Index{-1}}) {
    CAPTURE(count);
    CHECK_THROWS_WITH(split(all, Random(1), {.train_count = count}), StartsWith("train_count: was "));
  }
  CHECK_THROWS_AS(split(all, Random(1), {.train_count = 0}), drift::InvalidArgument);
  CHECK_THROWS_WITH(split(numbered({1}), Random(1), {.train_fraction = 0.5}), StartsWith("train_fraction: was 0.5"));
  CHECK_THROWS_WITH(split(Dataset<double>{}, Random(1)), StartsWith("features: was 0 x 0"));
}
