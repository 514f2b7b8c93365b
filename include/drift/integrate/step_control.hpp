#pragma once
// How long a step is and whether it counts: the scaled error, the PI controller, the first step, and the two ways to
// pace a run (steps fixed beforehand, steps by error).
//
//     |error| = sqrt( mean_i ( |error_i| / (atol + rtol max(|y_i|, |y_1i|)) )^2 ),   |.| the modulus where complex
//     after acceptance   h <- h clamp( safety |error|^(beta 3/4 - 1/q) |previous error|^beta )
//     after rejection    h <- h clamp( safety |error|^(-1/q) ),                      q = order of the estimate + 1
//
// Source: Hairer, Norsett, Wanner I, II.4 (error norm, starting step); Hairer, Wanner II, IV.2 (PI control); the
//   constants are those of their code DOPRI5.
// Failure: Status step_too_small or non_finite when a rejected step cannot be shortened: the next would fall below the
//   floor (resolution of time, minimum_step), or the state moves by no more than its rounding already.

#include <drift/core/status.hpp>
#include <drift/core/types.hpp>
#include <drift/integrate/options.hpp>
#include <drift/integrate/runge_kutta.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace drift {

/// A double option in the number type of the run; what that type cannot hold becomes its infinity.
template <class R>
R option_as(double value) {
  if constexpr (std::numeric_limits<R>::max_exponent < std::numeric_limits<double>::max_exponent) {
    if (value > double(Eigen::NumTraits<R>::highest())) return std::numeric_limits<R>::infinity();
  }
  return R(value);
}

template <class R>
struct Tolerances {
  R relative, absolute;

  explicit Tolerances(const IntegrateOptions& options)
      : relative(option_as<R>(options.relative_tolerance)), absolute(option_as<R>(options.absolute_tolerance)) {
    const R resolved = R(10) * epsilon<R>();  // a step cannot be judged more finely than states are rounded
    if (relative < resolved) relative = resolved;
  }

  /// The root mean square of v, each component in units of what is tolerated between y and z. At most 1 is good.
  template <class S>
  R scaled_norm(const Vector<S>& v, const Vector<S>& y, const Vector<S>& z) const {
    using std::abs;
    using std::sqrt;
    R sum(0);
    for (Index i = 0; i < v.size(); ++i) {
      const R before = abs(y[i]), after = abs(z[i]), error = abs(v[i]);
      if (error == R(0)) continue;  // also where nothing is tolerated
      const R scaled = error / (absolute + relative * (before < after ? after : before));
      sum += scaled * scaled;
    }
    return sqrt(sum / R(v.size()));
  }
};

/// Factors for the next step's length, from errors scaled so that 1 is the most that is tolerated.
template <class R>
class PIController {
 public:
  explicit PIController(int error_order) : exponent_(R(1) / R(error_order + 1)) {}

  R after_acceptance(const R& error) {
    using std::pow;
    const R damped = pow(error, exponent_ - R(0.75) * beta()) / pow(previous_, beta());
    R factor = clamped_inverse(damped);
    if (rejected_ && factor > R(1)) factor = R(1);  // no growth straight after a rejection
    rejected_ = false;
    previous_ = error < R(1e-4) ? R(1e-4) : error;
    return factor;
  }

  R after_rejection(const R& error) {
    using std::isfinite;
    using std::pow;
    rejected_ = true;
    return isfinite(error) ? clamped_inverse(pow(error, exponent_)) : shortest();
  }

  R after_non_finite() {
    rejected_ = true;
    return shortest();
  }

 private:
  static R beta() { return R(0.04); }
  static R safety() { return R(0.9); }
  static R shortest() { return R(0.2); }
  static R longest() { return R(10); }

  static R clamped_inverse(const R& x) {
    if (x * longest() <= safety()) return longest();
    if (x * shortest() >= safety()) return shortest();
    return safety() / x;
  }

  R exponent_;
  R previous_ = R(1e-4);
  bool rejected_ = false;
};

/// The first step: its Euler increment is 1 % of the state, unless the field changes too fast for that. One evaluation.
/// `span` bounds the step at which the field is probed. Positive; 0 if every estimate underflows.
template <class S>
Real<S> starting_step(CountedField<S>& field, const Vector<S>& state, const Vector<S>& slope,
                      const Tolerances<Real<S>>& tolerances, int error_order, const Real<S>& span, bool backward) {
  using R = Real<S>;
  using std::isfinite;
  using std::pow;
  const R size = tolerances.scaled_norm(state, state, state);
  const R speed = tolerances.scaled_norm(slope, state, state);
  R probe = size < R(1e-5) || speed < R(1e-5) ? R(1e-6) : R(0.01) * size / speed;
  if (!isfinite(probe)) probe = R(1e-6);
  if (probe > span) probe = span;
  if (!(probe > R(0))) return R(0);

  Vector<S> there = slope;
  there *= backward ? -probe : probe;
  there += state;
  if (!all_finite(there)) return probe;
  Vector<S> change(state.size());
  field(there, change);
  if (!all_finite(change)) return probe;
  change -= slope;
  const R acceleration = tolerances.scaled_norm(change, state, state) / probe;
  const R fastest = speed < acceleration ? acceleration : speed;
  R step = probe * R(1e-3) < R(1e-6) ? R(1e-6) : probe * R(1e-3);
  if (fastest > R(1e-15)) step = pow(R(0.01) / fastest, R(1) / R(error_order + 1));
  return step < R(100) * probe ? step : R(100) * probe;
}

