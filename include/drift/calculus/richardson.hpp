#pragma once
// Limits by extrapolation: the value at h = 0 of a quantity that a central difference stencil gives at h > 0.
//
//     a(h) = a(0) + c_2 h^2 + c_4 h^4 + ...        a(0) from a(h), a(h/2), a(h/4), ... by Richardson's table
//
// Long steps carry truncation error, short ones rounding error; the table removes the first from long steps, and of all
// its entries the one with the smallest estimated error is taken, for each component apart. This is what
// check_derivatives compares with: from values of full precision it reaches about epsilon^(3/4), where a single
// difference stops at epsilon^(2/3).
//
// Source: Ridders, Accurate computation of F'(x) and F'(x) F''(x), Adv. Eng. Software 4 (1982).
// Cost: `levels` evaluations of a. Failure: a component without a finite entry has an infinite error.

#include <drift/core/types.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace drift::calculus {

template <class S>
struct Extrapolated {
  Vector<S> value;
  Vector<Real<S>> error;  ///< an estimate, per component; infinite where nothing could be estimated
};

/// a: h -> Vector<S> with an error in even powers of h; first_h > 0; levels >= 2. `noise` is the rounding error of a(h)
/// times h^order, per component: entries cannot be better than that.
template <class S, class Stencil>
Extrapolated<S> richardson(const Stencil& a, const Real<S>& first_h, int levels, const Real<S>& noise = Real<S>(0),
                           int order = 1) {
  using R = Real<S>;
  using std::abs;
  using std::isfinite;
  const auto larger = [](const R& x, const R& y) { return x > y ? x : y; };
  const R infinity = std::numeric_limits<R>::infinity();
  Extrapolated<S> best;
  std::vector<Vector<S>> previous, row;  // rows of the table: row[j] has the powers up to h^(2 j) removed
  R h = first_h;
  for (int level = 0; level < levels; ++level, h /= R(2)) {
    row.assign(1, a(h));
    row.reserve(static_cast<std::size_t>(levels));  // references into it stay valid below
    if (level == 0) {
      best = {row[0], Vector<R>::Constant(row[0].size(), infinity)};
    }
    R floor = noise;
    for (int i = 0; i < order; ++i) floor /= h;
    R factor(1);
    for (std::size_t j = 1; j <= previous.size(); ++j) {
      factor *= R(4);
      const Vector<S>& coarse = previous[j - 1];
      const Vector<S>& fine = row[j - 1];
      row.push_back(fine + (fine - coarse) / S(factor - R(1)));
      for (Index i = 0; i < fine.size(); ++i) {
        const S& entry = row[j][i];
        const R error = floor + larger(abs(S(entry - fine[i])), abs(S(entry - coarse[i])));
        if (isfinite(error) && error < best.error[i]) {
          best.error[i] = error;
          best.value[i] = entry;
        }
      }
    }
    bool finite = true;
    for (Index i = 0; i < row[0].size(); ++i) finite = finite && isfinite(R(abs(row[0][i])));
    if (finite) {
      previous = row;
    } else {
      previous.clear();  // outside the domain at this h: begin again with a shorter one
    }
  }
  return best;
}

/// The derivative at 0 of f: S -> Vector<S> along `unit` (1, or i to leave the real line), by central differences.
template <class S, class F>
Extrapolated<S> central_derivative(const F& f, const Real<S>& first_h, int levels, const Real<S>& noise = Real<S>(0),
                                   const S& unit = S(1)) {
  const auto stencil = [&](const Real<S>& h) -> Vector<S> {
    const S step = unit * S(h);
    return (f(step) - f(S(-step))) / S(step * Real<S>(2));
  };
  return richardson<S>(stencil, first_h, levels, noise);
}

}  // namespace drift::calculus
