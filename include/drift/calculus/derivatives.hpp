#pragma once
// Derivatives of a Problem at a point, by free functions that take any Eigen expression and return by value.
//
//     value(p, x)   gradient(p, x)   value_and_gradient(p, x)   hessian_vector_product(p, x, v)   hessian(p, x)
//     hessian_vector_products(p, x, V)
//     third_derivative(p, x, u, v) = D^3 E(x)[u, v, .]
//     derivative_along(p, x, v, k) = D^(k+1) E(x)[v, ..., v, .]       directional_derivatives(p, x, v, n): E, DE[v], D^2E[v,v], ...
//
// All are exact: each is a few lines on top of an Expansion. Where a Problem is holomorphic the point, and with it the result,
// may be complex; products are never conjugated. An expansion is borrowed from the problem's pool where it has one, so that
// repeated calls reuse memory.
//
// Cost in gradients of a network: Hessian-vector product 2 to 2.5, Hessian n cached products, third derivative 3 to 5.
// Errors: a vector of the wrong length throws InvalidArgument.

#include <drift/calculus/expansion.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/team.hpp>

#include <string>
#include <utility>

namespace drift {

namespace calculus {

/// An expansion that the caller owns, with the look of a lease from a pool.
template <class E>
class Owned {
 public:
  explicit Owned(E expansion) : expansion_(std::move(expansion)) {}
  E& operator*() { return expansion_; }
  E* operator->() { return &expansion_; }

