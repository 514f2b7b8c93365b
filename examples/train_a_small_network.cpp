// How well does a small network learn, and does a run survive being killed?
//
// A perceptron on the digits that ship with the project (64-64-64-10, 1000 images, 797 to test) and, where Fashion-MNIST is found, a
// network of two convolutions on its first 10 000 images, by any optimiser and any schedule of drift. A checkpoint is written as the run
// goes; `--resume true` goes on from it, and ends with the same bits as a run that was never stopped. So do runs on one and two threads.

#include <drift/drift.hpp>

#include <drift/report/run_progress.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>

#include "support/example.hpp"
#include "support/fashion_mnist.hpp"

using namespace drift;

namespace {

using Rate = ScheduleChoice<double, StepDecay, CosineDecay, WarmUp<CosineDecay>, RateList, DriftAdjusted>;
using AnyOptimiser = OptimiserChoice<GradientDescent<Rate>, Momentum<Rate>, Nesterov<Rate>, RMSProp<Rate>, Adam<Rate>>;
using Optimiser = GradientClipping<DecoupledWeightDecay<AnyOptimiser>>;

struct Settings {
  std::string data_set = "all";
  std::string folder = examples::fashion_mnist_folder;
  Index images = 10000;
  std::string optimiser = "adam";
  double rate = 1e-3;
  std::string schedule = "cosine";
  std::vector<double> rates;
  Index epochs = 0;
  Index batch_size = 32;
  double weight_decay = 0;
  double clip = std::numeric_limits<double>::infinity();
  int threads = 2;
  bool resume = false;
  Index checkpoint_every = 100;
};

/// What a run is of, beside the values that it moves: a checkpoint holds it, so that none is gone on with under other settings.
struct Identity {
  std::uint64_t seed;
  Index images;
  Index parameters;
  Index batch_size;
  Index epochs;
  Optimiser optimiser;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("seed", self.seed);
    visit("images", self.images);
    visit("parameters", self.parameters);
    visit("batch-size", self.batch_size);
    visit("epochs", self.epochs);
    visit("optimiser", self.optimiser);
  }
};

/// What an option may be, and what was given.
[[noreturn]] void reject_choice(const std::string& option, const std::string& given, const std::string& choices) {
  reject("--" + option, given, "one of " + choices);
}

Rate rate_of(const Settings& settings, Index iterations) {
  const CosineDecay cosine{.initial = settings.rate, .iterations = std::max<Index>(iterations, 1)};
  if (settings.schedule == "constant") return {settings.rate};
  if (settings.schedule == "step")
    return {StepDecay{.initial = settings.rate, .factor = 0.1, .every = std::max<Index>(iterations / 3, 1)}};
  if (settings.schedule == "cosine") return {cosine};
  if (settings.schedule == "warm-up")
    return {WarmUp<CosineDecay>{.schedule = cosine, .iterations = std::max<Index>(iterations / 20, 1)}};
  if (settings.schedule == "list") return {RateList{.rates = settings.rates}};
  if (settings.schedule == "drift-adjusted") return {DriftAdjusted{}};
  reject_choice("schedule", settings.schedule, "constant, step, cosine, warm-up, list, drift-adjusted");
}

Optimiser optimiser_of(const Settings& settings, Index iterations) {
  const Rate rate = rate_of(settings, iterations);
  const auto wrap = [&](AnyOptimiser optimiser) {
    return Optimiser{.optimiser = {.optimiser = std::move(optimiser), .weight_decay = settings.weight_decay},
                     .largest_norm = settings.clip};
  };
  if (settings.optimiser == "gradient-descent") return wrap({GradientDescent<Rate>{.learning_rate = rate}});
  if (settings.optimiser == "momentum") return wrap({Momentum<Rate>{.learning_rate = rate}});
  if (settings.optimiser == "nesterov") return wrap({Nesterov<Rate>{.learning_rate = rate}});
  if (settings.optimiser == "rmsprop") return wrap({RMSProp<Rate>{.learning_rate = rate}});
  if (settings.optimiser == "adam") return wrap({Adam<Rate>{.learning_rate = rate}});
  reject_choice("optimiser", settings.optimiser, "gradient-descent, momentum, nesterov, rmsprop, adam");
}

