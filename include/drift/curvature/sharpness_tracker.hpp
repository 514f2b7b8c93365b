#pragma once
// SharpnessTracker: follows the k largest eigenpairs of a Problem's Hessian along a run, for a few products a step.
//
//     curvature::SharpnessTracker tracker(problem);                                        // k = 1
//     auto run = minimise(problem, x, GradientDescent{.learning_rate = h}, {}, tracker, [&](const descent::Iteration<>& at) {
//       ... tracker.sharpness() * h / 2 ...                                                // observers are called in turn
//     });
//     curvature::SharpnessTracker three(problem, 3, {.tolerance = 1e-2});                  // or by hand:
//     const auto& pairs = three.update(theta);                                             // .values, .vectors, .residuals, .status
//
// The first update, and the one after a pair was lost, searches as top_eigenpairs does. Every other one
//   1. predicts the vectors at theta from those of the last six states, sum_i c_i u_i with sum_i c_i = 1 (kriging): of all such sums the one
//      whose error is least, where an error comes of each u_i's own residual, of how far sum_i c_i theta_i lies from theta and of how far
//      the theta_i do; how fast vectors turn along the way is taken from the past. Near a past state it is that state's
//      vector, along a smooth path an extrapolation, between two states that the run jumps to and fro between an interpolation;
//   2. multiplies each by the Hessian at theta, which gives Ritz pairs with their residuals r = H u - lambda u;
//   3. while a pair is above the tolerance, multiplies a correction of the first such pair too: Ritz pairs of a larger space. The correction
//      is (B - lambda)^-1 r, less what it has along u, with B the Hessian as far as it is known: k + 7 pairs, the rest a multiple of one;
//   4. spends a product that is left on B's next vector, the guard, so that a pair that overtakes is known before it does;
//   5. changes B as little as can be so that it is symmetric and gives what the Hessian gave (Powell's symmetric Broyden update).
// A residual rests on products at theta alone: it is no guess.
//
// How well it follows: where the Hessian changes smoothly, one product a step and the guard's keep a pair to 1e-3, mostly much better. At
// the edge of stability, where the state jumps to and fro while several eigenvalues crowd at 2/h, three products do not always do: the
// update then says budget_spent, with the residual that it came to; 6 products do nearly always. Digits (64-32-32-10 tanh, 300 examples,
// squared error, full batch, 1500 steps, five seeds), share of the steps after the first 50 that are above 1e-3, by h:
//
//     h                       0.05, before the edge     0.1, at the edge     0.2, at the edge (four seeds; one diverges)
//     products at most 3       0                         2.2 %                24 %
//                      4       0                         0.9 %                12 %
//                      6       0                         0.1 %                 3 %
//
// What it cannot see: an eigenvalue that overtakes from far below within a few steps, its eigenvector orthogonal to all that is followed.
// forget() makes the next update search.
//
// Source: block Rayleigh-Ritz with corrections: Sleijpen & van der Vorst, A Jacobi-Davidson iteration method for linear eigenvalue
//   problems, SIAM J. Matrix Anal. Appl. 17 (1996), 4.1 (Olsen's); update of B: Powell, in Nonlinear Programming (1970), for blocks.
// Shapes and units: as of top_eigenpairs. Cost of an update: one evaluation at theta without its gradient, at most `products`
//   Hessian-vector products, about 10 n (3 k + 5)^2 operations. Memory: n (8 k + 13) numbers, and in an update n (16 k + 7) more.
// Needs: tier 2. How an update ended, pairs().status: converged: all k are within the tolerance; budget_spent: pairs().residuals says
//   by how much they are not; non_finite: values, vectors and residuals are NaN, and the next update searches.
// Errors: k below 1, options out of bounds, theta of the wrong length: InvalidArgument.

#include <drift/calculus/krylov_space.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/core/norm.hpp>
#include <drift/curvature/hessian_at.hpp>
#include <drift/curvature/lanczos.hpp>
#include <drift/descent/run.hpp>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace drift::curvature {

struct SharpnessTrackerOptions {
  /// A pair is followed to |r_i| <= tolerance |lambda_i|, or to rounding. Above 0.
  double tolerance = 1e-3;

  /// Products that a search may take. k + 1 or above.
  Index search_products = 10000;

