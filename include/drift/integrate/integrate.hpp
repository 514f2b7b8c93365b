#pragma once
// Follows a vector field for a time: theta' = f(theta), theta(0) = start.
//
//     auto path = integrate(field, start, 0.5);
//     auto path = integrate(field, start, 0.5, {.relative_tolerance = 1e-10, .absolute_tolerance = 1e-12});
//     auto path = integrate(field, start, -2.0, {.save_at = {-0.5, -1}},
//                           [](double time, const Vector<double>& state) { ... });
//     path.state, path.status, path.time, path.evaluations
//
// field      any callable Vector<S> -> Vector<S>, real or complex. A field that returns complex numbers at a real state
//            makes the run complex. Where it has dimension(), the start's length is checked against it.
// start      any Eigen vector expression of one or more components.
// time       a number of either sign; 0 returns the start.
// observers  any number of callables (time, state) -> void or Next, each called once after every accepted step (not for
//            the start, not for rejected steps). Next::stop ends the run once all observers have been told. A wrong
//            signature does not compile.
// returns    a Solution. Misuse (wrong size, option out of bounds) throws InvalidArgument; how it ended is a Status:
//            reached_end          `time` is done
//            stationary           the field is exactly zero at the state reached, so nothing moves any more: time is
//                                 the end, state and saved states are that state, no further steps are made
//            diverged             the norm exceeds divergence_radius; that (finite) state is returned
//            non_finite           start or field is NaN or infinite and shorter steps do not avoid it
//            step_too_small       the tolerance asks for steps below minimum_step, or the resolution of time or state
//            budget_spent         maximum_steps were tried
//            stopped_by_observer  also when the stop comes at the very end; a divergence goes first
//            observer_failed      an observer threw; path.failure is what it said; likewise
//            An exception of the field passes through.
//
// Default: Dormand-Prince 5(4), steps chosen by error, 6 evaluations a step. A jump J of the field is crossed when the
// error of a shortest step over it is tolerated (about J h <= absolute_tolerance); an integrable singularity likewise.
// A field that holds the state on a jump from both sides takes steps of absolute_tolerance / J until budget_spent.
//
// Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, II.4 to II.6.
// Compile time: the engine is compiled once for each number type; a new field adds only its own call.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/status.hpp>
#include <drift/core/types.hpp>
#include <drift/integrate/options.hpp>
#include <drift/integrate/runge_kutta.hpp>
#include <drift/integrate/solution.hpp>
#include <drift/integrate/step_control.hpp>

#include <cmath>
#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace drift {

/// The scalar that a field returns at a state of scalar S, and with it the scalar of the run.
template <class Field, class S>
using FieldScalar = ScalarOf<std::invoke_result_t<Field&, const Vector<S>&>>;

/// The field can be called at the start and at the states that it leads to.
template <class Field, class S>
concept IntegrableField = VectorField<Field&, S> && VectorField<Field&, FieldScalar<Field, S>> &&
                          std::same_as<FieldScalar<Field, FieldScalar<Field, S>>, FieldScalar<Field, S>> &&
                          std::constructible_from<FieldScalar<Field, S>, S>;

/// observer(time, state) -> void or Next.
template <class O, class Field, class S>
concept StepObserver = Observer<O, Real<FieldScalar<Field, S>>, Vector<FieldScalar<Field, S>>>;

namespace detail {

/// The asked-for times in the number type of the run, checked against its start and end. A time that differs from the
/// end by the rounding of double or of the run's number type is the end.
template <class R>
std::vector<R> save_times(const std::vector<double>& asked, const R& end) {
  using std::abs;
  const R resolution = R(4) * (epsilon<R>() > R(epsilon<double>()) ? epsilon<R>() : R(epsilon<double>())) * abs(end);
  std::vector<R> times;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    R time = static_cast<R>(asked[i]);
    if (abs(time - end) <= resolution) time = end;
    const bool backward = end < R(0);
    const bool inside = backward ? time <= R(0) && time >= end : time >= R(0) && time <= end;
    const std::string name = "save_at[" + std::to_string(i) + "]";
    require(inside, name, asked[i], "from 0 to the end of the run");
    const bool in_order = times.empty() || (backward ? time <= times.back() : time >= times.back());
    require(in_order, name, asked[i], "in the order in which the run passes the times");
    times.push_back(time);
  }
  return times;
}

template <class S>
using StepCall = std::function<Answers(const Real<S>&, const Vector<S>&)>;

/// The loop: plan a step, try it, judge it, record it.
template <class S>
class Run {
 public:
  using R = Real<S>;

  Run(CountedField<S> field, Vector<S> start, const R& end, const IntegrateOptions& options, StepCall<S> observe)
      : field_(std::move(field)),
        observe_(std::move(observe)),
        end_(end),
        save_at_(save_times(options.save_at, end)),
        radius_(option_as<R>(options.divergence_radius)),
        budget_(options.maximum_steps),
        step_(options.method, start.size()) {
    path_.state = std::move(start);
    path_.saved_times.reserve(save_at_.size());
    path_.saved_states.reserve(save_at_.size());
  }