/// A run's state before its first step.
template <class Fit>
auto start_of(const Fit& fit, const Optimiser& optimiser, Index batch_size, const Random& random) {
  const Vector<double> theta = nn::initialise(fit.network(), nn::he_normal(), random.split("initialisation"));
  return descent::run_state(theta, optimiser,
                            data::minibatches(fit.examples(), {.batch_size = batch_size}, random.split("batches")));
}

report::Figure figure_of(const std::string& title, const descent::History<>& steps, const descent::History<>& epochs) {
  report::Figure figure(title);
  report::Panel& loss = figure.panel("loss");
  loss.x.label = "step";
  loss.y = {.label = "cross-entropy", .logarithmic = true};
  loss.points("minibatch", steps.column("iteration"), steps.column("value"));
  loss.line_points("training set", epochs.column("iteration"), epochs.column("train_loss"));
  loss.line_points("test set", epochs.column("iteration"), epochs.column("test_loss"));
  report::Panel& accuracy = figure.panel("accuracy on the test set");
  accuracy.x.label = "step";
  accuracy.y = {.label = "share of images"};
  accuracy.line_points("", epochs.column("iteration"), epochs.column("test_accuracy"));
  report::Panel& rate = figure.panel("learning rate");
  rate.x.label = "step";
  rate.y = {.label = "h"};
  rate.line("", steps.column("iteration"), steps.column("rate"));
  return figure;
}

struct Outcome {
  Status status;
  double test_accuracy;
};

/// Trains, or goes on, and writes trace, figure and checkpoint. `name` is that of the data set.
template <class Net>
Outcome run(examples::Example& example, const std::string& name, const Net& net, const data::Dataset<double>& train_set,
            const data::Dataset<double>& test_set, const Settings& settings, Index epochs, report::Table& table) {
  const auto loss = losses::softmax_cross_entropy();
  const auto fit = nn::supervised(net, loss, train_set.features, train_set.labels, {.threads = settings.threads});
  // What is measured after every epoch is measured on at most 1000 images of each set.
  const auto first = [](Index examples) { return data::full_batch(std::min<Index>(examples, 1000)).next(); };
  const auto some_train = fit.batch(first(fit.examples()));
  const data::Dataset<double> some = data::select(test_set, first(test_set.size()));
  const auto some_test = nn::supervised(net, loss, some.features, some.labels, {.threads = settings.threads});
  const Random random = Random(example.seed()).split(name);
  const Index batches =
      data::minibatches(fit.examples(), {.batch_size = settings.batch_size}, random).batches_per_epoch();
  const Index iterations = epochs * batches;

  descent::History<> steps;
  descent::History<> by_epoch({.every = batches},
                              {{"train_loss", [&](const Vector<double>& theta) { return value(some_train, theta); }},
                               {"test_loss", [&](const Vector<double>& theta) { return value(some_test, theta); }},
                               {"test_accuracy", [&](const Vector<double>& theta) {
                                  return nn::accuracy(net, theta, some.features, some.labels);
                                }}});
  descent::Stopwatch watch;

  const Identity asked{example.seed(),      fit.examples(), net.parameters(),
                       settings.batch_size, epochs,         optimiser_of(settings, iterations)};
  auto state = start_of(fit, asked.optimiser, settings.batch_size, random);
  Identity identity = asked;
  const auto checkpoint = example.path(".checkpoint", name);
  if (settings.resume && descent::resume(checkpoint, state, identity, steps, by_epoch, watch)) {
    if (const auto differs = first_difference(asked, identity))
      throw InvalidArgument("--resume: " + checkpoint.string() + " is of a run with other settings: " + *differs);
    example.print(fmt::format("{}: goes on from step {} of {}", name, state.iteration, iterations));
  }
  descent::Checkpoints keep(checkpoint, {.every = settings.checkpoint_every}, identity, steps, by_epoch, watch);
  watch.start();
  const auto run = train(fit, state, {.iterations = iterations}, steps, by_epoch, watch, keep,
                         report::RunProgress(name, iterations));
  if (!run.failure.empty()) throw FileError(run.failure);

  const double test_accuracy = nn::accuracy(net, run.state, test_set.features, test_set.labels);
  table.row(name, fit.examples(), net.parameters(), run.iterations, to_string(run.status), value(some_train, run.state),
            value(some_test, run.state), test_accuracy, watch.seconds());
  example.write(report::trace_of(steps.names(), steps.table()), name);
  example.write(report::trace_of(by_epoch.names(), by_epoch.table()), name + "_epochs");
  data::write_npy(example.path(".npy", name), steps.names(), steps.table());
  example.list(example.path(".npy", name));
  example.list(checkpoint);
  if (steps.rows() > 0)
    example.draw(
        figure_of(fmt::format("{}: {} with a {} rate", name, settings.optimiser, settings.schedule), steps, by_epoch),
        name);
  example.result(name + "_test_accuracy", test_accuracy);
  example.result(name + "_seconds", watch.seconds());
  return {run.status, test_accuracy};
}

