#pragma once
// check_derivatives(problem, x): are the derivatives of a class of your own what its value says they are?
//
//     const auto report = check_derivatives(problem, x);
//     std::cout << report;                      // a table; the last line names what to look at first
//     REQUIRE(report.passed());
//
// What is checked follows the problem's tier (core/concepts.hpp):
//
//   tier 1   value and gradient are finite and of the right length; the gradient against differences of the value
//   tier 2   Hessian-vector products against differences of the gradient, symmetry, linearity
//   tier 3   the Expansion: state, value and gradient against the members; every push against differences of the push
//            before it, along a straight curve and along a bent one; push_zero against push(0), rewind, move_to against
//            a fresh expand, references that stay unchanged and may be given back to push
//   tier 4   at a real state the same numbers in complex arithmetic; at a complex one differences along the real and
//            along the imaginary direction, which agree with the derivatives only if everything is holomorphic
//
// A push of order k is checked through k c_k = d/ds c_(k-1)(s), c_(k-1)(s) being the push of one order less from the
// point s of the same curve. So each check needs first differences only, of quantities that the checks before it have
// covered: the first failure in the table is the one to mend.
//
// Differences are extrapolated (calculus/richardson.hpp) and come with an estimate of their own error. A derivative
// passes when it agrees within `differences`, or within ten times that estimate where it is larger, but never beyond
// `loosest`. Errors are the largest of the components', relative to the largest component of the derivative or, where
// that vanishes, to how much the differentiated quantity changes nearby. In double a relative error of 1e-6 in a single
// component shows; so does a missing term.
//
// Choose x generic: where a term of the derivative vanishes (x = 0, a symmetric point), a mistake in it cannot be seen.
// Next to a kink (a branch of the callable), differences see both sides and the check fails.
//
// Cost: about 25 values for each of `coordinates` components and some hundred gradients. Errors: x of the wrong length
// and options out of their bounds throw InvalidArgument; what the problem's own members throw passes through.

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/richardson.hpp>
#include <drift/core/random.hpp>

#include <algorithm>
#include <cstdint>
#include <iomanip>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace drift {

struct CheckOptions {
  /// Relative difference allowed between a derivative and differences. 0: sqrt(epsilon), 1.5e-8 in double.
  double differences = 0;
  /// The differences' own estimated error may raise that, up to this. 0: epsilon^(1/4), 1.2e-4 in double.
  double loosest = 0;
  /// Relative difference allowed between two routes to the same number that differ by the order of sums. 0: 1000
  /// epsilon.
  double identities = 0;
  /// The longest offset from x, in units of max(1, largest |x_i|); shorter ones, down to 2^-offsets of it, are tried
  /// too. Where a singularity or a kink is nearer to x than a thousandth, make it a tenth of the distance. Above 0,
  /// finite.
  double offset = 0.25;
  /// How many offsets, each half the one before. 3 to 30.
  int offsets = 12;
  /// At most this many components of the gradient are compared one by one, spread evenly; the others only take part
  /// in random directions. 1 or above.
  Index coordinates = 200;
  /// How many random directions and pairs of them. 1 or above.
  int directions = 3;
  /// The highest push that is checked. 1 or above.
  int pushes = 4;
  /// Of the random directions.
  std::uint64_t seed = 1;

  void validate() const {
    require_not_negative(differences, "differences");
    require_not_negative(loosest, "loosest");
    require_not_negative(identities, "identities");
    require_positive(offset, "offset");
    require(offsets >= 3 && offsets <= 30, "offsets", offsets, "from 3 to 30");
    require(coordinates >= 1, "coordinates", coordinates, "1 or above");
    require(directions >= 1, "directions", directions, "1 or above");
    require(pushes >= 1, "pushes", pushes, "1 or above");
  }
};

/// One line of the report.
struct DerivativeCheck {
  std::string name;
  double relative_error = 0;  ///< infinite where something has the wrong length or is not finite
  double tolerance = 0;
  bool passed = false;
  Index worst_coordinate = -1;  ///< of the largest error; -1 where there is none
  std::string note;             ///< what is wrong, where a number does not say it
};

struct DerivativeReport {
  std::vector<DerivativeCheck> checks;

