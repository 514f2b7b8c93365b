#pragma once
// stability(flow or update, z): what happens near an equilibrium, from the eigenvalues of the Jacobian there.
//
//     update   z' = step(z):    stable where every |lambda| < 1;     growth per update  max |lambda|
//     flow     z' = F(z) with a step_time(): stable where every Re lambda < 0;   growth per update  exp(step_time max Re lambda)
//
//     auto st = games::stability(games::modified_flow(alt), z);    // a flow
//     auto su = games::stability(alt, z);                          // the update itself: no truncation
//     st.verdict;  st.decisive;  st.growth;  st.eigenvalues;  st.jacobian
//     games::largest_stable_scale(games::jacobian_of_field(game, z, {.phi = 1, .theta = 1}))     // the closed-form threshold
//
// What has a step_time() is a flow, all else an update. Of an optimistic update z is the whole state, step.start(z).
//
// THRESHOLD  I + h J is stable for 0 < h < min over lambda of -2 Re lambda / |lambda|^2, J the Jacobian of the field at unit h: simultaneous
// play, exactly for linear games and near equilibria of all. 0 where an eigenvalue has Re lambda >= 0: no rate is small enough.
//
// The Jacobian is exact (calculus/jacobian.hpp, which needs holomorphic losses; of plain play by Hessian-vector products in real arithmetic,
// which need tier 2). Away from an equilibrium the numbers are those of the Jacobian and `displacement` says how far.
//
// Source: Mescheder et al., arXiv 1705.10461; arXiv 2105.13922 for the verdict on modified flows. Cost: a complex evaluation for each
// parameter (of plain play: as many Hessian-vector products of each inner step), and 30 dimension^3: for small games.
// Failure: a Jacobian that is not finite gives Verdict::undetermined and NaN. Errors: those of what is looked at.

#include <drift/calculus/borrowed_point.hpp>
#include <drift/calculus/eigenvalues.hpp>
#include <drift/calculus/jacobian.hpp>
#include <drift/games/play.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace drift::games {

enum class Verdict {
  stable,        ///< every small disturbance dies out
  neutral,       ///< the decisive eigenvalue neither grows nor shrinks, to the tolerance: linear theory does not decide
  unstable,      ///< some disturbance grows
  undetermined,  ///< the Jacobian is not finite
};

constexpr std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::stable: return "stable";
    case Verdict::neutral: return "neutral";
    case Verdict::unstable: return "unstable";
    case Verdict::undetermined: return "undetermined";
  }
  return "unknown";
}

template <class R>
struct Stability {
  Verdict verdict = Verdict::undetermined;
  std::complex<R> decisive;             ///< the eigenvalue that decides: the fastest growing
  R growth = R(0);                      ///< of a disturbance along it, per update
  Vector<std::complex<R>> eigenvalues;  ///< fastest growing first
  Matrix<R> jacobian;
  R displacement = R(0);  ///< |F(z)|, |step(z) - z|: 0 at an equilibrium
};

struct StabilityOptions {
  /// Growth per update within this of 1 is neutral; 0 or above; negative: epsilon^(2/3), 4e-11 for double, 2e-5 for float. So small a
  /// growth may also be real (simultaneous bilinear play grows by rate^2 / 2): `decisive` has it.
  double tolerance = -1;
};

namespace detail {

template <class R, class Growth>
Stability<R> stability_of(Matrix<R> jacobian, const R& displacement, const StabilityOptions& options,
                          const Growth& growth_of) {
  using std::abs;
  using std::cbrt;
  require(!std::isnan(options.tolerance), "tolerance", options.tolerance, "a number");
  Stability<R> result;
  result.displacement = displacement;
  result.eigenvalues = eigenvalues(jacobian);
  result.jacobian = std::move(jacobian);
  if (result.eigenvalues.size() == 0 || !result.eigenvalues.allFinite()) {
    result.growth = Eigen::NumTraits<R>::quiet_NaN();
    result.decisive = result.growth;
    return result;
  }
  std::sort(result.eigenvalues.begin(), result.eigenvalues.end(),
            [&](const auto& a, const auto& b) { return growth_of(a) > growth_of(b); });
  result.decisive = result.eigenvalues[0];
  result.growth = growth_of(result.decisive);
  const R root = cbrt(epsilon<R>());
  const R tolerance = options.tolerance < 0 ? R(root * root) : R(options.tolerance);
  result.verdict = abs(result.growth - R(1)) <= tolerance ? Verdict::neutral
                   : result.growth < R(1)                 ? Verdict::stable
                                                          : Verdict::unstable;
  return result;
}

/// The losses' derivatives are all that plain play's Jacobian needs: rows of (I - rate H) multiplied up, move by move.
template <class G>
concept PlainSecondOrderGame = Game<G> && !requires(const G& game) { game.coefficients(); } &&
                               SecondOrderProblem<std::decay_t<decltype(std::declval<const G&>().phi_loss())>> &&
                               SecondOrderProblem<std::decay_t<decltype(std::declval<const G&>().theta_loss())>>;

/// The player's rows of H V, for every column of V, H the Hessian of its loss at z.
template <Player player, class P, class S>
Matrix<S> own_rows_of_products(const P& loss, const Vector<S>& z, const Matrix<S>& v, Index split) {
  const Matrix<S> products = hessian_vector_products(loss, z, v);
  return block<player>(products, split);
}

}  // namespace detail

