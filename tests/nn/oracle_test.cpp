// The oracle's 2-3-2 network as a network: everything that the oracle file knows of it, through nn and not through a recorded
// callable (tests/flows has that).
#include <catch2/catch.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/step.hpp>
#include <drift/flows/modified.hpp>
#include <drift/flows/principal.hpp>
#include <drift/integrate/follow.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/supervised.hpp>

#include <support/oracle.hpp>

#include <algorithm>

using namespace drift;

namespace {

auto network() {
  Matrix<double> x(4, 2), y(4, 2);
  x << 1, 0.5, -0.5, 1, 0.25, -0.75, -1, -0.25;
  y << 0.5, -0.5, 1, 0, -0.25, 0.75, 0, 1;
  return nn::supervised(nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 2)), losses::squared_error(), x, y);
}

const oracle::Json& file() {
  static const oracle::Json json = oracle::load("mlp_2_3_2");
  return json;
}

Vector<double> theta() { return oracle::vector(file()["theta"]); }

}  // namespace

TEST_CASE("the 2-3-2 network's derivatives are the oracle's", "[nn][oracle]") {
  const auto problem = network();
  const Vector<double> g = gradient(problem, theta());
  const Vector<double> hg = hessian_vector_product(problem, theta(), g);
  CHECK(oracle::relative_error(value(problem, theta()), file()["E"].get<double>()) < 1e-15);
  CHECK(oracle::relative_error(g, oracle::vector(file()["gradient"])) < 1e-11);
  CHECK(oracle::relative_error(hessian(problem, theta()), oracle::matrix(file()["hessian"])) < 1e-11);
  CHECK(oracle::relative_error(hg, oracle::vector(file()["Hg"])) < 1e-11);
  CHECK(oracle::relative_error(hessian_vector_product(problem, theta(), hg), oracle::vector(file()["HHg"])) < 1e-11);
  CHECK(oracle::relative_error(third_derivative(problem, theta(), g, g), oracle::vector(file()["D3E_gg"])) < 1e-11);
}

TEST_CASE("the 2-3-2 network's modified field is the oracle's, coefficients to order 6 and fields to order 5",
          "[nn][oracle]") {
  const auto problem = network();
  const auto& expected = file()["modified_field_coefficients"]["f"];
  const Matrix<double> f = flows::modified_field_coefficients(problem, theta(), 6);
  for (int j = 0; j < 6; ++j) {
    CHECK(oracle::relative_error(Vector<double>(f.col(j)), oracle::vector(expected[static_cast<std::size_t>(j)])) <
          1e-11);
  }
  for (const auto& entry : file()["modified_fields"]) {
    const double h = entry["h"].get<double>();
    const int order = entry["order"].get<int>();
    const Vector<double> field = order == 1   ? flows::modified<1>(problem, h)(theta())
                                 : order == 2 ? flows::modified<2>(problem, h)(theta())
                                 : order == 3 ? flows::modified<3>(problem, h)(theta())
                                 : order == 4 ? flows::modified<4>(problem, h)(theta())
                                              : flows::modified<5>(problem, h)(theta());
    CHECK(oracle::relative_error(field, oracle::vector(entry["value"])) < 1e-11);
  }
}

TEST_CASE("the 2-3-2 network's principal flow is the oracle's, field and trajectory", "[nn][oracle]") {
  const auto problem = network();
  for (const auto& entry : file()["principal_flow"]) {
    const double h = entry["h"].get<double>();
    CHECK(oracle::relative_error(flows::principal(problem, h)(theta()), oracle::complex_vector(entry["value"])) <
          1e-10);
    CHECK(oracle::relative_error(flows::principal(problem, h, {.third_derivative_term = true})(theta()),
                                 oracle::complex_vector(entry["plus_nonprincipal_third"])) < 1e-10);
  }
  for (const auto& entry : file()["pf_trajectories"]) {
    const auto flow = flows::principal(problem, entry["h"].get<double>());
    for (std::size_t k = 0; k < entry["times_in_units_of_h"].size(); ++k) {
      const auto end = follow(flow, theta(), entry["times_in_units_of_h"][k].get<double>(),
                              {.relative_tolerance = 1e-12, .absolute_tolerance = 1e-13});
      const Vector<std::complex<double>> expected = oracle::complex_vector(entry["pf_endpoint"][k]);
      const double allowed = std::max(1e-9 * expected.norm(), 10 * entry["abs_err_estimate"][k].get<double>());
      CHECK(end.reached());
      CHECK((end.state - expected).norm() <= allowed);
    }
  }
}

TEST_CASE("one step of the 2-3-2 network's flows ends where the oracle says", "[nn][oracle]") {
  const auto problem = network();
  for (const auto& entry : file()["one_step_gd_vs_flow"]) {
    const double h = entry["h"].get<double>();
    const auto step = descent::step(problem, GradientDescent{.learning_rate = h});
    const Vector<double> next = step(theta());
    CHECK(oracle::relative_error(next, oracle::vector(entry["gd_step"])) < 1e-11);
    for (const auto& flow : entry["flow"]) {
      const IntegrateOptions tight{.relative_tolerance = 1e-13, .absolute_tolerance = 1e-14};
      const int order = flow["order"].get<int>();
      const Vector<double> end = order == 1   ? follow(flows::modified<1>(problem, h), theta(), 1, tight).state
                                 : order == 2 ? follow(flows::modified<2>(problem, h), theta(), 1, tight).state
                                              : follow(flows::modified<3>(problem, h), theta(), 1, tight).state;
      const Vector<double> expected = oracle::vector(flow["endpoint"]);
      const double allowed = std::max(1e-9 * expected.norm(), 10 * flow["endpoint_abs_err_estimate"].get<double>());
      REQUIRE(order <= 3);
      CHECK((end - expected).norm() <= allowed);
    }
  }
}