  bool passed() const {
    return std::all_of(checks.begin(), checks.end(), [](const DerivativeCheck& check) { return check.passed; });
  }
  /// The first check that failed, the one to mend first; nullptr if all passed.
  const DerivativeCheck* first_failure() const {
    const auto at =
        std::find_if(checks.begin(), checks.end(), [](const DerivativeCheck& check) { return !check.passed; });
    return at == checks.end() ? nullptr : &*at;
  }
};

inline std::ostream& operator<<(std::ostream& out, const DerivativeReport& report) {
  std::size_t width = 5;
  for (const DerivativeCheck& check : report.checks) width = std::max(width, check.name.size());
  std::ostringstream text;
  const auto name = [&](const std::string& s) {
    text << std::left << std::setw(static_cast<int>(width)) << s << std::right;
  };
  name("check");
  text << std::setw(12) << "error" << std::setw(12) << "tolerance" << "\n" << std::scientific << std::setprecision(1);
  for (const DerivativeCheck& check : report.checks) {
    name(check.name);
    text << std::setw(12) << check.relative_error << std::setw(12) << check.tolerance
         << (check.passed ? "  ok" : "  FAILED");
    if (!check.passed && check.worst_coordinate >= 0) text << ", worst at coordinate " << check.worst_coordinate;
    if (!check.passed && !check.note.empty()) text << ": " << check.note;
    text << "\n";
  }
  if (const DerivativeCheck* culprit = report.first_failure()) {
    text << "FAILED, look first at: " << culprit->name;
    if (culprit->worst_coordinate >= 0) text << ", coordinate " << culprit->worst_coordinate;
    if (!culprit->note.empty()) text << " (" << culprit->note << ")";
    text << "\n";
  } else {
    text << "all " << report.checks.size() << " checks passed\n";
  }
  return out << text.str();
}

namespace calculus {

/// Collects comparisons; R is the real number type that is checked.
template <class R>
class Checker {
 public:
  explicit Checker(const CheckOptions& options)
      : differences_(or_default(options.differences,
                                [] {
                                  using std::sqrt;
                                  return R(sqrt(epsilon<R>()));
                                })),
        loosest_(or_default(options.loosest,
                            [] {
                              using std::sqrt;
                              return R(sqrt(R(sqrt(epsilon<R>()))));
                            })),
        identities_(or_default(options.identities, [] { return R(R(1000) * epsilon<R>()); })) {}

  DerivativeReport take() { return std::move(report_); }
  /// The last check compared only these coordinates of the problem.
  void relabel_last(const std::vector<Index>& coordinates) {
    Index& worst = report_.checks.back().worst_coordinate;
    if (worst >= 0) worst = coordinates[static_cast<std::size_t>(worst)];
  }

  /// `actual` should be `expected` up to rounding.
  template <class S>
  void identical(const std::string& name, const Vector<S>& actual, const Vector<S>& expected) {
    compare(name, actual, expected, Vector<R>(), R(0), identities_);
  }
  /// The same for two routes that differentiate, of which one may use differences itself.
  template <class S>
  void consistent(const std::string& name, const Vector<S>& actual, const Vector<S>& expected, const R& scale = R(0)) {
    compare(name, actual, expected, Vector<R>(), scale, differences_);
  }
  /// `actual` should be the derivative that differences gave; `variation` is how much the quantity changes nearby, for
  /// the scale.
  template <class S>
  void derivative(const std::string& name, const Vector<S>& actual, const Extrapolated<S>& expected,
                  const R& variation) {
    compare(name, actual, expected.value, expected.error, variation, differences_);
  }
  void holds(const std::string& name, bool condition, const std::string& otherwise) {
    add({name, condition ? 0.0 : std::numeric_limits<double>::infinity(), 0.0, condition, -1, otherwise});
  }

 private:
  template <class Default>
  static R or_default(double given, const Default& otherwise) {
    return given > 0 ? R(given) : otherwise();
  }

