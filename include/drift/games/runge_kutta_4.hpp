#pragma once
// Runge-Kutta 4 on the joint field: both players move together along the game's own flow.
//
//     v_1 = F(z),  v_2 = F(z + v_1 / 2),  v_3 = F(z + v_2 / 2),  v_4 = F(z + v_3),    z' = z + (v_1 + 2 v_2 + 2 v_3 + v_4) / 6
//
//     auto step = games::runge_kutta_4(game, {.phi = 0.01, .theta = 0.01});   // F = (rate f, rate g); an Update, map_logarithm applies
//
// Its modified flow is F + O(rate^5): no drift of order 2, 3 or 4.
// Source: Qin et al., Training GANs by solving ODEs, arXiv 2010.15040. Cost: four own gradients of each player. Errors: those of
// simultaneous play.

#include <drift/games/joint_step.hpp>

#include <cstddef>
#include <utility>

namespace drift::games {

struct ClassicalFourStages {
  static constexpr std::size_t vectors = 3;

  template <class Field, class V, class Workspace>
  static void advance(const Field& field, V& z, Workspace& workspace) {
    using S = typename V::Scalar;
    auto& [v, sum, point] = workspace;
    field(z, v);
    sum = v;
    for (const double part : {0.5, 0.5, 1.0}) {
      point = z + S(part) * v;
      field(point, v);
      sum += S(part == 1 ? 1 : 2) * v;
    }
    z += sum / S(6);
  }
};

template <Game G>
using RungeKutta4 = JointStep<G, ClassicalFourStages>;

template <Game G>
RungeKutta4<G> runge_kutta_4(G game, const Rates<typename G::Scalar>& rates) {
  return {std::move(game), rates};
}

}  // namespace drift::games
