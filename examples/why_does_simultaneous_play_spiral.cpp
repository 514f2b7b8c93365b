// Why does simultaneous play spiral out of games whose own flow does not?
//
// Two games of two parameters, z = (phi, theta), with the equilibrium 0 and equal rates h of both players:
//
//     rotational   phi' = -e phi + theta, theta' = -phi - e theta, from (0.08, -0.05), h = 0.2, damping e = 0.2 and 0.09: its flow
//                  spirals in
//     Dirac-GAN    phi' = s(phi theta) theta, theta' = -s(phi theta) phi, s the logistic function, from (1, 1), h = 0.1: its flow
//                  keeps |z|
//
// Each is played simultaneously, alternating (either player first), by Runge-Kutta 4, and simultaneously with explicit regularisers:
// the drift's interaction terms cancelled, symplectic gradient adjustment (SGA) and consensus optimisation, and for the Dirac-GAN the
// notebook's own. Beside every scheme runs its second-order modified flow; that of Runge-Kutta, whose drift has no terms of orders 2 to
// 4, is the game's own. The eigenvalues of both at 0 predict how much |z| grows in an update. Held against it is how much it grew, over
// the second half of 6000 updates that are brought back to |z| = 1e-9 each time, where every game is linear, and of the run from the
// start. The mean of log |z_(k+1)| / |z_k| is weighted by exp(-1 / (t (1 - t))), t from 0 to 1, which makes it exact to many digits
// wherever in its turn the spiral is. Growth of order h^3 and beyond is out of a second-order flow's sight.
//
// Source of the set-up and of the known distances: Rosca, Wu, Dherin, Barrett, Discretization drift in two-player games (arXiv
// 2105.13922), and its published notebooks; Mescheder et al., arXiv 1801.04406 (Dirac-GAN). The Dirac-GAN has the notebook's signs:
// games::dirac_gan() with the players exchanged. Alternating "theta first" here is phi first there.

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "support/example.hpp"

using namespace drift;
using games::Verdict;
using V = Vector<double>;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The larger one; not-a-number once there is one.
double worse(double x, double y) { return std::isnan(x) || y <= x ? x : y; }

/// Growth that is predicted, and measured, as well as this; less is neutral.
constexpr double resolution = 1e-11;

const std::string strong = "rotational, e 0.2, h 0.2", weak = "rotational, e 0.09, h 0.2", dirac = "Dirac-GAN, h 0.1";

/// Distances from the equilibrium, as the paper's notebooks or independent computations give them.
struct Known {
  std::string game;
  std::string scheme;
  std::vector<std::pair<Index, double>> distances;  ///< after so many updates
  double tolerance = 0.01;                          ///< relative
};
const std::vector<Known> all_known = {
    {strong, "simultaneous", {{500, 5.288e-6}}},
    {strong, "alternating", {{500, 1.164e-10}}},
    {strong, "own flow", {{500, 1.944e-10}}},
    {weak, "simultaneous", {{500, 0.2774}}},
    {weak, "alternating", {{500, 1.065e-5}}},
    {weak, "own flow", {{500, 1.164e-5}}},
    {dirac, "simultaneous", {{200, 1.724}, {1000, 2.756}, {3000, 3.489}}},
    {dirac, "alternating", {{200, 1.453}, {1000, 1.432}, {3000, 1.454}}},
    {dirac, "alternating, theta first", {{1000, 1.382}}},
    {dirac, "Runge-Kutta 4", {{3000, std::numbers::sqrt2}}, 1e-5},
    {dirac, "interaction cancelled", {{1000, 1.4122}}},
    {dirac, "SGA 0.05", {{1000, 1.4122}}},
    {dirac, "SGA 0.3", {{1000, 0.00274}}},
    {dirac, "consensus 0.05", {{1000, 1.4076}}},
    {dirac, "consensus 0.3", {{1000, 0.00276}}},
    {dirac, "notebook, c = h/4", {{200, 1.589}, {1000, 2.222}, {3000, 2.973}}},
    {dirac, "notebook, c = h/4 + 0.3", {{200, 0.463}, {1000, 1.79e-3}, {3000, 2.0e-9}}},
};

