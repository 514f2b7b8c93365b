#pragma once
// two_moons: two half circles that reach into each other, the smallest problem with a curved boundary.
//
//     label 0 (upper)   (cos t, sin t)             + noise N(0, 1)      t uniform in [0, pi)
//     label 1 (lower)   (1 - cos t, 1/2 - sin t)   + noise N(0, 1)      noise on both coordinates
//
//     auto train = data::two_moons(200, Random(seed).split("train"), {.noise = 0.1});
//     auto test = data::two_moons(2000, Random(seed).split("test"), {.noise = 0.1});
//
// Labels alternate 0, 1, 0, ..., so the classes are balanced to within one; split() or minibatches() bring them into random
// order. Example i is made of words 3 i to 3 i + 2 of the stream (t, then the noise on x and on y): more examples of the same
// stream begin with the fewer, and another noise moves the same points. Same bits under every compiler; a float is the rounded
// double.
//
// The curves are 1/2 apart at the nearest: told apart by the nearer curve, noise 0.1 leaves one example in 1000 on the wrong
// side, noise 0.2 one in 26.
// Source: the half circles of scikit-learn's make_moons, which spaces t evenly instead.
// Failures: InvalidArgument for examples < 1 and a noise that is negative or not finite.

#include <drift/core/errors.hpp>
#include <drift/core/trigonometry.hpp>
#include <drift/data/plane_points.hpp>

namespace drift::data {

struct TwoMoonsOptions {
  double noise = 0.1;  ///< standard deviation of each coordinate, 0 or above

  void validate() const { require_not_negative(noise, "noise"); }
};

template <std::floating_point T = double>
Dataset<T> two_moons(Index examples, Random random, const TwoMoonsOptions& options = {}) {
  options.validate();
  const auto place = [](int label, Random& draws) -> detail::PlanePoint {
    const auto [cos, sin] = cos_sin_of_turns(draws.uniform() / 2);
    if (label == 0) return {cos, sin};
    return {1 - cos, 0.5 - sin};
  };
  return detail::plane_points<T>(examples, {"upper", "lower"}, options.noise, random, place);
}

}  // namespace drift::data
