#pragma once
// split: a seeded division of a dataset into a part to train on and a part to test on.
//
//     auto [train, test] = data::split(iris, Random(seed), {.train_fraction = 0.8});
//
// Every example is in exactly one part; both parts are in random order, have at least one example, and keep all class
// names. Stratified, the training part holds of each class its share rounded up or down (largest remainders; on a tie
// the lower label).
//
// Failures: InvalidArgument for a dataset that is not valid and for options that would leave a part empty.

#include <drift/core/errors.hpp>
#include <drift/core/random.hpp>
#include <drift/core/types.hpp>
#include <drift/data/dataset.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace drift::data {

struct SplitOptions {
  double train_fraction = 0.8;            ///< in (0, 1); of n examples, the nearest whole number to this fraction
  std::optional<Index> train_count = {};  ///< in 1, ..., n - 1; when given, used instead of the fraction
  bool stratified = false;                ///< keep the proportions of the classes
};

template <class T>
struct Split {
  Dataset<T> train;
  Dataset<T> test;
};

namespace detail {

inline Index train_size(Index examples, const SplitOptions& options) {
  const std::string both_parts = "such that both parts of " + std::to_string(examples) + " examples have at least one";
  if (options.train_count) {
    const Index count = *options.train_count;
    require(count >= 1 && count < examples, "train_count", count, both_parts);
    return count;
  }
  const double fraction = options.train_fraction;
  require(fraction > 0 && fraction < 1, "train_fraction", fraction, "above 0 and below 1");
  const auto count = static_cast<Index>(std::round(fraction * static_cast<double>(examples)));
  require(count >= 1 && count < examples, "train_fraction", fraction, both_parts);
  return count;
}

/// How many examples of each class go to a training part of `train` examples: the proportional shares, made whole so
/// that they sum to `train`.
inline std::vector<Index> shares(const std::vector<int>& labels, int classes, Index train) {
  const auto examples = static_cast<Index>(labels.size());
  std::vector<Index> share(static_cast<std::size_t>(classes), 0);
  for (const int label : labels) ++share[static_cast<std::size_t>(label)];
  std::vector<Index> remainder;
  for (Index& members : share) {
    remainder.push_back(members * train % examples);
    members = members * train / examples;
  }
  std::vector<std::size_t> order(share.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return remainder[a] > remainder[b]; });
  const Index left = train - std::accumulate(share.begin(), share.end(), Index{0});
  for (Index i = 0; i < left; ++i) ++share[order[static_cast<std::size_t>(i)]];
  return share;
}

}  // namespace detail

/// The stream is a copy: the same Random gives the same split, and the caller's does not advance. Give each purpose a
/// substream of its own, random.split("train and test").
template <class T>
Split<T> split(const Dataset<T>& dataset, Random random, const SplitOptions& options = {}) {
  dataset.validate();
  const Index train_size = detail::train_size(dataset.size(), options);
  const std::vector<Index> order = random.permutation(dataset.size());
  std::vector<Index> train, test;
  if (options.stratified) {
    std::vector<Index> wanted = detail::shares(dataset.labels, dataset.classes(), train_size);
    for (const Index example : order) {
      Index& open = wanted[static_cast<std::size_t>(dataset.labels[static_cast<std::size_t>(example)])];
      (open > 0 ? train : test).push_back(example);
      open = std::max<Index>(open - 1, 0);
    }
  } else {
    train.assign(order.begin(), order.begin() + train_size);
    test.assign(order.begin() + train_size, order.end());
  }
  return {select(dataset, train), select(dataset, test)};
}

}  // namespace drift::data
