#pragma once
// expect_derivatives(problem, x): value, gradient, Hessian and third order of a Problem against differences of plain
// evaluations of its value in double. One harness for every loss, layer and regulariser.
//
//     expect_derivatives(problem, x);                                                 // against problem.value
//     expect_derivatives(problem, x, plain);                                          // against double plain(const
//              Vector<double>&)
//     expect_derivatives(problem, x, plain, {.gradient = 1e-7});
//
// Only values enter what is compared with: E along straight lines through x, its first three derivatives by central
// differences, extrapolated. The Hessian's and the third form's entries come from those by polarisation, so nothing
// that the library differentiates is compared with itself. With more than `coordinates` components a spread of them and
// random directions take the place of all.

#include <catch2/catch.hpp>
#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/richardson.hpp>
#include <drift/core/random.hpp>

#include <algorithm>
#include <string>
#include <vector>

/// Relative to the largest entry of each derivative (or to 1 where it is below 1).
struct DerivativeTolerances {
  double value = 1e-13;
  double gradient = 1e-9;
  double hessian = 1e-7;
  double third = 1e-5;
  drift::Index coordinates = 12;
  double offset = 0.125;
};

namespace expected {

/// d^k/dt^k E(x + t u) at 0 for k = 1, 2, 3.
template <class Plain>
double along(const Plain& plain, const drift::Vector<double>& x, const drift::Vector<double>& u, int k, double offset) {
  using drift::Vector;
  const auto e = [&](double t) { return static_cast<double>(plain(Vector<double>(x + t * u))); };
  const double centre = e(0);
  const auto stencil = [&](double h) -> Vector<double> {
    const double d = k == 1   ? (e(h) - e(-h)) / (2 * h)
                     : k == 2 ? (e(h) - 2 * centre + e(-h)) / (h * h)
                              : (e(2 * h) - 2 * e(h) + 2 * e(-h) - e(-2 * h)) / (2 * h * h * h);
    return Vector<double>::Constant(1, d);
  };
  const double noise = 1e-16 * (1 + std::abs(centre));
  return drift::calculus::richardson<double>(stencil, offset / std::max(1.0, u.norm()), 8, noise, k).value[0];
}

}  // namespace expected

template <drift::Problem P, class Plain>
  requires std::invocable<const Plain&, const drift::Vector<double>&>
void expect_derivatives(const P& problem, const drift::Vector<double>& x, const Plain& plain,
                        const DerivativeTolerances& tolerances = {}) {
  using drift::Index, drift::Matrix, drift::Vector;
  const Index n = x.size();
  REQUIRE(problem.dimension() == n);
  INFO("at x = " << x.transpose());
  const auto near = [](const std::string& what, double actual, double wanted, double scale, double tolerance) {
    INFO(what << ": " << actual << ", by differences of values " << wanted);
    CHECK(std::abs(actual - wanted) <= tolerance * std::max(1.0, scale));
  };

  const double value = static_cast<double>(drift::value(problem, x));
  near("value", value, static_cast<double>(plain(x)), std::abs(value), tolerances.value);

  // The directions: unit vectors (all, or some of them) and, where not all, random ones.
  drift::Random random(7);
  std::vector<Vector<double>> units;
  std::vector<std::string> names;
  const Index count = std::min(n, tolerances.coordinates);
  for (Index j = 0; j < count; ++j) {
    const Index i = count == n ? j : j * n / count;
    units.push_back(Vector<double>::Unit(n, i));
    names.push_back(std::to_string(i));
  }
  for (int k = 0; count < n && k < 3; ++k) {
    Vector<double> u = random.normal_vector(n);
    units.push_back(u / u.norm());
    names.push_back("random " + std::to_string(k));
  }
  const double offset = tolerances.offset;

  const Vector<double> g = drift::gradient(problem, x);
  REQUIRE(g.size() == n);
  for (std::size_t i = 0; i < units.size(); ++i) {
    near("gradient along " + names[i], g.dot(units[i]), expected::along(plain, x, units[i], 1, offset),
         g.cwiseAbs().maxCoeff(), tolerances.gradient);
  }

  if constexpr (drift::SecondOrderProblem<P>) {
    std::vector<Vector<double>> products;
    double scale = 0;
    for (const Vector<double>& u : units) {
      products.push_back(drift::hessian_vector_product(problem, x, u));
      REQUIRE(products.back().size() == n);
      scale = std::max(scale, products.back().cwiseAbs().maxCoeff());
    }
    std::vector<double> diagonal;
    for (const Vector<double>& u : units) diagonal.push_back(expected::along(plain, x, u, 2, offset));
    for (std::size_t i = 0; i < units.size(); ++i) {
      for (std::size_t j = 0; j < units.size(); ++j) {
        const double mixed =
            i == j ? diagonal[i]
                   : (expected::along(plain, x, units[i] + units[j], 2, offset) - diagonal[i] - diagonal[j]) / 2;
        near("Hessian at " + names[i] + ", " + names[j], units[i].dot(products[j]), mixed, scale, tolerances.hessian);
      }
    }
  }

  if constexpr (drift::ExpandableProblem<P>) {
    Vector<double> u = random.normal_vector(n), v = random.normal_vector(n);
    u /= u.norm();
    v /= v.norm();
    const Vector<double> uu = drift::third_derivative(problem, x, u, u);
    const Vector<double> uv = drift::third_derivative(problem, x, u, v);
    REQUIRE(uu.size() == n);
    REQUIRE(uv.size() == n);
    const double scale = std::max(uu.cwiseAbs().maxCoeff(), uv.cwiseAbs().maxCoeff());
    const auto third = [&](const Vector<double>& w) { return expected::along(plain, x, w, 3, offset); };
    for (std::size_t i = 0; i < units.size(); ++i) {
      const Vector<double>& w = units[i];
      // uuw from (u + w)^3 and (u - w)^3; uvw from the four sums of all three.
      const double uuw = (third(u + w) - third(u - w)) / 6 - third(w) / 3;
      const double uvw = (third(u + v + w) - third(u + v - w) - third(u - v + w) + third(u - v - w)) / 24;
      near("third derivative [u, u] along " + names[i], uu.dot(w), uuw, scale, tolerances.third);
      near("third derivative [u, v] along " + names[i], uv.dot(w), uvw, scale, tolerances.third);
    }
  }
}

template <drift::Problem P>
void expect_derivatives(const P& problem, const drift::Vector<double>& x, const DerivativeTolerances& tolerances = {}) {
  expect_derivatives(problem, x, [&](const drift::Vector<double>& theta) { return problem.value(theta); }, tolerances);
}
