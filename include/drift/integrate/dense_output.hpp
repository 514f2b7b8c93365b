#pragma once
// The state inside a step that has been made, from values that are at hand.
//
//     y(s) = y_0 + s^2 (3 - 2s) (y_1 - y_0) + h s (1-s)^2 f_0 - h s^2 (1-s) f_1 + h s^2 (1-s)^2 d,   s = (t - t_0) / h
//
// The first terms are the cubic Hermite polynomial (order 3); d = sum_i dense_i k_i lifts it to order 4 for
// Dormand-Prince. The result is continuous with its first derivative across steps, and exact at both ends.
//
// Source: Hairer, Norsett, Wanner I, II.6 and the continuous extension of DOPRI5 (its nested form, multiplied out).
// Cost: no evaluation of the field beyond f_1, which is the next step's first stage.

#include <drift/core/types.hpp>

namespace drift {

/// The weights of y_1 - y_0, f_0, f_1 and d at s in [0, 1], for a step h (of either sign).
template <class R>
struct DenseWeights {
  R difference, first_slope, last_slope, correction;

  DenseWeights(const R& s, const R& h) {
    const R rest = R(1) - s;
    difference = s * s * (R(3) - R(2) * s);
    first_slope = h * s * rest * rest;
    last_slope = -h * s * s * rest;
    correction = h * s * s * rest * rest;
  }
};

}  // namespace drift
