// What does the Hessian of a network look like, before and after training?
//
// A tanh network on 300 digits, softmax cross-entropy and squared error, before and after full-batch descent. Three views of the same
// matrix, none of which needs the matrix:
//   its spectral density, by stochastic Lanczos quadrature (curvature/spectral_density.hpp);
//   its trace and Frobenius norm, by Hutchinson's estimator and Hutch++ (curvature/trace.hpp);
//   its largest eigenvalues, by Lanczos, beside those of the Gauss-Newton matrix (curvature/top_eigenpairs.hpp, gauss_newton.hpp).
// The network is small enough that the whole Hessian can be had, so each is compared with the truth. The last row of the figure is the
// 17 610-parameter network 64-100-100-10 on the same data, where the truth is out of reach.
//
// The claims were written down before the first run. Source: Ghorbani, Krishnan, Xiao (ICML 2019); Papyan, Traces of class/cross-class
// structure pervade deep learning spectra (arXiv 2008.11865): as many outliers as classes; Sagun et al. (arXiv 1706.04454): a bulk at 0.

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/example.hpp"
#include "support/statistics.hpp"

using namespace drift;
using examples::worst_of;

namespace {

struct Settings {
  Index width = 10;
  Index iterations = 2000;
  Index probes = 10;
  Index steps = 100;
  Index large_steps = 80;
  bool large = true;
};

/// One Hessian, looked at.
struct Look {
  std::string name;
  curvature::SpectralDensity<double> density;
  curvature::TraceEstimate<double> hutchinson, plus_plus;
  Index dimension = 0;
  double top = 0, gauss_newton_top = 0;
  Vector<double> exact = {};  ///< all eigenvalues, ascending; empty where the network is too large
  double loss = 0;
};

auto network(Index width) {
  return nn::sequential(nn::dense(64, width), nn::tanh(), nn::dense(width, width), nn::tanh(), nn::dense(width, 10));
}

template <class Fit>
Look look(const std::string& name, const Fit& fit, const Vector<double>& theta, const Settings& settings, Index steps,
          Random random) {
  Look result{
      .name = name,
      .density =
          curvature::spectral_density(fit, theta, random.split("density"), {.probes = settings.probes, .steps = steps}),
      .hutchinson = curvature::hutchinson(fit, theta, random.split("hutchinson"), {.probes = 100}),
      .plus_plus = curvature::hutch_plus_plus(fit, theta, random.split("hutch++"), {.sketch = 30, .probes = 40})};
  result.dimension = fit.dimension();
  result.top = curvature::sharpness(fit, theta);
  result.gauss_newton_top = curvature::sharpness(curvature::gauss_newton(fit), theta);
  result.loss = value(fit, theta);
  return result;
}

/// Before and after training; `exact`: with all eigenvalues.
template <class Loss>
std::vector<Look> looks(const std::string& name, const Loss& loss, double h, Index width, Index steps, bool exact,
                        const data::Dataset<double>& set, const Settings& settings, Random random) {
  const auto net = network(width);
  const auto fit = nn::supervised(net, loss, set.features, set.labels, {.threads = 2});
  const Vector<double> start = nn::initialise(net, nn::lecun_normal(), random.split("initialisation"));
  const auto run = minimise(fit, start, GradientDescent{.learning_rate = h}, {.iterations = settings.iterations});
  require(run.status == Status::reached_end, "training", to_string(run.status), "a run that reaches its end");

  std::vector<Look> both;
  for (const auto& [when, theta] : {std::pair{"before", start}, std::pair{"after", run.state}}) {
    both.push_back(look(name + ", " + when, fit, theta, settings, steps, random.split(when)));
    if (!exact) continue;
    both.back().exact = calculus::symmetric_eigen<double>(hessian(fit, theta)).values;
  }
  return both;
}

double trace_of(const Vector<double>& eigenvalues) { return eigenvalues.sum(); }
double squares_of(const Vector<double>& eigenvalues) { return eigenvalues.squaredNorm(); }

/// Both curves on one grid and of one width: half of the area between them, 0 where they agree and 1 where they do not touch.
double distance(const Look& at, curvature::SmoothingOptions options) {
  const auto estimate = curvature::smoothed(at.density, options);
  const Vector<double> weights = Vector<double>::Constant(at.exact.size(), 1.0 / static_cast<double>(at.exact.size()));
  const auto exact = curvature::smoothed(at.exact, weights, options);
  return (estimate.density - exact.density).cwiseAbs().sum() * (estimate.grid[1] - estimate.grid[0]) / 2;
}

/// One grid for the estimate and the truth.
curvature::SmoothingOptions smoothing_of(const Look& at) {
  const double low = at.density.nodes.minCoeff(), high = at.density.nodes.maxCoeff(), width = (high - low) / 100;
  return {.width = width, .points = 400, .lower = low - 5 * width, .upper = high + 5 * width};
}

/// The gap between two neighbours among the 30 largest whose ratio is largest: so many eigenvalues lie above it.
Index outliers(const Vector<double>& ascending) {
  Index count = 0;
  double widest = 0;
  for (Index i = 1; i <= std::min<Index>(30, ascending.size() - 1); ++i) {
    const double above = ascending[ascending.size() - i], below = ascending[ascending.size() - i - 1];
    if (!(below > 0)) break;
    if (above / below > widest) {
      widest = above / below;
      count = i;
    }
  }
  return count;
}

/// What mathematics says.
void check(examples::Example& example, const Look& at) {
  const double mass = at.density.weights.sum();
  example.verdicts().identity(at.name + ": a density has mass 1", std::abs(mass - 1) < 1e-12,
                              fmt::format("off by {:.1e}", std::abs(mass - 1)));
  const double size = at.exact.cwiseAbs().maxCoeff(), low = at.exact[0], high = at.exact[at.exact.size() - 1];
  const double outside = std::max(low - at.density.nodes.minCoeff(), at.density.nodes.maxCoeff() - high) / size;
  example.verdicts().identity(at.name + ": no node lies outside the spectrum", outside < 1e-12,
                              fmt::format("by {:.1e} of |H|", outside));
  double farthest = 0;
  for (const auto* estimate : {&at.hutchinson, &at.plus_plus}) {
    const auto deviations = [](const auto& e, double exact) { return std::abs(e.value - exact) / e.standard_error; };
    farthest = worst_of(farthest, deviations(estimate->trace, trace_of(at.exact)));
    farthest = worst_of(farthest, deviations(estimate->squared_frobenius_norm, squares_of(at.exact)));
  }
  example.verdicts().identity(at.name + ": traces and norms lie within six standard errors", farthest < 6,
                              fmt::format("farthest {:.2g}", farthest));
  example.verdicts().identity(at.name + ": the sharpness is the largest eigenvalue",
                              std::abs(at.top - high) <= 1e-8 * size, fmt::format("{:.6g}, {:.6g}", at.top, high));
}

void claim(examples::Example& example, const Look& at, Index classes) {
  const double size = at.exact.cwiseAbs().maxCoeff();
  const double area = distance(at, smoothing_of(at));
  example.verdicts().empirical(at.name + ": the estimated density is the exact one, smoothed alike, to 5 %",
                               area < 0.05, fmt::format("half the area between them {:.3f}", area));
  const auto flat = (at.exact.array().abs() < 0.01 * size).count();
  const double share = static_cast<double>(flat) / static_cast<double>(at.exact.size());
  example.verdicts().empirical(at.name + ": more than half of the eigenvalues are below a hundredth of the largest",
                               share > 0.5, fmt::format("{:.3f} of them", share));
  const Index count = outliers(at.exact);
  example.verdicts().empirical(at.name + ": the widest gap leaves as many outliers as classes, or one fewer",
                               count == classes || count == classes - 1, fmt::format("{} of them", count));
  const double ratio = at.gauss_newton_top / at.top;
  example.verdicts().empirical(at.name + ": Gauss-Newton's largest eigenvalue is the Hessian's to 10 %",
                               std::abs(ratio - 1) < 0.1, fmt::format("{:.3f} of it", ratio));
}

void draw(report::Figure& figure, const Look& at) {
  report::Panel& panel = figure.panel(at.name);
  const auto options = smoothing_of(at);
  const auto values = [](const Vector<double>& v) { return std::vector<double>(v.begin(), v.end()); };
  const auto estimate = curvature::smoothed(at.density, options);
  if (at.exact.size() > 0) {
    const Vector<double> equal = Vector<double>::Constant(at.exact.size(), 1.0 / static_cast<double>(at.exact.size()));
    panel.line("all eigenvalues, smoothed", values(estimate.grid),
               values(curvature::smoothed(at.exact, equal, options).density));
  }
  panel.line("Lanczos quadrature, smoothed", values(estimate.grid), values(estimate.density));
  const double one = 1 / (2.5 * options.width * static_cast<double>(at.dimension));  // the peak of a single eigenvalue
  panel.points("largest eigenvalue", {at.top}, {one / 4});
  panel.points("that of Gauss-Newton", {at.gauss_newton_top}, {one / 2});
  panel.x = {.label = "eigenvalue", .low = options.lower, .high = std::max(options.upper, 1.05 * at.gauss_newton_top)};
  panel.y = {.label = "density", .logarithmic = true, .low = one / 10, .high = 2 * estimate.density.maxCoeff()};
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("what_does_the_hessian_look_like",
                            "What does the Hessian of a network look like, before and after training?");
  Settings settings;
  example.setting("width", settings.width, "of the small network's two hidden layers", {.quick = 4});
  example.setting("iterations", settings.iterations, "steps of descent", {.quick = 100});
  example.setting("probes", settings.probes, "random starts of the quadrature");
  example.setting("steps", settings.steps, "of Lanczos from each, for the small network", {.quick = 40});
  example.setting("large", settings.large, "whether the 17 610-parameter network is looked at", {.quick = false});
  example.setting("large-steps", settings.large_steps, "of Lanczos from each start, for the large network");
  return example.run(argc, argv, [&] {
    auto digits = data::digits(examples::data_file("digits.csv"));
    digits.features /= 16;
    const Random random(example.seed());
    const auto set = data::split(digits, random.split("split"), {.train_count = 300}).train;

    std::vector<Look> all;
    const auto add = [&](const std::vector<Look>& more) { all.insert(all.end(), more.begin(), more.end()); };
    add(looks("cross-entropy", losses::softmax_cross_entropy(), 0.5, settings.width, settings.steps, true, set,
              settings, random));
    add(looks("squared error", losses::squared_error(), 0.05, settings.width, settings.steps, true, set, settings,
              random));
    if (settings.large) {
      add(looks("17 610 parameters, cross-entropy", losses::softmax_cross_entropy(), 0.5, 100, settings.large_steps,
                false, set, settings, random));
    }

    report::Table table({"", "loss", "trace", "Hutchinson", "error", "Hutch++", "error", "|H|_F^2", "Hutch++", "error",
                         "largest", "of G-N", "lowest node"},
                        3);
    report::Trace nodes({"hessian", "node", "weight"});
    report::Trace exact({"hessian", "eigenvalue"});
    report::Figure figure("Spectral density of a network's Hessian (tanh, 300 digits)");
    figure.columns = 2;
    figure.panel_height = 330;
    for (const Look& at : all) {
      const bool known = at.exact.size() > 0;
      const double nan = std::numeric_limits<double>::quiet_NaN();
      table.row(at.name, at.loss, known ? trace_of(at.exact) : nan, at.hutchinson.trace.value,
                at.hutchinson.trace.standard_error, at.plus_plus.trace.value, at.plus_plus.trace.standard_error,
                known ? squares_of(at.exact) : nan, at.plus_plus.squared_frobenius_norm.value,
                at.plus_plus.squared_frobenius_norm.standard_error, at.top, at.gauss_newton_top,
                at.density.nodes.minCoeff());
      for (Index i = 0; i < at.density.nodes.size(); ++i)
        nodes.row(at.name, at.density.nodes[i], at.density.weights[i]);
      for (const double lambda : at.exact) exact.row(at.name, lambda);
      draw(figure, at);
      if (known) check(example, at);
    }
    example.print(table);
    example.print(
        "error: standard error of the estimate before it. G-N: the Gauss-Newton matrix. nan: not worked out.");
    example.write(nodes);
    example.write(exact, "exact");
    example.draw(figure);
    if (example.quick()) return;
    claim(example, all[1], 10);
    claim(example, all[3], 10);
  });
}
