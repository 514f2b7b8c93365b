// Can the drift of simultaneous play be cancelled, and does it help?
//
// A GAN on the ring of eight Gaussians (radius 2, deviation 0.05): generator 8-64-64-2, discriminator 2-64-64-1, tanh, weights
// N(0, 1 / fan-in), saturating loss, plain descent on batches of 256, discriminator 0.2 and generator 0.1. The drift's interaction terms
// are cancelled in both conventions, strengthened, or left; next to it alternating play, symplectic gradient adjustment and consensus
// optimisation with three weights each, extragradient and Runge-Kutta 4 on the joint field, an unbiased two-batch estimate
// of the cancelling terms, and the two usual remedies that change the game or the optimiser: the non-saturating loss and Adam. All methods
// of a seed start from the same parameters and see the same batches.
//
// Of 2000 samples: share within five deviations (0.25) of a centre; modes, centres with 20 such samples or more; energy distance
// 2 E|X - Y| - E|X - X'| - E|Y - Y'| to 2000 fresh data, pairs of a sample with itself included. A run that diverges has share 0 and no modes.
// Source: Rosca, Wu, Dherin, Barrett, Discretization drift in two-player games (arXiv 2105.13922), whose claims were made on CIFAR-10.

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>

#include "support/example.hpp"
#include "support/run_all.hpp"
#include "support/statistics.hpp"

using namespace drift;
using examples::median;
using games::Player;

namespace {

struct Settings {
  std::vector<double> rates = {0.2, 0.1};  // pairs: discriminator, generator
  Index iterations = 3000;
  Index batch_size = 256;
  Index samples = 2000;
  Index seeds = 1;
  Index every = 250;
  int threads = 2;
};

const auto generator = nn::sequential(nn::dense(8, 64), nn::tanh(), nn::dense(64, 64), nn::tanh(), nn::dense(64, 2));
const auto discriminator =
    nn::sequential(nn::dense(2, 64), nn::tanh(), nn::dense(64, 64), nn::tanh(), nn::dense(64, 1));

/// The mean distance of a row of a from a row of b.
double mean_distance(const Matrix<double>& a, const Matrix<double>& b) {
  double sum = 0;
  for (Index i = 0; i < a.rows(); ++i) {
    sum += ((b.col(0).array() - a(i, 0)).square() + (b.col(1).array() - a(i, 1)).square()).sqrt().sum();
  }
  return sum / static_cast<double>(a.rows()) / static_cast<double>(b.rows());
}

struct Quality {
  Index modes = 0;
  double share = 0;
  double energy_distance = 0;
};

/// What the samples of a seed are judged by.
struct Judge {
  Matrix<double> latents;
  Matrix<double> data;
  double distance_within_data;

  Judge(Index samples, const Random& random)
      : latents(random.split("latents").normal_matrix<double>(samples, generator.inputs())),
        data(data::gaussian_ring(samples, random.split("data")).features),
        distance_within_data(mean_distance(data, data)) {}

  Matrix<double> samples(const Vector<double>& z) const {
    return nn::predict(generator, Vector<double>(z.tail(generator.parameters())), latents);
  }

  Quality operator()(const Vector<double>& z) const {
    const Matrix<double> made = samples(z), centres = data::gaussian_ring_centres();
    std::vector<Index> hits(static_cast<std::size_t>(centres.rows()), 0);
    for (Index i = 0; i < made.rows(); ++i) {
      for (Index m = 0; m < centres.rows(); ++m) {
        if ((made.row(i) - centres.row(m)).norm() < 0.25) ++hits[static_cast<std::size_t>(m)];
      }
    }
    Quality quality;
    for (const Index hit : hits) {
      quality.share += static_cast<double>(hit) / static_cast<double>(made.rows());
      if (100 * hit >= made.rows()) ++quality.modes;
    }
    quality.energy_distance = 2 * mean_distance(made, data) - mean_distance(made, made) - distance_within_data;
    return quality;
  }
};

/// One seed's start, data and judge.
struct Setting {
  std::uint64_t seed;
  double phi_rate;
  double theta_rate;
  Settings settings;
  Random random;
  Judge judge;