  template <class S>
  void compare(const std::string& name, const Vector<S>& actual, const Vector<S>& expected, const Vector<R>& errors,
               R scale, const R& tolerance) {
    using std::abs;
    DerivativeCheck check{name, std::numeric_limits<double>::infinity(), static_cast<double>(tolerance), false, -1, ""};
    if (actual.size() != expected.size()) {
      check.note = "has length " + std::to_string(actual.size()) + " instead of " + std::to_string(expected.size());
      return add(check);
    }
    for (Index i = 0; i < actual.size(); ++i) {
      using std::isfinite;
      if (!isfinite(R(abs(actual[i])))) {
        check.note = "is not finite";
        check.worst_coordinate = i;
        return add(check);
      }
      if (!isfinite(R(abs(expected[i])))) {
        check.note =
            errors.size() > 0 ? "no finite values near x to compare with" : "what it is compared with is not finite";
        check.worst_coordinate = i;
        return add(check);
      }
      for (const S& z : {actual[i], expected[i]}) {
        if (abs(z) > scale) scale = abs(z);
      }
    }
    if (!(scale > R(0))) scale = R(1);
    // The component that exceeds its tolerance most is the one that is reported.
    R worst_excess(-1);
    check.passed = true;
    for (Index i = 0; i < actual.size(); ++i) {
      R allowed = tolerance;
      if (errors.size() > 0) {
        const R noise = R(10) * errors[i] / scale;
        if (noise > allowed) allowed = noise < loosest_ ? noise : (loosest_ > tolerance ? loosest_ : tolerance);
      }
      const R error = abs(S(actual[i] - expected[i])) / scale;
      const R excess = error / allowed;
      if (excess > worst_excess) {
        worst_excess = excess;
        check.relative_error = static_cast<double>(error);
        check.tolerance = static_cast<double>(allowed);
        check.worst_coordinate = i;
      }
      check.passed = check.passed && error <= allowed;
    }
    if (actual.size() == 0) check.relative_error = 0;
    add(check);
  }

  void add(DerivativeCheck check) { report_.checks.push_back(std::move(check)); }

  R differences_;
  R loosest_;
  R identities_;
  DerivativeReport report_;
};

template <class S>
Vector<S> single(const S& value) {
  return Vector<S>::Constant(1, value);
}

/// The checks of one problem at one point.
template <class P>
class DerivativeChecks {
  using R = ScalarOfProblem<P>;
  using C = std::complex<R>;

 public:
  DerivativeChecks(const P& problem, Vector<R> x, const CheckOptions& options)
      : problem_(problem), x_(std::move(x)), options_(options), check_(options), random_(options.seed) {
    using std::abs;
    R largest(1);
    for (Index i = 0; i < x_.size(); ++i) largest = abs(x_[i]) > largest ? R(abs(x_[i])) : largest;
    offset_ = R(options.offset) * largest;
  }

  DerivativeReport run() {
    if (!first_order()) return check_.take();
    if constexpr (SecondOrderProblem<P>) second_order();
    if constexpr (ExpandableProblem<P>) {
      if (!expansion()) return check_.take();
      curve("a straight curve", straight_curve<R>(), x_);
      curve("a bent curve", bent_curve<R>(R(1)), x_);
      workspace();
    }
    if constexpr (HolomorphicProblem<P>) holomorphic();
    return check_.take();
  }

 private:
  // --- Tier 1 ---

  bool first_order() {
    using std::isfinite;
    const R value = problem_.value(x_);
    gradient_ = problem_.gradient(x_);
    check_.holds("value is finite", isfinite(value), "value(x) is NaN or infinite");
    check_.holds("gradient has the length of x", gradient_.size() == x_.size(),
                 "it has length " + std::to_string(gradient_.size()) + " instead of " + std::to_string(x_.size()));
    if (!isfinite(value) || gradient_.size() != x_.size()) return false;

    const Index n = x_.size();
    const Index count = std::min(n, options_.coordinates);
    Vector<R> actual(count), variations(count);
    Extrapolated<R> differences{Vector<R>(count), Vector<R>(count)};
    std::vector<Index> coordinates;
    for (Index j = 0; j < count; ++j) {
      const Index i = count == n ? j : j * n / count;
      coordinates.push_back(i);
      const auto slice = value_along(Vector<R>::Unit(n, i));
      actual[j] = gradient_[i];
      differences.value[j] = slice.first.value[0];
      differences.error[j] = slice.first.error[0];
      variations[j] = slice.second;
    }
    const R variation = variations.maxCoeff();
    check_.derivative("gradient: differences of value", actual, differences, variation);
    check_.relabel_last(coordinates);
    if (count < n) {
      Vector<R> along(options_.directions);
      Extrapolated<R> slopes{Vector<R>(options_.directions), Vector<R>(options_.directions)};
      R largest(0);
      for (int k = 0; k < options_.directions; ++k) {
        const Vector<R> u = direction();
        const auto slice = value_along(u);
        along[k] = gradient_.dot(u);
        slopes.value[k] = slice.first.value[0];
        slopes.error[k] = slice.first.error[0];
        largest = std::max(largest, slice.second);
      }
      check_.derivative("gradient along random directions", along, slopes, largest);
      check_.relabel_last(std::vector<Index>(static_cast<std::size_t>(options_.directions), -1));
    }
    return true;
  }

