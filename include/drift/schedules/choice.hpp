#pragma once
// ScheduleChoice: one of several learning rates, numbers or schedules, picked while the program runs.
//
//     using AnyRate = ScheduleChoice<double, CosineDecay, WarmUp<CosineDecay>, DriftAdjusted>;
//     AnyRate rate{1e-3};
//     if (name == "drift-adjusted") rate.choice = DriftAdjusted{.cap = 5};
//     Adam<AnyRate> optimiser{.learning_rate = rate};
//
// A Schedule like any other; every alternative named must fit the problem (with DriftAdjusted among them: a
// SecondOrderProblem), whichever is picked. See descent/optimiser_choice.hpp for the same with optimisers.
//
// Cost: one branch, and that of the one picked. Failure: that of the one picked.

#include <drift/core/concepts.hpp>
#include <drift/descent/learning_rate.hpp>

#include <variant>

namespace drift {

template <class... Ss>
struct ScheduleChoice {
  std::variant<Ss...> choice;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("choice", self.choice);
  }

  /// Throws InvalidArgument that names a setting of the one picked.
  void validate() const {
    std::visit([](const auto& rate) { descent::validate_rate(rate); }, choice);
  }

  template <Point E>
    requires(descent::LearningRate<Ss, E> && ...)
  auto rate(Index iteration, E& e) {
    return std::visit([&](auto& picked) { return descent::unchecked_rate_at(picked, iteration, e); }, choice);
  }
};

}  // namespace drift