  /// Hessian-vector products an update, searches aside. 0: 3 k; otherwise k or above: with k nothing is corrected.
  Index products = 0;

  /// An update that leaves a residual above this much of the largest |lambda_i| has lost that pair: the next one searches. Above 0;
  /// infinity: never.
  double lost = 0.5;

  /// As an observer: an update is made after every so many steps. 1 or above.
  Index every = 1;

  /// Where searches start.
  Random random = Random(0);

  void validate() const {
    require_positive(tolerance, "tolerance");
    require(products >= 0, "products", products, "0 (3 k) or above");
    require(lost > 0, "lost", lost, "a number above 0, or infinity");
    require(every >= 1, "every", every, "1 or above");
  }
};

namespace detail {

/// Orthonormal columns with their images under an operator, as Ritz vectors: v' A v is diagonal, largest value first.
template <class R>
struct RitzBasis {
  Matrix<R> vectors, images;
  Vector<R> values;

  Index size() const { return vectors.cols(); }
  R largest() const { return values.cwiseAbs().maxCoeff(); }
  Vector<R> residual(Index i) const { return images.col(i) - values[i] * vectors.col(i); }

  /// Takes in another vector, orthogonal to them and of length 1.
  void append(const Vector<R>& vector, const Vector<R>& image) {
    const Index m = size() + 1;
    vectors.conservativeResize(vector.size(), m);
    images.conservativeResize(vector.size(), m);
    vectors.col(m - 1) = vector;
    images.col(m - 1) = image;
  }

  void turn() {
    const Index m = size();
    const Matrix<R> small = vectors.transpose().lazyProduct(images);
    const auto ritz = ordered_eigen<R>((small + small.transpose()) / R(2), SpectrumEnd::largest);
    rotate<R>(vectors, ritz.vectors);
    rotate<R>(images, ritz.vectors);
    values = ritz.values.head(m);
  }
};

/// A state, what an update at it came to, and how far that may be off: its largest residual over its largest eigenvalue.
template <class R>
struct Followed {
  Vector<R> state;
  Matrix<R> vectors;
  R error = R(0);

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("state", self.state);
    visit("vectors", self.vectors);
    visit("error", self.error);
  }
};

/// v less its part along the basis, of length 1. False where nothing is left of it.
template <class R>
bool make_orthonormal(Vector<R>& v, const Eigen::Ref<const Matrix<R>>& basis) {
  const R before = norm_of(v);
  if (!(before > R(0)) || basis.cols() >= v.size()) return false;
  v /= before;
  if (basis.cols() == 0) return true;
  Vector<R> components = Vector<R>::Zero(basis.cols()), work;
  const R left = calculus::orthogonalise<R>(basis, v, components, work);
  if (!(left > R(1000) * epsilon<R>())) return false;
  v /= left;
  return true;
}

/// What is known of a symmetric operator: some of its eigenpairs, largest first, and a multiple of one for all that is not among them.
template <class R>
struct KnownSpectrum {
  Matrix<R> vectors;
  Vector<R> values;
  R rest = R(0);

  /// The operator of these pairs on the columns of x.
  Matrix<R> times(const Matrix<R>& x) const {
    const Matrix<R> components = (values.array() - rest).matrix().asDiagonal() * vectors.transpose().lazyProduct(x);
    return rest * x + vectors.lazyProduct(components);
  }

  /// (B - shift)^-1 x, no factor of it above 1 / least.
  Vector<R> solve(const Vector<R>& x, const R& shift, const R& least) const {
    const auto inverse = [&](const R& value) {
      const R difference = value - shift;
      if (Eigen::numext::abs(difference) >= least) return R(1) / difference;
      return difference > R(0) ? R(1) / least : R(-1) / least;
    };
    const R outside = inverse(rest);
    Vector<R> components = vectors.transpose() * x;
    for (Index i = 0; i < components.size(); ++i) components[i] *= inverse(values[i]) - outside;
    return outside * x + vectors * components;
  }

