#pragma once
// How one step is made: the stages of a Tableau, nothing about how long the step should be. Whether and how long is
// step_control.hpp's, what is recorded is integrate.hpp's.
//
// Shapes: state and stages are vectors of one length n. Memory: about (stages + 3) n, allocated once; a step allocates
//   nothing but what the field returns.
// Cost: stages evaluations, one fewer where the method's last stage is the next one's first.
// Failure: a stage that is not finite ends the attempt at once (false is returned); the field is never called at a
//   state that is not finite. A field that returns another length than the state's throws InvalidArgument.
// Source: see tableau.hpp.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/integrate/dense_output.hpp>
#include <drift/integrate/tableau.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace drift {

template <class S>
bool all_finite(const Vector<S>& v) {
  using std::isfinite;
  // A finite sum of squares, which is quick to form, has finite terms only; one that overflowed may have them too.
  if (isfinite(v.squaredNorm())) return true;
  for (Index i = 0; i < v.size(); ++i) {
    if constexpr (is_complex<S>) {
      if (!isfinite(v[i].real()) || !isfinite(v[i].imag())) return false;
    } else {
      if (!isfinite(v[i])) return false;
    }
  }
  return true;
}

template <class S>
bool all_zero(const Vector<S>& v) {
  for (Index i = 0; i < v.size(); ++i) {
    if (v[i] != S(0)) return false;
  }
  return true;
}

/// A field as the engine sees it: counts its calls and writes into the engine's storage. Erasing the field's type here
/// means that the whole engine is compiled once for each number type, not once for each field.
template <class S>
class CountedField {
 public:
  using Call = std::function<void(const Vector<S>&, Vector<S>&)>;

  explicit CountedField(Call call) : call_(std::move(call)) {}

  void operator()(const Vector<S>& state, Vector<S>& slope) {
    ++evaluations_;
    call_(state, slope);
    if (slope.size() != state.size()) {
      reject("the field's result", "of length " + std::to_string(slope.size()),
             "as long as the state, which has length " + std::to_string(state.size()));
    }
  }

  Index evaluations() const { return evaluations_; }

 private:
  Call call_;
  Index evaluations_ = 0;
};

template <class S>
class RungeKuttaStep {
 public:
  using R = Real<S>;

  RungeKuttaStep(const Tableau& method, Index dimension)
      : stages_(static_cast<std::size_t>(method.stages)),
        last_(stages_ - (method.first_same_as_last() ? 1 : 0)),
        order_(method.error_order),
        weights_(coefficients(method.b)),
        error_weights_(coefficients(method.error)),
        dense_weights_(coefficients(method.dense)),
        slopes_(last_ + 1, Vector<S>::Zero(dimension)),
        next_(Vector<S>::Zero(dimension)),
        work_(Vector<S>::Zero(dimension)) {
    for (std::size_t i = 0; i < stages_; ++i) stage_weights_.push_back(coefficients(method.a[i]));
    for (const R& weight : dense_weights_) has_dense_ = has_dense_ || weight != R(0);
  }

  /// f at the state that the next step starts from, if it is known already.
  bool slope_known() const { return slope_known_; }
  const Vector<S>& slope() const { return slopes_.front(); }

  /// Evaluates it; false if it is not finite.
  bool evaluate_slope(CountedField<S>& field, const Vector<S>& state) {
    field(state, slopes_.front());
    slope_known_ = all_finite(slopes_.front());
    return slope_known_;
  }

  /// Tries a step of length h (of either sign) from `state`, where the slope is known. False if anything is not finite.
  bool attempt(CountedField<S>& field, const Vector<S>& state, const R& h) {
    last_slope_known_ = false;
    const bool last_stage_is_next = last_ + 1 == stages_;
    for (std::size_t i = 1; i < stages_; ++i) {
      combine(stage_weights_[i], i, h, next_);
      next_ += state;
      if (!all_finite(next_)) return false;
      field(next_, slopes_[i]);
      if (!all_finite(slopes_[i])) return false;
    }
    if (last_stage_is_next) {
      last_slope_known_ = true;
      return true;
    }
    combine(weights_, stages_, h, next_);
    next_ += state;
    return all_finite(next_);
  }

  /// The result of the attempt.
  const Vector<S>& next() const { return next_; }

  /// The estimated error of the attempt, in units of the state. The reference holds until the next call of a member.
  const Vector<S>& error(const R& h) {
    combine(error_weights_, stages_, h, work_);
    return work_;
  }

  int error_order() const { return order_; }

  /// Makes f at the attempt's end known, which dense output needs; false if it is not finite.
  bool evaluate_last_slope(CountedField<S>& field) {
    if (last_slope_known_) return true;
    field(next_, slopes_[last_]);
    last_slope_known_ = all_finite(slopes_[last_]);
    return last_slope_known_;
  }

  /// The state at fraction s in [0, 1] of the attempted step from `state`; needs evaluate_last_slope.
  Vector<S> interpolate(const Vector<S>& state, const R& s, const R& h) {
    const DenseWeights<R> weight(s, h);
    Vector<S> between = next_ - state;
    between *= weight.difference;
    between += weight.first_slope * slopes_.front();
    between += weight.last_slope * slopes_[last_];
    if (has_dense_) {
      combine(dense_weights_, stages_, weight.correction, work_);
      between += work_;
    }
    between += state;
    return between;
  }

  /// Moves `state` to the end of the attempt; the last slope becomes the next step's first.
  void accept(Vector<S>& state) {
    state.swap(next_);
    slope_known_ = last_slope_known_;
    if (slope_known_) slopes_.front().swap(slopes_[last_]);
  }

 private:
  std::vector<R> coefficients(const Tableau::Row& row) const {
    std::vector<R> values;
    values.reserve(stages_);
    for (std::size_t i = 0; i < stages_; ++i) values.push_back(row[i].template as<R>());
    return values;
  }

  /// out = factor * sum of weights[j] slopes[j] over j < count. The small increment is summed first and added to the
  /// state last, so that the state is rounded once.
  void combine(const std::vector<R>& weights, std::size_t count, const R& factor, Vector<S>& out) const {
    out.setZero();
    // By blocks that stay in the first cache while the slopes pass by.
    constexpr Index block = 1024;
    for (Index first = 0; first < out.size(); first += block) {
      const Index length = out.size() - first < block ? out.size() - first : block;
      for (std::size_t j = 0; j < count; ++j) {
        if (weights[j] == R(0)) continue;
        const R weight = factor * weights[j];
        out.segment(first, length) += weight * slopes_[j].segment(first, length);
      }
    }
  }

  std::size_t stages_;
  std::size_t last_;  // index of the slope at the step's end: the last stage, or a place of its own after the stages
  int order_;
  std::vector<R> weights_, error_weights_, dense_weights_;
  std::vector<std::vector<R>> stage_weights_;
  bool has_dense_ = false;
  std::vector<Vector<S>> slopes_;
  Vector<S> next_, work_;
  bool slope_known_ = false;
  bool last_slope_known_ = false;
};

}  // namespace drift