/// A run that is stopped, saved and loaded into a fresh one, and runs on one and two threads: mathematics says that nothing may change.
template <class Net>
void check_bits(examples::Example& example, const Net& net, const data::Dataset<double>& set,
                const Settings& settings) {
  const Index iterations = 40;
  const Random random = Random(example.seed()).split("bits");
  const Optimiser optimiser = optimiser_of(settings, iterations);
  const auto fit_on = [&](int threads) {
    return nn::supervised(net, losses::softmax_cross_entropy(), set.features, set.labels, {.threads = threads});
  };
  const auto fit = fit_on(1);
  const auto start = start_of(fit, optimiser, settings.batch_size, random);
  descent::History<> whole_history, history;
  const auto whole = train(fit, start, {.iterations = iterations}, whole_history);

  const auto file = example.path(".checkpoint", "interrupted");
  const auto half = train(fit, start, {.iterations = 17}, history);
  descent::save_checkpoint(file, half.run_state, history);
  auto loaded = start_of(fit, optimiser, settings.batch_size, random);
  descent::History<> loaded_history;
  descent::load_checkpoint(file, loaded, loaded_history);
  std::filesystem::remove(file);
  const auto resumed = train(fit, loaded, {.iterations = iterations}, loaded_history);
  example.verdicts().identity("a run that was interrupted, saved and loaded ends with the same bits",
                              resumed.state == whole.state && loaded_history.table() == whole_history.table(),
                              fmt::format("largest difference {:.1e} after {} steps",
                                          (resumed.state - whole.state).cwiseAbs().maxCoeff(), iterations));

  // Batches so large that two threads share them.
  const auto on = [&](int threads) {
    const auto problem = fit_on(threads);
    descent::History<> steps;
    train(problem, start_of(problem, optimiser, problem.examples() / 2, random), {.iterations = 10}, steps);
    return steps.table();
  };
  example.verdicts().identity("one and two threads give the same trace, bit for bit", on(1) == on(2), "10 steps");
}