  /// B + E F' + F E' - F F' E F', E = images - B F, with F orthonormal: of all symmetric operators that take F to its images the one
  /// closest to B. The first `most` of its pairs are kept.
  void learn(const Matrix<R>& f, const Matrix<R>& images, Index most) {
    const Matrix<R> error = images - times(f);
    const Index old = vectors.cols(), room = std::min(vectors.rows(), old + 2 * f.cols());
    Matrix<R> basis(vectors.rows(), room);
    basis.leftCols(old) = vectors;
    Index m = old;
    for (const Matrix<R>* const added : {&f, &error}) {
      for (Index j = 0; j < added->cols() && m < room; ++j) {
        Vector<R> v = added->col(j);
        if (make_orthonormal<R>(v, basis.leftCols(m))) basis.col(m++) = v;
      }
    }
    basis.conservativeResize(Eigen::NoChange, m);
    const Matrix<R> f_in = basis.transpose().lazyProduct(f), error_in = basis.transpose().lazyProduct(error);
    const Matrix<R> mixed = error_in.lazyProduct(f_in.transpose());
    Matrix<R> small = mixed + mixed.transpose() - f_in.lazyProduct(f_in.transpose().lazyProduct(mixed));
    small.diagonal().array() += rest;
    small.diagonal().head(old).array() += values.array() - rest;
    const auto ritz = ordered_eigen<R>((small + small.transpose()) / R(2), SpectrumEnd::largest);
    const Index kept = std::min(most, m);
    values = ritz.values.head(kept);
    rotate<R>(basis, ritz.vectors.leftCols(kept));
    vectors = basis.leftCols(kept);
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("vectors", self.vectors);
    visit("values", self.values);
    visit("rest", self.rest);
  }
};

/// The square of the angle by which the vectors turn while the state moves by 1: its mean over the past.
template <class R>
R turning_rate_squared(const std::vector<Followed<R>>& past) {
  R sum(0);
  int steps = 0;
  for (std::size_t i = 0; i + 1 < past.size(); ++i) {
    const R distance = (past[i].state - past[i + 1].state).squaredNorm();
    if (!(distance > R(0))) continue;
    const Matrix<R> overlap = past[i].vectors.transpose().lazyProduct(past[i + 1].vectors);
    const R turned = std::max(R(0), R(R(overlap.cols()) - overlap.squaredNorm()));
    sum += turned / distance;
    ++steps;
  }
  return steps > 0 ? R(sum / R(steps)) : R(0);
}

/// Coefficients of the past vectors, of sum 1, for those at theta. With a the angle that vectors turn while the state moves by 1 they make
/// the least of
///     a^2 |sum_i c_i theta_i - theta|^2 + sum_i c_i^2 (error_i^2 + (a |theta_i - theta|)^4)
/// whose second term is what an error of past vectors and the curvature of their path cost.
template <class R>
Vector<R> prediction_weights(const std::vector<Followed<R>>& past, const Vector<R>& theta) {
  const auto m = static_cast<Index>(past.size());
  const R rate = turning_rate_squared(past), least = std::max(R(1e-10), epsilon<R>());
  Matrix<R> differences(theta.size(), m);
  for (Index i = 0; i < m; ++i) differences.col(i) = past[static_cast<std::size_t>(i)].state - theta;
  Matrix<R> cost = rate * differences.transpose().lazyProduct(differences);
  for (Index i = 0; i < m; ++i) {
    const R error = past[static_cast<std::size_t>(i)].error, turned = cost(i, i);
    cost(i, i) += error * error + turned * turned + least;
  }
  const auto eigen = calculus::symmetric_eigen<R>(cost);
  Vector<R> c = Vector<R>::Zero(m);
  for (Index i = 0; i < m; ++i) {
    c += eigen.vectors.col(i).sum() / std::max(eigen.values[i], least) * eigen.vectors.col(i);
  }
  c /= c.sum();
  return c.allFinite() ? c : Vector<R>(Vector<R>::Unit(m, 0));
}

/// What a tracker does at each state, with an operator of n dimensions for the Hessian there. Not part of SharpnessTracker, so that
/// each number type is compiled once.
template <class R>
class PairFollower {
 public:
  PairFollower(Index n, Index k, const SharpnessTrackerOptions& options)
      : n_(n), k_(std::min(k, n)), options_(options) {}

  [[gnu::noinline]] void update(const calculus::LinearMap<R>& map, const Vector<R>& theta) {
    if (past_.empty()) {
      search(map, theta);
    } else {
      follow(map, theta);
    }
    ++updates_;
    total_products_ += pairs_.products;
    if (pairs_.status == Status::non_finite || is_lost()) forget();
  }

