#pragma once
// The games of the oracle files, and their entries as play: the files give total rates u and a step h; a rate here is of one inner step.

#include "../support/oracle.hpp"

#include <drift/games/play.hpp>
#include <drift/games/zoo.hpp>

#include <string>

namespace oracle {

/// visit(game, file) for every game.
template <class S, class Visit>
void for_each_game(const Visit& visit) {
  visit(drift::games::polynomial<S>(), load("poly_game"));
  visit(drift::games::linear_rotational<S>(S(0.09)), load("linear_game"));
  visit(drift::games::dirac_gan<S>(), load("dirac_gan"));
}

/// The play of an entry with step length h.
template <class G>
drift::games::GradientPlay<G> play_of(const G& game, const Json& entry, double h) {
  using S = typename G::Scalar;
  const int m = entry.at("m").get<int>(), k = entry.at("k").get<int>();
  const drift::games::Rates<S> rates{S(entry.at("u_phi").get<double>() * h / m),
                                     S(entry.at("u_theta").get<double>() * h / k)};
  if (entry.at("kind") == "sim") return drift::games::simultaneous(game, rates);
  return drift::games::alternating(game, rates, {.phi_steps = m, .theta_steps = k});
}

inline std::string name_of(const Json& entry) {
  return entry.at("kind").get<std::string>() + " u_phi " + entry.at("u_phi").dump() + " u_theta " +
         entry.at("u_theta").dump() + " m " + entry.at("m").dump() + " k " + entry.at("k").dump();
}

}  // namespace oracle
