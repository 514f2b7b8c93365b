// Can a learning rate that looks at the drift replace the search for one?
//
// The drift-adjusted rate DAL-p, h = 2 / (|Hg| / |g|)^p, against six fixed rates on digits: 300 images to train on, a net of 64-32-32-10,
// tanh, weights N(0, 1 / fan-in), plain descent; squared error and cross-entropy, full batch and minibatches. Beside it p = 1/2, the
// authors' cap of 5, and three rates that look at the loss in other ways: 2 / lambda_max, Polyak's and the minimum of the quadratic model.
// All rates of a seed start from the same parameters and see the same batches. Each is set against the edge of stability, 2 / lambda_max,
// with lambda_max of all training images.
//
// A run diverges where |theta| exceeds 1e6 or a number is no longer finite; its final loss then counts as infinite, its accuracy as 0. It
// ends early where the loss is below 1e-12, from where on rounding has its say.
// Source: Rosca et al., On a continuous time model of gradient descent dynamics and instability in deep learning (arXiv 2302.01952).

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

struct Settings {
  Index iterations = 3000;
  Index batch_size = 50;
  Index seeds = 1;
  Index every = 10;
  double least_loss = 1e-12;
  int threads = 2;
};

using AnyRate = ScheduleChoice<double, DriftAdjusted, InverseSharpness, Polyak, QuadraticModel>;

struct Method {
  std::string name;
  AnyRate rate;
};

const std::vector<double> fixed_rates = {0.05, 0.1, 0.2, 0.4, 0.8, 1.6};

/// The fixed rates come first.
std::vector<Method> all_methods() {
  std::vector<Method> all;
  for (const double rate : fixed_rates) all.push_back({fmt::format("{}", rate), {rate}});
  all.push_back({"DAL-1", {DriftAdjusted{}}});
  all.push_back({"DAL-1/2", {DriftAdjusted{.power = 0.5}}});
  all.push_back({"DAL-1, at most 5", {DriftAdjusted{.cap = 5}}});
  all.push_back({"DAL-1/2, at most 5", {DriftAdjusted{.power = 0.5, .cap = 5}}});
  all.push_back({"2 / λ_max", {InverseSharpness{}}});
  all.push_back({"Polyak", {Polyak{.minimum = 0}}});
  all.push_back({"quadratic model", {QuadraticModel{}}});
  return all;
}

const auto net = nn::sequential(nn::dense(64, 32), nn::tanh(), nn::dense(32, 32), nn::tanh(), nn::dense(32, 10));

data::Dataset<double> all_digits() {
  auto digits = data::digits(examples::data_file("digits.csv"));
  digits.features /= 16;
  return digits;
}

/// What all methods of a seed share.
struct Task {
  std::uint64_t seed;
  data::Split<double> digits = data::split(all_digits(), Random(seed).split("split"), {.train_count = 300});
  Vector<double> start = nn::initialise(net, nn::lecun_normal(), Random(seed).split("initialisation"));

  template <class Loss>
  auto fit(const Loss& loss) const {
    return nn::supervised(net, loss, digits.train.features, digits.train.labels);
  }
  auto batches(Index size) const {
    return data::minibatches(digits.train.size(), {.batch_size = size}, Random(seed).split("batches"));
  }
};

/// A step, the loss of all images and lambda_max where it began.
struct Measured {
  Index step;
  double loss;
  double rate;
  double sharpness;

  double edge() const { return 2 / sharpness; }
};

struct Outcome {
  bool diverged = false;
  Index steps = 0;
  double loss = infinity;
  double accuracy = 0;
  double to_edge = 0;  ///< h lambda_max / 2, median over the run
  double seconds = 0;
  std::vector<Measured> curve;
};