  template <class Pace>
  Solution<S> operator()(Pace pace) {
    path_.status = go(pace);
    path_.evaluations = field_.evaluations();
    return std::move(path_);
  }

 private:
  template <class Pace>
  Status go(Pace& pace) {
    if (!all_finite(path_.state)) return Status::non_finite;
    if (norm_of(path_.state) > radius_) return Status::diverged;
    save_here();
    if (end_ == R(0)) return Status::reached_end;

    if (!step_.evaluate_slope(field_, path_.state)) return Status::non_finite;
    if (all_zero(step_.slope())) return rest();
    pace.begin(field_, path_.state, step_.slope());
    while (path_.time != end_) {
      if (path_.accepted_steps + path_.rejected_steps >= budget_) return Status::budget_spent;
      if (!step_.slope_known() && !step_.evaluate_slope(field_, path_.state)) return Status::non_finite;
      if (all_zero(step_.slope())) return rest();

      const PlannedStep<R> planned = pace.plan(path_.time);
      const bool finite = step_.attempt(field_, path_.state, planned.h) &&
                          (!saves_inside(planned.target) || step_.evaluate_last_slope(field_));
      const Judgement judgement = pace.judge(step_, path_.state, planned, path_.time, finite);
      if (!judgement.accepted) {
        ++path_.rejected_steps;
        if (judgement.ended) return *judgement.ended;
        continue;
      }
      save_inside(planned);
      step_.accept(path_.state);
      path_.time = planned.target;
      ++path_.accepted_steps;
      save_here();

      const Answers answers = observe_ ? observe_(path_.time, path_.state) : Answers{};
      path_.failure = answers.failure;
      if (norm_of(path_.state) > radius_) return Status::diverged;
      if (const auto ended = answers.ended()) return *ended;
    }
    return Status::reached_end;
  }

  /// The field is zero: the state stays what it is until the end.
  Status rest() {
    for (; !all_saved(); ++saved_) save(path_.state);
    path_.time = end_;
    return Status::stationary;
  }

  bool all_saved() const { return saved_ == save_at_.size(); }

  bool saves_inside(const R& target) const {
    if (all_saved()) return false;
    return end_ < R(0) ? save_at_[saved_] > target : save_at_[saved_] < target;
  }

  void save_inside(const PlannedStep<R>& planned) {
    for (; saves_inside(planned.target); ++saved_) {
      const R fraction = (save_at_[saved_] - path_.time) / (planned.target - path_.time);
      save(step_.interpolate(path_.state, fraction, planned.h));
    }
  }

  void save_here() {
    for (; !all_saved() && save_at_[saved_] == path_.time; ++saved_) save(path_.state);
  }

  void save(Vector<S> state) {
    path_.saved_times.push_back(save_at_[saved_]);
    path_.saved_states.push_back(std::move(state));
  }

  CountedField<S> field_;
  StepCall<S> observe_;
  R end_;
  std::vector<R> save_at_;
  std::size_t saved_ = 0;
  R radius_;
  Index budget_;
  RungeKuttaStep<S> step_;
  Solution<S> path_;
};

/// Everything behind integrate that depends on the number type alone.
template <class S>
Solution<S> run(CountedField<S> field, Vector<S> start, const Real<S>& time, const IntegrateOptions& options,
                StepCall<S> observe) {
  using std::isfinite;
  options.validate();
  require(isfinite(time), "time", time, "a finite number");
  require(start.size() > 0, "start", "of length 0", "a vector of length 1 or more");
  Run<S> run(std::move(field), std::move(start), time, options, std::move(observe));
  return options.fixed() ? run(FixedPace<S>(options, time)) : run(AdaptivePace<S>(options, time));
}

}  // namespace detail

/// Follows the field from `start` for `time`. The header says what each argument may be and how a run can end.
template <class Field, class Start, class Time, class... Observers>
  requires IntegrableField<Field, typename Start::Scalar> &&
           std::convertible_to<Time, Real<FieldScalar<Field, typename Start::Scalar>>> &&
           (StepObserver<Observers, Field, typename Start::Scalar> && ...)
Solution<FieldScalar<Field, typename Start::Scalar>> integrate(Field&& field, const Eigen::MatrixBase<Start>& start,
                                                               const Time& time, const IntegrateOptions& options = {},
                                                               Observers&&... observers) {
  using S = FieldScalar<Field, typename Start::Scalar>;
  using R = Real<S>;
  static_assert(Start::ColsAtCompileTime == 1, "the start must be a (column) vector");
  if constexpr (HasDimension<Field>) {
    require_size(start, static_cast<Index>(field.dimension()), "start", "the field's dimension");
  }
  const auto call = [&field](const Vector<S>& state, Vector<S>& slope) { slope = field(state); };
  detail::StepCall<S> observe;
  auto tell = [&](const R& now, const Vector<S>& state) {
    Answers answers;
    (answers.ask(observers, now, state), ...);
    return answers;
  };
  if constexpr (sizeof...(Observers) > 0) observe = std::ref(tell);
  return detail::run<S>(CountedField<S>(call), start.template cast<S>(), static_cast<R>(time), options,
                        std::move(observe));
}

}  // namespace drift
