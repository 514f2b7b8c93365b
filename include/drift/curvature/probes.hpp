#pragma once
// Random probes z, vectors with E[z z'] = I, and means over them with their standard errors: what curvature's random
// estimates are made of.
//
//     E[z' A z] = trace A,     E |A z|^2 = |A|_F^2
//
//     const Vector<double> z = curvature::probe(curvature::ProbeDistribution::rademacher, Random(1).split(i), n);
//
//   rademacher   entries +1 or -1: Var z' A z = 2 (|A|_F^2 - sum of A_ii^2), never more than of normal ones; exact where A is
//                diagonal
//   normal       standard normal entries: Var z' A z = 2 |A|_F^2 (both for a symmetric A)
//
// The estimates draw probe number i from the substream random.split(i), so that more probes begin with those of fewer.
// Source: Hutchinson, A stochastic estimator of the trace of the influence matrix, Commun. Stat. Simul. Comput. 19 (1990)
//   433-450.
// Shapes: a probe is a vector of n. Failure: n below 0, a mean of no samples: InvalidArgument.

#include <drift/core/norm.hpp>
#include <drift/core/random.hpp>

#include <cmath>
#include <limits>

namespace drift::curvature {

/// How a probe's entries are distributed.
enum class ProbeDistribution { rademacher, normal };

/// A probe of n entries.
template <std::floating_point T = double>
Vector<T> probe(ProbeDistribution distribution, Random random, Index n) {
  return distribution == ProbeDistribution::rademacher ? random.sign_vector<T>(n) : random.normal_vector<T>(n);
}

/// A random estimate: its expectation is what is estimated.
template <class T>
struct Estimate {
  T value = T(0);
  T standard_error = T(0);  ///< estimated, of `value`; infinity where there is one sample, which does not tell
};

/// The mean of independent samples. With k of them the standard error is itself uncertain, by about 1 / sqrt(2 k) of it where
/// they are normal, by more where large ones are rare.
template <class T>
Estimate<T> mean_of(const Vector<T>& samples) {
  using std::sqrt;
  require(samples.size() > 0, "samples", "none", "one or more");
  const T count(static_cast<T>(samples.size())), mean = samples.mean();
  if (samples.size() == 1) return {mean, std::numeric_limits<T>::infinity()};
  return {mean, norm_of((samples.array() - mean).matrix()) / sqrt(count * (count - T(1)))};
}

}  // namespace drift::curvature
