#pragma once
// lanczos(apply, n, k): k eigenpairs at one end of the spectrum of a symmetric linear operator of which only products are known.
//
//     A u_i = lambda_i u_i + r_i,       |u_i| = 1,  r_i orthogonal to u_i
//
//     const auto top = curvature::lanczos<double>([&](const Vector<double>& v) -> Vector<double> { return a * v; }, n, 3);
//     top.values       // 3, largest algebraic first               top.products     // how often it was applied
//     top.vectors      // n x 3, orthonormal columns               top.status       // converged, or why not
//     top.residuals    // 3: |r_i|; an eigenvalue of A is at most that far from the value
//     const auto bottom = curvature::lanczos<double>(apply, n, 3, {.end = SpectrumEnd::smallest});
//     const auto again = curvature::lanczos<double>(apply_elsewhere, n, 3, {}, top.vectors);         // warm start
//
// Lanczos with full reorthogonalisation and thick restarts: when the basis is full it is cut down to its best Ritz vectors and grows
// on from there. A pair has converged when its residual is below tolerance |lambda_i|, or below what rounding leaves of the operator.
//
// EQUAL EIGENVALUES  One Krylov space has one vector of each eigenspace. So when all k have converged the search goes on from a fresh
// random direction orthogonal to them, until the largest value found there has settled; it ends when that is not above the k-th. An
// invariant space (the zero operator's: at once) is left in the same way. That costs about ten to thirty products, and finds every
// copy of a multiple eigenvalue. It also guards a warm start that knows nothing of a pair which has overtaken those it was made from.
// It is a search, not a proof: an eigenvector that the random directions happen to miss is not found.
//
// Source: Wu & Simon, Thick-restart Lanczos method for large symmetric eigenvalue problems, SIAM J. Matrix Anal. Appl. 22 (2000).
// Shapes: apply(v) takes and gives vectors of n. k above n gives all n. start n x any number: its columns' sum is where the space starts,
//   so that approximate eigenvectors should be of similar length. Memory: n x largest_basis numbers.
// Cost: the products, and for each of them 4 n m operations with m the size of the basis. Isolated eigenvalues take few products,
//   crowded ones many: about log(1 / tolerance) sqrt(spread of the spectrum / distance to what is not wanted).
// How it ends: converged; budget_spent: after most_products, with what it has (fewer than k pairs where it had fewer products);
//   non_finite: a product was NaN or infinite, and values, vectors and residuals are NaN.
// Errors: k below 1, n below 0, options out of bounds, a start of another length or not finite: InvalidArgument.

#include <drift/calculus/krylov_space.hpp>
#include <drift/calculus/products.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/norm.hpp>
#include <drift/core/random.hpp>
#include <drift/core/status.hpp>
#include <drift/core/types.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace drift::curvature {

/// Which eigenvalues come first.
enum class SpectrumEnd { largest, smallest, largest_magnitude };

struct LanczosOptions {
  SpectrumEnd end = SpectrumEnd::largest;

  /// A pair has converged at |r_i| <= tolerance |lambda_i|. Above 0; what is below 10 epsilon |A| counts as converged.
  double tolerance = 1e-8;

  /// So many basis vectors are kept at most. 0: chosen, 2 k + 20; otherwise k + 10 or above. A larger basis needs fewer products.
  Index largest_basis = 0;

  /// The search ends when the operator was applied so often. 1 or above.
  Index most_products = 10000;

  /// Where random directions come from; the same one gives the same search.
  Random random = Random(0);

  void validate() const {
    require_positive(tolerance, "tolerance");
    require(largest_basis >= 0, "largest_basis", largest_basis, "0 (chosen) or above");
    require(most_products >= 1, "most_products", most_products, "1 or above");
  }
};

/// R is the number type of the operator.
template <class R>
struct Eigenpairs {
  Vector<R> values;     ///< the wanted end first
  Matrix<R> vectors;    ///< orthonormal columns
  Vector<R> residuals;  ///< |A u - lambda u| of each, in the units of A, to rounding
  Index products = 0;   ///< how often the operator was applied
  Status status = Status::converged;
};

