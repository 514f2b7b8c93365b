#pragma once
// How a data set's examples run through a network: in blocks that fit the cache, shared among threads, with sums that do not depend
// on how many there are.
//
//     Cut        which examples stand together: blocks, and parts of several blocks, by the number of examples alone
//     Blocks     a data set cut in this way
//     Examples   a data set as a network wants it, whole in blocks and, for minibatches, row after row
//     ExampleSums   runs over the blocks, on one thread or several, and adds up their gradients
//
// The same bits for every number of threads: a sum over examples is taken within a block, over the blocks of a part in their
// order, and over the parts as a balanced tree, whose branches are what threads take.

#include <drift/core/errors.hpp>
#include <drift/core/team.hpp>
#include <drift/nn/layer.hpp>

#include <algorithm>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace drift::nn {

/// Some of the examples, which run through a network together.
struct Block {
  Index first;  ///< the first example's index
  Index examples;
  Index rows;  ///< examples and padding
};

/// How a data set is cut, by the number of its examples alone.
template <class T>
struct Cut {
  /// Rows of a block: few enough that a block of all layers stays in the cache, many enough that the products are efficient;
  /// whole vectors, so that loops over examples have no rest.
  static constexpr Index row_unit = 64 / static_cast<Index>(sizeof(T)) > 1 ? 64 / static_cast<Index>(sizeof(T)) : 1;
  static constexpr Index largest_block = 32 * row_unit;
  static constexpr Index smallest_part = 128;

  std::vector<Block> blocks;
  std::vector<std::size_t> part_ends;  ///< one past each part's last block; a power of two of them

  Cut() = default;
  explicit Cut(Index examples) {
    const Index units = (examples + row_unit - 1) / row_unit;
    Index parts = 1;
    while (2 * parts * smallest_part <= examples && (parts < 4 || 2 * parts * 1024 <= examples) && parts < 64)
      parts *= 2;
    const Index block_units = largest_block / row_unit;
    Index unit = 0;
    for (Index part = 0; part < parts; ++part) {
      const Index part_units = share(units, part, parts);
      const Index count = (part_units + block_units - 1) / block_units;
      for (Index block = 0; block < count; ++block) {
        const Index rows = share(part_units, block, count) * row_unit;
        const Index first = unit * row_unit;
        blocks.push_back({first, std::min(rows, examples - first), rows});
        unit += rows / row_unit;
      }
      part_ends.push_back(blocks.size());
    }
  }

  /// Of `total` shared among `count` as evenly as it goes, what number `which` gets.
  static Index share(Index total, Index which, Index count) { return total / count + (which < total % count ? 1 : 0); }
};

/// A data set cut into blocks of rows. A block's padding repeats its last example, so that it is as finite as the data; it does not
/// count.
template <class T>
struct Blocks {
  Cut<T> cut;
  std::vector<Matrix<T>> inputs;
  std::vector<Matrix<T>> targets;
  Index examples = 0;
  std::vector<Index> numbers = {};  ///< of a minibatch: which examples they are of the data set it was drawn from

  /// What a layer is told of a block. Refers to this.
  Context context(const Block& block) const {
    Context context{.rows = block.rows, .first_example = block.first};
    if (!numbers.empty())
      context.examples =
          std::span(numbers).subspan(static_cast<std::size_t>(block.first), static_cast<std::size_t>(block.examples));
    return context;
  }
};

template <class T>
Matrix<T> padded_rows(const Matrix<T>& data, const Block& block) {
  Matrix<T> rows(block.rows, data.cols());
  if (data.cols() == 0) return rows;  // data without targets have no address either
  rows.topRows(block.examples) = data.middleRows(block.first, block.examples);
  for (Index i = block.examples; i < block.rows; ++i) rows.row(i) = data.row(block.first + block.examples - 1);
  return rows;
}

template <class T>
Blocks<T> cut_into_blocks(const Matrix<T>& inputs, const Matrix<T>& targets) {
  Blocks<T> blocks{.cut = Cut<T>(inputs.rows()), .inputs = {}, .targets = {}, .examples = inputs.rows()};
  for (const Block& block : blocks.cut.blocks) {
    blocks.inputs.push_back(padded_rows(inputs, block));
    blocks.targets.push_back(padded_rows(targets, block));
  }
  return blocks;
}

/// A data set for a network: the whole in blocks and, made when a batch is first asked for, the same row after row, from which the
/// examples of a batch are gathered without a walk through all the memory.
template <class T>
class Examples {
 public:
  explicit Examples(Blocks<T> whole) : blocks_(std::move(whole)) {}

  const Blocks<T>& blocks() const { return blocks_; }

  /// These examples, in this order. Memory is allocated where `batch` is of another size. Any thread may call it.
  void gather(const std::vector<Index>& examples, Blocks<T>& batch) const {
    require(!examples.empty(), "batch", "empty", "the indices of at least one example");
    for (const Index i : examples) {
      if (i >= 0 && i < blocks_.examples) continue;
      reject("batch", i, "indices of examples, 0 to " + std::to_string(blocks_.examples - 1));
    }
    std::call_once(once_, [&] {
      inputs_ = row_after_row(blocks_.inputs);
      targets_ = row_after_row(blocks_.targets);
    });
    const auto count = static_cast<Index>(examples.size());
    if (count != batch.examples) {
      batch.cut = Cut<T>(count);
      batch.examples = count;
      batch.inputs.resize(batch.cut.blocks.size());
      batch.targets.resize(batch.cut.blocks.size());
    }
    batch.numbers.resize(examples.size());
    for (std::size_t i = 0; i < examples.size(); ++i) batch.numbers[i] = number_of(examples[i]);
    for (std::size_t i = 0; i < batch.cut.blocks.size(); ++i) {
      gather_block(inputs_, examples, batch.cut.blocks[i], batch.inputs[i]);
      gather_block(targets_, examples, batch.cut.blocks[i], batch.targets[i]);
    }
  }

