#pragma once
// Extragradient: look ahead by one simultaneous step, then step from the old point with the gradients found there.
//
//     w = z + rates * (f, g)(z),    z' = z + rates * (f, g)(w)
//
//     auto step = games::extragradient(game, {.phi = 0.1, .theta = 0.1});     // an Update; map_logarithm applies
//
// To second order it is an implicit Euler step, z' = z + F + F'F + O(rate^3): its drift is + F'F / 2 where that of simultaneous play is
// - F'F / 2. So it contracts where simultaneous play spirals out.
// Source: Korpelevich, Matekon 13 (1977). Cost: two own gradients of each player. Errors: those of simultaneous play.

#include <drift/games/joint_step.hpp>

#include <cstddef>
#include <utility>

namespace drift::games {

struct LookAhead {
  static constexpr std::size_t vectors = 2;

  template <class Field, class V, class Workspace>
  static void advance(const Field& field, V& z, Workspace& workspace) {
    auto& [v, ahead] = workspace;
    field(z, v);
    ahead = z + v;
    field(ahead, v);
    z += v;
  }
};

template <Game G>
using Extragradient = JointStep<G, LookAhead>;

template <Game G>
Extragradient<G> extragradient(G game, const Rates<typename G::Scalar>& rates) {
  return {std::move(game), rates};
}

}  // namespace drift::games