namespace detail {

/// The Ritz pairs of a small symmetric matrix, the wanted end first.
template <class R>
calculus::SymmetricEigen<R> ordered_eigen(const Matrix<R>& small, SpectrumEnd end) {
  using std::abs;
  const auto eigen = calculus::symmetric_eigen<R>(small);
  const Index m = small.rows();
  std::vector<Index> order(static_cast<std::size_t>(m));
  std::iota(order.begin(), order.end(), Index{0});
  const auto& values = eigen.values;
  if (end == SpectrumEnd::largest) std::reverse(order.begin(), order.end());
  if (end == SpectrumEnd::largest_magnitude) {
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return abs(values[a]) > abs(values[b]); });
  }
  calculus::SymmetricEigen<R> ordered{Vector<R>(m), Matrix<R>(m, m)};
  for (Index i = 0; i < m; ++i) {
    ordered.values[i] = values[order[static_cast<std::size_t>(i)]];
    ordered.vectors.col(i) = eigen.vectors.col(order[static_cast<std::size_t>(i)]);
  }
  return ordered;
}

/// The columns of v times y, in their place: v's first columns. A band of rows at a time, so that no second basis is needed.
template <class R>
void rotate(Eigen::Ref<Matrix<R>> v, const Matrix<R>& y) {
  constexpr Index band = 256;
  Matrix<R> rows, turned;
  for (Index first = 0; first < v.rows(); first += band) {
    const Index size = std::min(band, v.rows() - first);
    rows = v.middleRows(first, size);
    turned.resize(size, y.cols());
    calculus::add_product<R>({rows.data(), size, rows.cols()}, {y.data(), y.rows(), y.cols()},
                             {turned.data(), size, y.cols()}, {.accumulate = false});
    v.middleRows(first, size).leftCols(y.cols()) = turned;
  }
}

/// A V = V T + q b' + D: V the basis, T the projected matrix, q the next vector, b its couplings to the basis, and D what was given up
/// where the search began afresh; `dropped_` bounds the norms of D's columns.
template <class R>
class ThickRestartLanczos {
 public:
  /// `spare`: so many Ritz pairs more are given, where the basis has them, whatever their residuals.
  ThickRestartLanczos(calculus::LinearMap<R> map, Index n, Index k, const LanczosOptions& options, Index spare)
      : map_(std::move(map)),
        n_(n),
        k_(std::min(k, n)),
        spare_(spare),
        room_(std::min(n, options.largest_basis > 0 ? options.largest_basis : 2 * k_ + 20)),
        options_(options),
        random_(options.random),
        basis_(n, room_),
        projected_(Matrix<R>::Zero(room_, room_)),
        dropped_(Vector<R>::Zero(room_)) {}

  Eigenpairs<R> find(const Matrix<R>& start) {
    if (n_ == 0) return {Vector<R>(0), Matrix<R>(0, 0), Vector<R>(0), 0, Status::converged};
    begin_at(start);
    for (;;) {
      if (products_ >= options_.most_products) return result(Status::budget_spent);
      if (!extend()) return not_finite();
      if (!invariant_ && dimension_ < room_ && dimension_ < next_look_) continue;
      if (finished()) return result(Status::converged);
    }
  }

 private:
  /// One product, and the basis grows by the next vector. False where the product is not finite.
  bool extend() {
    const Index j = dimension_++;
    basis_.col(j) = next_;
    projected_.col(j).head(j) = couplings_;
    projected_.row(j).head(j) = couplings_.transpose();
    map_(next_, product_);
    ++products_;
    if (!product_.allFinite()) return false;
    // Lanczos' three terms first: what is left is mostly orthogonal to the basis up to rounding, and one pass over it is enough.
    const R diagonal = next_.dot(product_);
    next_.swap(product_);
    next_ -= diagonal * basis_.col(j);
    if (j > 0) next_ -= couplings_[j - 1] * basis_.col(j - 1);
    components_ = Vector<R>::Zero(j + 1);
    const R left = calculus::orthogonalise<R>(basis_.leftCols(j + 1), next_, components_, work_);
    projected_(j, j) = diagonal + components_[j];
    // What was given up when the search began afresh couples the older vectors to the newer ones, a little.
    projected_.col(j).head(fresh_) += components_.head(fresh_);
    projected_.row(j).head(fresh_) += components_.head(fresh_).transpose();
    size_ = std::max({size_, magnitude(projected_(j, j)), left});
    invariant_ = dimension_ == n_ || left <= rounding();
    if (!invariant_) next_ /= left;
    couplings_ = Vector<R>::Zero(dimension_);
    if (dimension_ < n_) couplings_[j] = left;
    return true;
  }

