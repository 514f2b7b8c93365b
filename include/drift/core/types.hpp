#pragma once
// The number and array types that every other header is written in.
//
// A Problem's number type is called Scalar: float, double, long double or a multiprecision type that Eigen knows. A state
// is a Vector<Scalar>; at a HolomorphicProblem it may also be a Vector<std::complex<Scalar>>. Data are matrices of
// examples x features, column-major, so that the values of one feature are contiguous.

#include <Eigen/Core>

#include <complex>
#include <concepts>
#include <type_traits>

namespace drift {

using Index = Eigen::Index;

template <class T>
using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// The real type under T: double for both double and std::complex<double>.
template <class T>
using Real = typename Eigen::NumTraits<T>::Real;

template <class T>
using Complex = std::complex<Real<T>>;

template <class T>
inline constexpr bool is_complex = Eigen::NumTraits<T>::IsComplex != 0;

/// The spacing of numbers of type T next to one.
template <class T>
Real<T> epsilon() {
  return Eigen::NumTraits<Real<T>>::epsilon();
}

/// The number type of an Eigen expression.
template <class Expression>
using ScalarOf = typename std::decay_t<Expression>::Scalar;

/// The wider of two scalars: complex as soon as one of them is.
template <class A, class B>
using Promoted = std::conditional_t<is_complex<A>, A, std::conditional_t<is_complex<B>, B, A>>;

namespace detail {
template <class Derived>
void takes_expression(const Eigen::MatrixBase<Derived>&);
}

/// Any Eigen vector expression: a Vector, 2 * x, x.head(3), ...
template <class X>
concept VectorExpression = requires(const X& x) { detail::takes_expression(x); };

/// A state at which a problem over numbers of type S can be asked: S itself or, where it is holomorphic, the complex of it.
template <class X, class S>
concept StateOver =
    VectorExpression<X> && (std::same_as<typename X::Scalar, S> || std::same_as<typename X::Scalar, Complex<S>>);

/// The expression as a Vector: the very object if it is one, otherwise its value.
template <class T>
const Vector<T>& evaluated(const Vector<T>& x) {
  return x;
}
template <VectorExpression X>
Vector<typename X::Scalar> evaluated(const X& x) {
  return x;
}

}  // namespace drift
