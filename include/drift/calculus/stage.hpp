#pragma once
// Stages: the positions of a truncated power series, and the two sums that every recurrence is made of.
//
// An Expansion carries every intermediate quantity x of a program as a series x(t) = sum_k x_k t^k and computes coefficient
// k from lower ones. To differentiate a quantity that is itself made of derivatives, such as |grad E|^2, it may carry
// first-order infinitesimals beside t: with depth d the ring is S[t, e_1, ..., e_d] / (e_i^2), whose monomials
// t^k e_{i1} e_{i2} ... are numbered in one sequence,
//
//     m = k * 2^d + bits,      bit i - 1 of `bits` says whether e_i takes part,
//
// so that a product's factors always have lower or equal numbers: x_a y_b contributes to stage m exactly if b = m - a and
// bits(a) is a subset of bits(m). Depth 0 is plain Taylor arithmetic. For instance grad E(theta(t) + e grad E(theta(t)))
// has grad |grad E|^2 / 2 = H grad E as its e-part: stage (k, e) is pushed with the coefficient that stage (k, 1) returned.
//
// Recurrences come from derivations D of the ring: for z = phi(x), D z = phi'(x) D x. On t^k with k > 0 the derivation
// t d/dt has weight k; on e_i alone D = d/de_i has weight one.
//
// Source: univariate recurrences: Griewank & Walther, Evaluating Derivatives (2008), chapter 13; the pairs are the usual
// dual numbers, tensored with them.

#include <drift/core/types.hpp>

#include <deque>
#include <vector>

namespace drift::calculus {

/// One pair of factors of a stage: coefficient a of the one, b of the other. `weight` is the derivation's weight of a.
struct Pair {
  Index a;
  Index b;
  int weight;
};

/// One stage: its number, the pairs a + b = m that contribute to it, and the derivation's weight of the stage itself.
struct Stage {
  Index number = 0;
  int weight = 1;
  std::vector<Pair> pairs;  ///< a ascending: the first is (0, m), the last (m, 0)
};

/// Stage 0, the plain evaluation.
inline const Stage first_stage{.number = 0, .weight = 1, .pairs = {{.a = 0, .b = 0, .weight = 0}}};

/// The stages of a ring of given depth, made once and kept: `stages[m]`.
class Stages {
 public:
  explicit Stages(int depth = 0) : depth_(depth) {}

  int depth() const { return depth_; }

  const Stage& operator[](Index number) {
    while (static_cast<Index>(stages_.size()) <= number) stages_.push_back(make(static_cast<Index>(stages_.size())));
    return stages_[static_cast<std::size_t>(number)];
  }

 private:
  Stage make(Index m) const {
    const Index infinitesimals = (Index{1} << depth_) - 1;
    const Index power = m >> depth_;
    const Index lowest_bit = m & -m;
    const auto weight = [&](Index a) { return power > 0 ? a >> depth_ : ((a & lowest_bit) != 0 ? 1 : 0); };
    Stage stage{.number = m, .weight = m == 0 ? 1 : static_cast<int>(weight(m)), .pairs = {}};
    for (Index a = 0; a <= m; ++a) {
      if ((a & infinitesimals & ~m) == 0) stage.pairs.push_back({a, m - a, static_cast<int>(weight(a))});
    }
    return stage;
  }

  int depth_;
  std::deque<Stage> stages_;  // a deque: references to a stage stay valid while more are made
};

}  // namespace drift::calculus
