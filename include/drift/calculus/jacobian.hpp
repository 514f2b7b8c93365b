#pragma once
// jacobian(f, x): the matrix of first derivatives of a field or an update, any callable Vector -> Vector, exact to rounding.
//
//     J(i, j) = d f_i / d x_j = Im f_i(x + i d e_j) / d,     d tiny: no difference is taken, so nothing cancels
//
//     Matrix<double> J = jacobian(flows::modified<3>(problem, h), x);
//     Matrix<double> M = jacobian(games::alternating(game, rates), z);
//
// f must take complex vectors and be analytic: drift's flows and updates are where their losses are holomorphic (core/concepts.hpp). One that
// only takes real vectors does not compile here. f(x) itself must be real.
// Source: Squire & Trapp, SIAM Review 40 (1998). Shapes: (length of f(x)) x (length of x). Cost: a complex evaluation of f a column.
// Failure: a branch that f takes by a real part is followed as at x. Non-finite values pass through.

#include <drift/core/concepts.hpp>
#include <drift/core/types.hpp>

#include <utility>

namespace drift {

template <class F, VectorExpression X>
  requires(!is_complex<ScalarOf<X>>)
Matrix<ScalarOf<X>> jacobian(const F& f, const X& x) {
  using R = ScalarOf<X>;
  static_assert(VectorField<F, Complex<R>>,
                "jacobian(f, x) needs f to take complex vectors and return a Vector, not an Eigen expression");
  const Index n = x.size();
  const R step = epsilon<R>() * epsilon<R>();  // its square is far below rounding, its products far above underflow
  Vector<Complex<R>> moved = x.template cast<Complex<R>>();
  Matrix<R> j;
  for (Index column = 0; column < n; ++column) {
    const Complex<R> here = moved[column];
    moved[column] = Complex<R>(here.real(), step);
    const Vector<Complex<R>> image = f(std::as_const(moved));
    moved[column] = here;
    if (column == 0) j.resize(image.size(), n);
    j.col(column) = image.imag() / step;
  }
  return j;
}

}  // namespace drift