  /// The derivative of value along u, and how much value changes along it.
  std::pair<Extrapolated<R>, R> value_along(const Vector<R>& u) {
    return differentiate<R>([&](const R& t) { return single<R>(problem_.value(Vector<R>(x_ + t * u))); });
  }

  // --- Tier 2 ---

  Vector<R> product(const Vector<R>& v) const {
    if constexpr (HasHessianVectorProduct<P>) {
      return problem_.hessian_vector_product(x_, v);
    } else {
      return problem_.expand(x_).push(v);
    }
  }

  void second_order() {
    for (int k = 0; k < options_.directions; ++k) {
      const Vector<R> u = direction(), v = direction();
      const std::string which = " (direction " + std::to_string(k) + ")";
      const Vector<R> hu = product(u), hv = product(v);
      const auto [expected, variation] =
          differentiate<R>([&](const R& t) { return Vector<R>(problem_.gradient(Vector<R>(x_ + t * u))); });
      check_.derivative("Hessian-vector product: differences of gradient" + which, hu, expected, variation);
      if (hu.size() != x_.size() || hv.size() != x_.size()) return;
      check_.consistent("Hessian-vector product: symmetry" + which, single<R>(v.dot(hu)), single<R>(u.dot(hv)),
                        R(hu.norm() * v.norm()));
      const R a = R(0.5), b = R(-2);
      const Vector<R> combined = product(a * u + b * v);
      check_.consistent("Hessian-vector product: linearity" + which, combined, Vector<R>(a * hu + b * hv),
                        std::max(R(hu.cwiseAbs().maxCoeff()), R(R(2) * hv.cwiseAbs().maxCoeff())));
      if constexpr (HasHessianVectorProduct<P> && HasExpand<P>) {
        check_.consistent("Hessian-vector product: the member against push" + which, hu,
                          Vector<R>(problem_.expand(x_).push(u)));
      }
    }
    check_.identical("Hessian-vector product: H 0 is 0", product(Vector<R>::Zero(x_.size())),
                     Vector<R>(Vector<R>::Zero(x_.size())));
  }

  // --- Tier 3 ---

  bool expansion() {
    const auto e = problem_.expand(x_);
    check_.identical("expansion: state", Vector<R>(e.state()), x_);
    check_.identical("expansion: value", single<R>(e.value()), single<R>(problem_.value(x_)));
    const Vector<R> g = e.gradient();
    check_.identical("expansion: gradient", g, gradient_);
    check_.holds("expansion: stage() is 0", e.stage() == 0, "it is " + std::to_string(e.stage()));
    return g.size() == x_.size();
  }

  /// theta_1, theta_2, ... of a curve; the coefficients fall so that the curve stays near x over an offset.
  template <class S>
  std::vector<Vector<S>> straight_curve() {
    return {direction().template cast<S>()};
  }
  template <class S>
  std::vector<Vector<S>> bent_curve(const S& factor) {
    return {Vector<S>(factor * direction().template cast<S>()), Vector<S>(factor * direction().template cast<S>()),
            Vector<S>(factor * direction().template cast<S>())};
  }