 private:
  E expansion_;
};

/// An expansion of the problem at x for a while: out of its pool if it has one, else made.
template <class P, VectorExpression X>
auto borrow_expansion(const P& problem, const X& x, [[maybe_unused]] Wanted wanted = Wanted::gradient) {
  static_assert(
      HasExpand<P, ScalarOf<X>>,
      "this needs problem.expand(theta): an ExpandableProblem, or a HolomorphicProblem where the state is complex "
      "(core/concepts.hpp)");
  require_expansion<decltype(problem.expand(evaluated(x))), ScalarOf<X>>();
  require_size(x, problem.dimension(), "theta");
  if constexpr (requires { problem.borrow(x, wanted); }) {
    return problem.borrow(x, wanted);
  } else if constexpr (requires { problem.borrow(x); }) {
    return problem.borrow(x);
  } else {
    return Owned(problem.expand(evaluated(x)));
  }
}

}  // namespace calculus

template <class Scalar>
struct ValueAndGradient {
  Scalar value;
  Vector<Scalar> gradient;
};

/// E(x).
template <Problem P, StateOver<ScalarOfProblem<P>> X>
ScalarOf<X> value(const P& problem, const X& x) {
  require_size(x, problem.dimension(), "theta");
  if constexpr (is_complex<ScalarOf<X>>) {
    return calculus::borrow_expansion(problem, x)->value();
  } else {
    return problem.value(evaluated(x));
  }
}

/// grad E(x), a vector of the problem's dimension.
template <Problem P, StateOver<ScalarOfProblem<P>> X>
Vector<ScalarOf<X>> gradient(const P& problem, const X& x) {
  require_size(x, problem.dimension(), "theta");
  if constexpr (is_complex<ScalarOf<X>>) {
    return calculus::borrow_expansion(problem, x)->gradient();
  } else {
    return problem.gradient(evaluated(x));
  }
}

/// Both, for the price of the gradient where the problem is expandable.
template <Problem P, StateOver<ScalarOfProblem<P>> X>
ValueAndGradient<ScalarOf<X>> value_and_gradient(const P& problem, const X& x) {
  if constexpr (HasExpand<P, ScalarOf<X>>) {
    auto e = calculus::borrow_expansion(problem, x);
    return {e->value(), e->gradient()};
  } else {
    return {value(problem, x), gradient(problem, x)};
  }
}

/// H(x) v. At a real point v may be complex: H is then applied to both parts.
template <SecondOrderProblem P, StateOver<ScalarOfProblem<P>> X, VectorExpression V>
Vector<Promoted<ScalarOf<X>, ScalarOf<V>>> hessian_vector_product(const P& problem, const X& x, const V& v) {
  using S = ScalarOf<X>;
  require_size(v, problem.dimension(), "v");
  if constexpr (is_complex<ScalarOf<V>> && !is_complex<S>) {
    Vector<Complex<S>> product(v.size());
    product.real() = hessian_vector_product(problem, x, v.real());
    product.imag() = hessian_vector_product(problem, x, v.imag());
    return product;
  } else if constexpr (HasExpand<P, S>) {
    auto e = calculus::borrow_expansion(problem, x, Wanted::products);
    return e->push(Vector<S>(v.template cast<S>()));
  } else {
    require_size(x, problem.dimension(), "theta");
    return problem.hessian_vector_product(evaluated(x), evaluated(v));
  }
}

/// H(x) V for a matrix of directions, n x any number: the primal is evaluated once. With more threads each takes a share of the
/// columns (and evaluates the primal for itself), which pays also where the examples are too few to be shared; the problem must
/// then allow several evaluations at once, as all of the library's do. Every number of threads gives the same bits.
template <SecondOrderProblem P, StateOver<ScalarOfProblem<P>> X, class V>
  requires std::same_as<ScalarOf<V>, ScalarOf<X>>
Matrix<ScalarOf<X>> hessian_vector_products(const P& problem, const X& x, const Eigen::MatrixBase<V>& directions,
                                            int threads = 1) {
  using S = ScalarOf<X>;
  require_size(x, problem.dimension(), "theta");
  require(directions.rows() == problem.dimension(), "rows of the directions", directions.rows(),
          std::to_string(problem.dimension()) + ", the problem's dimension");
  require(threads >= 1, "threads", threads, "1 or more");
  Matrix<S> products(directions.rows(), directions.cols());
  const auto fill = [&](Index first, Index last) {
    if (first == last) return;
    Vector<S> v;
    if constexpr (HasExpand<P, S>) {
      auto e = calculus::borrow_expansion(problem, x, Wanted::products);
      for (Index i = first; i < last; ++i) {
        v = directions.col(i);
        e->rewind(0);
        products.col(i) = e->push(v);
      }
    } else {
      for (Index i = first; i < last; ++i) {
        v = directions.col(i);
        products.col(i) = problem.hessian_vector_product(evaluated(x), v);
      }
    }
  };
  const Index columns = directions.cols();
  const int useful = columns < threads ? static_cast<int>(columns) : threads;
  if (useful <= 1) {
    fill(0, columns);
  } else {
    borrow_team(useful)->run([&](int worker) { fill(columns * worker / useful, columns * (worker + 1) / useful); });
  }
  return products;
}

/// The whole Hessian, n x n: its product with every unit vector.
template <SecondOrderProblem P, StateOver<ScalarOfProblem<P>> X>
Matrix<ScalarOf<X>> hessian(const P& problem, const X& x, int threads = 1) {
  const Index n = problem.dimension();
  return hessian_vector_products(problem, x, Matrix<ScalarOf<X>>::Identity(n, n), threads);
}

/// D^(k+1) E(x)[v, ..., v, .] with k copies of v, a vector; k! times the t^k coefficient of grad E(x + t v).
/// k = 0 is the gradient, k = 1 the Hessian-vector product.
template <ExpandableProblem P, StateOver<ScalarOfProblem<P>> X, VectorExpression V>
Vector<ScalarOf<X>> derivative_along(const P& problem, const X& x, const V& v, int k) {
  using S = ScalarOf<X>;
  require(k >= 0, "k", k, "0 or more");
  require_size(v, problem.dimension(), "v");
  auto e = calculus::borrow_expansion(problem, x);
  Vector<S> result = e->gradient();
  Real<S> factorial(1);
  for (int i = 1; i <= k; ++i) {
    factorial *= Real<S>(i);
    result = i == 1 ? e->push(Vector<S>(v.template cast<S>())) : e->push_zero();
  }
  return result * S(factorial);
}

/// E(x), DE(x)[v], D^2E(x)[v, v], ..., D^nE(x)[v, ..., v]: n + 1 numbers, from n - 1 pushes.
template <ExpandableProblem P, StateOver<ScalarOfProblem<P>> X, VectorExpression V>
Vector<ScalarOf<X>> directional_derivatives(const P& problem, const X& x, const V& v, int n) {
  using S = ScalarOf<X>;
  require(n >= 0, "n", n, "0 or more");
  require_size(v, problem.dimension(), "v");
  const Vector<S> direction = v.template cast<S>();
  auto e = calculus::borrow_expansion(problem, x);
  Vector<S> result(n + 1);
  result[0] = e->value();
  Real<S> factorial(1);  // (k - 1)!: d^k/dt^k E = d^(k-1)/dt^(k-1) of grad E . v
  for (int k = 1; k <= n; ++k) {
    if (k > 1) factorial *= Real<S>(k - 1);
    const Vector<S>& g = k == 1 ? e->gradient() : k == 2 ? e->push(direction) : e->push_zero();
    result[k] = S(factorial) * g.cwiseProduct(direction).sum();
  }
  return result;
}

/// D^3 E(x)[u, v, .], a vector. With u equal to v one curve; otherwise an expansion with an infinitesimal beside t
/// (calculus/stage.hpp) where the problem offers one. For other problems polarisation with v scaled to |u|, which is exact up
/// to rounding of the order of |D^3 E| |u| |v| epsilon.
template <ExpandableProblem P, StateOver<ScalarOfProblem<P>> X, VectorExpression U, VectorExpression V>
Vector<ScalarOf<X>> third_derivative(const P& problem, const X& x, const U& u, const V& v) {
  using S = ScalarOf<X>;
  require_size(u, problem.dimension(), "u");
  require_size(v, problem.dimension(), "v");
  const Vector<S> a = u.template cast<S>();
  const Vector<S> b = v.template cast<S>();
  if (a == b) return derivative_along(problem, x, a, 2);
  if constexpr (NestableProblem<P, S>) {
    auto e = problem.expand(evaluated(x), 1);
    e.push(a);             // the infinitesimal's direction
    e.push(b);             // t's
    return e.push_zero();  // the coefficient of their product
  } else {
    const Real<S> a_norm = a.stableNorm(), b_norm = b.stableNorm();
    if (a_norm == Real<S>(0) || b_norm == Real<S>(0)) return Vector<S>::Zero(a.size());
    const Vector<S> scaled = b * S(a_norm / b_norm);
    const Vector<S> sum = derivative_along(problem, x, Vector<S>(a + scaled), 2);
    return (sum - derivative_along(problem, x, Vector<S>(a - scaled), 2)) * S(b_norm / a_norm / Real<S>(4));
  }
}

}  // namespace drift
