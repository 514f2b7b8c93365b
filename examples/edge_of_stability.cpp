// Does gradient descent stay at the edge of stability, and when does the loss rise there?
//
// A 64-32-32-10 tanh network on 300 digits (pixels in [0, 1]), full batch, weights N(0, 1 / fan-in), 3000 steps of plain descent:
// squared error with h = 0.02, 0.05, 0.1, 0.2, cross-entropy with h = 0.5, 1. After every step a tracker gives the k top eigenpairs
// (lambda_i, u_i) of the Hessian, and the principal flow theta' = sum_i alpha(h lambda_i) (u_i.g) u_i says of each direction:
//   Re alpha(h lambda_i) > 0, which is h lambda_i > 2: it raises the loss;      (1 - h lambda_i) (u_i.g): what the next u_i.g will be.
// Together dE/dt = sum_i Re alpha(h lambda_i) (u_i.g)^2 - |rest of g|^2, where the rest is taken to have small h lambda.
//
// The rates were chosen before any run. The squared error's sharpness starts at about 25, so that 0.02, with its edge at 100, should stay
// below in 3000 steps. A softmax starts with probabilities of about 1/10, and cross-entropy with about a tenth of the squared error's
// curvature: its rates are ten times 0.05 and 0.1. At h = 0.2 a run may diverge at once: it is shown, not judged. k = 6, more than crowd
// at the edge, and dE/dt as an account of the rises were chosen after a first look at seed 0: of 3 pairs it hardly says anything at 0.2.
//
// A run has diverged when the parameters' norm exceeds 10^4 or a number is not finite; it counts as the worst value, never as missing.
// Source: Cohen et al., Gradient descent on neural networks typically occurs at the edge of stability (arXiv 2103.00065); Rosca et al.,
// On a continuous-time model of gradient descent dynamics and instability in deep learning (arXiv 2302.01952).

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>

#include "support/example.hpp"
#include "support/run_all.hpp"
#include "support/statistics.hpp"

using namespace drift;
using examples::median;
using examples::worst_of;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double large_share = 0.1;  // of |g|^2: steps at which u_0 has its say

struct Settings {
  std::vector<double> squared_error_rates = {0.02, 0.05, 0.1, 0.2};
  std::vector<double> cross_entropy_rates = {0.5, 1};
  Index iterations = 3000;
  Index pairs = 6;
  Index seeds = 1;
  int threads = 2;
};

enum class Loss { squared_error, cross_entropy };
constexpr const char* name_of(Loss loss) { return loss == Loss::squared_error ? "squared error" : "cross-entropy"; }

struct Case {
  Loss loss;
  double h;
  std::uint64_t seed;
};

/// What is known at one state of a run.
struct Point {
  double value;
  curvature::StabilityCoefficients<double> flow;
  Vector<double> came;  ///< u_i.g with the u_i of the point before: what that one predicted

  const auto& top() const { return flow.directions[0]; }
  double loss_rate() const { return flow.loss_rate - flow.rest_norm * flow.rest_norm; }  ///< dE/dt
  double share() const { return top().component * top().component / (flow.gradient_norm * flow.gradient_norm); }
};

struct Outcome {
  Case of;
  Status status;
  std::vector<Point> points;  ///< the start, and after every step
  Vector<double> end;
  curvature::Eigenpairs<double> tracked;  ///< at the end
  double seconds;

  bool diverged() const { return status != Status::reached_end; }
};

const auto net = nn::sequential(nn::dense(64, 32), nn::tanh(), nn::dense(32, 32), nn::tanh(), nn::dense(32, 10));

data::Dataset<double> training_set(std::uint64_t seed) {
  auto digits = data::digits(examples::data_file("digits.csv"));
  digits.features /= 16;
  return data::split(digits, Random(seed).split("split"), {.train_count = 300}).train;
}

/// Calls work(problem) with the problem of the case.
template <class Work>
auto with_problem(const Case& of, const Work& work) {
  const auto set = training_set(of.seed);
  if (of.loss == Loss::squared_error)
    return work(nn::supervised(net, losses::squared_error(), set.features, set.labels));
  return work(nn::supervised(net, losses::softmax_cross_entropy(), set.features, set.labels));
}

