#pragma once
// RateList: one rate a step, from a list; after its end the last one stays.
//
//     GradientDescent{.learning_rate = RateList{.rates = {0.5, 0.25, 0.125}}}      // the rates of an earlier run, say
//
// Cost: none.

#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace drift {

struct RateList {
  /// At least one number; each above 0, finite.
  std::vector<double> rates;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("rates", self.rates);
  }

  /// Throws InvalidArgument that names the first rate out of its bounds.
  void validate() const {
    require(!rates.empty(), "rates", "empty", "one number or more");
    for (std::size_t i = 0; i < rates.size(); ++i) require_positive(rates[i], "rates[" + std::to_string(i) + "]");
  }

  template <Point E>
  double rate(Index iteration, const E& /*e*/) const {
    return rates[std::min(static_cast<std::size_t>(iteration), rates.size() - 1)];
  }
};

}  // namespace drift