template <class Loss>
Outcome train_by(const AnyRate& rate, const Task& task, const Loss& loss, Index batch_size, const Settings& settings) {
  const auto began = std::chrono::steady_clock::now();
  const auto fit = task.fit(loss);
  // Updates are ten steps apart, and at the edge of stability: three products each, the default, would not always do.
  curvature::SharpnessTracker tracker(fit, 1, {.tolerance = 1e-2, .products = 12});
  tracker.update(task.start);
  double height = value(fit, task.start);

  Outcome outcome;
  std::vector<double> to_edge;
  const auto is_measured = [&](Index steps) { return steps < settings.every || steps % settings.every == 0; };
  const auto measure = [&](const descent::Iteration<>& at) {
    const Index before = at.iteration - 1;  // where the step began: what is known so far is known of there
    if (is_measured(before)) outcome.curve.push_back({at.iteration, height, at.rate, tracker.sharpness()});
    const double ratio = at.rate * tracker.sharpness() / 2;
    if (before % settings.every == 0 && std::isfinite(ratio)) to_edge.push_back(ratio);

    if (!is_measured(at.iteration)) return Next::proceed;
    tracker.update(at.state);
    height = value(fit, at.state);
    return height < settings.least_loss ? Next::stop : Next::proceed;
  };
  const GradientDescent<AnyRate> descent{.learning_rate = rate};
  const auto run = train(fit, descent::run_state(task.start, descent, task.batches(batch_size)),
                         {.iterations = settings.iterations, .divergence_radius = 1e6}, measure);
  if (!run.failure.empty()) throw InvalidArgument(run.failure);

  const double end = value(fit, run.state);
  outcome.diverged = run.status == Status::diverged || run.status == Status::non_finite || !std::isfinite(end);
  outcome.steps = run.iterations;
  outcome.to_edge = median(to_edge);
  if (!outcome.diverged) {
    outcome.loss = end;
    outcome.accuracy = nn::accuracy(net, run.state, task.digits.test.features, task.digits.test.labels);
  }
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return outcome;
}

template <class T, class Of>
std::vector<double> column(const std::vector<T>& rows, const Of& of) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const T& row : rows) values.push_back(static_cast<double>(std::invoke(of, row)));
  return values;
}

/// The runs of a method, seed after seed, and their medians.
struct Summary {
  std::string method;
  std::vector<Outcome> runs;

  double loss() const { return median(column(runs, &Outcome::loss)); }
  double accuracy() const { return median(column(runs, &Outcome::accuracy)); }
  double to_edge() const { return median(column(runs, &Outcome::to_edge)); }
  double steps() const { return median(column(runs, &Outcome::steps)); }
  double seconds() const { return median(column(runs, &Outcome::seconds)); }
  Index diverged() const { return std::count_if(runs.begin(), runs.end(), std::mem_fn(&Outcome::diverged)); }
};

/// A loss and a size of batches; in the end what came of each method.
struct Situation {
  std::string loss;
  std::string batches;
  Index batch_size;
  std::vector<Summary> summaries = {};

  std::string name() const { return loss + ", " + batches; }

  Outcome run(const AnyRate& rate, const Task& task, const Settings& settings) const {
    return loss == "squared error" ? train_by(rate, task, losses::squared_error(), batch_size, settings)
                                   : train_by(rate, task, losses::softmax_cross_entropy(), batch_size, settings);
  }
  const Summary& of(const std::string& method) const {
    return *std::find_if(summaries.begin(), summaries.end(), [&](const Summary& s) { return s.method == method; });
  }
  /// The fixed rate whose median final loss is least.
  const Summary& best_fixed() const {
    return *std::min_element(summaries.begin(), summaries.begin() + std::ssize(fixed_rates),
                             [](const Summary& a, const Summary& b) { return a.loss() < b.loss(); });
  }
};

/// What mathematics says of DAL-1, at the start and at every sixth step of a run of it.
template <class Loss>
void check_identities(examples::Example& example, const Task& task, const Loss& loss) {
  const auto fit = task.fit(loss);
  double below = -infinity, change = -infinity, scale_error = 0;
  auto state = descent::run_state(task.start, GradientDescent<DriftAdjusted>{});
  for (int k = 0; k <= 24; ++k) {
    const Vector<double> theta = state.parameters;
    const double h = descent::advance(state, fit).rate;
    if (k % 6 != 0) continue;
    const double top = curvature::top_eigenpairs(fit, theta, 1).values[0];
    const double bottom = curvature::bottom_eigenpairs(fit, theta, 1).values[0];
    below = worst_of(below, 1 - h * std::max(top, -bottom) / 2);

    const Vector<double> g = gradient(fit, theta), step = -h * g;
    const double second = step.dot(hessian_vector_product(fit, theta, step)) / 2;
    change = worst_of(change, (g.dot(step) + second) / std::abs(g.dot(step)));

    auto scaled = point_at(1000 * fit, theta);
    scale_error = worst_of(scale_error, std::abs(1000 * DriftAdjusted{}.rate(0, scaled) / h - 1));
  }
  const auto identity = [&](const std::string& claim, bool held, const std::string& numbers) {
    example.verdicts().identity(fmt::format("{} ({})", claim, Loss::name), held, numbers);
  };
  identity("DAL-1 is never below 2 / max|λ|", below <= 1e-9,
           fmt::format("smallest h max|λ| / 2 of five steps {:.3f} >= 1", 1 - below));
  identity("the quadratic model does not rise by a step of DAL-1", change <= 1e-12,
           fmt::format("largest change of five steps {:.3f} h |g|^2 <= 0", change));
  identity("the rate of 1000 E is that of E, divided by 1000", scale_error <= 1e-12,
           fmt::format("relative difference {:.1e} <= 1e-12", scale_error));
}