template <class P>
Outcome descend(const P& problem, const Case& of, const Settings& settings) {
  const auto began = std::chrono::steady_clock::now();
  const Vector<double> start = nn::initialise(net, nn::lecun_normal(), Random(of.seed).split("initialisation"));
  curvature::SharpnessTracker tracker(problem, settings.pairs);
  std::vector<Point> points;
  Matrix<double> vectors_before;
  const auto look = [&](const Vector<double>& theta, double value) {
    const Vector<double> g = gradient(problem, theta);
    points.push_back({.value = value,
                      .flow = curvature::stability_coefficients(tracker.pairs(), g, of.h),
                      .came = vectors_before.transpose() * g});
    vectors_before = tracker.pairs().vectors;
  };

  tracker.update(start);
  vectors_before = tracker.pairs().vectors;
  look(start, value(problem, start));
  const auto run = minimise(problem, start, GradientDescent{.learning_rate = of.h},
                            {.iterations = settings.iterations, .divergence_radius = 1e4}, tracker,
                            [&](const descent::Iteration<>& at) { look(at.state, at.value); });
  if (!run.failure.empty()) throw InvalidArgument(run.failure);
  return {of,        run.status,      std::move(points),
          run.state, tracker.pairs(), std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count()};
}

/// How well the steps on which the loss rises are told from the others: the mean of the two shares that `called` gets right. NaN where it
/// never rises.
double told_apart(const std::vector<Point>& points, const std::function<bool(const Point&)>& called) {
  double rises = 0, falls = 0, right_rises = 0, right_falls = 0;
  for (std::size_t k = 0; k + 1 < points.size(); ++k) {
    const bool rise = points[k + 1].value > points[k].value, right = called(points[k]) == rise;
    (rise ? rises : falls) += 1;
    (rise ? right_rises : right_falls) += right ? 1 : 0;
  }
  if (rises == 0) return std::numeric_limits<double>::quiet_NaN();
  return (right_rises / rises + right_falls / falls) / 2;
}

/// A run in numbers; what they are is printed below the table.
enum Number : Index {
  edge,
  highest,
  end_value,
  rises,
  large,
  correlation,
  by_sharpness,
  by_flow,
  miss,
  gradient_flow,
  tracked,
  products,
  seconds
};
const std::vector<std::string> number_names = {"edge",        "highest",      "end",     "rises", "large",
                                               "correlation", "by sharpness", "by flow", "miss",  "gradient flow",
                                               "tracked",     "products",     "seconds"};

Vector<double> numbers_of(const Outcome& outcome) {
  const auto& points = outcome.points;
  const double steps = static_cast<double>(points.size() - 1);
  std::vector<double> late, sign, change, misses, gradient_flow_misses;
  Vector<double> n = Vector<double>::Zero(static_cast<Index>(number_names.size()));
  for (std::size_t k = 0; k < points.size(); ++k) {
    const auto& top = points[k].top();
    n[highest] = std::max(n[highest], top.h_lambda / 2);
    n[tracked] += points[k].flow.status == Status::converged ? 1 / (steps + 1) : 0;
    if (10 * k >= 7 * points.size()) late.push_back(top.h_lambda / 2);
    if (k + 1 == points.size()) break;
    const double rise = points[k + 1].value - points[k].value, came = points[k + 1].came[0];
    n[rises] += rise > 0 ? 1 / steps : 0;
    n[products] += static_cast<double>(points[k + 1].flow.products) / steps;
    if (!(points[k].share() > large_share)) continue;
    n[large] += 1 / steps;
    sign.push_back(top.h_lambda > 2 ? 1 : -1);
    change.push_back(rise);
    misses.push_back(std::abs((came - top.next_component) / top.component));
    gradient_flow_misses.push_back(std::abs(came / top.component - std::exp(-top.h_lambda)));
  }
  n[seconds] = outcome.seconds;
  n[edge] = median(late);
  n[end_value] = points.back().value / points.front().value;
  n[correlation] = examples::pearson(sign, change);
  n[by_sharpness] = told_apart(points, [](const Point& point) { return point.top().h_lambda > 2; });
  n[by_flow] = told_apart(points, [](const Point& point) { return point.loss_rate() > 0; });
  n[miss] = median(misses);
  n[gradient_flow] = median(gradient_flow_misses);
  if (outcome.diverged()) {
    n[edge] = n[end_value] = n[miss] = n[gradient_flow] = infinity;
    n[rises] = n[by_sharpness] = n[by_flow] = 0;
    n[correlation] = -1;
  }
  return n;
}

