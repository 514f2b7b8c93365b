#pragma once
// What the two players of a GAN descend, as functions of the discriminator's outputs s on data and on what the generator makes.
//
//     E_D = mean over data of l(s, t_real) + mean over generated of l(s, t_fake)        E_G = what the table says
//
//                                     l                      E_G                                             zero-sum
//     games::saturating()             logistic, targets 1, 0     -E_D: the generator lowers log(1 - p)           yes
//     games::non_saturating()         the same                   mean over generated of l(s, 1)                  no
//     games::least_squares()          (s - t)^2 / 2, 1, 0        mean over generated of (s - 1)^2 / 2            no
//     games::least_squares_zero_sum() the same                   -E_D                                            yes
//     games::wasserstein()            t s, -1, 1                 -E_D = mean over data - mean over generated     yes
//
//     auto gan = games::gan(discriminator, generator, games::saturating(), X, Z);      // games/gan.hpp
//
// A zero-sum one has the data's term in E_G too, which does not change what the generator descends: then E_G = -E_D exactly,
// and all that is said of zero-sum games holds (games/modified_losses.hpp). The usual E_D - 2 log 2 etc. are not subtracted.
// s are outputs, not probabilities. A discriminator of several outputs (patches) has the sum of their losses. Nothing here bounds a
// Wasserstein critic's slope: that takes a penalty or a normalised network.
//
// Source: Goodfellow et al., arXiv 1406.2661; Mao et al., arXiv 1611.04076 (least squares, a = 0, b = c = 1); Arjovsky et al., arXiv 1701.07875.

#include <drift/losses/linear.hpp>
#include <drift/losses/logistic.hpp>
#include <drift/losses/squared_error.hpp>

namespace drift::games {

/// One player's loss: a weight and a target for each of the two means.
struct AdversarialRole {
  double real_weight;
  double real_target;
  double generated_weight;
  double generated_target;
};

/// A loss of the discriminator's outputs, and what each player makes of it.
template <losses::NetworkLoss Loss>
struct Adversarial {
  Loss loss;
  AdversarialRole discriminator;
  AdversarialRole generator;
};

namespace detail {

/// The game whose generator wants the opposite of all that the discriminator wants.
template <class Loss>
Adversarial<Loss> zero_sum_adversarial(Loss loss, double real_target, double generated_target) {
  return {loss, {1, real_target, 1, generated_target}, {-1, real_target, -1, generated_target}};
}

}  // namespace detail

inline Adversarial<losses::Logistic> saturating() { return detail::zero_sum_adversarial(losses::logistic(), 1, 0); }
inline Adversarial<losses::Logistic> non_saturating() { return {losses::logistic(), {1, 1, 1, 0}, {0, 1, 1, 1}}; }
inline Adversarial<losses::SquaredError> least_squares() {
  return {losses::squared_error(), {1, 1, 1, 0}, {0, 1, 1, 1}};
}
inline Adversarial<losses::SquaredError> least_squares_zero_sum() {
  return detail::zero_sum_adversarial(losses::squared_error(), 1, 0);
}
inline Adversarial<losses::Linear> wasserstein() { return detail::zero_sum_adversarial(losses::linear(), -1, 1); }

}  // namespace drift::games