void train_on_digits(examples::Example& example, const Settings& settings, report::Table& table) {
  data::Dataset<double> digits = data::digits(examples::data_file("digits.csv"));
  digits.features /= 16;
  const auto [train_set, test_set] = data::split(digits, Random(example.seed()).split("split"), {.train_count = 1000});
  const auto net = nn::sequential(nn::dense(64, 64), nn::relu(), nn::dense(64, 64), nn::relu(), nn::dense(64, 10));
  const Index epochs = settings.epochs > 0 ? settings.epochs : example.quick() ? 3 : 30;
  const Outcome outcome = run(example, "digits", net, train_set, test_set, settings, epochs, table);
  if (!example.quick())  // three epochs show that all works, not how well it learns
    example.verdicts().empirical("digits: test accuracy above 95 %", outcome.test_accuracy > 0.95,
                                 fmt::format("{:.2f} %", 100 * outcome.test_accuracy));
  check_bits(example, net, train_set, settings);
}

void train_on_fashion(examples::Example& example, const Settings& settings, report::Table& table) {
  auto found = examples::fashion_mnist(settings.folder, settings.images, example.quick() ? 500 : 10000);
  if (const auto* const missing = std::get_if<std::string>(&found)) {
    example.print("fashion-mnist: skipped, " + *missing);
    return;
  }
  const auto& set = std::get<examples::FashionMnist>(found);
  const auto net = nn::sequential(nn::image(1, 28, 28), nn::conv2d(16, {.kernel = 5, .padding = 2}), nn::relu(),
                                  nn::max_pooling({.size = 2}), nn::conv2d(32, {.kernel = 5, .padding = 2}), nn::relu(),
                                  nn::max_pooling({.size = 2}), nn::flatten(), nn::dense(32 * 7 * 7, 10));
  const Index epochs = settings.epochs > 0 ? settings.epochs : example.quick() ? 1 : 3;
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = run(example, "fashion-mnist", net, set.train, set.test, settings, epochs, table);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (example.quick()) return;
  example.verdicts().empirical(
      "fashion-mnist: test accuracy of 85 % within two minutes", outcome.test_accuracy >= 0.85 && seconds < 120,
      fmt::format("{:.2f} % in {:.0f} s, all that is measured beside included", 100 * outcome.test_accuracy, seconds));
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("train_a_small_network",
                            "How well does a small network learn, and does a run survive being killed?");
  Settings settings;
  example.setting("data-set", settings.data_set, "digits, fashion-mnist or all");
  example.setting("data", settings.folder, "folder with Fashion-MNIST's four files, plain or .gz");
  example.setting("images", settings.images, "how many of Fashion-MNIST's training images", {.quick = 500, .full = {}});
  example.setting("optimiser", settings.optimiser, "gradient-descent, momentum, nesterov, rmsprop or adam");
  example.setting("rate", settings.rate, "learning rate, at its largest");
  example.setting("schedule", settings.schedule, "constant, step, cosine, warm-up, list or drift-adjusted");
  example.setting("rates", settings.rates,
                  "the rates of --schedule list, one a step, the last one for all further steps");
  example.setting("epochs", settings.epochs, "passes over the data; 0: 30 for digits, 3 for fashion-mnist");
  example.setting("batch-size", settings.batch_size, "examples in a minibatch");
  example.setting("weight-decay", settings.weight_decay, "decoupled weight decay");
  example.setting("clip", settings.clip, "largest norm of a gradient");
  example.setting("threads", settings.threads, "for large minibatches and for measurements");
  example.setting("resume", settings.resume, "go on from the checkpoints in --out");
  example.setting("checkpoint-every", settings.checkpoint_every, "steps between checkpoints");
  return example.run(argc, argv, [&] {
    require(settings.epochs >= 0, "--epochs", settings.epochs, "0 or above");
    const bool all = settings.data_set == "all";
    if (!all && settings.data_set != "digits" && settings.data_set != "fashion-mnist")
      reject_choice("data-set", settings.data_set, "digits, fashion-mnist, all");
    report::Table table(
        {"data", "images", "parameters", "steps", "ended", "training loss", "test loss", "test accuracy", "seconds"});
    if (all || settings.data_set == "digits") train_on_digits(example, settings, table);
    if (all || settings.data_set == "fashion-mnist") train_on_fashion(example, settings, table);
    example.print(table);
  });
}