/// Where a game is played from, and for how long.
struct Setup {
  std::string name;
  double h;
  V start;
  Index updates;
};

/// z after 0, 1, ..., updates updates; fewer where they are not finite.
template <class F>
std::vector<V> path(const F& f, const V& start, Index updates) {
  if constexpr (HasStepTime<F>) {
    IntegrateOptions options{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-300};
    for (Index k = 0; k <= updates; ++k) options.save_at.push_back(static_cast<double>(k));
    return follow(f, start, updates, options).saved_states;
  } else {
    std::vector<V> states = {start};
    while (static_cast<Index>(states.size()) <= updates && states.back().allFinite())
      states.push_back(f(states.back()));
    return states;
  }
}

/// exp of the weighted mean of the second half, less 1.
double growth_of(const std::vector<double>& logarithms) {
  const std::size_t half = logarithms.size() / 2, count = logarithms.size() - half;
  double sum = 0, weights = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double t = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    const double weight = std::exp(-1 / (t * (1 - t)));
    sum += weight * logarithms[half + i];
    weights += weight;
  }
  return std::expm1(sum / weights);
}

double growth_from_start(const std::vector<V>& states) {
  std::vector<double> logarithms;
  for (std::size_t k = 1; k < states.size(); ++k)
    logarithms.push_back(std::log(states[k].stableNorm() / states[k - 1].stableNorm()));
  return growth_of(logarithms);
}

/// Brought back after each update, so that the game stays linear and no number too small.
template <class F>
double growth_near_equilibrium(const F& update, const V& start) {
  constexpr double distance = 1e-9;
  std::vector<double> logarithms;
  V z = distance * start.normalized();
  for (int k = 0; k < 6000; ++k) {
    z = update(z);
    logarithms.push_back(std::log(z.norm() / distance));
    z *= distance / z.norm();
  }
  return growth_of(logarithms);
}

struct Motion {
  games::Stability<double> stability;  ///< at the equilibrium
  std::vector<V> states;

  double predicted() const {
    const double growth = stability.growth - 1;
    return std::abs(growth) < 1e-14 ? 0 : growth;
  }
  double distance(Index k) const {
    return k < static_cast<Index>(states.size()) ? states[static_cast<std::size_t>(k)].norm() : nan;
  }
  double last() const { return states.back().norm(); }
};

struct Scheme {
  std::string name;
  Motion update;
  Motion flow;
  double growth_near;  ///< of |z| in an update, less 1, close to the equilibrium
  double growth;       ///< the same from the start

  Verdict happened() const {
    if (std::abs(growth_near) <= resolution) return Verdict::neutral;
    if (std::isnan(growth_near)) return Verdict::undetermined;
    return growth_near < 0 ? Verdict::stable : Verdict::unstable;
  }
};

template <class F, class Flow>
Scheme scheme(const std::string& name, const F& update, const Flow& flow, const Setup& setup) {
  const auto motion = [&](const auto& f) {
    return Motion{games::stability(f, V::Zero(2), {.tolerance = resolution}), path(f, setup.start, setup.updates)};
  };
  Scheme s{name, motion(update), motion(flow), growth_near_equilibrium(update, setup.start), 0};
  s.growth = growth_from_start(s.update.states);
  return s;
}

/// All schemes of a game but the notebook's.
template <Game G>
std::vector<Scheme> schemes_of(const G& game, const Setup& setup, const std::vector<double>& lambdas) {
  const games::Rates<double> rates{.phi = setup.h, .theta = setup.h};
  const auto sim = games::simultaneous(game, rates);
  const auto play = [&](const std::string& name, const auto& update) {
    return scheme(name, update, games::modified_flow(update), setup);
  };
  std::vector<Scheme> all = {
      play("simultaneous", sim), play("alternating", games::alternating(game, rates)),
      play("alternating, theta first", games::alternating(game, rates, {.first = games::Player::theta})),
      scheme("Runge-Kutta 4", games::runge_kutta_4(game, rates), games::modified_flow<1>(sim), setup),
      play("interaction cancelled", games::cancel_interaction(sim))};
  for (const double lambda : lambdas) {
    all.push_back(play(fmt::format("SGA {}", lambda), games::sga(sim, lambda)));
    all.push_back(play(fmt::format("consensus {}", lambda), games::consensus(sim, lambda)));
  }
  return all;
}

