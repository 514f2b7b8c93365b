#pragma once
// Follows a flow for a number of steps of what it models: integrate for the time steps * field.step_time().
//
//     auto along = follow(flows::modified<3>(problem, h), x, 10);   // ten steps' worth of descent at learning rate h
//     auto half  = follow(third, x, 0.5);                           // half a step
//
// step_time() is h for a flow of a Problem and 1 for the flow of a map or a game; a field without it does not compile
// here: integrate it for a time instead.
// Source, cost, failure: those of integrate.hpp.

#include <drift/integrate/integrate.hpp>

#include <cmath>
#include <concepts>
#include <utility>

namespace drift {

/// `steps` may be fractional and of either sign. Options and observers are as in integrate: all their times, and the
/// result's, are times of the field, not counts of steps.
template <class Field, class Start, class Steps, class... Observers>
  requires SteppedField<Field&, typename Start::Scalar> && IntegrableField<Field, typename Start::Scalar> &&
           std::convertible_to<Steps, Real<FieldScalar<Field, typename Start::Scalar>>> &&
           (StepObserver<Observers, Field, typename Start::Scalar> && ...)
Solution<FieldScalar<Field, typename Start::Scalar>> follow(Field&& field, const Eigen::MatrixBase<Start>& start,
                                                            const Steps& steps, const IntegrateOptions& options = {},
                                                            Observers&&... observers) {
  using R = Real<FieldScalar<Field, typename Start::Scalar>>;
  using std::isfinite;
  const R count = static_cast<R>(steps);
  const R step_time = static_cast<R>(field.step_time());
  require(isfinite(count), "steps", count, "a finite number");
  require(isfinite(step_time), "the field's step_time()", step_time, "a finite number");
  return integrate(std::forward<Field>(field), start, count * step_time, options,
                   std::forward<Observers>(observers)...);
}

}  // namespace drift