 private:
  using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// A batch of a batch keeps the numbers of the whole.
  Index number_of(Index example) const {
    return blocks_.numbers.empty() ? example : blocks_.numbers[static_cast<std::size_t>(example)];
  }

  RowMajor row_after_row(const std::vector<Matrix<T>>& blocks) const {
    RowMajor rows(blocks_.examples, blocks.front().cols());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const Block& block = blocks_.cut.blocks[i];
      rows.middleRows(block.first, block.examples) = blocks[i].topRows(block.examples);
    }
    return rows;
  }

  static void gather_block(const RowMajor& rows, const std::vector<Index>& examples, const Block& block,
                           Matrix<T>& to) {
    to.resize(block.rows, rows.cols());
    for (Index n = 0; n < block.rows; ++n) {
      const Index padded = block.first + std::min(n, block.examples - 1);
      to.row(n) = rows.row(examples[static_cast<std::size_t>(padded)]);
    }
  }

  Blocks<T> blocks_;
  mutable std::once_flag once_;
  mutable RowMajor inputs_;
  mutable RowMajor targets_;
};

/// Sums over the examples of a data set of vectors of `dimension` numbers.
template <class S>
class ExampleSums {
 public:
  /// At most `threads` take part; `cut` must outlive this.
  ExampleSums(const Cut<Real<S>>& cut, Index dimension, Index examples, int threads)
      : part_ends_(&cut.part_ends),
        partial_(cut.part_ends.size()),
        dimension_(dimension),
        threads_(useful_threads(examples, threads)) {}

  Index dimension() const { return dimension_; }
  int threads() const { return threads_; }

  /// visit(block) for the index of every block.
  template <class Visit>
  void for_each_block(const Visit& visit) {
    share_out([&](std::size_t first, std::size_t last) {
      for (std::size_t i = first_block(first); i < first_block(last); ++i) visit(i);
    });
  }

  /// total = the sum of what visit(block, sum, accumulate) adds to `sum` or, where `accumulate` is false, sets it to.
  template <class Visit>
  void run(Vector<S>& total, const Visit& visit) {
    const auto sum_at = [&](std::size_t part) -> Vector<S>& { return part == 0 ? total : partial_[part]; };
    share_out([&](std::size_t first, std::size_t last) { add_parts(first, last, sum_at(first), visit); });
    if (threads_ == 1) return;
    // The upper levels of the tree, each worker for its segment of the vector.
    borrow_team(threads_)->run([&](int worker) {
      const Index first = dimension_ * worker / threads_;
      const Index size = dimension_ * (worker + 1) / threads_ - first;
      for (std::size_t distance = parts() / static_cast<std::size_t>(threads_); distance < parts(); distance *= 2) {
        for (std::size_t left = 0; left < parts(); left += 2 * distance) {
          sum_at(left).segment(first, size) += sum_at(left + distance).segment(first, size);
        }
      }
    });
  }

 private:
  std::size_t parts() const { return part_ends_->size(); }
  /// The number of blocks before a part.
  std::size_t first_block(std::size_t part) const { return part == 0 ? 0 : (*part_ends_)[part - 1]; }

  /// A power of two: each worker takes the same number of parts. A gradient of less than about fifty microseconds is not shared.
  int useful_threads(Index examples, int most) const {
    const double work = 6.0 * static_cast<double>(dimension_) * static_cast<double>(examples);
    if (work < 2e6) return 1;
    int threads = 1;
    while (2 * threads <= most && 2 * static_cast<std::size_t>(threads) <= parts()) threads *= 2;
    return threads;
  }

  /// task(first, last) for ranges of parts, one for each thread.
  template <class Task>
  void share_out(const Task& task) {
    if (threads_ == 1) {
      task(std::size_t{0}, parts());
      return;
    }
    const std::size_t share = parts() / static_cast<std::size_t>(threads_);
    borrow_team(threads_)->run([&](int worker) {
      const std::size_t first = static_cast<std::size_t>(worker) * share;
      task(first, first + share);
    });
  }

  template <class Visit>
  void add_parts(std::size_t first, std::size_t last, Vector<S>& sum, const Visit& visit) {
    if (last - first == 1) {
      sum.resize(dimension_);
      for (std::size_t i = first_block(first); i < first_block(last); ++i) visit(i, sum, i > first_block(first));
      return;
    }
    const std::size_t middle = first + (last - first) / 2;
    add_parts(first, middle, sum, visit);
    add_parts(middle, last, partial_[middle], visit);
    sum += partial_[middle];
  }

  const std::vector<std::size_t>* part_ends_;
  std::vector<Vector<S>> partial_;  // at a branch's first part its sum, unless it is the whole's first
  Index dimension_;
  int threads_;
};

}  // namespace drift::nn
