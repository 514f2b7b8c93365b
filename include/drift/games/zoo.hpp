#pragma once
// Small games whose play is known in closed form or to many digits.
//
//     auto game = games::bilinear();                    // E_phi = phi theta, E_theta = -phi theta: circles
//     auto game = games::linear_rotational(0.2);        // phi' = -e phi + theta, theta' = -phi - e theta: spirals in
//     auto game = games::dirac_gan();                   // E_phi = softplus(phi theta) + log 2, E_theta = -E_phi
//     auto game = games::polynomial();                  // general-sum, two parameters a player
//     auto game = games::zero_sum(E, n);                // phi minimises the Problem E over (phi, theta), theta maximises it
//     auto game = games::quadratic_zero_sum(A, B, C);   // E = phi'A phi / 2 + phi'B theta - theta'C theta / 2
//     auto game = games::common_payoff(E, n);           // both minimise E
//
// All take the number type as a template argument where they have no other: games::bilinear<float>().
//
// Known, for equal rates h:
//   bilinear            |z| grows by sqrt(1 + h^2) in each simultaneous update; alternating play is neutral (eigenvalues of modulus 1)
//   linear_rotational   simultaneous: |z| changes by sqrt((1 - h e)^2 + h^2) an update, stable for h < 2 e / (1 + e^2); alternating: the
//                       spectral radius is |1 - h e| while its eigenvalues are complex
//   dirac_gan           f = -s(phi theta) theta, g = s(phi theta) phi, s the logistic function: its flow keeps |z|; equilibrium 0
//
// Source: Mescheder et al., arXiv 1801.04406 (Dirac-GAN); arXiv 2105.13922 (the linear game).
// Errors: matrices that do not fit, and those of two_player_game: InvalidArgument.

#include <drift/calculus/algebra.hpp>
#include <drift/calculus/functions.hpp>
#include <drift/games/game.hpp>
#include <drift/losses/quadratic.hpp>

#include <numbers>
#include <string>
#include <utility>

namespace drift::games {

/// Of problems over (phi, theta): phi minimises the loss, theta maximises it.
template <Problem P>
auto zero_sum(const P& loss, Index phi_dimension) {
  return two_player_game(loss, ScalarOfProblem<P>(-1) * loss, phi_dimension);
}

/// Both minimise the loss.
template <Problem P>
TwoPlayerGame<P, P> common_payoff(const P& loss, Index phi_dimension) {
  return two_player_game(loss, loss, phi_dimension);
}

/// E = phi' A phi / 2 + phi' B theta - theta' C theta / 2, convex in phi and concave in theta for positive A and C.
template <class S>
auto quadratic_zero_sum(const Matrix<S>& a, const Matrix<S>& b, const Matrix<S>& c) {
  const auto shape = [](const Matrix<S>& m) { return std::to_string(m.rows()) + " x " + std::to_string(m.cols()); };
  require(a.rows() == a.cols(), "A", shape(a), "square");
  require(c.rows() == c.cols(), "C", shape(c), "square");
  require(b.rows() == a.rows() && b.cols() == c.rows(), "B", shape(b),
          std::to_string(a.rows()) + " x " + std::to_string(c.rows()) + ", phi's length by theta's");
  Matrix<S> joint(a.rows() + c.rows(), a.rows() + c.rows());
  joint.topLeftCorner(a.rows(), a.rows()) = a;
  joint.topRightCorner(b.rows(), b.cols()) = b;
  joint.bottomLeftCorner(b.cols(), b.rows()) = b.transpose();
  joint.bottomRightCorner(c.rows(), c.rows()) = -c;
  const Vector<S> no_slope = Vector<S>::Zero(joint.rows());
  return zero_sum(losses::quadratic(joint, no_slope), a.rows());
}

/// E = phi theta, one parameter each: phi minimises, theta maximises.
template <class S = double>
auto bilinear() {
  const Matrix<S> zero = Matrix<S>::Zero(1, 1), one = Matrix<S>::Ones(1, 1);
  return quadratic_zero_sum<S>(zero, one, zero);
}

/// E_phi = phi_damping phi^2 / 2 - phi theta, E_theta = theta_damping theta^2 / 2 + phi theta.
template <class S = double>
auto linear_rotational(const std::type_identity_t<S>& phi_damping, const std::type_identity_t<S>& theta_damping) {
  const auto loss = [](const S& phi_phi, const S& theta_theta, const S& phi_theta) {
    Matrix<S> a(2, 2);
    a << phi_phi, phi_theta, phi_theta, theta_theta;
    const Vector<S> no_slope = Vector<S>::Zero(2);
    return losses::quadratic(a, no_slope);
  };
  return two_player_game(loss(phi_damping, S(0), S(-1)), loss(S(0), theta_damping, S(1)), 1);
}
template <class S = double>
auto linear_rotational(const std::type_identity_t<S>& damping) {
  return linear_rotational<S>(damping, damping);
}

/// sign (softplus(phi theta) + log 2)
struct DiracLoss {
  int sign;

  template <class T>
  T operator()(const Vector<T>& z) const {
    return T(sign) * (softplus(T(z[0] * z[1])) + std::numbers::ln2);
  }
};

/// The GAN whose discriminator is a slope phi and whose generator a point theta; the data are one point, 0.
template <class S = double>
auto dirac_gan() {
  return two_player_game(differentiable<S>(DiracLoss{1}, 2), differentiable<S>(DiracLoss{-1}, 2), 1);
}

/// phi's loss in the polynomial game, z = (p, q, s, t).
struct PolynomialPhiLoss {
  template <class T>
  T operator()(const Vector<T>& z) const {
    const T p = z[0], q = z[1], s = z[2], t = z[3];
    return p * p / T(2) + q * q * q * q / T(4) + p * s - q * t + p * p * t / T(2) + p * q * s * s / T(3);
  }
};

/// theta's.
struct PolynomialThetaLoss {
  template <class T>
  T operator()(const Vector<T>& z) const {
    const T p = z[0], q = z[1], s = z[2], t = z[3];
    return s * s / T(2) + t * t - p * s + q * t - q * s * s / T(2) + p * p * t * t / T(4);
  }
};

/// A general-sum game in which no term of the drift vanishes.
template <class S = double>
auto polynomial() {
  return two_player_game(differentiable<S>(PolynomialPhiLoss{}, 4), differentiable<S>(PolynomialThetaLoss{}, 4), 2);
}

}  // namespace drift::games