/// The notebook's regulariser: phi ascends, and theta descends, c |grad_phi E_phi|^2.
template <Game G>
Scheme notebook_scheme(const std::string& name, const G& game, const Setup& setup, double c) {
  const auto play = games::regularised(games::simultaneous(game, {.phi = setup.h, .theta = setup.h}),
                                       {.phi = {.self = -2 * c}, .theta = {.opponent = 2 * c}});
  return scheme(name, play, games::modified_flow(play), setup);
}

/// Null for a scheme that was not played.
const Scheme* find(const std::vector<Scheme>& schemes, const std::string& name) {
  const auto found = std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.name == name; });
  return found == schemes.end() ? nullptr : &*found;
}
const Scheme& named(const std::vector<Scheme>& schemes, const std::string& name) { return *find(schemes, name); }
const Motion& own_flow(const std::vector<Scheme>& schemes) { return named(schemes, "Runge-Kutta 4").flow; }

report::Table table_of(const Setup& setup, const std::vector<Scheme>& schemes) {
  report::Table table({setup.name, "flow predicts", "", "update predicts", "", "happened near 0", "", "from the start",
                       "|z| at the end"});
  for (const Scheme& s : schemes) {
    table.row(s.name, s.flow.predicted(), s.flow.stability.verdict, s.update.predicted(), s.update.stability.verdict,
              s.growth_near, s.happened(), s.growth, s.update.last());
  }
  return table;
}

/// The known distances of this game, in the table and as one verdict.
void check_distances(examples::Example& example, report::Table& table, const Setup& setup,
                     const std::vector<Scheme>& schemes) {
  Index count = 0, held = 0;
  std::string missed;
  for (const Known& known : all_known) {
    const Scheme* played = find(schemes, known.scheme);
    const Motion* motion = known.scheme == "own flow" ? &own_flow(schemes) : played ? &played->update : nullptr;
    if (known.game != setup.name || !motion) continue;
    for (const auto& [updates, expected] : known.distances) {
      if (updates > setup.updates) continue;
      const double error = motion->distance(updates) / expected - 1;
      table.row(setup.name, known.scheme, updates, expected, motion->distance(updates), error);
      ++count;
      if (std::abs(error) <= known.tolerance) {
        ++held;
      } else {
        missed += fmt::format(", not {} after {}", known.scheme, updates);
      }
    }
  }
  if (count == 0) return;
  example.verdicts().oracle(setup.name + ": the distances are the known ones", held == count,
                            fmt::format("{} of {} to 1 % (Runge-Kutta 4 to 1e-5){}", held, count, missed));
}

/// The largest distance of a flow from the updates along a run, in units of max(|start|, |z_k|).
double miss(const Motion& flow, const Motion& update) {
  double largest = flow.states.size() == update.states.size() ? 0 : nan;
  for (std::size_t k = 0; k < std::min(flow.states.size(), update.states.size()); ++k) {
    const double scale = std::max(update.states[0].norm(), update.states[k].norm());
    largest = worse(largest, (flow.states[k] - update.states[k]).norm() / scale);
  }
  return largest;
}

