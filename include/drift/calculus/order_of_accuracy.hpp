#pragma once
// order_of_accuracy(error, {h1, h2, ...}): with which power of h does an error fall?
//
//     error(h) ~ c h^slope        slope by least squares through (log h, log error)
//
//     const auto order = order_of_accuracy(
//         [&](double h) {
//           const auto step = descent::step(problem, GradientDescent{.learning_rate = h});
//           return one_step_error(flows::modified<2>(problem, h), step, x).norm;
//         },
//         {0.04, 0.02, 0.01});
//     order.slope            // 3.0: the IGR flow has local error O(h^3)
//     std::cout << order;    // each h with its error and the slope from the one before
//
// An error that cannot bear on the slope is left out and says why (`Use`): zero or at the rounding floor, or not
// finite. With fewer than two left there is no slope: `resolved()` is false, `slope` is NaN, which no comparison
// accepts, and the printed text says what was in the way.
//
// Shapes: h a positive number of any type, error a callable h -> non-negative number; where the two differ in type the
// result has the error's. Multiprecision numbers work. Cost: one call of error for each h.
// Errors: fewer than two different h, an h that is not positive and finite, a negative error: InvalidArgument.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <iomanip>
#include <limits>
#include <ostream>
#include <sstream>
#include <string_view>
#include <type_traits>
#include <vector>

namespace drift {

/// What became of one error.
enum class Use {
  fitted,      ///< it is part of the fit
  at_floor,    ///< zero, or not above the rounding floor: left out
  non_finite,  ///< NaN or infinite: left out
};

constexpr std::string_view to_string(Use use) {
  switch (use) {
    case Use::fitted: return "fitted";
    case Use::at_floor: return "at the rounding floor";
    case Use::non_finite: return "not finite";
  }
  return "unknown";
}

template <class R>
struct OrderOfAccuracy {
  R slope = std::numeric_limits<R>::quiet_NaN();  ///< the fitted power of h; NaN unless resolved()
  std::vector<R> hs;                              ///< as given
  std::vector<R> errors;                          ///< one for each h
  std::vector<Use> uses;                          ///< one for each h
  /// slopes[i] is the slope between h[i] and h[i + 1]; NaN where one of the two errors is left out.
  std::vector<R> slopes;

  Index fitted() const { return static_cast<Index>(std::count(uses.begin(), uses.end(), Use::fitted)); }
  /// Two errors or more could be used.
  bool resolved() const { return fitted() >= 2; }
};

struct OrderOptions {
  /// Errors up to this are rounding and left out, in the units of the error. 0 or above; negative: 16 epsilon of the
  /// error's number type, which suits states of order one.
  double floor = -1;
};

namespace calculus {

template <class R, class Error, class H>
OrderOfAccuracy<R> order_of_accuracy(Error& error, const std::vector<H>& hs, const OrderOptions& options) {
  using std::isfinite;
  using std::log;
  require(!std::isnan(options.floor), "floor", options.floor, "a number");
  require(hs.size() >= 2, "hs", "a list of " + std::to_string(hs.size()), "two step lengths or more");
  for (const H& h : hs) require_positive(h, "h");
  require(std::any_of(hs.begin(), hs.end(), [&](const H& h) { return h != hs.front(); }), "hs",
          "the same number throughout", "two different step lengths or more");

  const R floor = options.floor < 0 ? R(R(16) * epsilon<R>()) : R(options.floor);
  OrderOfAccuracy<R> result;
  std::vector<R> x, y;  // of the errors in the fit
  for (const H& h : hs) {
    const R e = static_cast<R>(std::invoke(error, h));
    require(!(e < R(0)), "error(h)", e, "0 or above: the norm of a difference");
    const Use use = !isfinite(e) ? Use::non_finite : e <= floor ? Use::at_floor : Use::fitted;
    result.hs.push_back(static_cast<R>(h));
    result.errors.push_back(e);
    result.uses.push_back(use);
    if (use != Use::fitted) continue;
    x.push_back(log(result.hs.back()));
    y.push_back(log(e));
  }
  for (std::size_t i = 0; i + 1 < result.hs.size(); ++i) {
    const bool both =
        result.uses[i] == Use::fitted && result.uses[i + 1] == Use::fitted && result.hs[i] != result.hs[i + 1];
    result.slopes.push_back(
        both ? R(log(R(result.errors[i] / result.errors[i + 1])) / log(R(result.hs[i] / result.hs[i + 1])))
             : std::numeric_limits<R>::quiet_NaN());
  }
  if (!result.resolved()) return result;
  R x_mean(0), y_mean(0), xx(0), xy(0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x_mean += x[i] / R(static_cast<double>(x.size()));
    y_mean += y[i] / R(static_cast<double>(x.size()));
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - x_mean) * (x[i] - x_mean);
    xy += (x[i] - x_mean) * (y[i] - y_mean);
  }
  if (xx > R(0)) result.slope = xy / xx;  // equal h among those that are left give no slope
  return result;
}

/// The number type of the result: the error's, or the step length's where the error is a whole number.
template <class Error, class H>
using ErrorNumber = std::conditional_t<std::integral<std::decay_t<std::invoke_result_t<Error&, const H&>>>, H,
                                       std::decay_t<std::invoke_result_t<Error&, const H&>>>;

}  // namespace calculus

/// error: any callable h -> number, 0 or above. The h need no order.
template <class H, class Error>
  requires std::invocable<Error&, const H&>
OrderOfAccuracy<calculus::ErrorNumber<Error, H>> order_of_accuracy(Error&& error, const std::vector<H>& hs,
                                                                   const OrderOptions& options = {}) {
  return calculus::order_of_accuracy<calculus::ErrorNumber<Error, H>>(error, hs, options);
}

template <class H, class Error>
  requires std::invocable<Error&, const H&>
OrderOfAccuracy<calculus::ErrorNumber<Error, H>> order_of_accuracy(Error&& error, std::initializer_list<H> hs,
                                                                   const OrderOptions& options = {}) {
  return order_of_accuracy(error, std::vector<H>(hs), options);
}

template <class R>
std::ostream& operator<<(std::ostream& out, const OrderOfAccuracy<R>& order) {
  std::ostringstream text;
  text << std::setw(12) << "h" << std::setw(14) << "error" << std::setw(10) << "slope" << "\n";
  for (std::size_t i = 0; i < order.hs.size(); ++i) {
    text << std::setprecision(4) << std::defaultfloat << std::setw(12) << static_cast<double>(order.hs[i]);
    text << std::setprecision(4) << std::scientific << std::setw(14) << static_cast<double>(order.errors[i]);
    text << std::setprecision(3) << std::fixed << std::setw(10);
    if (i > 0 && order.slopes[i - 1] == order.slopes[i - 1]) {
      text << static_cast<double>(order.slopes[i - 1]);
    } else {
      text << "";
    }
    if (order.uses[i] != Use::fitted) text << "  " << to_string(order.uses[i]);
    text << "\n";
  }
  if (order.slope == order.slope) {
    text << "slope " << static_cast<double>(order.slope) << " by least squares through " << order.fitted() << " of "
         << order.hs.size() << "\n";
  } else {
    text << "no slope: only " << order.fitted() << " of " << order.hs.size() << " errors can be used\n";
  }
  return out << text.str();
}

}  // namespace drift
