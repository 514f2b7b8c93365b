#pragma once
// Activations: y = phi(x), elementwise.
//
//   nn::tanh()   nn::softplus()   nn::logistic()      phi of calculus/elementary.hpp
//   nn::gelu()                                        x logistic(2 u), u = sqrt(2/pi) (x + 0.044715 x^3): x (1 + tanh u) / 2
//   nn::relu()                                        max(x, 0)
//   nn::leaky_relu(slope = 0.01)                      x for x > 0, slope x elsewhere
//
// The first four are smooth and holomorphic. The last two are piecewise linear: not holomorphic, and each number's piece is that of
// its value at stage 0. At the kink, x = 0, it is the left piece: the derivative there is 0, or the slope, as in PyTorch. NaN passes
// through all of them.
//
// Source: Hendrycks & Gimpel, arXiv 1606.08415 (GELU; this is its tanh form); Maas, Hannun, Ng, ICML 2013 (leaky ReLU).
// Cost: stage m has one or two sums of m products for each number forward (gelu: six, piecewise: none), and one back (none).
// Errors: a slope that is not finite: InvalidArgument.

#include <drift/calculus/start_array.hpp>
#include <drift/nn/layer.hpp>

#include <array>
#include <cmath>

namespace drift::nn {

/// y = phi(x); the series phi'(x) that the adjoint needs stands beside y.
template <class Function, class S>
class ActivationOperation {
 public:
  template <class L>
  ActivationOperation(const L&, const Shape& input, const Context& context)
      : slope_(context.rows, input.size()), auxiliary_(context.rows, input.size()) {}

  void advance(const calculus::Stage& stage, const calculus::Series<S>& x, Parameters<S>,
               const calculus::Series<S>& y) {
    const Index m = stage.number;
    slope_.open(m);
    if constexpr (Function::series > 2) auxiliary_.open(m);
    if (m == 0) {
      start(x[0], y[0], slope_[0]);
      y.mark(0, false);
      return;
    }
    if (Function::advance(stage, x, y, slope_, auxiliary_)) return;
    y.mark(m, true);
    slope_.mark(m, true);
    if constexpr (Function::series > 2) auxiliary_.mark(m, true);
  }

  void pull_back(const calculus::Stage& stage, const calculus::Series<S>& y_hat, const calculus::Series<S>&,
                 Parameters<S>, const calculus::Series<S>* x_hat, Gradients<S>) {
    if (x_hat != nullptr) calculus::set_product(stage, *x_hat, y_hat, slope_);
  }

 private:
  using Values = typename calculus::Series<S>::ArrayMap;

  void start(Values x, Values y, Values slope) {
    calculus::start_array<Function>(x.size(), x.data(), y.data(), slope.data(),
                                    Function::series > 2 ? auxiliary_[0].data() : nullptr);
  }

  calculus::Series<S> slope_;
  calculus::Series<S> auxiliary_;
};

template <class Function>
struct Activation {
  std::string_view name;

  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = ActivationOperation<Function, S>;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return input; }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

inline Activation<calculus::Tanh> tanh() { return {"tanh"}; }
inline Activation<calculus::Softplus> softplus() { return {"softplus"}; }
inline Activation<calculus::Logistic> logistic() { return {"logistic"}; }

/// y = x s with s = logistic(p), p = 2 u = alpha x + beta x^3; the slope is s + x p' s'. The logistic function keeps its digits where
/// 1 + tanh u would lose them, at large negative x.
template <class S>
class GeluOperation {
  using Series = calculus::Series<S>;

 public:
  template <class L>
  GeluOperation(const L&, const Shape& input, const Context& context)
      : series_{Series(context.rows, input.size()), Series(context.rows, input.size()),
                Series(context.rows, input.size()), Series(context.rows, input.size()),
                Series(context.rows, input.size()), Series(context.rows, input.size()),
                Series(context.rows, input.size())} {}

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S>, const Series& y) {
    const auto& [square, cube, p, s, ds, weight, slope] = series_;
    const Index m = stage.number;
    for (Series& series : series_) series.open(m);
    calculus::set_product(stage, square, x, x);
    calculus::set_product(stage, cube, square, x);
    combine(m, x, alpha_, cube, beta_, p);
    combine(m, x, alpha_, cube, Real<S>(3) * beta_, weight);  // x p'
    if (m == 0) {
      calculus::start_array<calculus::Logistic, S>(p.size(), p[0].data(), s[0].data(), ds[0].data(), nullptr);
      s.mark(0, false);
      ds.mark(0, false);
    } else if (!calculus::Logistic::advance(stage, p, s, ds, ds)) {
      s.mark(m, true);
      ds.mark(m, true);
    }
    calculus::set_product(stage, y, x, s);
    if (calculus::set_product(stage, slope, weight, ds)) {
      if (!s.is_zero(m)) slope[m] += s[m];
      if (m == 0) slope[0] = (ds[0] == S(0)).select(s[0], slope[0]);  // where x p' overflows, s' is 0 long since
    } else {
      detail::copy_coefficient(m, s, slope);
    }
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series&, Parameters<S>, const Series* x_hat,
                 Gradients<S>) {
    if (x_hat != nullptr) calculus::set_product(stage, *x_hat, y_hat, series_[6]);
  }