  /// Looks at the Ritz pairs. Unless the search is over there is room for another vector afterwards.
  bool finished() {
    ritz_ = ordered_eigen<R>(projected_.topLeftCorner(dimension_, dimension_), options_.end);
    next_look_ = dimension_ + std::max<Index>(4, dimension_ / 8);
    if (dimension_ == n_) return true;
    const Index converged = count_converged();
    if (converged < k_) {
      if (dimension_ == room_) keep(k_ + (room_ - k_) / 2);
      if (invariant_) begin_afresh();
      return false;
    }
    if (fresh_ > 0) {
      const auto newer =
          ordered_eigen<R>(projected_.block(fresh_, fresh_, dimension_ - fresh_, dimension_ - fresh_), options_.end);
      if (!has_settled(newer)) return false;
      if (others_ahead_of(newer.values) >= k_) return true;
    }
    keep(std::max(k_, std::min(converged, (room_ + k_) / 2)));
    begin_afresh();
    return false;
  }

  static R magnitude(const R& x) { return Eigen::numext::abs(x); }
  R rounding() const { return R(10) * epsilon<R>() * size_; }

  /// How many of the first Ritz pairs have converged. The margin is for what is given up here each time the search begins afresh, which
  /// adds up where equal eigenvalues mix.
  Index count_converged() const {
    constexpr double margin = 4;
    Index count = 0;
    for (; count < dimension_; ++count) {
      const R tolerated = R(options_.tolerance / margin) * magnitude(ritz_.values[count]);
      if (magnitude(couplings_.dot(ritz_.vectors.col(count))) > std::max(tolerated, rounding())) break;
    }
    return count;
  }

  /// Cuts the basis down to the first `kept` Ritz vectors.
  void keep(Index kept) {
    const Matrix<R> y = ritz_.vectors.leftCols(kept);
    rotate<R>(basis_.leftCols(dimension_), y);
    projected_.diagonal().head(kept) = ritz_.values.head(kept);
    for (Index j = 0; j < kept; ++j) {
      for (Index i = 0; i < j; ++i) projected_(i, j) = projected_(j, i) = R(0);
    }
    couplings_ = (y.transpose() * couplings_).eval();
    dropped_.head(kept) = (y.cwiseAbs().transpose() * dropped_.head(dimension_)).eval();
    dropped_.tail(room_ - kept).setZero();
    dimension_ = kept;
    fresh_ = 0;
    next_look_ = dimension_ + 4;
  }

  void begin_at(const Matrix<R>& start) {
    next_ = start.cols() > 0 ? Vector<R>(start.rowwise().sum()) : Vector<R>(Vector<R>::Zero(n_));
    const R norm = norm_of(next_);
    if (norm == R(0)) return begin_afresh();
    next_ /= norm;
  }

  /// The next vector is a random one, orthogonal to the basis and taken not to be coupled to it.
  void begin_afresh() {
    dropped_.head(dimension_) += couplings_.cwiseAbs();
    couplings_.setZero(dimension_);
    next_ = random_.template normal_vector<R>(n_);
    if (dimension_ > 0) {
      components_ = Vector<R>::Zero(dimension_);
      calculus::orthogonalise<R>(basis_.leftCols(dimension_), next_, components_, work_);
    }
    next_ /= next_.norm();
    fresh_ = dimension_;
    invariant_ = false;
    next_look_ = dimension_ + 4;
  }

  /// The search from the last fresh direction, of which these are the Ritz pairs, has come to the end of what it spans.
  bool has_settled(const calculus::SymmetricEigen<R>& newer) const {
    if (invariant_ || dimension_ == room_) return true;
    const R spread = newer.values.maxCoeff() - newer.values.minCoeff();
    return magnitude(couplings_[dimension_ - 1] * newer.vectors(newer.vectors.rows() - 1, 0)) <= R(0.05) * spread;
  }

