// What a user writes about games: that part of the design's section 4, filled in. CTest builds and runs it; tests/compile_time
// measures what it costs to compile.
#include <drift/drift.hpp>

#include <cstdio>

#include "expect.hpp"

using namespace drift;

int main() {
  const auto loss_phi = [](const auto& phi, const auto& theta) { return phi[0] * theta[0]; };
  const auto loss_theta = [](const auto& phi, const auto& theta) { return -phi[0] * theta[0]; };
  const Index dim_phi = 1, dim_theta = 1;
  const Vector<double> z{{0.6, 0.8}};
  const Vector<double> equilibrium = Vector<double>::Zero(2);

  auto game = two_player_game(loss_phi, loss_theta, dim_phi, dim_theta);  // callables (phi, theta) -> T
  auto sim = games::simultaneous(game, {.phi = 0.1, .theta = 0.1});       // Updates on z = (phi, theta)
  auto alt =
      games::alternating(game, {.phi = 0.1, .theta = 0.1}, {.phi_steps = 1, .theta_steps = 1});  // phi moves first
  auto mf = games::modified_flow(alt);          // joint convention, one update is time 1
  auto d = games::drift_terms(alt, z);          // self and interaction for each player
  auto reg = games::cancel_interaction(sim);    // the scheme with the explicit regulariser
  auto st = games::stability(mf, equilibrium);  // Jacobian eigenvalues and a verdict

  expect(std::abs(sim(z).norm() - std::sqrt(1.01)) < 1e-15,
         "bilinear simultaneous play grows by sqrt(1 + h^2) an update");
  expect(d.phi.self.norm() == 0 && std::abs(d.phi.interaction[0] - 0.005 * z[0]) < 1e-15 &&
             std::abs(d.theta.interaction[0] + 0.005 * z[1]) < 1e-15,
         "the drift of alternating bilinear play");
  expect((follow(mf, z, 1).state - alt(z)).norm() < 1e-3, "the modified flow goes where the update does");
  expect(std::abs(reg(z).norm() - 1) < 1e-4, "without the interaction terms bilinear play stays on its circle");
  expect(st.verdict == games::Verdict::neutral, "the modified flow of alternating bilinear play is neutral");
  return failures;
}
