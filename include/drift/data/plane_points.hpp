#pragma once
// Points in the plane, class by class in turn: what the generators two_moons, spirals and gaussian_ring share.
//
//     example i has the label i mod classes and stands at place(label) + noise (n_1, n_2), n_1 and n_2 standard normal
//
// Every example takes the same number of words from the stream, those of its place and then two for the noise, whatever the
// noise: so a longer set begins with the shorter one of the same stream, and sets of one stream that differ in noise differ in
// nothing else. Numbers are computed in double and rounded to T, by operations that have the same bits under every compiler.

#include <drift/core/errors.hpp>
#include <drift/core/random.hpp>
#include <drift/core/types.hpp>
#include <drift/data/dataset.hpp>

#include <cmath>
#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace drift::data::detail {

struct PlanePoint {
  double x;
  double y;
};

/// place(label, random) is a PlanePoint, drawn with a fixed number of words.
template <std::floating_point T, class Place>
Dataset<T> plane_points(Index examples, std::vector<std::string> class_names, double noise, Random random,
                        Place place) {
  require(examples >= 1, "examples", examples, "1 or above");
  Dataset<T> dataset{Matrix<T>(examples, 2), {}, std::move(class_names), {"x", "y"}};
  dataset.labels.reserve(static_cast<std::size_t>(examples));
  for (Index i = 0; i < examples; ++i) {
    const int label = static_cast<int>(i % dataset.classes());
    const PlanePoint at = place(label, random);
    dataset.features(i, 0) = static_cast<T>(std::fma(noise, random.normal(), at.x));
    dataset.features(i, 1) = static_cast<T>(std::fma(noise, random.normal(), at.y));
    dataset.labels.push_back(label);
  }
  return dataset;
}

}  // namespace drift::data::detail
