#pragma once
// Explicit Runge-Kutta methods as data: exact rational coefficients, turned into a run's number type when it starts.
//
//     stage i   k_i = f(y + h sum_{j<i} a_ij k_j);   the end of the step  y_1 = y + h sum_i b_i k_i
//     error     y_1 - y^_1 = h sum_i error_i k_i,    y^_1 the result of a second, embedded method
//     inside    y(s) = cubic Hermite(s) + h s^2 (1 - s)^2 sum_i dense_i k_i,   s from 0 to 1 along the step
//
// Fields here are autonomous, so the nodes c_i (the row sums of a) never enter.
//
// Source: E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I (2nd ed.), II.1 (the classical
//   method), II.5 (Dormand and Prince 5(4)), II.6 and the code DOPRI5 (dense output); J. R. Dormand, P. J. Prince, A
//   family of embedded Runge-Kutta formulae, J. Comput. Appl. Math. 6 (1980).
// Cost, in field evaluations per step: Euler 1, classical Runge-Kutta 4, Dormand-Prince 6 (its seventh stage is the
//   next step's first).
// A method of one's own is a Tableau too: `.method = my_tableau` in IntegrateOptions.

#include <drift/core/errors.hpp>

#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace drift {

/// An exact coefficient.
struct Rational {
  long long numerator = 0;
  long long denominator = 1;

  template <class T>
  T as() const {
    return T(numerator) / T(denominator);
  }

  constexpr bool is_zero() const { return numerator == 0; }
  friend constexpr bool operator==(const Rational&, const Rational&) = default;
};

/// One explicit Runge-Kutta method.
struct Tableau {
  static constexpr int max_stages = 9;
  using Row = std::array<Rational, max_stages>;

  std::string_view name;
  int stages = 0;       ///< 1 to max_stages
  int order = 0;        ///< of y_1: local error O(h^(order+1))
  int error_order = 0;  ///< order of the embedded method; 0: there is none, and the method runs with fixed steps only
  std::array<Row, max_stages> a = {};  ///< strictly lower triangular
  Row b = {};
  Row error = {};  ///< b minus the embedded weights; all zero when error_order is 0
  Row dense = {};  ///< what dense output adds to the cubic Hermite polynomial; all zero: nothing

  constexpr bool estimates_error() const { return error_order > 0; }

  /// The last stage is the field at the end of the step, so that the next step has its first stage for nothing.
  constexpr bool first_same_as_last() const {
    const auto last = static_cast<std::size_t>(stages - 1);
    return stages > 1 && a[last] == b;
  }

  /// Throws InvalidArgument unless this is a consistent explicit method.
  void validate() const {
    if (stages < 1 || stages > max_stages) refuse("stages", stages, "from 1 to " + std::to_string(max_stages));
    if (order < 1) refuse("order", order, "1 or above");
    if (error_order < 0) refuse("error_order", error_order, "0 (no embedded method) or above");
    for (int i = 0; i < max_stages; ++i) {
      const Row& row = a[static_cast<std::size_t>(i)];
      validate_denominators(row, "a denominator of a");
      for (int j = 0; j < max_stages; ++j) {
        const Rational& entry = row[static_cast<std::size_t>(j)];
        const bool below_diagonal = j < i && i < stages;
        if (!below_diagonal && !entry.is_zero()) {
          refuse("a coefficient of a on or above the diagonal", entry.as<double>(), "0 (explicit methods only)");
        }
      }
    }
    validate_denominators(dense, "a denominator of dense");
    validate_sum(b, 1.0, "the sum of b");
    validate_sum(error, 0.0, "the sum of error");
    if (estimates_error() && error == Row{}) {
      refuse("error", "all zero", "the difference of two methods where error_order is above 0");
    }
  }

 private:
  template <class Value>
  [[noreturn]] void refuse(std::string_view what, const Value& value, std::string_view expectation) const {
    reject("method " + std::string(name) + ": " + std::string(what), value, expectation);
  }

  void validate_denominators(const Row& row, std::string_view what) const {
    for (const Rational& entry : row) {
      if (entry.denominator == 0) refuse(what, 0, "other than 0");
    }
  }

  void validate_sum(const Row& row, double expected, std::string_view what) const {
    validate_denominators(row, what);
    double sum = 0;
    for (int i = 0; i < stages; ++i) sum += row[static_cast<std::size_t>(i)].as<double>();
    if (!(std::abs(sum - expected) < 1e-12)) refuse(what, sum, expected == 0.0 ? "0" : "1");
  }
};

namespace methods {

/// y_1 = y + h f(y): order 1, what gradient descent is to its gradient flow.
inline constexpr Tableau euler = {.name = "euler", .stages = 1, .order = 1, .b = {{{1}}}};

/// The classical method of order 4.
inline constexpr Tableau runge_kutta_4 = {
    .name = "runge_kutta_4",
    .stages = 4,
    .order = 4,
    .a = {{{{}}, {{{1, 2}}}, {{{0}, {1, 2}}}, {{{0}, {0}, {1}}}}},
    .b = {{{1, 6}, {1, 3}, {1, 3}, {1, 6}}},
};

/// Dormand and Prince 5(4): order 5 with an error estimate of order 4, first same as last, dense output of order 4.
inline constexpr Tableau dormand_prince_5_4 = {
    .name = "dormand_prince_5_4",
    .stages = 7,
    .order = 5,
    .error_order = 4,
    .a = {{{{}},
           {{{1, 5}}},
           {{{3, 40}, {9, 40}}},
           {{{44, 45}, {-56, 15}, {32, 9}}},
           {{{19372, 6561}, {-25360, 2187}, {64448, 6561}, {-212, 729}}},
           {{{9017, 3168}, {-355, 33}, {46732, 5247}, {49, 176}, {-5103, 18656}}},
           {{{35, 384}, {0}, {500, 1113}, {125, 192}, {-2187, 6784}, {11, 84}}}}},
    .b = {{{35, 384}, {0}, {500, 1113}, {125, 192}, {-2187, 6784}, {11, 84}}},
    .error = {{{71, 57600}, {0}, {-71, 16695}, {71, 1920}, {-17253, 339200}, {22, 525}, {-1, 40}}},
    .dense = {{{-12715105075, 11282082432},
               {0},
               {87487479700, 32700410799},
               {-10690763975, 1880347072},
               {701980252875, 199316789632},
               {-1453857185, 822651844},
               {69997945, 29380423}}},
};

}  // namespace methods
}  // namespace drift