  /// The curve's Taylor coefficients about t = s: coefficient k is sum over j >= k of binomial(j, k) theta_j s^(j - k).
  template <class S>
  static Vector<S> coefficient(const Vector<S>& start, const std::vector<Vector<S>>& curve, int k, const S& s) {
    Vector<S> sum = k == 0 ? start : Vector<S>(Vector<S>::Zero(start.size()));
    S power(1);
    Real<S> binomial(1);  // binomial(j, k) from j = k on
    for (int j = k; j <= static_cast<int>(curve.size()); ++j) {
      if (j > k) {
        power *= s;
        binomial *= Real<S>(j) / Real<S>(j - k);
      }
      if (j > 0) sum += S(binomial) * power * curve[static_cast<std::size_t>(j - 1)];
    }
    return sum;
  }

  /// Coefficient k of the gradient along the curve, expanded about t = s.
  template <class S>
  Vector<S> gradient_coefficient(const Vector<S>& start, const std::vector<Vector<S>>& curve, int k, const S& s) const {
    auto e = problem_.expand(coefficient(start, curve, 0, s));
    Vector<S> c = e.gradient();
    for (int i = 1; i <= k; ++i) {
      if (i <= static_cast<int>(curve.size())) {
        c = e.push(coefficient(start, curve, i, s));
      } else {
        c = e.push_zero();
      }
    }
    return c;
  }

  template <class S>
  void curve(const std::string& name, const std::vector<Vector<S>>& thetas, const Vector<S>& start,
             const S& unit = S(1)) {
    for (int k = 1; k <= options_.pushes; ++k) {
      const auto lower = [&](const S& s) { return gradient_coefficient(start, thetas, k - 1, s); };
      auto [expected, variation] = differentiate<S>(lower, unit);
      const Vector<S> c = gradient_coefficient(start, thetas, k, S(0));
      check_.derivative("push " + std::to_string(k) + " along " + name, Vector<S>(c * S(R(k))), expected, variation);
      if (c.size() != start.size()) return;
    }
  }

  void workspace() {
    const Index n = x_.size();
    const Vector<R> zero = Vector<R>::Zero(n);
    const Vector<R> a = direction(), b = direction(), c = direction();
    auto e = problem_.expand(x_);
    const Vector<R> first = e.push(a);
    const Vector<R> after_zero = e.push_zero();
    const Vector<R> third = e.push(b);
    check_.holds("expansion: stage() counts the pushes", e.stage() == 3,
                 "it is " + std::to_string(e.stage()) + " after three pushes");
    e.rewind(1);
    check_.holds("expansion: stage() after rewind(1)", e.stage() == 1, "it is " + std::to_string(e.stage()));
    check_.identical("push_zero: push(0)", after_zero, Vector<R>(e.push(zero)));
    check_.identical("push_zero: the push after it", third, Vector<R>(e.push(b)));
    e.rewind(0);
    const Vector<R> other = e.push(c);
    e.push(b);
    e.rewind(0);
    check_.identical("rewind(0): the same push again", Vector<R>(e.push(a)), first);
    e.push_zero();
    check_.identical("rewind(0): the same third push again", Vector<R>(e.push(b)), third);
    e.rewind(0);
    check_.identical("rewind(0): push_zero from stage 0", Vector<R>(e.push_zero()), zero);

    using std::isfinite;
    Vector<R> y = x_ + R(0.5) * offset_ * a;
    for (int i = 0; i < options_.offsets && !isfinite(problem_.value(y)); ++i) y = x_ + (y - x_) / R(4);
    e.move_to(y);
    auto fresh = problem_.expand(y);
    check_.holds("move_to: stage() is 0", e.stage() == 0, "it is " + std::to_string(e.stage()));
    check_.identical("move_to: state", Vector<R>(e.state()), y);
    check_.identical("move_to: value against a fresh expand", single<R>(e.value()), single<R>(fresh.value()));
    check_.identical("move_to: gradient against a fresh expand", Vector<R>(e.gradient()), Vector<R>(fresh.gradient()));
    check_.identical("move_to: push against a fresh expand", Vector<R>(e.push(b)), Vector<R>(fresh.push(b)));
    check_.identical("move_to: the second push", Vector<R>(e.push(c)), Vector<R>(fresh.push(c)));

    e.move_to(x_);
    const auto& gradient_kept = e.gradient();
    const auto& first_kept = e.push(a);
    const auto& second_kept = e.push(b);
    const Vector<R> second = second_kept;
    e.push(c);
    e.push_zero();
    check_.identical("references: gradient unchanged by pushes", Vector<R>(gradient_kept), gradient_);
    check_.identical("references: push 1 unchanged by later pushes", Vector<R>(first_kept), first);
    check_.identical("references: push 2 unchanged by later pushes", Vector<R>(second_kept), second);
    e.rewind(0);
    const Vector<R> of_gradient = e.push(e.gradient());
    const Vector<R> of_product = e.push(first_kept);
    fresh.move_to(x_);
    check_.identical("references: push(gradient()) against a copy", of_gradient, Vector<R>(fresh.push(gradient_)));
    check_.identical("references: push(push's result) against a copy", of_product, Vector<R>(fresh.push(of_gradient)));
    e.rewind(0);
    check_.identical("rewind(0): another direction again", Vector<R>(e.push(c)), other);
  }