/// The Jacobian of one update of plain play, by Hessian-vector products.
template <detail::PlainSecondOrderGame G, VectorExpression X>
  requires std::same_as<ScalarOf<X>, typename G::Scalar>
Matrix<ScalarOf<X>> jacobian(const GradientPlay<G>& play, const X& state) {
  using S = ScalarOf<X>;
  const G& game = play.game();
  const Index split = game.phi_dimension(), n = play.dimension();
  require_size(state, n, "z", "the game's dimension");
  Vector<S> z = state;
  Matrix<S> j = Matrix<S>::Identity(n, n);
  const auto move = [&](Mover who) {
    Matrix<S> change = Matrix<S>::Zero(n, n);
    Vector<S> shift = Vector<S>::Zero(n);
    if (who != Mover::theta) {
      const Matrix<S> rows = detail::own_rows_of_products<Player::phi>(game.phi_loss(), z, j, split);
      block<Player::phi>(change, split) = play.rates().phi * rows;
      block<Player::phi>(shift, split) = play.rates().phi * game.template own_gradient<Player::phi>(z);
    }
    if (who != Mover::phi) {
      const Matrix<S> rows = detail::own_rows_of_products<Player::theta>(game.theta_loss(), z, j, split);
      block<Player::theta>(change, split) = play.rates().theta * rows;
      block<Player::theta>(shift, split) = play.rates().theta * game.template own_gradient<Player::theta>(z);
    }
    j -= change;
    z -= shift;
  };
  for (const Turn& turn : play.turns()) {
    for (int i = 0; i < turn.steps; ++i) move(turn.who);
  }
  return j;
}

/// The Jacobian of the joint field (rate f, rate g).
template <detail::PlainSecondOrderGame G, VectorExpression X>
Matrix<ScalarOf<X>> jacobian_of_field(const G& game, const X& z, const Rates<typename G::Scalar>& rates) {
  const Index n = game.dimension();
  return jacobian(simultaneous(game, rates), z) - Matrix<ScalarOf<X>>::Identity(n, n);
}

/// Of a flow (what has a step_time()) or of an update.
template <class F, VectorExpression X>
Stability<ScalarOf<X>> stability(const F& f, const X& z, const StabilityOptions& options = {}) {
  using R = ScalarOf<X>;
  using drift::jacobian;  // and play's own, above
  using games::jacobian;
  const Vector<R>& point = evaluated(z);
  const Vector<R> image = f(point);
  require_size(image, point.size(), "what is looked at", "that of z");
  if constexpr (HasStepTime<F>) {
    const R time = static_cast<R>(f.step_time());
    return detail::stability_of<R>(jacobian(f, point), image.norm(), options, [=](const std::complex<R>& lambda) -> R {
      using std::exp;
      return exp(time * lambda.real());
    });
  } else {
    return detail::stability_of<R>(jacobian(f, point), (image - point).norm(), options,
                                   [](const std::complex<R>& lambda) -> R {
                                     using std::abs;
                                     return abs(lambda);
                                   });
  }
}

/// The largest h, itself neutral, below which every 1 + h lambda lies within the unit circle, lambda the eigenvalues of the field's
/// Jacobian; 0 where there is none.
template <class R>
R largest_stable_scale(const Matrix<R>& jacobian_of_field_at_unit_scale) {
  const Vector<std::complex<R>> lambda = eigenvalues(jacobian_of_field_at_unit_scale);
  require(lambda.size() > 0 && lambda.allFinite(), "the Jacobian", "empty or not finite", "a finite matrix");
  R smallest = Eigen::NumTraits<R>::infinity();
  for (const std::complex<R>& x : lambda) {
    const R size = Eigen::numext::abs(x);
    if (x.real() >= R(0)) return R(0);
    smallest = std::min(smallest, R(R(-2) * (x.real() / size) / size));
  }
  return smallest;
}

}  // namespace drift::games
