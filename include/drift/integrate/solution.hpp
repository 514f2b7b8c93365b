#pragma once
// What a run of the integrator returns: where it got to, why it ended, and what it cost. A value; nothing refers back
// to the run.

#include <drift/core/status.hpp>
#include <drift/core/types.hpp>

#include <string>
#include <vector>

namespace drift {

/// S is the scalar of the state: the field's, complex for a complex field.
template <class S>
struct Solution {
  Vector<S> state;                      ///< the last good state: finite, the result of an accepted step (or the start)
  Status status = Status::reached_end;  ///< why the run ended
  Real<S> time = Real<S>(0);            ///< of `state`, counted from the start; negative when the run goes backward
  Index evaluations = 0;                ///< calls of the field
  Index accepted_steps = 0;             ///< steps that moved the state
  Index rejected_steps = 0;             ///< steps thrown away for their error or for a non-finite value
  std::vector<Real<S>> saved_times = {};     ///< the save_at times that the run reached
  std::vector<Vector<S>> saved_states = {};  ///< the states there, one for each saved time
  std::string failure = {};                  ///< what the observer that threw said; empty otherwise

  /// `state` is the state at the asked-for time: the run went all the way, or came to rest where the field is exactly
  /// zero.
  bool reached() const { return status == Status::reached_end || status == Status::stationary; }
};

}  // namespace drift
