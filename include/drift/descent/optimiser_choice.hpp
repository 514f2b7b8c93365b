#pragma once
// OptimiserChoice: one of several optimisers, picked while the program runs.
//
//     using AnyOptimiser = OptimiserChoice<GradientDescent<>, Momentum<>, Adam<>>;
//     AnyOptimiser optimiser{Adam{}};
//     if (name == "momentum") optimiser.choice = Momentum{.learning_rate = 1e-2};
//     auto run = minimise(problem, x, optimiser);
//
// The loop is compiled once for all of them. It is an optimiser like any other and may be wrapped
// (GradientClipping<AnyOptimiser>) or hold wrapped ones; with ScheduleChoice (schedules/choice.hpp) for the rates, every
// combination is a value of one type. Every optimiser named must fit the problem, whichever is picked.
//
// Memory: that of the one picked. Cost: one branch a step. Complex states where all of them take them.
// Failure: that of the one picked; memory of another one of them throws InvalidArgument. descent::step refuses it, since
// what its memory consists of is not known when the program is compiled.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/descent/learning_rate.hpp>
#include <drift/descent/optimiser.hpp>

#include <cstddef>
#include <utility>
#include <variant>

namespace drift {

namespace descent {

/// The memory of OptimiserChoice: the alternative with the number of the optimiser picked.
template <class... Memories>
struct ChoiceMemory {
  std::variant<Memories...> choice;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("choice", self.choice);
  }
};

}  // namespace descent

template <class... Os>
struct OptimiserChoice {
  std::variant<Os...> choice;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("choice", self.choice);
  }

  /// Throws InvalidArgument that names a setting of the optimiser picked.
  void validate() const {
    std::visit([](const auto& optimiser) { optimiser.validate(); }, choice);
  }

  template <class T>
  descent::ChoiceMemory<descent::MemoryOf<Os, T>...> start(const Vector<T>& theta) const {
    return start_picked<0>(theta);
  }

  template <class... Ms>
  bool at_rest(const descent::ChoiceMemory<Ms...>& memory) const {
    return with_picked(*this, memory,
                       [](const auto& optimiser, const auto& own) -> bool { return optimiser.at_rest(own); });
  }

  template <class T, Point E>
    requires(descent::Optimiser<Os, E> && ...)
  Real<T> advance(Vector<T>& theta, descent::ChoiceMemory<descent::MemoryOf<Os, T>...>& memory, Index iteration, E& e) {
    return with_picked(*this, memory, [&](auto& optimiser, auto& own) -> Real<T> {
      return optimiser.advance(theta, own, iteration, e);
    });
  }

 private:
  // By number, not by type: two optimisers may have the same memory.
  template <std::size_t i, class T>
  descent::ChoiceMemory<descent::MemoryOf<Os, T>...> start_picked(const Vector<T>& theta) const {
    using Choice = std::variant<descent::MemoryOf<Os, T>...>;
    if constexpr (i + 1 < sizeof...(Os)) {
      if (choice.index() != i) return start_picked<i + 1>(theta);
    }
    return {Choice(std::in_place_index<i>, std::get<i>(choice).start(theta))};
  }

  template <std::size_t i = 0, class Self, class Memory, class F>
  static auto with_picked(Self& self, Memory& memory, const F& f) {
    if constexpr (i + 1 < sizeof...(Os)) {
      if (self.choice.index() != i) return with_picked<i + 1>(self, memory, f);
    }
    require(memory.choice.index() == i, "memory", memory.choice.index(), "that of the optimiser picked");
    return f(std::get<i>(self.choice), std::get<i>(memory.choice));
  }
};

}  // namespace drift
