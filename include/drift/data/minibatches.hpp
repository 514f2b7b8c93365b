#pragma once
// Minibatches: a seeded stream of minibatches, each a list of examples' numbers; a value like any other.
//
//     auto batches = data::minibatches(train.size(), {.batch_size = 32}, Random(seed).split("batches"));
//     for (int i = 0; i < iterations; ++i) {
//       const std::vector<Index>& batch = batches.next();      // numbers in 0, ..., examples - 1; valid until the next call
//       ...
//     }
//
// Without replacement (the default) the batches go through one epoch after another: a fresh permutation of all examples, cut
// into batches of batch_size. Where that does not come out even, the last batch is short (LastBatch::keep, the default) or left
// out (LastBatch::drop). With replacement a batch is batch_size independent uniform draws, in which an example may occur twice;
// an epoch is then a mere count, ceil(examples / batch_size) batches, and LastBatch has no say.
//
// A batch of all examples (batch_size >= examples, without replacement) keeps the order 0, ..., examples - 1 and draws nothing:
// the order of a full batch could change no more than the rounding of its sums, and so they are those of the full gradient.
//
// The stream is a function of (examples, options, random) and the number of batches drawn, and these are all that it consists
// of: the permutation of epoch e is random.split(e).permutation(examples), draw number j with replacement is the j-th word of
// random.split("with replacement"). So a copy goes on identically, skip() costs nothing, a restored stream goes on where the
// saved one was, and with LastBatch::keep or with replacement the sequence of examples does not depend on how it is cut into
// batches (the full batch apart). The permutation at hand is scratch memory, made anew when it is not that of the epoch.
//
// Cost: about 10 ns an example; memory for one permutation and one batch; no allocation from the second next() on.
// Failures: InvalidArgument for sizes below 1 and for LastBatch::drop with batch_size > examples, which would leave no batch.

#include <drift/core/errors.hpp>
#include <drift/core/random.hpp>
#include <drift/core/types.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace drift::data {

/// What becomes of the examples that do not fill a last batch in an epoch without replacement.
enum class LastBatch {
  keep,  ///< a short batch, so that every example is seen once an epoch; the mean over it has more noise
  drop,  ///< left out in this epoch, so that all batches are of one size
};

struct MinibatchOptions {
  Index batch_size = 32;             ///< 1 or above
  bool replacement = false;          ///< independent draws instead of epochs
  LastBatch last = LastBatch::keep;  ///< without replacement

  void validate(Index examples) const {
    require(examples >= 1, "examples", examples, "1 or above");
    require(batch_size >= 1, "batch_size", batch_size, "1 or above");
    if (last == LastBatch::drop && !replacement)
      require(batch_size <= examples, "batch_size", batch_size,
              "at most the " + std::to_string(examples) + " examples where an incomplete last batch is dropped");
  }
};

class Minibatches {
 public:
  Minibatches(Index examples, const MinibatchOptions& options, Random random)
      : examples_(examples), options_(options), random_(random.seed(), random.stream()) {
    options_.validate(examples_);
  }

  /// The next batch. The reference is valid until the next call or until this object is gone.
  const std::vector<Index>& next() {
    validate();  // a reader may have set the fields
    batch_.reserve(static_cast<std::size_t>(largest_batch()));
    if (options_.replacement) {
      draw_independently();
    } else {
      cut_from_epoch();
    }
    ++drawn_;
    return batch_;
  }

  /// Moves on as if `batches` batches had been drawn.
  void skip(Index batches) {
    require(batches >= 0 && batches <= std::numeric_limits<Index>::max() - drawn_, "batches", batches,
            "0 or above, and countable with those drawn");
    drawn_ += batches;
  }

  Index examples() const { return examples_; }
  Index batch_size() const { return options_.batch_size; }
  const MinibatchOptions& options() const { return options_; }

  /// How many batches were drawn so far.
  Index drawn() const { return drawn_; }

  Index batches_per_epoch() const {
    const Index full = examples_ / options_.batch_size;
    const bool rest = examples_ % options_.batch_size != 0;
    return rest && (options_.replacement || options_.last == LastBatch::keep) ? full + 1 : full;
  }

  /// The epoch, from 0, that the next batch belongs to: how many are complete.
  Index epoch() const { return drawn_ / batches_per_epoch(); }

  /// Throws unless the fields fit together, as they do unless they were set from outside.
  void validate() const {
    options_.validate(examples_);
    require(drawn_ >= 0, "drawn", drawn_, "0 or above");
  }

  /// Equal when all further batches are.
  friend bool operator==(const Minibatches& a, const Minibatches& b) {
    return a.examples_ == b.examples_ && a.options_.batch_size == b.options_.batch_size &&
           a.options_.replacement == b.options_.replacement && a.options_.last == b.options_.last &&
           a.random_ == b.random_ && a.drawn_ == b.drawn_;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("examples", self.examples_);
    visit("batch_size", self.options_.batch_size);
    visit("replacement", self.options_.replacement);
    visit("last", self.options_.last);
    visit("random", self.random_);
    visit("drawn", self.drawn_);
  }

 private:
  /// The permutation that order_ holds.
  struct Order {
    Random random;
    Index examples;
    Index epoch;
    bool operator==(const Order&) const = default;
  };

  Index largest_batch() const {
    return options_.replacement ? options_.batch_size : std::min(options_.batch_size, examples_);
  }

  // below() takes a second word once in 2^64 / examples draws; the next batch starts at its own place all the same.
  void draw_independently() {
    const auto size = static_cast<std::uint64_t>(options_.batch_size);
    Random draws = random_.split("with replacement");
    draws.skip(static_cast<std::uint64_t>(drawn_) * size);
    batch_.resize(static_cast<std::size_t>(options_.batch_size));
    for (Index& example : batch_) example = draws.below(examples_);
  }

  void cut_from_epoch() {
    if (options_.batch_size >= examples_) {
      batch_.resize(static_cast<std::size_t>(examples_));
      std::iota(batch_.begin(), batch_.end(), Index{0});
      return;
    }
    permute({random_, examples_, epoch()});
    const Index first = drawn_ % batches_per_epoch() * options_.batch_size;
    const Index last = std::min(first + options_.batch_size, examples_);
    batch_.assign(order_.begin() + first, order_.begin() + last);
  }

  void permute(const Order& wanted) {
    if (held_ == wanted) return;
    order_.resize(static_cast<std::size_t>(wanted.examples));
    std::iota(order_.begin(), order_.end(), Index{0});
    wanted.random.split(static_cast<std::uint64_t>(wanted.epoch)).shuffle(order_);
    held_ = wanted;
  }

  Index examples_;
  MinibatchOptions options_;
  Random random_;
  Index drawn_ = 0;
  // Scratch memory, no part of the value.
  std::vector<Index> batch_;
  std::vector<Index> order_;
  std::optional<Order> held_;
};

/// The batches follow from random's seed and stream, not from what was drawn of it: give every purpose a substream of its own.
inline Minibatches minibatches(Index examples, const MinibatchOptions& options, Random random) {
  return {examples, options, random};
}

/// Every batch is 0, ..., examples - 1: descent on the full data set, for code that takes Minibatches.
inline Minibatches full_batch(Index examples) { return {examples, {.batch_size = examples}, Random(0)}; }

}  // namespace drift::data
