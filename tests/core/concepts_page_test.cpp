// The models in the header comment of core/concepts.hpp, word for word, and what each tier promises of them.
#include <catch2/catch.hpp>

#include <drift/calculus/check_derivatives.hpp>
#include <drift/calculus/derivatives.hpp>
#include <drift/flows/modified.hpp>
#include <drift/flows/principal.hpp>

#include <deque>

using namespace drift;

namespace {

struct Bowl {
  using Scalar = double;
  Index dimension() const { return 2; }
  double value(const Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  Vector<double> gradient(const Vector<double>& theta) const { return theta; }
};

struct CurvedBowl : Bowl {
  Vector<double> hessian_vector_product(const Vector<double>&, const Vector<double>& v) const { return v; }
};

template <class S>
struct BowlExpansion {
  std::deque<Vector<S>> curve;
  const Vector<S>& state() const { return curve[0]; }
  S value() const { return curve[0].cwiseProduct(curve[0]).sum() / S(2); }
  const Vector<S>& gradient() const { return curve[0]; }
  const Vector<S>& push(const Vector<S>& v) { return curve.emplace_back(v); }
  const Vector<S>& push_zero() { return push(Vector<S>::Zero(curve[0].size())); }
  void rewind(Index k) { curve.resize(static_cast<std::size_t>(k) + 1); }
  Index stage() const { return static_cast<Index>(curve.size()) - 1; }
  void move_to(const Vector<S>& theta) { curve = {theta}; }
};

struct ExpandableBowl : Bowl {
  BowlExpansion<double> expand(const Vector<double>& theta) const { return {{theta}}; }
  BowlExpansion<std::complex<double>> expand(const Vector<std::complex<double>>& z) const { return {{z}}; }
};

static_assert(Problem<Bowl> && !SecondOrderProblem<Bowl>);
static_assert(SecondOrderProblem<CurvedBowl> && !ExpandableProblem<CurvedBowl>);
static_assert(HolomorphicProblem<ExpandableBowl> && Expansion<BowlExpansion<double>, double>);

}  // namespace

TEST_CASE("the models of the concepts page are right, by check_derivatives", "[concepts]") {
  const Vector<double> x{{0.5, -2}};
  CHECK(check_derivatives(Bowl{}, x).passed());
  CHECK(check_derivatives(CurvedBowl{}, x).passed());
  CHECK(check_derivatives(ExpandableBowl{}, x).passed());
}

TEST_CASE("the models of the concepts page have their tier's flows", "[concepts]") {
  const Vector<double> x{{0.5, -2}};
  const double h = 0.25;
  CHECK((flows::modified<1>(Bowl{}, h)(x) + x).norm() == 0);
  CHECK((flows::modified<2>(CurvedBowl{}, h)(x) + (1 + h / 2) * x).norm() < 1e-15);
  CHECK((flows::modified<3>(ExpandableBowl{}, h)(x) + (1 + h / 2 + h * h / 3) * x).norm() < 1e-15);
  const Vector<std::complex<double>> z = std::complex<double>(0, 1) * x;
  const std::complex<double> alpha = std::log(1 - h) / h;
  CHECK((flows::principal(ExpandableBowl{}, h)(z) - alpha * z).norm() < 1e-14);
}
