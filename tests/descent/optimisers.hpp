#pragma once
// Every optimiser, for what all of them must keep.

#include <drift/descent/adam.hpp>
#include <drift/descent/decoupled_weight_decay.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/descent/nesterov.hpp>
#include <drift/descent/optimiser_choice.hpp>
#include <drift/descent/rms_prop.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace descent_tests {

using AnyOptimiser = drift::OptimiserChoice<drift::GradientDescent<>, drift::Momentum<>, drift::Adam<>>;

/// check(optimiser) for each, with rates that suit a loss whose curvature is about 1.
template <class Check>
void for_every_optimiser(const Check& check) {
  using namespace drift;
  const auto named = [&](const std::string& name, const auto& optimiser) {
    INFO(name);
    check(optimiser);
  };
  named("gradient descent", GradientDescent{.learning_rate = 0.25});
  named("momentum", Momentum{.learning_rate = 0.125, .momentum = 0.75});
  named("dampened momentum", Momentum{.learning_rate = 0.25, .momentum = 0.75, .dampening = 0.5});
  named("nesterov", Nesterov{.learning_rate = 0.125, .momentum = 0.75});
  named("rms_prop", RMSProp{.learning_rate = 1e-3});
  named("centred rms_prop", RMSProp{.learning_rate = 1e-3, .epsilon = 1e-3, .centred = true});
  named("adam", Adam{.learning_rate = 1e-2});
  named("clipping", GradientClipping{.optimiser = Momentum{.learning_rate = 0.125}, .largest_norm = 0.5});
  named("weight decay", DecoupledWeightDecay{.optimiser = Nesterov{.learning_rate = 0.125}, .weight_decay = 1e-6});
  named("nested", GradientClipping{
                      .optimiser = DecoupledWeightDecay{.optimiser = Adam{.learning_rate = 1e-2}, .weight_decay = 1e-6},
                      .largest_norm = 0.5});
  named("choice", AnyOptimiser{Adam{.learning_rate = 1e-2}});
  named("clipped choice", GradientClipping<AnyOptimiser>{.optimiser = {Momentum{.learning_rate = 0.125}}});
}

}  // namespace descent_tests