/// What mathematics says of the prediction: exact where the Hessian is frozen, off by h^2 where it is not.
void check_prediction(examples::Example& example, const Case& of, Index k) {
  with_problem(of, [&](const auto& problem) {
    const Vector<double> theta = nn::initialise(net, nn::lecun_normal(), Random(of.seed).split("initialisation"));
    const Vector<double> g = gradient(problem, theta), curved = hessian_vector_product(problem, theta, g);
    const auto top = curvature::top_eigenpairs(problem, theta, k, {.tolerance = 1e-10});
    double worst = 0;
    for (const double h : {0.02, 0.05, 0.1}) {  // h lambda_0 is about 25 h: below 1, between, above 2
      const Vector<double> next = top.vectors.transpose() * (g - h * curved);
      const auto flow = curvature::stability_coefficients(top, g, h);
      for (Index i = 0; i < k; ++i) {
        const double predicted = flow.directions[static_cast<std::size_t>(i)].next_component;
        worst = worst_of(worst, std::abs(next[i] - predicted) / flow.gradient_norm);
      }
    }
    example.verdicts().identity("with the Hessian frozen, the next u_i.g is (1 - h lambda_i) (u_i.g)", worst <= 1e-8,
                                fmt::format("off by {:.1e} |g| <= 1e-8, h = 0.02, 0.05, 0.1", worst));
    const auto miss = [&](double h) {
      const double predicted = curvature::stability_coefficients(top, g, h).directions[0].next_component;
      return std::abs(top.vectors.col(0).dot(gradient(problem, theta - h * g)) - predicted);
    };
    const auto order = order_of_accuracy(miss, {4e-4, 2e-4, 1e-4});
    example.verdicts().order("in descent it misses by h^2", std::abs(order.slope - 2) < 0.2,
                             fmt::format("slope {:.3f}, must be within 0.2", order.slope));
  });
}

/// What mathematics says of every run.
void check_runs(examples::Example& example, const std::vector<Outcome>& outcomes) {
  const auto coefficient = [](double h_lambda) { return curvature::stability_coefficient(h_lambda, 1, 1).coefficient; };
  bool signs = coefficient(2 - 1e-14) < 0 && coefficient(2) == 0 && coefficient(2 + 1e-14) > 0;
  double farthest = 0, missed = 0;
  for (const Outcome& outcome : outcomes) {
    for (const Point& point : outcome.points) {
      for (const auto& d : point.flow.directions) signs = signs && (d.coefficient > 0) == (d.h_lambda > 2);
    }
    if (outcome.diverged()) continue;
    const auto& tracked = outcome.tracked;
    const Index k = tracked.values.size();
    const auto found = with_problem(
        outcome.of, [&](const auto& problem) { return curvature::top_eigenpairs(problem, outcome.end, 3 * k); });
    for (Index i = 0; i < k; ++i) {
      const double distance = (found.values.array() - tracked.values[i]).abs().minCoeff();
      farthest = worst_of(farthest, distance / (tracked.residuals[i] + 1e-7 * found.values[0]));
    }
    missed = worst_of(missed, std::abs(1 - tracked.values[0] / found.values[0]));
  }
  example.verdicts().identity("Re alpha(h lambda) changes sign where h lambda crosses 2", signs,
                              "at 2, just below, just above, and in every direction at every point of the runs");
  example.verdicts().identity("at the ends, tracked eigenvalues are eigenvalues to within their residuals",
                              farthest <= 1,
                              fmt::format("off by at most {:.2g} residuals from those of a search", farthest));
  example.verdicts().empirical("at the ends, the tracked sharpness is the largest eigenvalue", missed <= 1e-3,
                               fmt::format("off by at most {:.1e} of it; asked: 1e-3", missed));
}

