// What the oracle files know beside fields and derivatives: the Hessian's eigenvalues, h lambda and alpha of each, and the
// iterates of descent that the trajectories are compared with.
#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/symmetric_eigen.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/step.hpp>
#include <drift/flows/principal_coefficient.hpp>
#include <drift/losses/cosine.hpp>
#include <drift/losses/quadratic.hpp>
#include <drift/losses/quartic.hpp>
#include <drift/losses/rosenbrock.hpp>

#include "support/networks.hpp"
#include "support/oracle.hpp"

#include <catch2/catch.hpp>

using namespace drift;

namespace {

template <class P>
void matches(const std::string& name, const P& problem) {
  INFO(name);
  const oracle::Json file = oracle::load(name);
  const Vector<double> theta = oracle::vector(file["theta"]);
  const Vector<double> eigenvalues = calculus::symmetric_eigen<double>(hessian(problem, theta)).values;
  CHECK(oracle::relative_error(eigenvalues, oracle::vector(file["hessian_eigenvalues"])) < 1e-11);

  for (const auto& entry : file["principal_flow"]) {
    const double h = entry["h"].get<double>();
    CHECK(oracle::relative_error(Vector<double>(h * eigenvalues), oracle::vector(entry["h_lambda"])) < 1e-11);
    Vector<std::complex<double>> alpha(eigenvalues.size());
    for (Index i = 0; i < alpha.size(); ++i) alpha[i] = flows::principal_coefficient(h * eigenvalues[i]);
    CHECK(oracle::relative_error(alpha, oracle::complex_vector(entry["alpha"])) < 1e-10);
  }
  for (const auto& entry : file["pf_trajectories"]) {
    const auto step = descent::step(problem, GradientDescent{.learning_rate = entry["h"].get<double>()});
    Vector<double> iterate = theta;
    double made = 0;
    for (std::size_t k = 0; k < entry["gd"].size(); ++k) {
      for (; made < entry["times_in_units_of_h"][k].get<double>(); ++made) iterate = step(iterate);
      CHECK(oracle::relative_error(iterate, oracle::vector(entry["gd"][k])) < 1e-11);
    }
  }
}

}  // namespace

TEST_CASE("eigenvalues, coefficients and iterates of descent are the oracle's") {
  Matrix<double> a(3, 3);
  a << 3, 0.5, -0.25, 0.5, 1, 0.125, -0.25, 0.125, -0.5;
  matches("quadratic", losses::quadratic(a, Vector<double>{{0.5, -0.25, 0.125}}));
  const Matrix<double> notebook = Vector<double>{{2, 0.02}}.asDiagonal();
  matches("notebook_quadratic", losses::quadratic(notebook));
  matches("rosenbrock", losses::rosenbrock());
  matches("cosine1d", losses::cosine());
  matches("cosine1d_oscillatory", losses::cosine());
  matches("quartic1d", losses::quartic());
  matches("quartic1d_oscillatory", losses::quartic());
  matches("mlp_2_3_2", mlp_2_3_2());
}
