#pragma once
// The coefficient of the principal flow: what the flow multiplies the gradient's component along an eigenvector by.
//
//     alpha(x) = log(1 - x) / x,      x = h lambda
//
//   x        alpha            the component of theta - theta* after k steps        regime
//   < 0      in (-1, 0)       (1 + h |lambda|)^k                                   escape from a saddle
//   0        -1               -                                                    the negative gradient flow
//   (0, 1)   below -1         (1 - x)^k                                            monotone convergence
//   1        singular         0 after one step                                     see below
//   (1, 2)   complex, Re < 0  (-1)^k (x - 1)^k                                     oscillating convergence
//   2        i pi / 2         (-1)^k                                               neutral
//   > 2      complex, Re > 0  (-1)^k (x - 1)^k                                     oscillating divergence
//
// At x = 1 descent removes the component in one step, which no finite rate does. |1 - x| is bounded below by epsilon, so that the
// rate stays finite and one step leaves epsilon of the component.
//
// Branches, for complex x (on the real line, and as far as it matters there, they agree):
//   continued   log(1 - x) for Re x <= 1, log(x - 1) + i pi beyond: analytic through the half-line x > 1. It jumps by 2 pi i / x
//               across Re x = 1 for Im x > 0 and is continuous for Im x < 0.
//   principal   the principal logarithm of 1 - x, cut along x > 1; on the cut itself + i pi, whatever the sign of a zero imaginary
//               part. Off quadratics an eigenvalue beyond 1 is driven onto the cut and chatters across it: the flow then is no
//               solution of anything that descent does, and an adaptive integrator spends its budget.
//   real_part   the real part: log|1 - x| / x for real x. The field stays real and does not oscillate.
//
// Source: Rosca et al. arXiv 2302.01952, thesis arXiv 2310.14036; the continued branch was derived for drift.
// Accuracy: a few epsilon for all real x and, relative to |alpha|, for complex x. NaN gives NaN.

#include <drift/calculus/functions.hpp>
#include <drift/core/types.hpp>

#include <cmath>

namespace drift::flows {

enum class PrincipalBranch { continued, principal, real_part };

/// alpha at a real x; all branches agree but real_part, which drops the imaginary part.
template <class R>
  requires(!is_complex<R>)
std::complex<R> principal_coefficient(const R& x, PrincipalBranch branch = PrincipalBranch::continued) {
  using std::abs;
  using std::atan2;
  using std::log;
  using std::log1p;
  if (x == R(0)) return {R(-1), R(0)};
  if (abs(R(1) - x) < epsilon<R>()) {  // here x is 1 to rounding, and the side still counts
    return {log(epsilon<R>()), x > R(1) && branch != PrincipalBranch::real_part ? R(atan2(R(0), R(-1))) : R(0)};
  }
  if (!(x > R(1))) return {log1p(-x) / x, R(0)};
  return {log(x - R(1)) / x, branch == PrincipalBranch::real_part ? R(0) : R(atan2(R(0), R(-1)) / x)};
}

/// alpha at a complex x.
template <class R>
std::complex<R> principal_coefficient(const std::complex<R>& x, PrincipalBranch branch = PrincipalBranch::continued) {
  using std::abs;
  using std::atan2;
  using std::log;
  if (x.imag() == R(0)) return principal_coefficient(x.real(), branch);
  if (abs(x) < epsilon<R>()) {
    const std::complex<R> alpha = R(-1) - x / R(2);
    return branch == PrincipalBranch::real_part ? std::complex<R>(alpha.real()) : alpha;
  }
  std::complex<R> logarithm = drift::log1p(std::complex<R>(-x));  // principal: imaginary part in (-pi, pi)
  if (abs(R(1) - x.real()) < epsilon<R>() && abs(x.imag()) < epsilon<R>()) logarithm.real(log(epsilon<R>()));
  if (branch != PrincipalBranch::principal && x.real() > R(1)) {
    logarithm.imag(atan2(x.imag(), x.real() - R(1)) + atan2(R(0), R(-1)));
  }
  const std::complex<R> alpha = logarithm / x;
  return branch == PrincipalBranch::real_part ? std::complex<R>(alpha.real()) : alpha;
}

/// How far x is from where alpha is not continuous: from 1, and of complex x from the branch's jump. On the real line the cut of
/// `principal` is no jump, since its two sides are told apart there.
template <class R>
R distance_to_jump(const std::complex<R>& x, PrincipalBranch branch = PrincipalBranch::continued) {
  using std::abs;
  const R real = abs(R(1) - x.real()), imaginary = abs(x.imag());
  if (x.imag() == R(0)) return real;
  if (branch == PrincipalBranch::principal) return x.real() > R(1) ? imaginary : R(abs(R(1) - x));
  return x.imag() > R(0) ? real : R(abs(R(1) - x));
}

}  // namespace drift::flows
