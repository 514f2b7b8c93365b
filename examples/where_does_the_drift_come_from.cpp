// Where does the drift of gradient descent come from?
//
// The negative gradient flow (NGF) leaves a step of descent by the drift NGF(h) - (theta - h g) = (h^2/2) H g + ...: it comes from the
// curvature that the gradient meets. A 13-8-3 tanh network on the wine data (142 training examples, standardised), full batch, squared
// error and cross-entropy, 1000 steps of descent with h lambda_0 = 1 or 2.4 at the start, lambda_0 the sharpness. At states along a run
// the drift of the next step is measured, in total and along every eigenvector u_i of the Hessian, beside
//   leading     (h^2/2) H g                                       what one Hessian-vector product tells
//   frozen      h (u_i.g) (e^-y - 1 + y) / y, y = h lambda_i      what the Hessian tells, if it stayed as it is
//   remainder   int_0^h (h - s) H g ds along the NGF              the drift itself, by another road
// At four of the states h lambda_0 then goes from 0.01 to 2.4, and the same step is held against four flows. A flow that does not
// reach the end of its step counts as an infinite error, never as missing. All is judged by medians over five seeds.
//
// The claims were chosen before any run, but for those that say so: in the first runs, at rate 1 alone, the sharp directions died out
// within ten steps. Rate 2.4, the largest of the grid, was added then, after a look at 1.9, 3 and 4 too.
// Source: thesis arXiv 2310.14036; Rosca et al. arXiv 2302.01952.

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/example.hpp"
#include "support/run_all.hpp"
#include "support/statistics.hpp"

using namespace drift;
using examples::worst_of;

namespace {

constexpr Index sharpest = 3;        // as many directions as the network has outputs
constexpr double large_share = 0.1;  // of |g|^2: directions that the gradient does point along

enum class Loss { squared_error, cross_entropy };
constexpr const char* name_of(Loss loss) { return loss == Loss::squared_error ? "squared error" : "cross-entropy"; }

const auto net = nn::sequential(nn::dense(13, 8), nn::tanh(), nn::dense(8, 3));
const std::vector<std::string> flow_names = {"negative gradient", "order 2 (IGR)", "order 3", "principal"};

struct Case {
  Loss loss;
  double rate;  ///< h lambda_0 at the start of the run
  std::uint64_t seed;
};

/// One step of descent: its drift along the eigenvectors, sharpest first, and how far it is from the flows.
struct Measurement {
  Case of = {};
  Index iteration = 0;
  curvature::DriftMeasures<double> drift = {};
  curvature::DriftRemainder<double> remainder = {};
  Vector<double> h_lambdas = {};                            ///< h lambda_i
  Vector<double> components = {};                           ///< u_i.g
  Vector<double> measured = {}, leading = {}, frozen = {};  ///< of the drift, along u_i
  Vector<double> errors = {};                               ///< of the flows, in units of the step's length
  flows::PrincipalReliability reliability = {};             ///< of the principal flow where it starts