/// What is the same for every game: predictions against what happened, and the paper's claims.
void check_predictions(examples::Example& example, const Setup& setup, const std::vector<Scheme>& schemes) {
  auto& verdicts = example.verdicts();
  const auto claim = [&](const std::string& text) { return setup.name + ": " + text; };
  const Scheme &sim = named(schemes, "simultaneous"), &alt = named(schemes, "alternating"),
               &cancelled = named(schemes, "interaction cancelled");
  const Motion& own = own_flow(schemes);

  double worst = 0;
  Index held = 0;
  std::string others;
  for (const Scheme& s : schemes) {
    worst = worse(worst, std::abs(s.growth_near - s.update.predicted()));
    if (s.flow.stability.verdict == s.happened()) {
      ++held;
    } else {
      others += fmt::format("; {}: {} ({:.2g}), was {} ({:.2g})", s.name, to_string(s.flow.stability.verdict),
                            s.flow.predicted(), to_string(s.happened()), s.growth_near);
    }
  }
  verdicts.identity(claim("close to 0 every update grows as its Jacobian says"), worst <= resolution,
                    fmt::format("largest difference {:.1e} an update, must be at most 1e-11", worst));
  verdicts.empirical(claim("the second-order flow's verdicts are what happened"), others.empty(),
                     fmt::format("{} of {}{}", held, schemes.size(), others));

  const double of_own = miss(own, sim.update), of_sim = miss(sim.flow, sim.update);
  const double own_alt = miss(own, alt.update), of_alt = miss(alt.flow, alt.update);
  verdicts.empirical(
      claim("the second-order flows follow their updates more closely than the game's own does"),
      of_sim < of_own && of_alt < own_alt,
      fmt::format("farthest apart, simultaneous {:.3g} against {:.3g}, alternating {:.3g} against {:.3g}", of_sim,
                  of_own, of_alt, own_alt));
  verdicts.empirical(
      claim("drift pushes simultaneous play outwards: it grows more and ends further out than the game's own flow"),
      sim.growth_near > own.predicted() && sim.update.last() > own.last(),
      fmt::format("{} ({:+.3g} an update, the flow {:+.3g}), |z| {:.3g} to {:.3g}, the flow's to {:.3g}",
                  to_string(sim.happened()), sim.growth_near, own.predicted(), setup.start.norm(), sim.update.last(),
                  own.last()));
  const auto repairs = [&](const std::string& what, const Scheme& s) {
    verdicts.empirical(
        claim(what + " repairs it: growth and the last |z| are nearer to the game's own flow's"),
        std::abs(s.growth_near - own.predicted()) < std::abs(sim.growth_near - own.predicted()) &&
            std::abs(s.update.last() - own.last()) < std::abs(sim.update.last() - own.last()),
        fmt::format("{:+.3g} an update, simultaneous {:+.3g}, flow {:+.3g}; |z| ends at {:.4g}, {:.4g}, {:.4g}",
                    s.growth_near, sim.growth_near, own.predicted(), s.update.last(), sim.update.last(), own.last()));
  };
  repairs("alternating play", alt);
  repairs("cancelling the interaction terms", cancelled);
  for (const Scheme& s : schemes) {
    if (!s.name.starts_with("SGA")) continue;
    const Scheme& consensus = named(schemes, "consensus" + s.name.substr(3));
    verdicts.empirical(
        claim(s.name + " and " + consensus.name + " converge"),
        s.happened() == Verdict::stable && consensus.happened() == Verdict::stable,
        fmt::format("{:+.3g} and {:+.3g} an update; |z| {:.3g} to {:.3g} and {:.3g}", s.growth_near,
                    consensus.growth_near, setup.start.norm(), s.update.last(), consensus.update.last()));
  }
}