report::Trace trace_of(const std::vector<Outcome>& outcomes, Index pairs) {
  std::vector<std::string> names = {"loss", "h", "seed", "iteration", "value", "gradient_norm", "products", "tracked"};
  for (const std::string name : {"lambda", "component", "coefficient", "next_component", "came"}) {
    for (Index i = 0; i < pairs; ++i) names.push_back(fmt::format("{}_{}", name, i));
  }
  report::Trace trace(names);
  for (const Outcome& outcome : outcomes) {
    for (std::size_t k = 0; k < outcome.points.size(); ++k) {
      const Point& point = outcome.points[k];
      Matrix<double> numbers(pairs, 4);
      for (Index i = 0; i < pairs; ++i) {
        const auto& d = point.flow.directions[static_cast<std::size_t>(i)];
        numbers.row(i) << d.lambda, d.component, d.coefficient, d.next_component;
      }
      trace.row(name_of(outcome.of.loss), outcome.of.h, outcome.of.seed, k, point.value, point.flow.gradient_norm,
                point.flow.products, to_string(point.flow.status), Vector<double>(numbers.reshaped()), point.came);
    }
  }
  return trace;
}

/// Sixty steps of one run, from shortly before the first rise of the loss that the start is not to blame for.
void draw_rises(report::Figure& figure, const Outcome& outcome) {
  const auto& points = outcome.points;
  const auto rises = [&](std::size_t k) { return points[k + 1].value > points[k].value; };
  std::size_t first = std::min<std::size_t>(100, points.size() / 2);
  while (first + 62 < points.size() && !rises(first)) ++first;
  first -= std::min<std::size_t>(first, 10);
  const std::size_t last = std::min(first + 60, points.size() - 2);

  const std::string where = fmt::format("squared error, h = {}: ", outcome.of.h);
  report::Panel& coefficients = figure.panel(where + "stability coefficients");
  report::Panel& component = figure.panel(where + "gradient along u_0");
  report::Panel& loss = figure.panel(where + "loss");
  report::Panel& change = figure.panel(where + "change of the loss");
  std::vector<double> at, value, rising, rising_value, rising_alpha, predicted, came, rate, by_flow;
  std::vector<std::vector<double>> alpha(3);
  double sign = 1;  // that of u_0 is arbitrary: it is carried along
  for (std::size_t k = first; k <= last; ++k) {
    const Point &point = points[k], &next = points[k + 1];
    at.push_back(static_cast<double>(k));
    value.push_back(point.value);
    if (rises(k)) {
      rising.push_back(at.back());
      rising_value.push_back(point.value);
      rising_alpha.push_back(point.top().coefficient);
    }
    for (std::size_t i = 0; i < alpha.size(); ++i) alpha[i].push_back(point.flow.directions[i].coefficient);
    predicted.push_back(sign * point.top().next_component);
    came.push_back(sign * next.came[0]);
    if (next.came[0] * next.top().component < 0) sign = -sign;
    rate.push_back(next.value - point.value);
    by_flow.push_back(outcome.of.h * point.loss_rate());
  }
  std::vector<double> after = at;
  for (double& k : after) k += 1;
  for (std::size_t i = 0; i < alpha.size(); ++i) coefficients.line(fmt::format("u_{}", i), at, alpha[i]);
  coefficients.points("loss about to rise", rising, rising_alpha).horizontal(0);
  component.line("measured", after, came).points("principal flow", after, predicted);
  loss.line("measured", at, value).points("loss about to rise", rising, rising_value);
  change.line("measured", at, rate).points("principal flow", at, by_flow).horizontal(0);
  coefficients.y.label = "Re α(hλ_i)";
  component.y.label = "u_0·g";
  loss.y.label = "E";
  change.y.label = "ΔE,  h dE/dt";
  for (report::Panel* panel : {&coefficients, &component, &loss, &change}) {
    panel->x = {.label = "step", .low = at.front(), .high = at.back() + 1};
  }
}

