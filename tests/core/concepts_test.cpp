#include <drift/calculus/check_derivatives.hpp>
#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/expansion.hpp>
#include <drift/core/concepts.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

// The ten-line models of the contract page, one for each tier, and what each promises.

/// Tier 1: the model in concepts.hpp.
struct Bowl {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  Vector<double> gradient(const Vector<double>& theta) const { return theta; }
};

/// Tier 2: one member more.
struct BowlWithProducts : Bowl {
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const { return v; }
};

/// An Expansion from nothing: E = (theta_0^2 + theta_1^3)/2 on plain vectors, E' = (theta_0, 3/2 theta_1^2).
template <class S>
class CubicExpansion {
 public:
  explicit CubicExpansion(const Vector<S>& theta) { move_to(theta); }
  const Vector<S>& state() const { return thetas_[0]; }
  S value() const { return (thetas_[0][0] * thetas_[0][0] + thetas_[0][1] * thetas_[0][1] * thetas_[0][1]) / S(2); }
  const Vector<S>& gradient() const { return gradients_[0]; }
  Index stage() const { return stage_; }
  const Vector<S>& push(const Vector<S>& direction) {
    ++stage_;
    return fill(stage_, direction);
  }
  const Vector<S>& push_zero() { return push(Vector<S>::Zero(2)); }
  void rewind(Index stage) { stage_ = stage; }
  void move_to(const Vector<S>& theta) {
    stage_ = 0;
    fill(0, theta);
  }

 private:
  const Vector<S>& fill(Index m, Vector<S> theta) {
    const auto slot = static_cast<std::size_t>(m);
    REQUIRE(slot < 16);
    thetas_[slot] = std::move(theta);
    S square(0);
    for (std::size_t a = 0; a <= slot; ++a) square += thetas_[a][1] * thetas_[slot - a][1];
    gradients_[slot] = Vector<S>(2);
    gradients_[slot] << thetas_[slot][0], S(1.5) * square;
    return gradients_[slot];
  }
  std::array<Vector<S>, 16> thetas_, gradients_;
  Index stage_ = 0;
};

/// Tier 3.
struct Cubic {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& theta) const { return CubicExpansion<double>(theta).value(); }
  Vector<double> gradient(const Vector<double>& theta) const { return CubicExpansion<double>(theta).gradient(); }
  CubicExpansion<double> expand(const Vector<double>& theta) const { return CubicExpansion<double>(theta); }
};

/// Tier 4: the same at complex states.
struct HolomorphicCubic {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& theta) const { return CubicExpansion<double>(theta).value(); }
  Vector<double> gradient(const Vector<double>& theta) const { return CubicExpansion<double>(theta).gradient(); }
  CubicExpansion<double> expand(const Vector<double>& theta) const { return CubicExpansion<double>(theta); }
  CubicExpansion<std::complex<double>> expand(const Vector<std::complex<double>>& theta) const {
    return CubicExpansion<std::complex<double>>(theta);
  }
};

struct NoScalar {
  Index dimension() const;
  double value(const Vector<double>&) const;
  Vector<double> gradient(const Vector<double>&) const;
};
struct NoDimension {
  using Scalar = double;
  double value(const Vector<double>&) const;
  Vector<double> gradient(const Vector<double>&) const;
};
struct NoValue {
  using Scalar = double;
  Index dimension() const;
  Vector<double> gradient(const Vector<double>&) const;
};
struct NoGradient {
  using Scalar = double;
  Index dimension() const;
  double value(const Vector<double>&) const;
};
struct NotConst {
  using Scalar = double;
  Index dimension() const;
  double value(const Vector<double>&);
  Vector<double> gradient(const Vector<double>&) const;
};

Vector<double> point() {
  Vector<double> x(2);
  x << 0.5, -2;
  return x;
}

}  // namespace

TEST_CASE("the models of each tier satisfy their concept and no stronger one", "[concepts]") {
  STATIC_REQUIRE(Problem<Bowl>);
  STATIC_REQUIRE_FALSE(SecondOrderProblem<Bowl>);
  STATIC_REQUIRE(SecondOrderProblem<BowlWithProducts>);
  STATIC_REQUIRE_FALSE(ExpandableProblem<BowlWithProducts>);
  STATIC_REQUIRE(ExpandableProblem<Cubic>);
  STATIC_REQUIRE(SecondOrderProblem<Cubic>);
  STATIC_REQUIRE_FALSE(HolomorphicProblem<Cubic>);
  STATIC_REQUIRE_FALSE(NestableProblem<Cubic>);
  STATIC_REQUIRE(HolomorphicProblem<HolomorphicCubic>);
  STATIC_REQUIRE(AcceptsScalar<Bowl, double>);
  STATIC_REQUIRE_FALSE(AcceptsScalar<Cubic, std::complex<double>>);
  STATIC_REQUIRE(AcceptsScalar<HolomorphicCubic, std::complex<double>>);
  STATIC_REQUIRE_FALSE(AcceptsScalar<Bowl, float>);
}