 private:
  static void combine(Index m, const Series& a, const Real<S>& a_factor, const Series& b, const Real<S>& b_factor,
                      const Series& out) {
    out.mark(m, a.is_zero(m) && b.is_zero(m));
    if (out.is_zero(m)) return;
    out[m].setZero();
    if (!a.is_zero(m)) out[m] += S(a_factor) * a[m];
    if (!b.is_zero(m)) out[m] += S(b_factor) * b[m];
  }

  static Real<S> root_of_eight_over_pi() {
    using std::acos, std::sqrt;
    return sqrt(Real<S>(8) / Real<S>(acos(Real<S>(-1))));
  }

  Real<S> alpha_ = root_of_eight_over_pi();  // 2 sqrt(2 / pi)
  Real<S> beta_ = alpha_ * Real<S>(44715) / Real<S>(1000000);
  std::array<Series, 7> series_;
};

struct Gelu {
  static constexpr std::string_view name = "gelu";
  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = GeluOperation<S>;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return input; }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

inline Gelu gelu() { return {}; }

/// y = d x with d chosen at stage 0, whose x is read again rather than d kept.
template <class S>
class PiecewiseLinearOperation {
  using Series = calculus::Series<S>;

 public:
  template <class L>
  PiecewiseLinearOperation(const L& layer, const Shape&, const Context&)
      : negative_slope_(static_cast<S>(layer.negative_slope)) {}

  void advance(const calculus::Stage& stage, const Series& x, Parameters<S>, const Series& y) {
    if (stage.number == 0) {
      start(x[0].data(), y);
    } else {
      multiply(stage.number, x[0].data(), x, y);
    }
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series& x, Parameters<S>, const Series* x_hat,
                 Gradients<S>) {
    if (x_hat != nullptr) multiply(stage.number, x[0].data(), y_hat, *x_hat);
  }

 private:
  void start(const S* x, const Series& y) const {
    y.mark(0, false);
    S* const out = y[0].data();
    const bool is_relu = negative_slope_ == S(0);
    calculus::for_each_simd<S>(y.size(), [&]<class V>(Index i) {
      const V v = calculus::load<V>(x + i), zero{};
      const V lower = is_relu ? zero : V(v * negative_slope_);  // 0 also where v is -inf
      calculus::store(out + i, V(v <= zero ? lower : v));
    });
  }

  void multiply(Index m, const S* x, const Series& from, const Series& to) const {
    to.mark(m, from.is_zero(m));
    if (from.is_zero(m)) return;
    const S* const in = from[m].data();
    S* const out = to[m].data();
    calculus::for_each_simd<S>(to.size(), [&]<class V>(Index i) {
      const V negative = calculus::broadcast<V>(negative_slope_), one = calculus::broadcast<V>(S(1));
      const V slope = calculus::load<V>(x + i) <= V{} ? negative : one;
      calculus::store(out + i, V(slope * calculus::load<V>(in + i)));
    });
  }

  S negative_slope_;
};

struct PiecewiseLinear {
  std::string_view name;
  double negative_slope;

  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = false;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = PiecewiseLinearOperation<S>;

  std::optional<Shape> required_input() const { return std::nullopt; }
  Shape output(const Shape& input) const { return input; }
  std::vector<ParameterShape> parameters(const Shape&) const { return {}; }
};

inline PiecewiseLinear relu() { return {.name = "relu", .negative_slope = 0}; }

inline PiecewiseLinear leaky_relu(double negative_slope = 0.01) {
  require(std::isfinite(negative_slope), "negative_slope", negative_slope, "finite");
  return {.name = "leaky relu", .negative_slope = negative_slope};
}

}  // namespace drift::nn