  const Eigenpairs<R>& pairs() const { return pairs_; }
  Index total_products() const { return total_products_; }
  Index updates() const { return updates_; }
  void forget() { past_.clear(); }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("values", self.pairs_.values);
    visit("vectors", self.pairs_.vectors);
    visit("residuals", self.pairs_.residuals);
    visit("products", self.pairs_.products);
    visit("status", self.pairs_.status);
    visit("past", self.past_);
    visit("known", self.known_);
    visit("total_products", self.total_products_);
    visit("updates", self.updates_);
  }

 private:
  void search(const calculus::LinearMap<R>& map, const Vector<R>& theta) {
    const LanczosOptions options{
        .tolerance = options_.tolerance, .most_products = options_.search_products, .random = options_.random};
    auto found = eigenpairs<R>(map, n_, k_, options, {}, 1);  // and the guard, as far as it is known by then
    pairs_ = {found.values.head(k_), found.vectors.leftCols(k_), found.residuals.head(k_), found.products,
              found.status};
    if (found.status == Status::non_finite) return;

    Random random = options_.random;
    Vector<R> direction = random.split("mean curvature").template normal_vector<R>(n_), image;
    direction /= direction.norm();
    map(direction, image);
    ++pairs_.products;
    if (!image.allFinite()) return lose(pairs_.products);
    known_ = {std::move(found.vectors), std::move(found.values), direction.dot(image)};
    past_ = {{theta, pairs_.vectors, relative_error()}};
  }

  void follow(const calculus::LinearMap<R>& map, const Vector<R>& theta) {
    const Index budget = options_.products > 0 ? options_.products : 3 * k_;
    RitzBasis<R> fresh;
    bool finite = true;
    const auto take = [&](Vector<R> v) {
      if (!make_orthonormal<R>(v, fresh.vectors)) return false;
      Vector<R> image;
      map(v, image);
      fresh.append(v, image);
      finite = image.allFinite();
      return finite;
    };

    const Matrix<R> start = predicted(theta);
    for (Index i = 0; i < k_ && finite; ++i) {
      if (!take(start.col(i)) && finite) take(past_[0].vectors.col(i));
    }
    if (finite && fresh.size() < k_) {  // the vectors fell together
      search(map, theta);
      pairs_.products += fresh.size();
      return;
    }
    bool guarded = known_.vectors.cols() == k_;
    while (finite) {
      fresh.turn();
      finite = fresh.values.allFinite();
      if (!finite || fresh.size() >= budget) break;
      const Index open = first_open(fresh);
      if (open == k_ && guarded) break;
      guarded = guarded || open == k_;
      if (!take(open < k_ ? correction(fresh, open) : Vector<R>(known_.vectors.col(k_)))) break;
    }
    if (!finite) return lose(fresh.size());
    report(fresh);
    known_.learn(fresh.vectors, fresh.images, k_ + others);
    past_.insert(past_.begin(), {theta, known_.vectors.leftCols(k_), relative_error()});
    if (past_.size() > remembered) past_.pop_back();
  }

  /// The vectors at theta, if they depend on the state as they did along the past.
  Matrix<R> predicted(const Vector<R>& theta) const {
    const Vector<R> c = prediction_weights<R>(past_, theta);
    Index most = 0;
    c.maxCoeff(&most);
    const Matrix<R>& base = past_[static_cast<std::size_t>(most)].vectors;
    Matrix<R> sum = c[most] * base;
    for (Index i = 0; i < c.size(); ++i) {
      if (i == most) continue;
      // Each is turned to the base's by projection: signs, and the order of close eigenvalues, do not matter.
      const Matrix<R>& other = past_[static_cast<std::size_t>(i)].vectors;
      sum += c[i] * other.lazyProduct(other.transpose().lazyProduct(base).eval());
    }
    return sum;
  }

  /// Where the known spectrum would look for what pair i lacks.
  Vector<R> correction(const RitzBasis<R>& fresh, Index i) const {
    const Vector<R> u = fresh.vectors.col(i), r = fresh.residual(i);
    const R shift = fresh.values[i], least = R(0.01) * std::max(fresh.largest(), norm_of(r));
    const Vector<R> of_r = known_.solve(r, shift, least), of_u = known_.solve(u, shift, least);
    const R along = u.dot(of_u);
    return along == R(0) ? of_r : Vector<R>(of_r - u.dot(of_r) / along * of_u);
  }

  /// The first pair above the tolerance; k where there is none.
  Index first_open(const RitzBasis<R>& fresh) const {
    const R rounding = R(10) * epsilon<R>() * fresh.largest();
    for (Index i = 0; i < k_; ++i) {
      const R tolerated = R(options_.tolerance) * Eigen::numext::abs(fresh.values[i]);
      if (norm_of(fresh.residual(i)) > std::max(tolerated, rounding)) return i;
    }
    return k_;
  }

  void report(const RitzBasis<R>& fresh) {
    pairs_.values = fresh.values.head(k_);
    pairs_.vectors = fresh.vectors.leftCols(k_);
    pairs_.residuals.resize(k_);
    for (Index i = 0; i < k_; ++i) pairs_.residuals[i] = norm_of(fresh.residual(i));
    pairs_.products = fresh.size();
    pairs_.status = first_open(fresh) == k_ ? Status::converged : Status::budget_spent;
  }

  /// The largest residual over the largest eigenvalue.
  R relative_error() const {
    const R residual = pairs_.residuals.maxCoeff();
    return residual > R(0) ? residual / pairs_.values.cwiseAbs().maxCoeff() : R(0);
  }

  bool is_lost() const { return relative_error() > R(options_.lost); }

  void lose(Index products) {
    const R nan = Eigen::NumTraits<R>::quiet_NaN();
    pairs_ = {Vector<R>::Constant(k_, nan), Matrix<R>::Constant(n_, k_, nan), Vector<R>::Constant(k_, nan), products,
              Status::non_finite};
  }

  static constexpr Index others = 7;            // pairs known beside the k
  static constexpr std::size_t remembered = 6;  // states

  Index n_, k_;
  SharpnessTrackerOptions options_;
  std::vector<Followed<R>> past_;  // newest first
  KnownSpectrum<R> known_;
  Index total_products_ = 0, updates_ = 0;
  Eigenpairs<R> pairs_;
};

}  // namespace detail