report::Figure figure_of(const std::vector<Outcome>& outcomes, double shown) {
  report::Figure figure(fmt::format("Descent at the edge of stability (64-32-32-10 tanh network, 300 digits, seed {})",
                                    outcomes.front().of.seed));
  figure.columns = 2;
  figure.panel_height = 330;
  report::Panel* panels[2][2];  // what is shown, the loss
  for (const int row : {0, 1}) {
    for (const Loss loss : {Loss::squared_error, Loss::cross_entropy}) {
      report::Panel& panel =
          figure.panel(std::string(name_of(loss)) + (row == 0 ? ": sharpness, edge at 1" : ": loss"));
      panel.x.label = "step";
      panel.y = row == 0 ? report::Axis{.label = "h × largest eigenvalue / 2", .low = 0, .high = 2}
                         : report::Axis{.label = "E", .logarithmic = true};
      if (row == 0) panel.horizontal(1);
      panels[row][static_cast<int>(loss)] = &panel;
    }
  }
  for (const Outcome& outcome : outcomes) {
    std::vector<double> at, edge, value;
    for (const Point& point : outcome.points) {
      at.push_back(static_cast<double>(at.size()));
      edge.push_back(point.top().h_lambda / 2);
      value.push_back(point.value);
    }
    const auto loss = static_cast<int>(outcome.of.loss);
    panels[0][loss]->line(fmt::format("h = {}", outcome.of.h), at, edge);
    panels[1][loss]->line(fmt::format("h = {}", outcome.of.h), at, value);
  }
  for (const Outcome& outcome : outcomes) {
    if (outcome.of.loss == Loss::squared_error && outcome.of.h == shown && outcome.points.size() > 2)
      draw_rises(figure, outcome);
  }
  return figure;
}

