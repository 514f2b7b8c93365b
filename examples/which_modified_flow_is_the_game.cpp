// Which modified flow is the game?
//
// Discrete play of two players follows, to order n, the flow z' = F_1 + ... + F_n of games::modified_flow<n>. Of its second
// order two statements are in use: the joint one, about one flow of z = (phi, theta), and the papers', in which phi is read
// off at its own time A and theta at B, A and B the total rates. Their interaction coefficients differ unless A = B. Which
// order has each flow, and what is left of it when the papers' coefficients stand in one joint flow, or the rate of one inner
// step where steps x rate belongs?
//
// The polynomial game (general-sum, two parameters a player, no term of its drift vanishes) from z = (0.5, -0.75, 0.4, 0.3),
// played simultaneously, alternating, and alternating with m = 2 and k = 3 inner steps, each at equal rates and at 1 : 3, for
// (2, 3) also at rates that make the totals equal. Rates are those of an inner step, multiples of h = 1/32 to 1/128. Local
// errors are those after one update, global ones those after 1 / h updates, the same stretch of the game for every h; slopes
// are least squares in (log h, log error). The papers' statement is no flow: from the second update on it starts anew from
// where it read the players off.
//
// Expected slopes, local and global: n + 1 and n; for the papers' statement 3 and 2; for either mixture 2 and 1, but 3 and 2
// where nothing is mixed (equal totals; one inner step each).
// Source: arXiv 2105.13922, theorems 3.1 and 3.2, for the papers' statement; the joint form was derived for drift.

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "support/example.hpp"

using namespace drift;
using games::Player;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const auto game = games::polynomial();
using Play = games::GradientPlay<std::decay_t<decltype(game)>>;

const Vector<double> start{{0.5, -0.75, 0.4, 0.3}};

struct Scheme {
  std::string name;
  std::function<Play(double h)> play;

  bool has_equal_totals() const {
    const auto total = play(1).total_rates();
    return total.phi == total.theta;
  }
  bool has_inner_steps() const { return play(1).steps(Player::phi) > 1 || play(1).steps(Player::theta) > 1; }
};

const games::AlternatingOptions two_three{.phi_steps = 2, .theta_steps = 3};

const std::vector<Scheme> schemes = {
    {"simultaneous, equal rates", [](double h) { return games::simultaneous(game, {.phi = h, .theta = h}); }},
    {"simultaneous, 1 : 3", [](double h) { return games::simultaneous(game, {.phi = h / 2, .theta = 3 * h / 2}); }},
    {"alternating, equal rates", [](double h) { return games::alternating(game, {.phi = h, .theta = h}); }},
    {"alternating, 1 : 3", [](double h) { return games::alternating(game, {.phi = h / 2, .theta = 3 * h / 2}); }},
    {"(2, 3) steps, equal rates", [](double h) { return games::alternating(game, {.phi = h, .theta = h}, two_three); }},
    {"(2, 3) steps, 1 : 3",
     [](double h) { return games::alternating(game, {.phi = h / 2, .theta = 3 * h / 2}, two_three); }},
    {"(2, 3) steps, equal totals",
     [](double h) { return games::alternating(game, {.phi = 3 * h / 4, .theta = h / 2}, two_three); }},
};

/// A joint flow of second order with terms of one's own.
struct SecondOrderFlow {
  Play play;
  games::GameCoefficients<double> c;

  double step_time() const { return 1; }
  Vector<double> operator()(const Vector<double>& z) const {
    const auto total = play.total_rates();
    const auto terms = games::loss_gradient_terms(game, z);
    Vector<double> v = joint_field(game, z, total);
    v.head(2) -= total.phi * (c.phi.self * terms.phi.self + c.phi.interaction * terms.phi.interaction);
    v.tail(2) -= total.theta * (c.theta.self * terms.theta.self + c.theta.interaction * terms.theta.interaction);
    return v;
  }
};

/// The state after so many updates' worth of a flow; NaN where it does not get there.
template <class Flow>
Vector<double> end_of(const Flow& flow, Index updates) {
  const auto path = follow(flow, start, updates, {.relative_tolerance = 1e-13, .absolute_tolerance = 1e-15});
  const bool arrived = path.status == Status::reached_end || path.status == Status::stationary;
  return arrived ? path.state : Vector<double>::Constant(start.size(), std::numeric_limits<double>::quiet_NaN());
}

/// What is said to be the state after so many updates of a play, and its global order.
struct Statement {
  std::string name;
  std::function<Vector<double>(const Play&, Index updates)> state;
  std::function<int(const Scheme&)> order;
};

template <int n>
Statement modified_flow_of_order() {
  return {fmt::format("order {}", n),
          [](const Play& play, Index updates) { return end_of(games::modified_flow<n>(play), updates); },
          [](const Scheme&) { return n; }};
}

Vector<double> read_off_in_own_times(const Play& play, Index updates) {
  Vector<double> z = start;
  for (Index k = 0; k < updates; ++k) z = games::per_player_time(play).read_off(z).state;
  return z;
}

