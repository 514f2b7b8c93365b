#pragma once
// What a run of the integrator may be told. A plain aggregate, for designated initialisers in the call:
//
//     integrate(field, x, 0.5, {.relative_tolerance = 1e-10, .absolute_tolerance = 1e-12})
//     integrate(field, x, 0.5, {.method = methods::runge_kutta_4, .steps = 100})
//     integrate(field, x, 0.5, {.save_at = {0, 0.1, 0.25, 0.5}})
//
// Times and steps are in the field's own unit of time, always counted from the start (time 0); steps are lengths,
// positive also when the run goes backward.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/integrate/tableau.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace drift {

struct IntegrateOptions {
  /// Error allowed per step, as a part of each component: a step is accepted when the root mean square over the
  /// components of error / (absolute_tolerance + relative_tolerance * max(|before|, |after|)) is at most 1. The error
  /// at the end is of the same size times what the flow itself amplifies. 0 or above; below 10 epsilon of the state's
  /// number type it is raised to that (2.2e-15 for double, 1.2e-6 for float). Without effect on fixed steps.
  double relative_tolerance = 1e-8;

  /// The same in units of the state: errors below it do not matter. Keep it above 0 where components pass through zero.
  /// 0 or above.
  double absolute_tolerance = 1e-10;

  /// The run ends as `diverged` at the first accepted state whose Euclidean norm exceeds this (that state is returned).
  /// Above 0; infinity switches the test off.
  double divergence_radius = 1e12;

  /// The run ends as `budget_spent` after this many steps, rejected ones included. 1 or above.
  Index maximum_steps = 1'000'000;

  /// Length of the first step that is tried. 0: chosen from the field and its change at the start (one more
  /// evaluation). 0 or above, finite. Adaptive runs only.
  double initial_step = 0;

  /// No step is longer. Above 0, may be infinity. Set it to the width of the narrowest feature that a long step might
  /// jump over. Adaptive runs only.
  double maximum_step = std::numeric_limits<double>::infinity();

  /// When the tolerance or a non-finite field asks for steps below this, the run ends as `step_too_small` or
  /// `non_finite`. 0 or above, finite; the resolution of time (16 epsilon of the time reached) bounds steps from below
  /// in any case, and the step that lands on the end may be shorter. Adaptive runs only.
  double minimum_step = 0;

  /// methods::dormand_prince_5_4, runge_kutta_4, euler, or a Tableau of your own. A method without an error estimate
  /// (the latter two) runs with fixed steps and needs `steps` or `step_size`.
  Tableau method = methods::dormand_prince_5_4;

  /// Fixed steps, this many of equal length, no error control. 0: not asked for. With fixed steps a non-finite stage
  /// ends the run, since no shorter step is tried.
  Index steps = 0;

  /// Fixed steps of this length, the last one shortened to land on the end. 0: not asked for. Not together with
  /// `steps`.
  double step_size = 0;

  /// Times at which to record the state, from 0 to the end (both may be included), in the order in which the run passes
  /// them: negative and falling when it goes backward. They do not change the steps: states between two steps come from
  /// the method's dense output (order 4 for Dormand-Prince, the cubic Hermite polynomial, order 3, for methods
  /// without).
  std::vector<double> save_at = {};

  /// Steps of a length given beforehand?
  bool fixed() const { return steps > 0 || step_size > 0; }

  /// Throws InvalidArgument that names the first field out of its bounds. Whether save_at lies between start and end is
  /// checked by the run, which knows the end.
  void validate() const {
    require_not_negative(relative_tolerance, "relative_tolerance");
    require_not_negative(absolute_tolerance, "absolute_tolerance");
    require(divergence_radius > 0, "divergence_radius", divergence_radius, "a number above 0, or infinity");
    require(maximum_steps >= 1, "maximum_steps", maximum_steps, "1 or above");
    require_not_negative(initial_step, "initial_step");
    require(maximum_step > 0, "maximum_step", maximum_step, "a number above 0, or infinity");
    require_not_negative(minimum_step, "minimum_step");
    require(minimum_step <= maximum_step, "minimum_step", minimum_step, "at most maximum_step");
    method.validate();
    require(steps >= 0, "steps", steps, "0 (not asked for) or above");
    require_not_negative(step_size, "step_size");
    require(steps == 0 || step_size == 0.0, "step_size", step_size, "0 where steps is given: one of the two is enough");
    if (!fixed() && !method.estimates_error()) {
      reject("steps", steps,
             "above 0 (or step_size above 0): method " + std::string(method.name) +
                 " has no error estimate to choose steps by");
    }
    for (std::size_t i = 0; i < save_at.size(); ++i) {
      require(std::isfinite(save_at[i]), "save_at[" + std::to_string(i) + "]", save_at[i], "a finite time");
    }
  }
};

}  // namespace drift