/// What is known in closed form.
void check_rotational(examples::Example& example, const Setup& setup, double damping,
                      const std::vector<Scheme>& schemes) {
  const Scheme& sim = named(schemes, "simultaneous");
  const double h = setup.h;
  double of_update = 0, of_flow = 0;
  for (Index k = 0; k <= setup.updates; ++k) {
    const auto n = static_cast<double>(k);
    const double spiral = setup.start.norm() * std::pow(std::hypot(1 - h * damping, h), n);
    const double inward = setup.start.norm() * std::exp(-h * damping * n);
    of_update = worse(of_update, std::abs(sim.update.distance(k) / spiral - 1));
    of_flow = worse(of_flow, std::abs(own_flow(schemes).distance(k) / inward - 1));
  }
  auto& verdicts = example.verdicts();
  verdicts.identity(setup.name + ": |z| is |start| ((1 - h e)^2 + h^2)^(k/2), and of the flow |start| exp(-h e k)",
                    of_update <= 1e-10 && of_flow <= 1e-5,
                    fmt::format("relative differences {:.1e} and {:.1e}, must be at most 1e-10 and, integrated, 1e-5",
                                of_update, of_flow));
  const double threshold = 2 * damping / (1 + damping * damping);
  verdicts.identity(setup.name + ": simultaneous play is stable where h is below 2 e / (1 + e^2)",
                    (sim.happened() == Verdict::stable) == (h < threshold),
                    fmt::format("{:.4g}: {}", threshold, to_string(sim.happened())));
}

/// The flow keeps |z|; in a zero-sum game SGA of weight h / 2 is the cancelled simultaneous step.
template <Game G>
void check_dirac(examples::Example& example, const G& game, const Setup& setup, const std::vector<Scheme>& schemes) {
  double change = 0, apart = 0;
  for (Index k = 0; k <= setup.updates; ++k)
    change = worse(change, std::abs(own_flow(schemes).distance(k) / setup.start.norm() - 1));
  example.verdicts().identity(setup.name + ": the game's own flow keeps |z|", change <= 1e-5,
                              fmt::format("largest relative change {:.1e}, must be at most 1e-5", change));

  const auto sim = games::simultaneous(game, {.phi = setup.h, .theta = setup.h});
  const std::vector<V> adjusted = path(games::sga(sim, setup.h / 2), setup.start, setup.updates);
  const std::vector<V>& cancelled = named(schemes, "interaction cancelled").update.states;
  for (std::size_t k = 0; k < adjusted.size(); ++k) apart = worse(apart, (adjusted[k] - cancelled[k]).norm());
  example.verdicts().identity(setup.name + ": SGA of weight h / 2 is the cancelled simultaneous step", apart <= 1e-11,
                              fmt::format("farthest apart {:.1e}, must be at most 1e-11", apart));
}

/// The updates as points, about so many of them, their flows as lines, and the game's own flow; coordinates are of (k, z_k).
template <class X, class Y>
void draw(report::Panel& panel, const X& x, const Y& y, const std::vector<Scheme>& schemes,
          const std::vector<std::string>& names, Index updates, Index points) {
  const auto curve = [&](const std::vector<V>& states, Index every) {
    std::pair<std::vector<double>, std::vector<double>> xy;
    for (Index k = 0; k <= std::min(updates, static_cast<Index>(states.size()) - 1); k += every) {
      const V& z = states[static_cast<std::size_t>(k)];
      xy.first.push_back(x(k, z));
      xy.second.push_back(y(k, z));
    }
    return xy;
  };
  const auto own = curve(own_flow(schemes).states, 1);
  panel.line("the game's own flow", own.first, own.second);
  for (const std::string& name : names) {
    const Scheme& s = named(schemes, name);
    const auto flow = curve(s.flow.states, 1), update = curve(s.update.states, updates / points + 1);
    panel.line(name, flow.first, flow.second);
    panel.points(name, update.first, update.second);
  }
}