  // --- Tier 4 ---

  void holomorphic() {
    const Vector<C> x = x_.template cast<C>();
    const Vector<R> a = direction(), b = direction();
    auto real = problem_.expand(x_);
    auto e = problem_.expand(x);
    check_.identical("complex arithmetic at a real state: value", single<C>(e.value()), single<C>(C(real.value())));
    check_.identical("complex arithmetic at a real state: gradient", Vector<C>(e.gradient()), complex(real.gradient()));
    check_.identical("complex arithmetic at a real state: push 1", Vector<C>(e.push(complex(a))),
                     complex(real.push(a)));
    check_.identical("complex arithmetic at a real state: push 2", Vector<C>(e.push(complex(b))),
                     complex(real.push(b)));

    const Vector<C> z = x + C(R(0), offset_) * complex(direction());
    const C along(R(0.6), R(0.8));
    for (const C& unit : {C(R(1), R(0)), C(R(0), R(1))}) {
      const std::string where = unit == C(R(1), R(0)) ? "real" : "imaginary";
      const Vector<C> u = complex(a);
      const auto value_at = [&](const C& s) { return single<C>(problem_.expand(Vector<C>(z + s * u)).value()); };
      const auto [slope, variation] = differentiate<C>(value_at, unit);
      const Vector<C> g = problem_.expand(z).gradient();
      check_.derivative("complex state: gradient, differences in " + where + " direction",
                        single<C>(g.cwiseProduct(u).sum()), slope, variation);
      curve("a bent complex curve, differences in " + where + " direction", bent_curve<C>(along), z, unit);
    }
  }

  static Vector<C> complex(const Vector<R>& v) { return v.template cast<C>(); }

  // --- Common ---

  /// A random direction with components of order one.
  Vector<R> direction() { return random_.template normal_vector<double>(x_.size()).template cast<R>(); }

  /// The derivative of f at 0 along `unit` by differences, and how much f changes over a middle offset, per length.
  template <class S, class F>
  std::pair<Extrapolated<S>, R> differentiate(const F& f, const S& unit = S(1)) {
    using std::isfinite;
    const R h = offset_ / R(4);  // directions are longer than unit vectors
    const Vector<S> centre = f(S(0));
    const R noise = centre.size() > 0 ? R(epsilon<R>() * centre.cwiseAbs().maxCoeff()) : R(0);
    R variation(0), length = h / R(8);
    for (int i = 0; i < options_.offsets && !(variation > R(0)); ++i, length /= R(2)) {
      const R change = centre.size() > 0 ? R((f(S(unit * S(length))) - centre).cwiseAbs().maxCoeff() / length) : R(0);
      if (isfinite(change)) variation = change;
    }
    return {central_derivative<S>(f, h, options_.offsets, noise, unit), variation};
  }

  const P& problem_;
  Vector<R> x_;
  CheckOptions options_;
  Checker<R> check_;
  Random random_;
  Vector<R> gradient_;
  R offset_ = R(0);
};

}  // namespace calculus

/// Checks what the problem's tier promises at x, and returns a report; nothing is thrown for a wrong derivative.
template <Problem P, StateOver<ScalarOfProblem<P>> X>
  requires std::same_as<ScalarOf<X>, ScalarOfProblem<P>>
DerivativeReport check_derivatives(const P& problem, const X& x, const CheckOptions& options = {}) {
  require_size(x, problem.dimension(), "x");
  options.validate();
  return calculus::DerivativeChecks<P>(problem, evaluated(x), options).run();
}

}  // namespace drift