Vector<double> own_rate_terms_in_a_joint_flow(const Play& play, Index updates) {
  return end_of(SecondOrderFlow{play, games::drift_coefficients(play, games::Convention::own_rate)}, updates);
}

/// The terms as if each player took a single step of its rate; the first-order field is right.
Vector<double> terms_with_one_rate(const Play& play, Index updates) {
  const Play single = play.is_simultaneous() ? play : games::alternating(game, play.rates());
  return end_of(SecondOrderFlow{play, games::drift_coefficients(single)}, updates);
}

enum StatementIndex : std::size_t { order_1, order_2, order_3, order_4, own_times, own_rate_terms, one_rate };

const std::vector<Statement> statements = {
    modified_flow_of_order<1>(),
    modified_flow_of_order<2>(),
    modified_flow_of_order<3>(),
    modified_flow_of_order<4>(),
    {"own times", read_off_in_own_times, [](const Scheme&) { return 2; }},
    {"own-rate, joint", own_rate_terms_in_a_joint_flow,
     [](const Scheme& scheme) { return scheme.has_equal_totals() ? 2 : 1; }},
    {"one rate", terms_with_one_rate, [](const Scheme& scheme) { return scheme.has_inner_steps() ? 1 : 2; }},
};

struct Measurement {
  std::size_t scheme;
  std::size_t statement;
  int order;                       ///< the global one that is expected
  OrderOfAccuracy<double> local;   ///< of the error after one update
  OrderOfAccuracy<double> global;  ///< after 1 / h updates
};
using Orders = OrderOfAccuracy<double> Measurement::*;

Measurement measure(std::size_t scheme, std::size_t statement, const std::vector<double>& hs) {
  const auto error = [&](double h, Index updates) {
    const Play play = schemes[scheme].play(h);
    Vector<double> z = start;
    for (Index k = 0; k < updates; ++k) play.advance(z);
    return (statements[statement].state(play, updates) - z).norm();
  };
  return {scheme, statement, statements[statement].order(schemes[scheme]),
          order_of_accuracy([&](double h) { return error(h, 1); }, hs),
          order_of_accuracy([&](double h) { return error(h, static_cast<Index>(std::lround(1 / h))); }, hs)};
}

/// All selected slopes are within 0.2 of what is expected. Names the one farthest from it; NaN is farthest of all.
template <class Select>
void claim_orders(examples::Example& example, const std::vector<Measurement>& all, const std::string& claim,
                  const Select& select) {
  double farthest = -1;
  int count = 0;
  std::string which;
  const auto compare = [&](const Measurement& m, const OrderOfAccuracy<double>& found, int expected, const char* kind) {
    ++count;
    const double slope = found.slope;
    const bool complete = found.fitted() == static_cast<Index>(found.hs.size());
    const double distance = complete && std::isfinite(slope) ? std::abs(slope - expected) : infinity;
    if (distance <= farthest) return;
    farthest = distance;
    which = fmt::format("{:.3f} for {} ({}, {}, {})", slope, expected, kind, schemes[m.scheme].name,
                        statements[m.statement].name);
  };
  for (const Measurement& m : all) {
    if (!select(m.statement, schemes[m.scheme])) continue;
    compare(m, m.local, m.order + 1, "local");
    compare(m, m.global, m.order, "global");
  }
  example.verdicts().order(claim, count > 0 && farthest <= 0.2,
                           fmt::format("{} slopes, farthest off: {}; must be within 0.2", count, which));
}

void state_orders(examples::Example& example, const std::vector<Measurement>& all) {
  claim_orders(example, all, "modified_flow<n>, n = 1 to 4, every scheme: local slope n + 1, global n",
               [](std::size_t statement, const Scheme&) { return statement <= order_4; });
  claim_orders(example, all, "each player read off at its own time, every scheme: 3 and 2",
               [](std::size_t statement, const Scheme&) { return statement == own_times; });
  claim_orders(example, all, "own-rate coefficients in a joint flow, unequal totals: they drop to 2 and 1",
               [](std::size_t statement, const Scheme& scheme) {
                 return statement == own_rate_terms && !scheme.has_equal_totals();
               });
  claim_orders(example, all, "own-rate coefficients in a joint flow, equal totals: still 3 and 2",
               [](std::size_t statement, const Scheme& scheme) {
                 return statement == own_rate_terms && scheme.has_equal_totals();
               });
  claim_orders(
      example, all, "coefficients with one rate in place of steps x rate, (2, 3) steps: they drop to 2 and 1",
      [](std::size_t statement, const Scheme& scheme) { return statement == one_rate && scheme.has_inner_steps(); });
}

