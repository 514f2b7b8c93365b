// Twenty-five steps of each optimiser on Rosenbrock's function, against tests/oracles/optimisers.json: 40-digit arithmetic
// written from the papers, which agrees with PyTorch.
#include <drift/descent/adam.hpp>
#include <drift/descent/decoupled_weight_decay.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/descent/nesterov.hpp>
#include <drift/descent/rms_prop.hpp>
#include <drift/losses/rosenbrock.hpp>
#include <drift/schedules/step_decay.hpp>

#include "support/oracle.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace drift;

TEST_CASE("Every optimiser makes the steps of its paper", "[descent][oracle]") {
  const oracle::Json file = oracle::load("optimisers");
  const Vector<double> start = oracle::vector(file["start"]);
  std::set<std::string> seen;
  const auto matches = [&](const std::string& name, const auto& optimiser) {
    INFO(name);
    seen.insert(name);
    const Matrix<double> path = oracle::matrix(file["paths"][name]);
    REQUIRE(path.rows() == 25);
    minimise(losses::rosenbrock(2), start, optimiser, {.iterations = path.rows()}, [&](const descent::Iteration<>& at) {
      const Vector<double> expected = path.row(at.iteration - 1).transpose();
      CHECK(oracle::relative_error(at.state, expected) < 1e-13);
    });
  };
  const StepDecay halving{.initial = file["step_decay"]["initial"].get<double>(),
                          .factor = file["step_decay"]["factor"].get<double>(),
                          .every = file["step_decay"]["every"].get<Index>()};
  matches("momentum", Momentum{.learning_rate = 1e-3});
  matches("momentum_dampened", Momentum{.learning_rate = 1e-3, .dampening = 0.5});
  matches("momentum_step_decay", Momentum{.learning_rate = halving});
  matches("nesterov", Nesterov{.learning_rate = 5e-4});
  matches("nesterov_step_decay", Nesterov{.learning_rate = halving});
  matches("rms_prop", RMSProp{.learning_rate = 1e-2});
  matches("rms_prop_centred", RMSProp{.learning_rate = 1e-3, .decay = 0.95, .epsilon = 1e-2, .centred = true});
  matches("adam", Adam{.learning_rate = 1e-2});
  matches("adam_other_settings",
          Adam{.learning_rate = 5e-2, .first_decay = 0.8, .second_decay = 0.95, .epsilon = 1e-1});
  matches("adam_step_decay", Adam{.learning_rate = halving});
  const DecoupledWeightDecay adam_w{.optimiser = Adam{.learning_rate = 1e-2}, .weight_decay = 0.5};
  matches("adam_w", adam_w);
  matches("adam_w_clipped", GradientClipping{.optimiser = adam_w, .largest_norm = 10});
  CHECK(seen.size() == file["paths"].size());
}
