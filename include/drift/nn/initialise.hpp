#pragma once
// nn::initialise(net, how, random): a flat vector of starting parameters. Weights are drawn, in the order of the flat vector,
// with a standard deviation that depends on a layer's fan-in n and fan-out m (of a convolution: channels in and filters, each
// times the size of the kernel); biases are zero.
//
//   glorot_normal    N(0, 2 / (n + m))                     glorot_uniform   U(-a, a), a = sqrt(6 / (n + m))
//   he_normal        N(0, 2 / n)                           lecun_normal     N(0, 1 / n)
//
// Each takes a gain, a factor on the standard deviation (default 1).
// Source: Glorot & Bengio, AISTATS 2010; He et al., ICCV 2015; LeCun et al., Efficient BackProp, 1998.
//
//     Vector<double> theta0 = nn::initialise(net, nn::glorot_normal(), Random(seed));      // initialise<float> for float
//
// The same seed gives the same numbers on every machine (core/random.hpp); those of float are the rounded ones of double.

#include <drift/core/random.hpp>
#include <drift/nn/sequential.hpp>

#include <cmath>
#include <numbers>

namespace drift::nn {

/// Draws the weights of one layer: numbers of unit variance times gain / sqrt(fan).
struct Initialiser {
  enum class Distribution { normal, uniform };
  enum class Fan { in, average };

  Distribution distribution = Distribution::normal;
  Fan fan = Fan::average;
  double variance = 1;  ///< of a weight, times the fan
  double gain = 1;

  /// The standard deviation of the weights of a block.
  double standard_deviation(const ParameterBlock& block) const {
    const double n = static_cast<double>(block.fan_in);
    const double m = static_cast<double>(block.fan_out);
    return gain * std::sqrt(variance / (fan == Fan::in ? n : (n + m) / 2));
  }

  double draw(Random& random, double deviation) const {
    if (distribution == Distribution::normal) return deviation * random.normal<double>();
    const double bound = deviation * std::numbers::sqrt3;
    return random.uniform<double>(-bound, bound);
  }
};

inline Initialiser checked(Initialiser initialiser) {
  require_positive(initialiser.gain, "gain");
  return initialiser;
}

inline Initialiser glorot_normal(double gain = 1) { return checked({.gain = gain}); }
inline Initialiser glorot_uniform(double gain = 1) {
  return checked({.distribution = Initialiser::Distribution::uniform, .gain = gain});
}
inline Initialiser he_normal(double gain = 1) {
  return checked({.fan = Initialiser::Fan::in, .variance = 2, .gain = gain});
}
inline Initialiser lecun_normal(double gain = 1) { return checked({.fan = Initialiser::Fan::in, .gain = gain}); }

/// A flat vector of the network's parameters. `how` is an Initialiser or any type with its two members.
template <class T = double, class Net, class How>
Vector<T> initialise(const Net& net, const How& how, Random random) {
  Vector<T> theta = Vector<T>::Zero(net.parameters());
  for (const ParameterBlock& block : net.blocks()) {
    if (!block.is_weight) continue;
    const double deviation = how.standard_deviation(block);
    for (Index i = 0; i < block.size(); ++i) theta[block.offset + i] = static_cast<T>(how.draw(random, deviation));
  }
  return theta;
}

}  // namespace drift::nn