report::Figure figure_of(const std::vector<Setup>& setups, const std::vector<std::vector<Scheme>>& all,
                         const std::vector<double>& lambdas) {
  std::vector<std::string> repaired = {"Runge-Kutta 4", "interaction cancelled"};
  if (!lambdas.empty()) repaired.push_back(fmt::format("SGA {}", lambdas.back()));
  report::Figure figure("Why does simultaneous play spiral? Points: updates. Lines: their second-order modified flows");
  figure.columns = static_cast<int>(setups.size());
  const auto phases = [&](const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < setups.size(); ++i) {
      const Index updates = setups[i].updates / 5;
      report::Panel& panel = figure.panel(fmt::format("{}: {} updates", setups[i].name, updates));
      panel.x = {.label = "φ"};
      panel.y = {.label = "θ"};
      draw(
          panel, [](Index, const V& z) { return z[0]; }, [](Index, const V& z) { return z[1]; }, all[i], names, updates,
          150);
    }
  };
  phases({"simultaneous", "alternating"});
  phases(repaired);
  for (std::size_t i = 0; i < setups.size(); ++i) {
    report::Panel& panel = figure.panel(fmt::format("{}: {} updates", setups[i].name, setups[i].updates));
    panel.x = {.label = "updates"};
    panel.y = {.label = "|z|", .logarithmic = true};
    draw(
        panel, [](Index k, const V&) { return static_cast<double>(k); }, [](Index, const V& z) { return z.norm(); },
        all[i], {"simultaneous", "alternating", "Runge-Kutta 4", "interaction cancelled"}, setups[i].updates, 20);
  }
  return figure;
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("why_does_simultaneous_play_spiral",
                            "Why does simultaneous play spiral out of games whose own flow does not?");
  std::vector<double> dampings = {0.2, 0.09}, lambdas = {0.05, 0.3};
  double rotational_rate = 0.2, dirac_rate = 0.1;
  Index rotational_updates = 500, dirac_updates = 3000;
  example.setting("dampings", dampings, "e of the rotational game");
  example.setting("rotational-rate", rotational_rate, "h of the rotational game");
  example.setting("rotational-updates", rotational_updates, "updates of the rotational game");
  example.setting("dirac-rate", dirac_rate, "h of the Dirac-GAN");
  example.setting("dirac-updates", dirac_updates, "updates of the Dirac-GAN");
  example.setting("lambdas", lambdas, "weights of SGA and consensus optimisation");
  return example.run(argc, argv, [&] {
    require(rotational_updates >= 10 && dirac_updates >= 10, "updates", std::min(rotational_updates, dirac_updates),
            "10 or more");
    std::vector<Setup> setups;
    std::vector<std::vector<Scheme>> all;
    for (const double e : dampings) {
      setups.push_back({fmt::format("rotational, e {}, h {}", e, rotational_rate), rotational_rate, V{{0.08, -0.05}},
                        rotational_updates});
      all.push_back(schemes_of(games::linear_rotational(e), setups.back(), lambdas));
      check_rotational(example, setups.back(), e, all.back());
    }
    const auto ours = games::dirac_gan();
    const auto dirac_game = two_player_game(ours.theta_loss(), ours.phi_loss(), 1);
    setups.push_back({fmt::format("Dirac-GAN, h {}", dirac_rate), dirac_rate, V{{1, 1}}, dirac_updates});
    all.push_back(schemes_of(dirac_game, setups.back(), lambdas));
    all.back().push_back(notebook_scheme("notebook, c = h/4", dirac_game, setups.back(), dirac_rate / 4));
    all.back().push_back(notebook_scheme("notebook, c = h/4 + 0.3", dirac_game, setups.back(), dirac_rate / 4 + 0.3));

    check_dirac(example, dirac_game, setups.back(), all.back());

    report::Table distances({"|z|", "scheme", "updates", "known", "here", "relative difference"});
    report::Trace trace({"game", "scheme", "update", "phi", "theta", "flow_phi", "flow_theta"});
    for (std::size_t i = 0; i < setups.size(); ++i) {
      example.print(table_of(setups[i], all[i]));
      example.print("");
      check_predictions(example, setups[i], all[i]);
      check_distances(example, distances, setups[i], all[i]);
      for (const Scheme& s : all[i]) {
        for (std::size_t k = 0; k < std::min(s.update.states.size(), s.flow.states.size()); ++k)
          trace.row(setups[i].name, s.name, k, s.update.states[k], s.flow.states[k]);
      }
    }
    example.print(
        "Growth of |z| in an update, less 1; the flow is the scheme's second-order modified one, Runge-Kutta's the "
        "game's own.\n");
    if (distances.rows() > 0) example.print(distances);
    example.write(trace);
    example.draw(figure_of(setups, all, lambdas));
  });
}