/// Both second-order statements have the same orders; which one is closer is another question.
void compare_second_orders(examples::Example& example, const std::vector<Measurement>& all) {
  bool held = true;
  std::string ratios;
  for (const Measurement& m : all) {
    if (m.statement != own_times || schemes[m.scheme].has_equal_totals()) continue;
    const Measurement& joint = all[m.scheme * statements.size() + order_2];
    const double ratio = m.global.errors.back() / joint.global.errors.back();
    held = held && ratio > 1;
    ratios += fmt::format("{}{:.2g} ({})", ratios.empty() ? "" : ", ", ratio, schemes[m.scheme].name);
  }
  example.verdicts().empirical(
      "unequal totals: globally the joint flow of order 2 is closer than the papers' statement", held,
      "the latter's error in units of the former's, smallest h: " + ratios);
}

report::Table table_of(const std::vector<Measurement>& all, Orders orders, const std::string& title) {
  std::vector<std::string> header = {title};
  for (const Statement& statement : statements) header.push_back(statement.name);
  report::Table table(header, 3);
  for (std::size_t s = 0; s < schemes.size(); ++s) {
    Vector<double> slopes(static_cast<Index>(statements.size()));
    for (std::size_t i = 0; i < statements.size(); ++i)
      slopes[static_cast<Index>(i)] = (all[s * statements.size() + i].*orders).slope;
    table.row(schemes[s].name, slopes);
  }
  return table;
}

report::Figure figure_of(const std::vector<Measurement>& all) {
  report::Figure figure("Which modified flow is the game? Errors of flows against play (polynomial game)");
  std::vector<report::Tick> ticks;
  for (const double h : all.front().local.hs) ticks.push_back({h, fmt::format("1/{:.0f}", 1 / h)});
  const auto panel = [&](const std::string& title, std::size_t scheme, const std::vector<std::size_t>& shown,
                         Orders orders, const std::vector<int>& slopes) {
    report::Panel& p = figure.panel(title);
    p.x = {.label = "h", .logarithmic = true, .ticks = ticks};
    p.y = {.label = orders == &Measurement::local ? "error after one update" : "error after 1 / h updates",
           .logarithmic = true};
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const OrderOfAccuracy<double>& order = all[scheme * statements.size() + shown[i]].*orders;
      p.line_points(statements[shown[i]].name, order.hs, order.errors);
      if (i >= slopes.size()) continue;
      std::vector<double> powers;  // a little lower, to stand clear of the curve
      powers.reserve(order.hs.size());
      for (const double h : order.hs) powers.push_back(0.6 * order.errors[0] * std::pow(h / order.hs[0], slopes[i]));
      p.reference(fmt::format("slope {}", slopes[i]), order.hs, powers);
    }
  };
  const std::vector<std::size_t> flows = {order_1, order_2, order_3, order_4};
  const std::vector<std::size_t> conventions = {order_2, own_rate_terms, own_times, one_rate};
  panel("Simultaneous, rates 1 : 3, one update", 1, flows, &Measurement::local, {2, 3, 4, 5});
  panel("Alternating, (2, 3) steps, rates 1 : 3, one update", 5, flows, &Measurement::local, {2, 3, 4, 5});
  panel("Alternating, (2, 3) steps, rates 1 : 3, 1 / h updates", 5, flows, &Measurement::global, {1, 2, 3, 4});
  panel("The same, one update: the conventions and mixtures", 5, conventions, &Measurement::local, {3, 2});
  return figure;
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("which_modified_flow_is_the_game",
                            "Which modified flow is the game, and what do mixed conventions cost?");
  std::vector<double> updates = {32, 48, 64, 96, 128};
  example.setting("updates", updates, "whole numbers of updates for the global error; h is one over each",
                  {.quick = std::vector<double>{48, 96}, .full = {}});
  return example.run(argc, argv, [&] {
    std::vector<double> hs;
    for (const double n : updates) {
      require(n >= 1 && n <= 1e6 && n == std::floor(n), "updates", n, "a whole number from 1 to 1000000");
      hs.push_back(1 / n);
    }
    std::sort(hs.rbegin(), hs.rend());

    std::vector<Measurement> all;
    report::Progress progress("schemes", static_cast<Index>(schemes.size()));
    for (std::size_t scheme = 0; scheme < schemes.size(); ++scheme) {
      for (std::size_t statement = 0; statement < statements.size(); ++statement)
        all.push_back(measure(scheme, statement, hs));
      progress.advance();
    }

    report::Trace trace({"scheme", "statement", "global_order", "h", "local_error", "global_error"});
    for (const Measurement& m : all) {
      for (std::size_t i = 0; i < hs.size(); ++i) {
        trace.row(schemes[m.scheme].name, statements[m.statement].name, m.order, hs[i], m.local.errors[i],
                  m.global.errors[i]);
      }
    }
    example.write(trace);
    example.print(table_of(all, &Measurement::local, "local slope"));
    example.print("");
    example.print(table_of(all, &Measurement::global, "global slope"));
    state_orders(example, all);
    compare_second_orders(example, all);
    example.draw(figure_of(all));
  });
}