/// What was expected before the first run; a median of a method that diverged on most seeds is infinite.
void judge(report::Verdicts& verdicts, const Situation& squared_error, const Situation& cross_entropy) {
  const Summary &dal = squared_error.of("DAL-1"), &half = squared_error.of("DAL-1/2"),
                &best = squared_error.best_fixed();
  const Index seeds = std::ssize(dal.runs);
  const auto claim = [&](const Situation& situation, const std::string& text, bool held, const std::string& numbers) {
    verdicts.empirical(fmt::format("{} ({}, {} seed{})", text, situation.name(), seeds, seeds == 1 ? "" : "s"), held,
                       numbers);
  };
  claim(squared_error, "DAL-1 never diverges", dal.diverged() == 0, fmt::format("{} of {}", dal.diverged(), seeds));
  claim(squared_error, "DAL-1 ends within twice the loss of the best of six fixed rates", dal.loss() <= 2 * best.loss(),
        fmt::format("{:.4f}, and {:.4f} at {}: {:.2f} times", dal.loss(), best.loss(), best.method,
                    dal.loss() / best.loss()));
  Index bad = 0;
  std::string counts;
  for (std::size_t i = 0; i < fixed_rates.size(); ++i) {
    const Summary& fixed = squared_error.summaries[i];
    bad += std::isinf(fixed.loss()) ? 1 : 0;
    counts += fmt::format("{}{} at {}", i == 0 ? "" : ", ", fixed.diverged(), fixed.method);
  }
  claim(squared_error, "at least two of the six diverge on most seeds", bad >= 2,
        fmt::format("{} do; divergences: {}", bad, counts));
  claim(squared_error, "DAL-1 is near the edge: the median of h λ_max / 2 is in 0.8 to 1.6",
        dal.to_edge() >= 0.8 && dal.to_edge() <= 1.6, fmt::format("{:.3f}", dal.to_edge()));
  claim(squared_error, "DAL-1/2 fails here: it diverges on every seed", half.diverged() == seeds,
        fmt::format("{} of {}", half.diverged(), seeds));
  const Summary &well = cross_entropy.of("DAL-1/2"), &fixed = cross_entropy.best_fixed();
  claim(cross_entropy, "DAL-1/2 does not fail here: no divergence, within twice the loss of the best fixed rate",
        well.diverged() == 0 && well.loss() <= 2 * fixed.loss(),
        fmt::format("{} of {}, loss {:.2g}, and {:.2g} at {}", well.diverged(), seeds, well.loss(), fixed.loss(),
                    fixed.method));
}

/// A row for each loss: along the first seed's run, then where the runs of all seeds end.
report::Figure figure_of_losses(const std::vector<Situation>& situations, const Settings& settings) {
  report::Figure figure("Digits, 64-32-32-10: six fixed rates, and rates that look at the loss");
  figure.columns = 3;
  figure.width = 1500;
  figure.panel_height = 420;
  constexpr double diverged = 1e3;  // where the final loss of runs that diverged is drawn
  for (const Situation& situation : situations) {
    const bool squared_error = situation.loss == "squared error";
    if (situation.batches == "full batch") {
      report::Panel& panel = figure.panel(situation.loss + ", first seed (grey: fixed rates)");
      panel.x = {.label = "step", .logarithmic = true};
      panel.y = {.label = "loss", .logarithmic = true, .low = squared_error ? 1e-2 : 1e-6, .high = 1e2};
      for (const std::string method : {"DAL-1", "DAL-1/2"}) {
        const auto& curve = situation.of(method).runs.front().curve;
        panel.line(method, column(curve, &Measured::step), column(curve, &Measured::loss));
      }
      for (std::size_t i = 0; i < fixed_rates.size(); ++i) {
        const auto& curve = situation.summaries[i].runs.front().curve;
        panel.reference("", column(curve, &Measured::step), column(curve, &Measured::loss));
      }
    }
    report::Panel& panel = figure.panel(situation.name());
    panel.x = {.label = "fixed rate", .logarithmic = true, .low = 0.04, .high = 2};
    panel.y = {.label = "final loss, median of the seeds", .logarithmic = true, .low = squared_error ? 3e-4 : 1e-13};
    panel.y.high = 10 * diverged;
    const auto end_of = [&](const Summary& s) { return std::min(s.loss(), diverged); };
    panel.horizontal(diverged, "diverged");
    panel.horizontal(settings.least_loss, "runs end here");
    const std::vector<Summary> fixed(situation.summaries.begin(),
                                     situation.summaries.begin() + std::ssize(fixed_rates));
    panel.line_points("fixed rate", fixed_rates, column(fixed, end_of));
    for (const std::string method : {"DAL-1", "DAL-1/2", "2 / λ_max", "Polyak", "quadratic model"}) {
      const double end = end_of(situation.of(method));
      panel.line(method, {0.04, 2}, {end, end});
    }
  }
  return figure;
}