  bool is_large(Index i) const { return components[i] * components[i] > large_share * components.squaredNorm(); }
};
using Measurements = std::vector<Measurement>;

/// All eigenpairs of the Hessian, sharpest first.
struct Spectrum {
  Vector<double> lambda;
  Matrix<double> u;
};

template <class P>
Spectrum spectrum_of(const P& problem, const Vector<double>& theta) {
  const auto eigen = calculus::symmetric_eigen<double>(hessian(problem, theta));
  return {eigen.values.reverse(), eigen.vectors.rowwise().reverse()};
}

template <class P>
Measurement measure(const P& problem, const Vector<double>& theta, const Spectrum& spectrum, double h, const Case& of,
                    Index iteration) {
  const auto& [lambda, u] = spectrum;
  Measurement m{.of = of, .iteration = iteration};
  m.drift = curvature::drift_measures(problem, theta, h);
  m.remainder = curvature::drift_remainder(problem, theta, h);
  m.h_lambdas = h * lambda;
  m.components = u.transpose() * m.drift.gradient;
  m.measured = m.leading = m.frozen = Vector<double>::Zero(lambda.size());
  const auto along = curvature::drift_along(m.drift, lambda, u);
  for (Index i = 0; i < lambda.size(); ++i) {
    const auto& direction = along[static_cast<std::size_t>(i)];
    m.measured[i] = direction.measured;
    m.leading[i] = direction.leading;
    m.frozen[i] = direction.predicted;
  }
  return m;
}

template <class P>
void hold_against_flows(Measurement& m, const P& problem, const Vector<double>& theta) {
  // The step budget ends flows that chatter; the errors of interest lie far above the tolerances.
  const IntegrateOptions options{.relative_tolerance = 1e-6, .absolute_tolerance = 1e-8, .maximum_steps = 100};
  const double h = m.drift.h;
  const auto principal = flows::principal(problem, h, {.krylov_tolerance = 1e-7, .largest_krylov_dimension = 32});
  m.errors =
      Vector<double>{{m.drift.measured, curvature::drift_from(flows::modified<2>(problem, h), theta, options).norm,
                      curvature::drift_from(flows::modified<3>(problem, h), theta, options).norm,
                      curvature::drift_from(principal, theta, options).norm}} /
      (h * m.drift.gradient.norm());
  m.reliability = principal.evaluate(theta).reliability;
}

struct Outcome {
  Measurements training;  ///< at the run's own rate
  Measurements rates;     ///< at others, against flows
};

Vector<double> start_of(const Case& of) {
  return nn::initialise(net, nn::glorot_normal(), Random(of.seed).split("initialisation"));
}

template <class P>
Outcome descend(const P& problem, const Case& of, const std::vector<Index>& states, const std::vector<Index>& probed,
                const std::vector<double>& h_lambdas) {
  Vector<double> theta = start_of(of);
  const double h = of.rate / curvature::sharpness(problem, theta);
  const auto step = descent::step(problem, GradientDescent{.learning_rate = h});
  Outcome outcome;
  for (Index k = 0; k <= states.back(); theta = step(theta), ++k) {
    if (!std::binary_search(states.begin(), states.end(), k)) continue;
    const Spectrum spectrum = spectrum_of(problem, theta);
    outcome.training.push_back(measure(problem, theta, spectrum, h, of, k));
    if (!std::binary_search(probed.begin(), probed.end(), k)) continue;
    for (const double h_lambda : h_lambdas) {
      outcome.rates.push_back(measure(problem, theta, spectrum, h_lambda / spectrum.lambda[0], of, k));
      hold_against_flows(outcome.rates.back(), problem, theta);
    }
  }
  return outcome;
}

template <class Keep>
Measurements those(const Measurements& all, const Keep& keep) {
  Measurements kept;
  std::copy_if(all.begin(), all.end(), std::back_inserter(kept), keep);
  return kept;
}

/// The median of a number that is a function of the measurement.
template <class Number>
double median(const Measurements& all, const Number& number) {
  std::vector<double> values;
  for (const Measurement& m : all) values.push_back(number(m));
  return examples::median(values);
}

Vector<double> median_errors(const Measurements& all) {
  Vector<double> medians(static_cast<Index>(flow_names.size()));
  for (Index f = 0; f < medians.size(); ++f) medians[f] = median(all, [f](auto& m) { return m.errors[f]; });
  return medians;
}

double share(const Vector<double>& components) {
  return components.head(sharpest).squaredNorm() / components.squaredNorm();
}
double drift_share(const Measurement& m) { return share(m.measured); }
double gradient_share(const Measurement& m) { return share(m.components); }
double ratio(const Measurement& m) { return m.drift.ratio; }
/// Along one direction, of what was measured.
double miss(const Measurement& m, const Vector<double>& foretold, Index i) {
  return std::abs(foretold[i] / m.measured[i] - 1);
}
double leading_miss(const Measurement& m) { return miss(m, m.leading, 0); }
double frozen_miss(const Measurement& m) { return miss(m, m.frozen, 0); }

Measurements at_rate(const Measurements& all, double h_lambda) {
  return those(all, [h_lambda](auto& m) { return std::abs(m.h_lambdas[0] / h_lambda - 1) < 1e-3; });
}

void table_of_rates(examples::Example& example, Loss loss, const Measurements& rates,
                    const std::vector<double>& h_lambdas) {
  std::vector<std::string> header = {std::string(name_of(loss)) + ": h lambda_0", "measured / leading",
                                     "along u_0: leading misses", "frozen misses"};
  header.insert(header.end(), flow_names.begin(), flow_names.end());
  report::Table table(header, 2);
  for (const double h_lambda : h_lambdas) {
    const Measurements here = at_rate(rates, h_lambda);
    table.row(h_lambda, median(here, ratio), median(here, leading_miss), median(here, frozen_miss),
              median_errors(here));
  }
  example.print(table);

  const Measurements middle = those(rates, [](auto& m) { return m.h_lambdas[0] > 0.5 && m.h_lambdas[0] < 2; });
  const Vector<double> errors = median_errors(middle);
  const auto claim = [&](const std::string& text, bool held, const std::string& numbers) {
    example.verdicts().empirical(fmt::format("{}, h lambda_0 in (0.5, 2): {}", name_of(loss), text), held, numbers);
  };
  claim("the principal flow follows best, principal < IGR < negative gradient",
        errors[3] < errors[1] && errors[1] < errors[0],
        fmt::format("medians of {} steps: {:.2g}, {:.2g}, {:.2g}; order 3 {:.2g}", middle.size(), errors[3], errors[1],
                    errors[0], errors[2]));
  const double by_leading = median(middle, leading_miss), by_frozen = median(middle, frozen_miss);
  claim("along u_0 the frozen Hessian foretells the drift better than the leading order", by_frozen < by_leading,
        fmt::format("misses by {:.2g} of it against {:.2g}, medians", by_frozen, by_leading));
  std::vector<double> leading, frozen;
  for (const Measurement& m : middle) {
    for (Index i = 0; i < sharpest; ++i) {
      if (!m.is_large(i)) continue;
      leading.push_back(miss(m, m.leading, i));
      frozen.push_back(miss(m, m.frozen, i));
    }
  }
  if (frozen.empty()) return;  // of few steps, perhaps none
  claim("(chosen later) it does where a direction has a tenth of |g|^2",
        examples::median(frozen) < examples::median(leading),
        fmt::format("misses by {:.2g} of it against {:.2g}, medians of {}", examples::median(frozen),
                    examples::median(leading), frozen.size()));
}

/// What mathematics says of every step that was measured.
void check_identities(examples::Example& example, const Measurements& all) {
  double apart = 0, parts = 0, products = 0;
  for (const Measurement& m : all) {
    const double rounding = 100 * m.drift.resolution + 1e-9 * m.remainder.norm;
    apart = worst_of(apart, (m.drift.drift - m.remainder.drift).norm() / rounding);
    parts = worst_of(parts, std::abs(m.measured.norm() / m.drift.measured - 1));
    const Vector<double> by_eigenvalues = m.drift.h / 2 * m.h_lambdas.cwiseProduct(m.components);
    products = worst_of(products, (m.leading - by_eigenvalues).norm() / m.drift.leading);
  }
  example.verdicts().identity("the remainder integral is the drift that was measured", apart <= 1,
                              fmt::format("apart by {:.2g} of what rounding explains, {} steps", apart, all.size()));
  example.verdicts().identity("the drift's components along all eigenvectors make it up", parts <= 1e-10,
                              fmt::format("relative difference {:.1e} <= 1e-10", parts));
  example.verdicts().identity("along u_i the leading order is (h^2/2) lambda_i (u_i.g)", products <= 1e-8,
                              fmt::format("relative difference {:.1e} <= 1e-8", products));
}

template <class P>
void check_order(examples::Example& example, const P& problem, const Case& of) {
  const Vector<double> theta = start_of(of), hg = hessian_vector_product(problem, theta, gradient(problem, theta));
  const double scale = 1 / curvature::sharpness(problem, theta);
  const auto miss = [&](double h) {
    const Vector<double> leading = h * h / 2 * hg;
    return (curvature::drift_remainder(problem, theta, h).drift - leading).norm() / leading.norm();
  };
  const double slope = order_of_accuracy(miss, {0.04 * scale, 0.02 * scale, 0.01 * scale}).slope;
  example.verdicts().order(
      fmt::format("{}: the leading order misses the drift by a part that falls as h", name_of(of.loss)),
      std::abs(slope - 1) < 0.1, fmt::format("slope {:.3f}, must be within 0.1", slope));
}

report::Trace trace_of(const Measurements& all) {
  report::Trace trace({"loss",        "rate",           "seed",       "iteration",  "h",          "h_lambda_0",
                       "h_lambda_1",  "h_lambda_2",     "measured",   "leading",    "frozen",     "remainder",
                       "drift_share", "gradient_share", "measured_0", "measured_1", "measured_2", "leading_0",
                       "leading_1",   "leading_2",      "frozen_0",   "frozen_1",   "frozen_2",   "negative_gradient",
                       "igr",         "order_3",        "principal",  "reliability"});
  const auto top = [](const Vector<double>& values) { return Vector<double>(values.head(sharpest)); };
  const Vector<double> none = Vector<double>::Constant(4, std::nan(""));
  for (const Measurement& m : all) {
    const bool held = m.errors.size() > 0;
    trace.row(name_of(m.of.loss), m.of.rate, m.of.seed, m.iteration, m.drift.h, top(m.h_lambdas), m.drift.measured,
              m.drift.leading, m.frozen.norm(), m.remainder.norm, drift_share(m), gradient_share(m), top(m.measured),
              top(m.leading), top(m.frozen), held ? m.errors : none, held ? to_string(m.reliability) : "");
  }
  return trace;
}

report::Figure figure_of(Loss loss, const Measurements& training, const Measurements& rates,
                         const std::vector<double>& h_lambdas, const std::vector<double>& run_rates) {
  report::Figure figure(fmt::format("Where does the drift come from? (13-8-3 tanh network, wine, {})", name_of(loss)));
  figure.columns = 2;
  report::Panel& shares = figure.panel("Along training: what lies along the 3 sharpest of 139 eigenvectors");
  report::Panel& totals = figure.panel("Along training: |drift| as foretold / as measured");
  report::Panel& directions = figure.panel("Along each of the 3: the drift / its leading order");
  report::Panel& errors = figure.panel("One step of descent against four flows");

  shares.x = totals.x = {.label = "step", .logarithmic = true};
  shares.y = {.label = "share of the squared norm", .low = 0, .high = 1};
  totals.y = {.label = "foretold / measured, which is the remainder integral"};
  totals.horizontal(1);
  directions.x = {.label = "h λ of the direction"};
  directions.y = {.label = "measured / leading", .low = 0, .high = 2};
  for (const double rate : run_rates) {
    const std::string run = fmt::format(", hλ₀ = {} at first", rate);
    std::vector<double> at, of_drift, of_gradient, leading, frozen;
    for (const Measurement& first : training) {
      if (first.of.rate != rate || first.of.seed != training[0].of.seed) continue;
      const Measurements here =
          those(training, [&](auto& m) { return m.of.rate == rate && m.iteration == first.iteration; });
      at.push_back(static_cast<double>(first.iteration + 1));
      of_drift.push_back(median(here, drift_share));
      of_gradient.push_back(median(here, gradient_share));
      leading.push_back(median(here, [](auto& m) { return m.drift.leading / m.drift.measured; }));
      frozen.push_back(median(here, [](auto& m) { return m.frozen.norm() / m.drift.measured; }));
    }
    shares.line_points("drift" + run, at, of_drift).line("gradient" + run, at, of_gradient);
    totals.line("leading order" + run, at, leading).line("frozen Hessian" + run, at, frozen);
  }
  for (const bool is_large : {false, true}) {
    std::vector<double> h_lambda, ratios;
    for (const Measurement& m : rates) {
      for (Index i = 0; i < sharpest; ++i) {
        if (m.is_large(i) != is_large) continue;
        h_lambda.push_back(m.h_lambdas[i]);
        ratios.push_back(m.measured[i] / m.leading[i]);
      }
    }
    directions.points(is_large ? "along u with a tenth of |g|² or more" : "along u with less of |g|²", h_lambda,
                      ratios);
  }
  std::vector<double> ys, theory;
  for (double y = 0.01; y <= 2.4; y += 0.05) {
    ys.push_back(y);
    theory.push_back(2 * curvature::frozen_drift(y) / y);
  }
  directions.line("frozen Hessian", ys, theory).horizontal(1);

  errors.x = {.label = "h × largest eigenvalue"};
  errors.y = {.label = "one-step error / length of the step", .logarithmic = true};
  errors.vertical(1, "").vertical(2, "stability limit");
  Matrix<double> medians(static_cast<Index>(flow_names.size()), static_cast<Index>(h_lambdas.size()));
  for (std::size_t i = 0; i < h_lambdas.size(); ++i)
    medians.col(static_cast<Index>(i)) = median_errors(at_rate(rates, h_lambdas[i]));
  for (std::size_t f = 0; f < flow_names.size(); ++f)
    errors.line_points(flow_names[f], h_lambdas, Vector<double>(medians.row(static_cast<Index>(f)).transpose()));
  return figure;
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("where_does_the_drift_come_from", "Where does the drift of gradient descent come from?");
  Index seeds = 5;
  std::vector<double> run_rates = {1, 2.4};
  std::vector<double> h_lambdas = {0.01, 0.1, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4};
  int threads = 2;
  example.setting("seeds", seeds, "number of initialisations, the first from --seed", {.quick = 1, .full = {}});
  example.setting("rates", run_rates, "learning rates of the runs, times lambda_0 at the start");
  example.setting("h-lambdas", h_lambdas, "learning rates of the steps held against flows, times lambda_0 there",
                  {.quick = std::vector<double>{0.3, 0.9, 1.5}, .full = {}});
  example.setting("threads", threads, "number of threads");
  return example.run(argc, argv, [&] {
    auto train = data::split(data::wine(examples::data_file("wine.csv")), Random(example.seed()).split("split"),
                             {.train_fraction = 0.8})
                     .train;
    train = data::fit_standardisation(train).apply(train);
    const auto squared_error = nn::supervised(net, losses::squared_error(), train.features, train.labels);
    const auto cross_entropy = nn::supervised(net, losses::softmax_cross_entropy(), train.features, train.labels);

    std::vector<Index> states = {0};  // then ten a decade
    for (int i = 0; i <= (example.quick() ? 15 : 30); ++i) {
      const Index k = std::lround(std::pow(10, i / 10.0));
      if (k > states.back()) states.push_back(k);
    }
    const std::vector<Index> probed = example.quick() ? std::vector<Index>{10} : std::vector<Index>{0, 10, 100, 1000};

    std::vector<Case> cases;
    for (const Loss loss : {Loss::squared_error, Loss::cross_entropy}) {
      for (const double rate : run_rates) {
        for (Index s = 0; s < seeds; ++s) cases.push_back({loss, rate, example.seed() + static_cast<std::uint64_t>(s)});
      }
    }
    const std::vector<Outcome> outcomes = examples::run_all("runs", cases.size(), threads, [&](std::size_t i) {
      return cases[i].loss == Loss::squared_error ? descend(squared_error, cases[i], states, probed, h_lambdas)
                                                  : descend(cross_entropy, cases[i], states, probed, h_lambdas);
    });

    Measurements training, rates, all;
    for (const Outcome& outcome : outcomes) {
      training.insert(training.end(), outcome.training.begin(), outcome.training.end());
      rates.insert(rates.end(), outcome.rates.begin(), outcome.rates.end());
    }
    all = training;
    all.insert(all.end(), rates.begin(), rates.end());
    example.write(trace_of(all));

    report::Table table({"along training", "h lambda_0", "3 sharpest: of drift", "of gradient", "of drift, first step",
                         "measured / leading"},
                        2);
    for (const Loss loss : {Loss::squared_error, Loss::cross_entropy}) {
      for (const double rate : run_rates) {
        const Measurements run = those(training, [&](auto& m) { return m.of.loss == loss && m.of.rate == rate; });
        const double along = median(run, drift_share);
        const double at_first = median(those(run, [](auto& m) { return m.iteration == 0; }), drift_share);
        const std::string name = fmt::format("{}, h lambda_0 = {} at the start", name_of(loss), rate);
        table.row(name, median(run, [](auto& m) { return m.h_lambdas[0]; }), along, median(run, gradient_share),
                  at_first, median(run, ratio));
        const auto claim = [&](const std::string& when, double share) {
          example.verdicts().empirical(
              fmt::format("{}: {}more than half of the drift lies along the 3 sharpest of 139 directions", name, when),
              share > 0.5, fmt::format("of |drift|^2 {:.2g}, median", share));
        };
        claim("", along);
        claim("(chosen later) at the first step ", at_first);
      }
    }
    example.print(table);
    for (const Loss loss : {Loss::squared_error, Loss::cross_entropy}) {
      const auto of_loss = [loss](auto& m) { return m.of.loss == loss; };
      const Measurements some = those(rates, of_loss);
      table_of_rates(example, loss, some, h_lambdas);
      example.draw(figure_of(loss, those(training, of_loss), some, h_lambdas, run_rates),
                   loss == Loss::squared_error ? "squared_error" : "cross_entropy");
    }
    const auto reliable = std::count_if(
        rates.begin(), rates.end(), [](auto& m) { return m.reliability == flows::PrincipalReliability::converged; });
    const auto unfinished = std::count_if(rates.begin(), rates.end(), [](auto& m) { return !m.errors.allFinite(); });
    example.print(fmt::format(
        "Medians. Of {} steps the principal flow's field had converged at the start of {}, and {} it did not finish.",
        rates.size(), reliable, unfinished));
    check_identities(example, all);
    check_order(example, squared_error, cases.front());
    check_order(example, cross_entropy, cases.back());
  });
}
