#pragma once
// hessian_at(problem, x): the Hessian at one point as a callable, v -> H(x) v, with the point's own evaluation paid once.
//
//     auto hessian = curvature::hessian_at(problem, x);
//     const Vector<double> hv = hessian(v);
//     hessian(v, hv);                                       // into hv; so std::ref(hessian) is a calculus::LinearMap
//
// What Lanczos and the other searches of this folder take. The problem and x must outlive it, and the vector that it returns is
// overwritten by the next call. Of an expandable problem it borrows an expansion, moved to x for products alone.
//
// Cost: at first one evaluation without the gradient (of a network about a third of one), then a Hessian-vector product a call, about
//   two gradients. Needs: tier 2. Errors: x or v of the wrong length: InvalidArgument.

#include <drift/calculus/derivatives.hpp>
#include <drift/core/concepts.hpp>
#include <drift/core/errors.hpp>

#include <utility>

namespace drift::curvature {

/// v -> H v, as a value and into a vector. `product` gives a vector or a reference to one.
template <class S, class Product>
class HessianAt {
 public:
  explicit HessianAt(Product product) : product_(std::move(product)) {}

  decltype(auto) operator()(const Vector<S>& v) { return product_(v); }
  void operator()(const Vector<S>& v, Vector<S>& hv) { hv = product_(v); }

 private:
  Product product_;
};

template <class S, class Product>
HessianAt<S, Product> make_hessian_at(Product product) {
  return HessianAt<S, Product>(std::move(product));
}

template <SecondOrderProblem P>
auto hessian_at(const P& problem, const Vector<ScalarOfProblem<P>>& x) {
  using S = ScalarOfProblem<P>;
  if constexpr (HasExpand<P, S>) {
    return make_hessian_at<S>(
        [e = calculus::borrow_expansion(problem, x, Wanted::products)](const Vector<S>& v) mutable -> const Vector<S>& {
          e->rewind(0);
          return e->push(v);
        });
  } else {
    require_size(x, problem.dimension(), "theta");
    return make_hessian_at<S>([&problem, &x](const Vector<S>& v) -> Vector<S> {
      require_size(v, problem.dimension(), "v");
      return problem.hessian_vector_product(x, v);
    });
  }
}

}  // namespace drift::curvature