/// The runs of one loss and rate over the seeds: a line of the table, and what is claimed of them.
void report_on(examples::Example& example, report::Table& table, report::Trace& ends,
               const std::vector<Outcome>& runs) {
  const Case of = runs.front().of;
  Matrix<double> all(static_cast<Index>(number_names.size()), static_cast<Index>(runs.size()));
  Index diverged = 0;
  for (Index i = 0; i < all.cols(); ++i) {
    const Outcome& run = runs[static_cast<std::size_t>(i)];
    all.col(i) = numbers_of(run);
    diverged += run.diverged() ? 1 : 0;
    ends.row(name_of(of.loss), of.h, run.of.seed, to_string(run.status), Vector<double>(all.col(i)));
  }
  const auto each = [&](Number number) {
    const Vector<double> row = all.row(number);
    return std::vector<double>(row.begin(), row.end());
  };
  Vector<double> middle(all.rows());
  for (Index i = 0; i < all.rows(); ++i) middle[i] = median(each(static_cast<Number>(i)));
  table.row(name_of(of.loss), of.h, diverged, middle);
  if (example.quick()) return;

  const auto claim = [&](const std::string& what, bool held, const std::string& numbers) {
    example.verdicts().empirical(fmt::format("{}, h = {}: {}", name_of(of.loss), of.h, what), held, numbers);
  };
  const auto text = [&](Number number) {
    return fmt::format("{:.3g}{}", middle[number], all.cols() > 1 ? " (" + examples::range_of(each(number)) + ")" : "");
  };
  const std::string at_the_end = "h lambda / 2 over the last 30 %: " + text(edge);
  if (of.loss == Loss::cross_entropy) {
    claim("descent reaches the edge and does not stay", middle[highest] >= 1 && middle[edge] < 0.93,
          at_the_end + "; highest " + text(highest));
  } else if (of.h == 0.02) {
    claim("below the edge the loss never rises", middle[highest] < 1 && middle[rises] == 0,
          "highest h lambda / 2 " + text(highest) + "; rises on " + text(rises));
  } else if (of.h == 0.05 || of.h == 0.1) {
    claim("descent stays at the edge", middle[edge] >= 0.93 && middle[edge] <= 1.07,
          at_the_end + "; asked: 0.93 to 1.07");
    claim("the loss rises on more than 3 % of the steps, and ends below 10 % of its start",
          middle[rises] > 0.03 && middle[end_value] < 0.1, "rises on " + text(rises) + "; ends at " + text(end_value));
    claim("sign(h lambda_0 - 2) goes with the change of the loss, where u_0 has its share", middle[correlation] > 0.3,
          "correlation " + text(correlation) + "; asked: above 0.3");
    if (middle[rises] == 0) return;  // the rest is about runs that came to the edge
    claim("dE/dt of the principal flow tells rises from falls better than lambda_0 alone",
          middle[by_flow] > middle[by_sharpness], "told apart " + text(by_flow) + " against " + text(by_sharpness));
    claim("the principal flow foretells the next u_0.g better than the negative gradient flow",
          middle[miss] < middle[gradient_flow], "misses by " + text(miss) + " of it against " + text(gradient_flow));
  }
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("edge_of_stability",
                            "Does gradient descent stay at the edge of stability, and when does the loss rise there?");
  Settings settings;
  double shown = 0.1;
  example.setting("rates", settings.squared_error_rates, "learning rates for the squared error");
  example.setting("cross-entropy-rates", settings.cross_entropy_rates, "learning rates for cross-entropy");
  example.setting("iterations", settings.iterations, "steps of each run", {.quick = 60});
  example.setting("pairs", settings.pairs, "eigenpairs that are followed (3 or more)");
  example.setting("seeds", settings.seeds, "how many, from --seed on", {.full = 5});
  example.setting("shown", shown, "the squared error's rate that the figure shows in detail");
  example.setting("threads", settings.threads, "runs at a time");
  example.offer_full("five seeds: six minutes of processor time, on two cores three or more");
  return example.run(argc, argv, [&] {
    require(settings.pairs >= 3, "--pairs", settings.pairs, "3 or more");
    require(settings.iterations >= 10, "--iterations", settings.iterations, "10 or more");
    require(settings.seeds >= 1, "--seeds", settings.seeds, "1 or more");
    std::vector<Case> cases;  // the seeds of a rate stand together
    const auto add = [&](Loss loss, double h) {
      for (Index s = 0; s < settings.seeds; ++s)
        cases.push_back({loss, h, example.seed() + static_cast<std::uint64_t>(s)});
    };
    for (const double h : settings.squared_error_rates) add(Loss::squared_error, h);
    for (const double h : settings.cross_entropy_rates) add(Loss::cross_entropy, h);
    const auto outcomes = examples::run_all("runs", cases.size(), settings.threads, [&](std::size_t i) {
      return with_problem(cases[i], [&](const auto& problem) { return descend(problem, cases[i], settings); });
    });

    std::vector<std::string> header = {"loss", "h", "diverged"}, names = {"loss", "h", "seed", "status"};
    header.insert(header.end(), number_names.begin(), number_names.end());
    names.insert(names.end(), number_names.begin(), number_names.end());
    report::Table table(header, 3);
    report::Trace ends(names);
    std::vector<Outcome> of_first_seed;
    const auto seeds = static_cast<std::ptrdiff_t>(settings.seeds);
    for (auto runs = outcomes.begin(); runs != outcomes.end(); runs += seeds) {
      report_on(example, table, ends, {runs, runs + seeds});
      of_first_seed.push_back(*runs);
    }
    example.print(table);
    example.print(
        "Medians over seeds. edge: h lambda_0 / 2 over the last 30 % of the steps; highest: its largest;\n"
        "end: last loss / first; rises: share of the steps on which the loss rises; large: of those at which\n"
        "u_0 has more than 10 % of |g|^2; correlation: of sign(h lambda_0 - 2) with the change of the loss, large\n"
        "steps; by ...: rises told from falls by h lambda_0 > 2, by dE/dt > 0 (0.5: not at all); miss, gradient\n"
        "flow: relative error of the next u_0.g foretold by (1 - h lambda_0), by exp(-h lambda_0), large steps;\n"
        "tracked: share of the points with all pairs to 1e-3; products: Hessian-vector products a step.");
    example.write(ends);
    example.write(trace_of(of_first_seed, settings.pairs), "steps");
    example.draw(figure_of(of_first_seed, shown));
    check_prediction(example, cases.front(), settings.pairs);
    check_runs(example, outcomes);
  });
}