  Setting(std::uint64_t seed_number, double phi, double theta, const Settings& all)
      : seed(seed_number),
        phi_rate(phi),
        theta_rate(theta),
        settings(all),
        random(seed_number),
        judge(all.samples, random.split("judge")) {}

  games::Rates<> rates() const { return {phi_rate, theta_rate}; }
  auto batches() const {
    const Index examples = settings.batch_size;
    const auto data = [examples](Random stream) { return data::gaussian_ring(examples, stream).features; };
    return games::gan_batches(data, {.latents = examples, .latent_dimension = generator.inputs()},
                              random.split("batches"));
  }
  template <class Loss>
  auto game(const games::Adversarial<Loss>& objective) const {
    return games::gan(discriminator, generator, objective, batches().next());
  }
  Vector<double> start() const {
    return games::initialise(game(games::saturating()), nn::lecun_normal(), random.split("initialisation"));
  }
};

struct Measured {
  Index iteration;
  Quality quality;
};

struct Outcome {
  Status status = Status::reached_end;
  Index iterations = 0;
  Quality quality;
  std::vector<Measured> curve;
  Matrix<double> samples;
  double seconds = 0;
};

template <class Scheme>
Outcome train_by(const Scheme& scheme, const Setting& setting) {
  using Clock = std::chrono::steady_clock;
  Outcome outcome;
  auto play = games::on_batches(scheme, setting.batches());
  const auto began = Clock::now();
  Clock::duration judging{0};
  const auto measure = [&](const Iterate<double>& at) {
    if (at.iteration % setting.settings.every != 0) return;
    const auto before = Clock::now();
    outcome.curve.push_back({at.iteration, setting.judge(play.parameters(at.state))});
    judging += Clock::now() - before;
  };
  const auto run = iterate(play, play.start(setting.start()),
                           {.iterations = setting.settings.iterations, .divergence_radius = 1e6}, measure);
  if (!run.failure.empty()) throw InvalidArgument(run.failure);
  outcome.seconds = std::chrono::duration<double>(Clock::now() - began - judging).count();
  outcome.status = run.status;
  outcome.iterations = run.iterations;
  const Vector<double> end = play.parameters(run.state);
  outcome.samples = setting.judge.samples(end);
  outcome.quality = setting.judge(end);
  if (run.status != Status::reached_end) {
    outcome.quality.modes = 0;
    outcome.quality.share = 0;
  }
  return outcome;
}

struct Method {
  std::string name;
  std::function<Outcome(const Setting&)> run;
};

const std::vector<double> weights = {0.01, 0.1, 1};
constexpr std::size_t shown = 8;  // the methods in the figures, the first of them

std::vector<Method> all_methods() {
  const auto saturating = [](const Setting& s) { return s.game(games::saturating()); };
  const auto sim = [=](const Setting& s) { return games::simultaneous(saturating(s), s.rates()); };
  const games::DriftOptions own{.convention = games::Convention::own_rate};
  std::vector<Method> all = {
      {"simultaneous", [=](const Setting& s) { return train_by(sim(s), s); }},
      {"alternating", [=](const Setting& s) { return train_by(games::alternating(saturating(s), s.rates()), s); }},
      {"cancel, own rate", [=](const Setting& s) { return train_by(games::cancel_interaction(sim(s), own), s); }},
      {"cancel, joint", [=](const Setting& s) { return train_by(games::cancel_interaction(sim(s)), s); }},
      {"cancel, own rate, two batches",
       [=](const Setting& s) { return train_by(games::two_batches(games::cancel_interaction(sim(s), own)), s); }},
      {"strengthen, own rate",
       [=](const Setting& s) { return train_by(games::strengthen_interaction(sim(s), own), s); }},
      {"extragradient", [=](const Setting& s) { return train_by(games::extragradient(saturating(s), s.rates()), s); }},
      {"Runge-Kutta 4", [=](const Setting& s) { return train_by(games::runge_kutta_4(saturating(s), s.rates()), s); }},
  };
  for (const double weight : weights) {
    all.push_back(
        {fmt::format("SGA {}", weight), [=](const Setting& s) { return train_by(games::sga(sim(s), weight), s); }});
  }
  for (const double weight : weights) {
    all.push_back({fmt::format("consensus {}", weight),
                   [=](const Setting& s) { return train_by(games::consensus(sim(s), weight), s); }});
  }
  all.push_back({"non-saturating", [](const Setting& s) {
                   return train_by(games::simultaneous(s.game(games::non_saturating()), s.rates()), s);
                 }});
  all.push_back({"Adam 1e-3", [=](const Setting& s) {
                   const Adam<> adam{.learning_rate = 1e-3, .first_decay = 0.5};
                   return train_by(games::simultaneous(saturating(s), adam, adam), s);
                 }});
  return all;
}

/// outcomes[setting][method], by as many threads as asked for.
std::vector<std::vector<Outcome>> run_all(const std::vector<Setting>& settings, const std::vector<Method>& all,
                                          int threads) {
  const std::size_t methods = all.size();
  const auto flat = examples::run_all("runs", settings.size() * methods, threads, [&](std::size_t task) {
    return all[task % methods].run(settings[task / methods]);
  });
  std::vector<std::vector<Outcome>> outcomes;
  for (auto first = flat.begin(); first != flat.end(); first += std::ssize(all))
    outcomes.emplace_back(first, first + std::ssize(all));
  return outcomes;
}

std::string range_of(const std::vector<double>& values) { return examples::range_of(values, "{:.2f}"); }

/// What mathematics says of the very game that is trained.
void check_identities(examples::Example& example, const Setting& setting) {
  const auto game = setting.game(games::saturating());
  const Vector<double> z = setting.start();
  // Two ways to the same vectors: what a cancelled player descends beside its own gradient, block by block, and the drift's terms.
  const auto difference = [&](const auto& play) {
    const auto d = games::drift_terms(play, z);
    const Vector<double> added = games::cancel_interaction(play).game().own_gradients(z) - game.own_gradients(z);
    const Index split = game.phi_dimension();
    const Vector<double> phi = -setting.phi_rate * added.head(split),
                         theta = -setting.theta_rate * added.tail(z.size() - split);
    return std::max((phi + d.phi.interaction).norm() / d.phi.interaction.norm(),
                    (theta + d.theta.interaction).norm() / d.theta.interaction.norm());
  };
  const double left = std::max(difference(games::simultaneous(game, setting.rates())),
                               difference(games::alternating(game, setting.rates())));
  example.verdicts().identity("a cancelled step takes back the interaction terms of the drift, and nothing else",
                              left <= 1e-12, fmt::format("relative difference {:.1e} <= 1e-12, both schemes", left));
  const auto equal = games::simultaneous(game, {.phi = 0.1, .theta = 0.1});
  const Vector<double> cancelled = games::cancel_interaction(equal)(z);
  const double apart = (cancelled - games::sga(equal, 0.05)(z)).norm() / (cancelled - z).norm();
  example.verdicts().identity("at equal rates h the cancelled step is SGA of weight h / 2", apart <= 1e-12,
                              fmt::format("relative difference {:.1e} <= 1e-12", apart));
}

/// Steps in units of both players' own gradients, in interleaved rounds.
void measure_cost(examples::Example& example, const Setting& setting) {
  const auto sim = games::simultaneous(setting.game(games::saturating()), {.phi = 1e-3, .theta = 1e-3});
  const auto cancelled = games::cancel_interaction(sim);
  const auto two = games::two_batches(cancelled);
  Vector<double> z = setting.start(), g;
  const auto seconds_of = [](const auto& work) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  std::vector<double> ratios, of_two;
  for (int round = 0; round < 15; ++round) {
    const double own = seconds_of([&] { sim.game().own_gradients(z, g); });
    const double step = seconds_of([&] { cancelled.advance(z); });
    const double halves = seconds_of([&] { two.advance(z); });
    if (round == 0) continue;  // the first makes the workspaces
    ratios.push_back(step / own);
    of_two.push_back(halves / own);
  }
  example.result("cancelled_step_in_own_gradients", median(ratios));
  example.verdicts().empirical("a cancelled step costs at most 3.2 evaluations of both players' own gradients",
                               median(ratios) <= 3.2,
                               fmt::format("median of 14 rounds {:.2f} ({}); with two batches {:.2f} ({})",
                                           median(ratios), range_of(ratios), median(of_two), range_of(of_two)));
}

report::Figure figure_of_samples(const std::vector<Method>& all, const std::vector<Outcome>& outcomes,
                                 const Setting& setting) {
  report::Figure figure(fmt::format("Samples after {} updates, discriminator {} and generator {}, seed {}",
                                    setting.settings.iterations, setting.phi_rate, setting.theta_rate, setting.seed));
  const Matrix<double> centres = data::gaussian_ring_centres();
  const auto panel_of = [&](const std::string& title, const std::string& name, const Matrix<double>& points) {
    report::Panel& panel = figure.panel(title);
    panel.x = {.low = -3, .high = 3};
    panel.y = {.low = -3, .high = 3};
    const Matrix<double> some = points.topRows(std::min<Index>(500, points.rows()));
    panel.points(name, Vector<double>(some.col(0)), Vector<double>(some.col(1)));
    panel.points("centres", Vector<double>(centres.col(0)), Vector<double>(centres.col(1)));
  };
  for (std::size_t i = 0; i < shown; ++i) {
    const Outcome& o = outcomes[i];
    const std::string what = o.status == Status::reached_end
                                 ? fmt::format("{} modes, {:.2f}", o.quality.modes, o.quality.share)
                                 : std::string(to_string(o.status));
    panel_of(fmt::format("{}: {}", all[i].name, what), "generated", o.samples);
  }
  panel_of("data", "data", setting.judge.data);
  return figure;
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("can_the_drift_be_cancelled",
                            "Can the drift of simultaneous play be cancelled, and does it help?");
  Settings settings;
  example.setting("rates", settings.rates, "pairs of rates, the discriminator's and the generator's: 0.2,0.1,0.1,0.1");
  example.setting("iterations", settings.iterations, "updates of each run", {.quick = 10});
  example.setting("batch-size", settings.batch_size, "data and latents of a batch (even)");
  example.setting("samples", settings.samples, "samples that a generator is judged by", {.quick = 200});
  example.setting("seeds", settings.seeds, "how many, from --seed on", {.full = 5});
  example.setting("every", settings.every, "updates between two measurements", {.quick = 5});
  example.setting("threads", settings.threads, "runs at a time");
  example.offer_full("five seeds, in about five minutes on two cores");
  return example.run(argc, argv, [&] {
    require(settings.rates.size() >= 2 && settings.rates.size() % 2 == 0, "--rates", settings.rates.size(),
            "an even number of rates");
    require(settings.seeds >= 1, "--seeds", settings.seeds, "1 or more");
    require(settings.every >= 1, "--every", settings.every, "1 or more");
    require(settings.threads >= 1, "--threads", settings.threads, "1 or more");
    const std::vector<Method> all = all_methods();
    std::vector<Setting> runs;
    for (std::size_t pair = 0; pair < settings.rates.size(); pair += 2) {
      for (Index i = 0; i < settings.seeds; ++i) {
        runs.emplace_back(example.seed() + static_cast<std::uint64_t>(i), settings.rates[pair],
                          settings.rates[pair + 1], settings);
      }
    }
    check_identities(example, runs.front());
    measure_cost(example, runs.front());
    const auto outcomes = run_all(runs, all, settings.threads);

    report::Trace ends({"phi_rate", "theta_rate", "seed", "method", "status", "iterations", "modes", "share",
                        "energy_distance", "seconds"});
    report::Trace curves(
        {"phi_rate", "theta_rate", "seed", "method", "iteration", "modes", "share", "energy_distance"});
    for (std::size_t r = 0; r < runs.size(); ++r) {
      for (std::size_t m = 0; m < all.size(); ++m) {
        const Outcome& o = outcomes[r][m];
        ends.row(runs[r].phi_rate, runs[r].theta_rate, runs[r].seed, all[m].name, to_string(o.status), o.iterations,
                 o.quality.modes, o.quality.share, o.quality.energy_distance, o.seconds);
        for (const auto& [iteration, quality] : o.curve) {
          curves.row(runs[r].phi_rate, runs[r].theta_rate, runs[r].seed, all[m].name, iteration, quality.modes,
                     quality.share, quality.energy_distance);
        }
      }
    }
    example.write(ends);
    example.write(curves, "curves");
    example.draw(figure_of_samples(all, outcomes.front(), runs.front()));

    const auto seeds = static_cast<std::size_t>(settings.seeds);
    for (std::size_t first = 0; first < runs.size(); first += seeds) {
      report::Table table({"discriminator", "generator", "method", "modes", "share", "shares", "energy distance",
                           "diverged", "seconds"},
                          3);
      report::Figure progress(fmt::format("Share of samples near a centre, discriminator {}, generator {}",
                                          runs[first].phi_rate, runs[first].theta_rate));
      report::Panel& panel = progress.panel();
      panel.x.label = "updates";
      panel.y = {.label = "share, median over seeds", .low = 0, .high = 1};
      std::map<std::string, double> share, modes;
      for (std::size_t m = 0; m < all.size(); ++m) {
        const auto values = [&](const auto& of) {
          std::vector<double> each;
          for (std::size_t r = first; r < first + seeds; ++r) each.push_back(of(outcomes[r][m]));
          return each;
        };
        const auto shares = values([](const Outcome& o) { return o.quality.share; });
        share[all[m].name] = median(shares);
        modes[all[m].name] = median(values([](const Outcome& o) { return static_cast<double>(o.quality.modes); }));
        Index diverged = 0;
        for (std::size_t r = first; r < first + seeds; ++r)
          diverged += outcomes[r][m].status == Status::reached_end ? 0 : 1;
        table.row(runs[first].phi_rate, runs[first].theta_rate, all[m].name, modes[all[m].name], share[all[m].name],
                  range_of(shares), median(values([](const Outcome& o) { return o.quality.energy_distance; })),
                  diverged, median(values([](const Outcome& o) { return o.seconds; })));
        if (m >= shown) continue;
        std::vector<double> at, middle;
        for (Index k = settings.every; k <= settings.iterations; k += settings.every) {
          at.push_back(static_cast<double>(k));
          middle.push_back(median(values([&](const Outcome& o) {
            const auto point = static_cast<std::size_t>(k / settings.every - 1);
            return point < o.curve.size() ? o.curve[point].quality.share : 0;  // 0 from a divergence on
          })));
        }
        panel.line_points(all[m].name, at, middle);
      }
      example.print(table);
      const std::string suffix =
          first == 0 ? "shares" : fmt::format("shares_{}_{}", runs[first].phi_rate, runs[first].theta_rate);
      example.draw(progress, suffix);
      if (example.quick()) continue;

      const std::string where =
          fmt::format(" at {} and {}, {} seed(s)", runs[first].phi_rate, runs[first].theta_rate, settings.seeds);
      const auto claim = [&](const std::string& text, bool held, const std::string& numbers) {
        example.verdicts().empirical(text + where, held, numbers);
      };
      const auto numbers = [&](const std::string& name) {
        return fmt::format("{}: share {:.2f}, {:g} modes", name, share[name], modes[name]);
      };
      const std::string own = "cancel, own rate", joint = "cancel, joint", plain = "simultaneous",
                        strengthened = "strengthen, own rate";
      claim("cancelling the interaction terms at the papers' rates covers the ring",
            share[own] >= 0.75 && modes[own] == 8, numbers(own) + "; asked: 0.75 and 8");
      claim("plain simultaneous play does not", share[plain] <= 0.5 && modes[plain] <= 6,
            numbers(plain) + "; asked: at most 0.5 and 6");
      claim("strengthening them destroys it", share[strengthened] <= 0.1,
            numbers(strengthened) + "; asked: at most 0.1");
      claim("cancelling the true flow's terms helps, the papers' coefficients help more",
            share[plain] < share[joint] && share[joint] < share[own],
            numbers(plain) + "; " + numbers(joint) + "; " + numbers(own));
      const auto over_weights = [&](const std::string& method) {
        std::vector<double> each;
        for (const double weight : weights) each.push_back(share[fmt::format("{} {}", method, weight)]);
        return each;
      };
      const auto sga = over_weights("SGA"), consensus = over_weights("consensus");
      claim("cancelling, without a weight to tune, is as good as the median weight of SGA and of consensus",
            share[own] >= median(sga) && share[own] >= median(consensus),
            fmt::format("{:.2f}; SGA median {:.2f}, best {:.2f}; consensus median {:.2f}, best {:.2f}", share[own],
                        median(sga), *std::max_element(sga.begin(), sga.end()), median(consensus),
                        *std::max_element(consensus.begin(), consensus.end())));
    }
  });
}