TEST_CASE("a class of each tier works with what its tier promises", "[concepts]") {
  const auto expect = [](const auto& problem) {
    const auto report = check_derivatives(problem, point());
    INFO(report);
    CHECK(report.passed());
  };
  expect(Bowl{});
  expect(BowlWithProducts{});
  expect(Cubic{});
  expect(HolomorphicCubic{});

  CHECK(value(Bowl{}, point()) == 2.125);
  CHECK(gradient(Bowl{}, 2 * point()) == Vector<double>(2 * point()));
  CHECK(hessian(BowlWithProducts{}, point()) == Matrix<double>::Identity(2, 2));
  Matrix<double> h(2, 2);
  h << 1, 0, 0, -6;
  CHECK(hessian(Cubic{}, point()) == h);
  Vector<double> u(2), v(2);
  u << 1, 2;
  v << -1, 3;
  CHECK(third_derivative(Cubic{}, point(), u, v)[1] == Approx(3 * 2 * 3));
  CHECK(derivative_along(Cubic{}, point(), u, 2)[1] == Approx(3 * 4));
  using C = std::complex<double>;
  const Vector<C> z = point() + C(0, 1) * u;
  CHECK(gradient(HolomorphicCubic{}, z)[1] == 1.5 * z[1] * z[1]);
  CHECK(hessian_vector_product(HolomorphicCubic{}, z, u)[1] == 3.0 * z[1] * 2.0);
}

TEST_CASE("a class that lacks a member fails the concept of that member alone", "[concepts]") {
  STATIC_REQUIRE_FALSE(HasScalar<NoScalar>);
  STATIC_REQUIRE_FALSE(Problem<NoScalar>);
  STATIC_REQUIRE_FALSE(HasDimension<NoDimension>);
  STATIC_REQUIRE((HasValue<NoDimension> && HasGradient<NoDimension> && !Problem<NoDimension>));
  STATIC_REQUIRE((!HasValue<NoValue> && HasGradient<NoValue> && !Problem<NoValue>));
  STATIC_REQUIRE((HasValue<NoGradient> && !HasGradient<NoGradient> && !Problem<NoGradient>));
  STATIC_REQUIRE_FALSE(HasValue<NotConst>);
  CHECK(true);
}

TEST_CASE("a member that returns vectors of another scalar does not count", "[concepts]") {
  struct FloatGradient : Bowl {
    Vector<float> gradient(const Vector<double>& theta) const { return theta.cast<float>(); }
  };
  struct RealExpand : Cubic {};  // its expand takes a complex state by Eigen's conversion, in a concept
  STATIC_REQUIRE_FALSE(HasGradient<FloatGradient>);
  STATIC_REQUIRE(HasExpand<RealExpand, double>);
  STATIC_REQUIRE_FALSE(HasExpand<RealExpand, std::complex<double>>);
  const auto real_step = [](const Vector<double>& x) { return Vector<double>(x / 2); };
  STATIC_REQUIRE_FALSE(Update<decltype(real_step), std::complex<double>>);
  CHECK(real_step(Vector<double>::Ones(1))[0] == 0.5);
}

TEST_CASE("updates, fields and observers are told by their signature", "[concepts]") {
  const auto step = [](const Vector<double>& x) { return Vector<double>(x / 2); };
  const auto doubled = [](const Vector<double>& x) { return 2.0 * x.sum(); };
  STATIC_REQUIRE(Update<decltype(step), double>);
  STATIC_REQUIRE_FALSE(Update<decltype(doubled), double>);
  STATIC_REQUIRE(VectorField<decltype(step), double>);
  STATIC_REQUIRE_FALSE(VectorField<decltype(doubled), double>);
  STATIC_REQUIRE_FALSE(HasStepTime<decltype(step)>);
  const auto silent = [](double) {};
  const auto stops = [](double) { return Next::stop; };
  const auto wrong = [](double) { return 3.5; };
  STATIC_REQUIRE(Observer<decltype(silent), double>);
  STATIC_REQUIRE(Observer<decltype(stops), double>);
  STATIC_REQUIRE_FALSE(Observer<decltype(wrong), double>);
  STATIC_REQUIRE_FALSE(Observer<decltype(silent), std::string>);
  CHECK(step(Vector<double>::Ones(1))[0] == 0.5);
}
