// Which continuous-time flow follows gradient descent?
//
// The quadratic E = theta' diag(1, 0.01) theta, whose Hessian has the eigenvalues 2 and 0.02, from theta = (-0.35, -0.2), in the
// four regimes of the steep direction (h lambda = 0.5, 1, 1.8, 2.1): monotone, gone in one step, oscillating, diverging. On a
// quadratic the principal flow passes through every iterate: theta_i(k h) = (1 - h lambda_i)^k theta_i(0). The negative gradient
// flow and the flows of order 2 and 3 converge in every regime, so that they cannot explain the last two.
// Source of the set-up: Rosca et al., On a continuous time model of gradient descent dynamics and instability in deep learning
// (arXiv 2302.01952), and its published notebooks.

#include <drift/drift.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/example.hpp"

using namespace drift;

namespace {

struct Regime {
  std::string name;
  double h;
  Index steps;
};
const std::vector<Regime> regimes = {
    {"monotone", 0.25, 30}, {"one step", 0.5, 30}, {"oscillating", 0.9, 60}, {"diverging", 1.05, 30}};

const std::vector<double> curvatures = {2, 0.02};

/// States at the times 0, h/10, 2h/10, ... of a flow.
struct Path {
  std::string name;
  std::vector<Vector<double>> states;  // real parts
  bool reached;

  const Vector<double>& at_step(Index k) const { return states[static_cast<std::size_t>(10 * k)]; }
  bool has_step(Index k) const { return static_cast<std::size_t>(10 * k) < states.size(); }
};

template <class Flow>
Path path_of(const std::string& name, const Flow& flow, const Vector<double>& start, const Regime& regime) {
  IntegrateOptions options{.relative_tolerance = 1e-11, .absolute_tolerance = 1e-13, .divergence_radius = 1e6};
  for (Index i = 0; i <= 10 * regime.steps; ++i) options.save_at.push_back(static_cast<double>(i) * regime.h / 10);
  const auto solution = integrate(flow, start, static_cast<double>(regime.steps) * regime.h, options);
  Path path{.name = name, .states = {}, .reached = solution.reached()};
  for (const auto& state : solution.saved_states) path.states.push_back(state.real());
  return path;
}

}  // namespace

int main(int argc, char** argv) {
  examples::Example example("which_flow_follows_gradient_descent",
                            "Which continuous-time flow follows gradient descent?");
  return example.run(argc, argv, [&] {
    const Matrix<double> a = Vector<double>{{curvatures[0], curvatures[1]}}.asDiagonal();
    const auto problem = losses::quadratic(a);
    const Vector<double> start{{-0.35, -0.2}};

    report::Trace trace({"regime", "h", "step", "flow", "theta_0", "theta_1", "loss"});
    report::Table table(
        {"regime", "h lambda", "steps", "|descent| at the end", "negative gradient", "order 2", "order 3", "principal"},
        3);
    report::Figure figure("Gradient descent on a quadratic, and the flows that are meant to follow it");

    for (const Regime& regime : regimes) {
      const double h = regime.h;
      const auto step = descent::step(problem, GradientDescent{.learning_rate = h});
      std::vector<Vector<double>> iterates = {start};
      for (Index k = 0; k < regime.steps; ++k) iterates.push_back(step(iterates.back()));

      const std::vector<Path> paths = {
          path_of("negative gradient", flows::negative_gradient(problem), start, regime),
          path_of("order 2 (IGR)", flows::modified<2>(problem, h), start, regime),
          path_of("order 3", flows::modified<3>(problem, h), start, regime),
          path_of("principal", flows::principal(problem, h), start, regime),
      };

      // How far each flow is from the iterates at its worst, in units of the start.
      std::vector<double> worst;
      for (const Path& path : paths) {
        double distance = 0;
        for (Index k = 0; k <= regime.steps; ++k) {
          if (!path.has_step(k)) break;
          const Vector<double>& iterate = iterates[static_cast<std::size_t>(k)];
          distance = std::max(distance, (path.at_step(k) - iterate).norm() / std::max(start.norm(), iterate.norm()));
        }
        worst.push_back(distance);
      }
      table.row(regime.name, h * curvatures[0], regime.steps, iterates.back().norm(), worst[0], worst[1], worst[2],
                worst[3]);

      // Identities: descent's closed form, and the principal flow through the iterates.
      double closed_form = 0;
      for (Index k = 0; k <= regime.steps; ++k) {
        for (Index i = 0; i < 2; ++i) {
          const double expected =
              std::pow(1 - h * curvatures[static_cast<std::size_t>(i)], static_cast<double>(k)) * start[i];
          closed_form = std::max(closed_form, std::abs(iterates[static_cast<std::size_t>(k)][i] - expected));
        }
      }
      example.verdicts().identity(regime.name + ": descent is (1 - h lambda)^k theta_0", closed_form < 1e-12,
                                  fmt::format("largest difference {:.1e}", closed_form));
      example.verdicts().identity(regime.name + ": the principal flow meets every iterate",
                                  paths[3].reached && worst[3] <= 1e-8,
                                  fmt::format("largest distance {:.1e}, must be at most 1e-8", worst[3]));
      for (std::size_t f = 0; f < 3; ++f) {
        const double first = paths[f].states.front().norm(), last = paths[f].states.back().norm();
        example.verdicts().identity(regime.name + ": the flow of order " + std::to_string(f + 1) + " converges",
                                    paths[f].reached && last < first,
                                    fmt::format("norm {:.3g} to {:.3g}", first, last));
      }
      if (regime.name == "diverging") {
        example.verdicts().identity(
            "diverging: descent grows by 1.1 a step in the steep direction",
            std::abs(iterates.back()[0] / start[0] - std::pow(-1.1, static_cast<double>(regime.steps))) < 1e-9,
            fmt::format("factor {:.6g} after {} steps", iterates.back()[0] / start[0], regime.steps));
      }

      const auto log_row = [&](const std::string& name, double k, const Vector<double>& state) {
        trace.row(regime.name, h, k, name, state[0], state[1], value(problem, state));
      };
      for (Index k = 0; k <= regime.steps; ++k)
        log_row("descent", static_cast<double>(k), iterates[static_cast<std::size_t>(k)]);
      for (const Path& path : paths) {
        for (std::size_t i = 0; i < path.states.size(); ++i)
          log_row(path.name, static_cast<double>(i) / 10, path.states[i]);
      }

      const Index shown = std::min<Index>(regime.steps, 15);
      report::Panel& panel =
          figure.panel(fmt::format("{}: h = {:.4g}, h λ = {:.3g}", regime.name, h, h * curvatures[0]));
      panel.x = {.label = "steps (time / h)"};
      panel.y = {.label = "steep component of θ (real part)"};
      for (const Path& path : paths) {
        std::vector<double> xs, ys;
        for (std::size_t i = 0; i < path.states.size() && i <= static_cast<std::size_t>(10 * shown); ++i) {
          xs.push_back(static_cast<double>(i) / 10);
          ys.push_back(path.states[i][0]);
        }
        panel.line(path.name, xs, ys);
      }
      std::vector<double> xs, ys;
      for (Index k = 0; k <= shown; ++k) {
        xs.push_back(static_cast<double>(k));
        ys.push_back(iterates[static_cast<std::size_t>(k)][0]);
      }
      panel.points("gradient descent", xs, ys);
    }

    example.print(table);
    example.print(
        "Columns of flows: the largest distance from descent's iterate at the same time, relative to max(|theta_0|, "
        "|theta_k|).");
    example.write(trace);
    example.draw(figure);
  });
}