report::Figure figure_of_rates(const std::vector<Situation>& situations) {
  report::Figure figure("The drift-adjusted rate along training and the edge of stability, first seed");
  for (const Situation& situation : situations) {
    const auto& curve = situation.of("DAL-1").runs.front().curve;
    const auto steps = column(curve, &Measured::step);
    report::Panel& panel = figure.panel(situation.name());
    panel.x.label = "step";
    panel.y = {.label = "rate", .logarithmic = true};
    panel.line("h of DAL-1", steps, column(curve, &Measured::rate));
    panel.line("2 / λ_max", steps, column(curve, &Measured::edge));
  }
  return figure;
}

/// Table and traces.
void report_all(examples::Example& example, const std::vector<Situation>& situations, const std::vector<Task>& tasks) {
  report::Table table(
      {"loss", "batches", "rate", "diverged", "final loss", "of the seeds", "accuracy", "h λ / 2", "steps", "seconds"});
  report::Trace ends({"loss", "batches", "rate", "seed", "diverged", "steps", "final_loss", "accuracy",
                      "median_h_lambda_half", "seconds"});
  report::Trace curves({"loss", "batches", "rate", "seed", "step", "value", "h", "sharpness"});
  for (const Situation& at : situations) {
    for (const Summary& s : at.summaries) {
      table.row(at.loss, at.batches, s.method, s.diverged(), s.loss(),
                examples::range_of(column(s.runs, &Outcome::loss)), s.accuracy(), s.to_edge(), s.steps(), s.seconds());
      for (std::size_t t = 0; t < tasks.size(); ++t) {
        const Outcome& o = s.runs[t];
        ends.row(at.loss, at.batches, s.method, tasks[t].seed, o.diverged, o.steps, o.loss, o.accuracy, o.to_edge,
                 o.seconds);
        for (const Measured& m : o.curve)
          curves.row(at.loss, at.batches, s.method, tasks[t].seed, m.step, m.loss, m.rate, m.sharpness);
      }
    }
  }
  example.print(table);
  example.write(ends);
  example.write(curves, "curves");
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("drift_adjusted_learning_rate",
                            "Can a learning rate that looks at the drift replace the search for one?");
  Settings settings;
  example.setting("iterations", settings.iterations, "steps of each run", {.quick = 30});
  example.setting("batch-size", settings.batch_size, "images in a minibatch");
  example.setting("seeds", settings.seeds, "how many, from --seed on", {.full = 5});
  example.setting("every", settings.every, "steps between two measurements");
  example.setting("least-loss", settings.least_loss, "a run ends where its loss is below");
  example.setting("threads", settings.threads, "runs at a time");
  example.offer_full("five seeds, in about five minutes on two cores");
  return example.run(argc, argv, [&] {
    require(settings.seeds >= 1, "--seeds", settings.seeds, "1 or more");
    require(settings.every >= 1, "--every", settings.every, "1 or more");
    require(settings.threads >= 1, "--threads", settings.threads, "1 or more");
    std::vector<Task> tasks;
    for (Index i = 0; i < settings.seeds; ++i) tasks.push_back({example.seed() + static_cast<std::uint64_t>(i)});
    check_identities(example, tasks.front(), losses::squared_error());
    check_identities(example, tasks.front(), losses::softmax_cross_entropy());

    const std::vector<Method> methods = all_methods();
    std::vector<Situation> situations;
    for (const std::string loss : {"squared error", "cross-entropy"}) {
      situations.push_back({loss, "full batch", tasks.front().digits.train.size()});
      situations.push_back({loss, "minibatches", settings.batch_size});
    }
    const std::size_t seeds = tasks.size(), in_situation = methods.size() * seeds;
    const auto outcomes =
        examples::run_all("runs", situations.size() * in_situation, settings.threads, [&](std::size_t i) {
          const AnyRate& rate = methods[i % in_situation / seeds].rate;
          return situations[i / in_situation].run(rate, tasks[i % seeds], settings);
        });
    auto first = outcomes.begin();
    for (Situation& situation : situations) {
      for (const Method& method : methods) {
        situation.summaries.push_back({method.name, {first, first + settings.seeds}});
        first += settings.seeds;
      }
    }
    report_all(example, situations, tasks);
    example.draw(figure_of_losses(situations, settings));
    example.draw(figure_of_rates(situations), "rates");
    if (!example.quick()) judge(example.verdicts(), situations[0], situations[2]);
  });
}
