#pragma once
// spirals: k arms that wind around each other, a problem that needs a deep or wide network.
//
//     arm a     r (cos 2 pi w, sin 2 pi w)  + noise N(0, 1) on both coordinates,    s uniform in [0, 1)
//               r = inner_radius + (outer_radius - inner_radius) s,   w = a / arms + turns s
//
//     auto data = data::spirals(300, Random(seed), {.arms = 3, .noise = 0.02});
//
// Arms stand (outer_radius - inner_radius) / (turns arms) apart along a ray from the centre: 0.3 by default, ten times the
// noise. Labels go 0, 1, ..., arms - 1, 0, ..., so the classes are balanced to within one; split() or minibatches() bring them
// into random order. Example i is made of words 3 i to 3 i + 2 of the stream (s, then the noise on x and on y): more examples
// of the same stream begin with the fewer, and another noise moves the same points. Same bits under every compiler; a float is
// the rounded double.
//
// Source: Lang and Witbrock, Learning to tell two spirals apart, Connectionist Models Summer School 1988 (two arms, three
// turns, no noise).
// Failures: InvalidArgument for examples < 1 and for options outside their bounds.

#include <drift/core/errors.hpp>
#include <drift/core/trigonometry.hpp>
#include <drift/data/plane_points.hpp>

namespace drift::data {

struct SpiralsOptions {
  int arms = 2;               ///< number of classes, 1 or above
  double turns = 1.5;         ///< of each arm, above 0
  double noise = 0.03;        ///< standard deviation of each coordinate, 0 or above
  double inner_radius = 0.1;  ///< where the arms begin, 0 or above
  double outer_radius = 1;    ///< where they end, above inner_radius

  void validate() const {
    require(arms >= 1, "arms", arms, "1 or above");
    require_positive(turns, "turns");
    require_not_negative(noise, "noise");
    require_not_negative(inner_radius, "inner_radius");
    require(std::isfinite(outer_radius) && outer_radius > inner_radius, "outer_radius", outer_radius,
            "a finite number above inner_radius");
  }
};

template <std::floating_point T = double>
Dataset<T> spirals(Index examples, Random random, const SpiralsOptions& options = {}) {
  options.validate();
  const auto place = [&options](int arm, Random& draws) -> detail::PlanePoint {
    const double along = draws.uniform();
    const double radius = std::fma(options.outer_radius - options.inner_radius, along, options.inner_radius);
    const double start = static_cast<double>(arm) / static_cast<double>(options.arms);
    const auto [cos, sin] = cos_sin_of_turns(std::fma(options.turns, along, start));
    return {radius * cos, radius * sin};
  };
  return detail::plane_points<T>(examples, detail::numbered_names("arm", options.arms), options.noise, random, place);
}

}  // namespace drift::data