template <SecondOrderProblem P>
class SharpnessTracker {
 public:
  using Scalar = ScalarOfProblem<P>;

  explicit SharpnessTracker(P problem, Index k = 1, const SharpnessTrackerOptions& options = {})
      : problem_(std::move(problem)), every_(options.every), follower_(problem_.dimension(), k, options) {
    require(k >= 1, "k", k, "1 or above");
    require(problem_.dimension() >= 1, "problem's dimension", problem_.dimension(), "1 or above");
    options.validate();
    require(options.products == 0 || options.products >= k, "products", options.products, "0 (3 k), or k or above");
    require(options.search_products > k, "search_products", options.search_products, "k + 1 or above");
  }

  /// The pairs at theta.
  template <VectorExpression X>
    requires std::same_as<ScalarOf<X>, Scalar>
  const Eigenpairs<Scalar>& update(const X& theta) {
    const auto& point = evaluated(theta);
    auto hessian = hessian_at(problem_, point);
    follower_.update(std::ref(hessian), point);
    return pairs();
  }

  /// As an observer of minimise and train.
  void operator()(const descent::Iteration<Scalar>& at) {
    if (at.iteration % every_ == 0) update(at.state);
  }

  /// What the last update found; empty before the first.
  const Eigenpairs<Scalar>& pairs() const { return follower_.pairs(); }

  /// The largest eigenvalue as last found; NaN before the first update.
  Scalar sharpness() const {
    return pairs().values.size() > 0 ? pairs().values[0] : Eigen::NumTraits<Scalar>::quiet_NaN();
  }

  /// Products of all updates together, and how many these were.
  Index total_products() const { return follower_.total_products(); }
  Index updates() const { return follower_.updates(); }

  /// The next update searches.
  void forget() { follower_.forget(); }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    detail::PairFollower<Scalar>::fields(self.follower_, visit);
  }

 private:
  P problem_;
  Index every_;
  detail::PairFollower<Scalar> follower_;
};

}  // namespace drift::curvature