  /// How many Ritz values of the older part of the basis are not behind the first of the newer part. The projected matrix is block
  /// diagonal up to the tolerance, so that its Ritz values are those of both.
  Index others_ahead_of(const Vector<R>& newer) const {
    const R first = newer[0];
    const R slack = std::max(R(R(options_.tolerance) * magnitude(first)), rounding());
    const auto ahead = [&](const R& value) {
      switch (options_.end) {
        case SpectrumEnd::largest: return value >= first - slack;
        case SpectrumEnd::smallest: return value <= first + slack;
        case SpectrumEnd::largest_magnitude: break;
      }
      return magnitude(value) >= magnitude(first) - slack;
    };
    const Vector<R>& all = ritz_.values;
    return std::count_if(all.begin(), all.end(), ahead) - std::count_if(newer.begin(), newer.end(), ahead);
  }

  Eigenpairs<R> result(Status status) {
    ritz_ = ordered_eigen<R>(projected_.topLeftCorner(dimension_, dimension_), options_.end);
    const Index given = std::min(k_ + spare_, dimension_);
    const Matrix<R> y = ritz_.vectors.leftCols(given);
    const Vector<R> coupled = y.transpose() * couplings_;
    const Vector<R> dropped = y.cwiseAbs().transpose() * dropped_.head(dimension_);
    rotate<R>(basis_.leftCols(dimension_), y);
    return {ritz_.values.head(given), basis_.leftCols(given), coupled.cwiseAbs() + dropped, products_, status};
  }

  Eigenpairs<R> not_finite() const {
    const R nan = Eigen::NumTraits<R>::quiet_NaN();
    return {Vector<R>::Constant(k_, nan), Matrix<R>::Constant(n_, k_, nan), Vector<R>::Constant(k_, nan), products_,
            Status::non_finite};
  }

  calculus::LinearMap<R> map_;
  Index n_, k_, spare_, room_;
  LanczosOptions options_;
  Random random_;
  Matrix<R> basis_, projected_;
  Vector<R> couplings_, dropped_;
  Vector<R> next_, product_, components_, work_;
  R size_ = R(0);  // a lower bound of |A|
  Index dimension_ = 0, products_ = 0;
  Index fresh_ = 0;  // where the basis began afresh since it was cut down; 0: it did not
  Index next_look_ = 0;
  bool invariant_ = false;
  calculus::SymmetricEigen<R> ritz_;
};

/// Not inlined: each number type is compiled once.
template <class R>
[[gnu::noinline]] Eigenpairs<R> eigenpairs(calculus::LinearMap<R> map, Index n, Index k, const LanczosOptions& options,
                                           const Matrix<R>& start, Index spare = 0) {
  require(n >= 0, "n", n, "0 or above");
  require(k >= 1, "k", k, "1 or above");
  options.validate();
  require(options.largest_basis == 0 || options.largest_basis >= std::min(k + 10, n), "largest_basis",
          options.largest_basis, "0 (chosen) or at least k + 10 = " + std::to_string(k + 10));
  require(start.cols() == 0 || start.rows() == n, "rows of the start", start.rows(),
          std::to_string(n) + ", the operator's dimension");
  require(start.allFinite(), "start", "not finite", "a matrix of finite numbers");
  return ThickRestartLanczos<R>(std::move(map), n, k, options, spare).find(start);
}

}  // namespace detail

/// k eigenpairs of the symmetric operator `apply` of n dimensions. R is its number type: lanczos<double>(...).
template <class R, class Apply>
  requires requires(Apply& apply, const Vector<R>& v) {
    { apply(v) } -> VectorOver<R>;
  }
Eigenpairs<R> lanczos(Apply&& apply, Index n, Index k, const LanczosOptions& options = {},
                      const Matrix<R>& start = {}) {
  const auto map = [&apply](const Vector<R>& v, Vector<R>& result) { result = apply(v); };
  return detail::eigenpairs<R>(map, n, k, options, start);
}

}  // namespace drift::curvature