/// What to try next: from `time` a step h (signed) to `target`.
template <class R>
struct PlannedStep {
  R h, target;
};

/// What became of it: accepted, or not and to be tried again shorter, or not and the run ends so.
struct Judgement {
  bool accepted = false;
  std::optional<Status> ended = std::nullopt;
};

/// Steps of one length, the last one landing on the end.
template <class S>
class FixedPace {
 public:
  using R = Real<S>;

  FixedPace(const IntegrateOptions& options, const R& end) : end_(end) {
    using std::abs;
    using std::ceil;
    if (options.steps > 0) {
      count_ = options.steps;
      step_ = end / R(options.steps);
      return;
    }
    const R length = option_as<R>(options.step_size);
    step_ = end < R(0) ? -length : length;
    // A quotient that is whole but for rounding must not add an empty last step.
    const R count = ceil(abs(end) / length * (R(1) - R(8) * epsilon<R>()));
    count_ = count < R(options.maximum_steps) ? static_cast<Index>(count) : options.maximum_steps + 1;
    count_ = std::max<Index>(count_, 1);
  }

  void begin(CountedField<S>&, const Vector<S>&, const Vector<S>&) {}

  PlannedStep<R> plan(const R& time) const {
    if (done_ + 1 >= count_) return {end_ - time, end_};
    return {step_, step_ * R(done_ + 1)};
  }

  Judgement judge(RungeKuttaStep<S>&, const Vector<S>&, const PlannedStep<R>&, const R&, bool finite) {
    if (!finite) return {.ended = Status::non_finite};
    ++done_;
    return {.accepted = true};
  }

 private:
  R end_, step_;
  Index count_ = 1, done_ = 0;
};

/// Steps by estimated error.
template <class S>
class AdaptivePace {
 public:
  using R = Real<S>;

  AdaptivePace(const IntegrateOptions& options, const R& end)
      : end_(end),
        tolerances_(options),
        controller_(options.method.error_order),
        error_order_(options.method.error_order),
        length_(option_as<R>(options.initial_step)),
        longest_(option_as<R>(options.maximum_step)),
        shortest_(option_as<R>(options.minimum_step)) {}

  void begin(CountedField<S>& field, const Vector<S>& state, const Vector<S>& slope) {
    using std::abs;
    if (length_ == R(0)) {
      const R span = abs(end_) < longest_ ? abs(end_) : longest_;
      length_ = starting_step(field, state, slope, tolerances_, error_order_, span, end_ < R(0));
    }
    limit_length(R(0));
  }

  PlannedStep<R> plan(const R& time) const {
    using std::abs;
    const R remaining = abs(end_ - time);
    // A hundredth more is better than a tiny last step (unless the user forbade it).
    if (remaining <= length_ || (remaining <= R(1.01) * length_ && remaining <= longest_)) return {end_ - time, end_};
    // The step that is made is the one that the clock shows, rounding included.
    const R target = end_ < R(0) ? time - length_ : time + length_;
    return {target - time, target};
  }

  Judgement judge(RungeKuttaStep<S>& step, const Vector<S>& state, const PlannedStep<R>& planned, const R& time,
                  bool finite) {
    using std::abs;
    if (planned.target == end_) length_ = abs(planned.h);
    const auto retry = [&](const R& factor, Status reason) {
      return shorten(factor, time, moves(state, step.slope(), length_), reason);
    };
    if (!finite) return retry(controller_.after_non_finite(), Status::non_finite);
    const R error = tolerances_.scaled_norm(step.error(planned.h), state, step.next());
    if (!(error <= R(1))) return retry(controller_.after_rejection(error), Status::step_too_small);
    length_ *= controller_.after_acceptance(error);
    limit_length(planned.target);
    return {.accepted = true};
  }

 private:
  Judgement shorten(const R& factor, const R& time, bool still_moves, Status reason) {
    const R tried = length_, floor = shortest_step(time);
    length_ *= factor;
    // Ends once the floor itself has been tried, give or take what plan() stretches a step by to land on the end. A
    // state that does not move any more cannot come closer to what is in the way, though time could creep on for ever.
    if (!still_moves || (length_ < floor && tried <= R(1.02) * floor)) return {.ended = reason};
    limit_length(time);
    return {};
  }

  /// A step of this length changes some component by more than rounding.
  static bool moves(const Vector<S>& state, const Vector<S>& slope, const R& length) {
    using std::abs;
    for (Index i = 0; i < state.size(); ++i) {
      if (length * abs(slope[i]) > R(4) * epsilon<R>() * abs(state[i])) return true;
    }
    return false;
  }

  void limit_length(const R& time) {
    const R floor = shortest_step(time);
    if (length_ < floor) length_ = floor;
    if (length_ > longest_) length_ = longest_;
  }

  /// Steps below the resolution of time would not move it. Near time 0, where that vanishes, the end's scale takes
  /// over.
  R shortest_step(const R& time) const {
    using std::abs;
    const R scale = abs(time) > epsilon<R>() * abs(end_) ? abs(time) : epsilon<R>() * abs(end_);
    const R resolution = R(16) * epsilon<R>() * scale;
    return resolution < shortest_ ? shortest_ : resolution;
  }

  R end_;
  Tolerances<R> tolerances_;
  PIController<R> controller_;
  int error_order_;
  R length_, longest_, shortest_;
};

}  // namespace drift
