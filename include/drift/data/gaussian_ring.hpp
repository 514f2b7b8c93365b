#pragma once
// gaussian_ring: a mixture of Gaussians on a circle, the usual test of whether a generator loses modes.
//
//     mode m has its centre at radius (cos 2 pi m / modes, sin 2 pi m / modes); example = centre + standard_deviation N(0, I)
//
//     auto real = data::gaussian_ring(256, Random(seed).split(iteration));
//     auto centres = data::gaussian_ring_centres();                            // modes x 2
//
// The label is the mode; labels go 0, 1, ..., modes - 1, 0, ...: every mode gets its share to within one, and not a random
// number. Example i is made of words 2 i and 2 i + 1 of the stream: more examples of the same stream begin with the fewer, and
// another deviation moves the same points. Same bits under every compiler; a float is the rounded double. By default a point is
// within five deviations, 0.25, of its centre in all but 4 cases in a million (exp(-5^2 / 2)).
// Source: Metz, Poole, Pfau, Sohl-Dickstein, Unrolled generative adversarial networks, ICLR 2017, section 3.1 (with deviation
// 0.02).
// Failures: InvalidArgument for examples < 1 and for options outside their bounds.

#include <drift/core/errors.hpp>
#include <drift/core/trigonometry.hpp>
#include <drift/data/plane_points.hpp>

namespace drift::data {

struct GaussianRingOptions {
  int modes = 8;                     ///< number of classes, 1 or above
  double radius = 2;                 ///< of the circle of centres, above 0
  double standard_deviation = 0.05;  ///< of each coordinate, 0 or above

  void validate() const {
    require(modes >= 1, "modes", modes, "1 or above");
    require_positive(radius, "radius");
    require_not_negative(standard_deviation, "standard_deviation");
  }
};

/// modes x 2: row m is the centre of mode m.
template <std::floating_point T = double>
Matrix<T> gaussian_ring_centres(const GaussianRingOptions& options = {}) {
  options.validate();
  Matrix<T> centres(options.modes, 2);
  for (int mode = 0; mode < options.modes; ++mode) {
    const auto [cos, sin] = cos_sin_of_turns(static_cast<double>(mode) / static_cast<double>(options.modes));
    centres(mode, 0) = static_cast<T>(options.radius * cos);
    centres(mode, 1) = static_cast<T>(options.radius * sin);
  }
  return centres;
}

template <std::floating_point T = double>
Dataset<T> gaussian_ring(Index examples, Random random, const GaussianRingOptions& options = {}) {
  const Matrix<double> centres = gaussian_ring_centres(options);
  const auto place = [&centres](int mode, Random&) -> detail::PlanePoint {
    return {centres(mode, 0), centres(mode, 1)};
  };
  return detail::plane_points<T>(examples, detail::numbered_names("mode", options.modes), options.standard_deviation,
                                 random, place);
}

}  // namespace drift::data
