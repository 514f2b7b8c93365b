#include <drift/games/zoo.hpp>

#include "oracle_games.hpp"

#include <catch2/catch.hpp>

using namespace drift;
using V = Vector<double>;

TEST_CASE("the games of the oracle files have their losses and fields") {
  oracle::for_each_game<double>([](const auto& game, const oracle::Json& file) {
    INFO(file.at("problem"));
    const V z = oracle::vector(file.at("state"));
    const Index split = game.phi_dimension(), rest = game.theta_dimension();
    REQUIRE(split == file.at("n_phi").template get<Index>());
    REQUIRE(rest == file.at("n_theta").template get<Index>());
    const V field = game.field(z, {.phi = 1, .theta = 1});
    CHECK(oracle::relative_error(V(field.head(split)), oracle::vector(file.at("f"))) < 1e-13);
    CHECK(oracle::relative_error(V(field.tail(rest)), oracle::vector(file.at("g"))) < 1e-13);
    const Matrix<double> of_phi = -hessian(game.phi_loss(), z), of_theta = -hessian(game.theta_loss(), z);
    const auto agrees = [&](const auto& part, const std::string& name) {
      return oracle::relative_error(Matrix<double>(part), oracle::matrix(file.at(name))) < 1e-12;
    };
    CHECK(agrees(of_phi.topLeftCorner(split, split), "f_phi"));
    CHECK(agrees(of_phi.topRightCorner(split, rest), "f_theta"));
    CHECK(agrees(of_theta.bottomLeftCorner(rest, split), "g_phi"));
    CHECK(agrees(of_theta.bottomRightCorner(rest, rest), "g_theta"));
    if (!file.contains("E_phi")) return;
    CHECK(oracle::relative_error(value(game.phi_loss(), z), file.at("E_phi").template get<double>()) < 1e-13);
    CHECK(oracle::relative_error(value(game.theta_loss(), z), file.at("E_theta").template get<double>()) < 1e-13);
  });
}

TEST_CASE("zero-sum and common-payoff games are what their names say") {
  const Matrix<double> a{{2, 0.5}, {0.5, 1}}, b{{1, -1, 0.5}, {0, 2, 1}}, c = Matrix<double>::Identity(3, 3);
  const auto game = games::quadratic_zero_sum(a, b, c);
  const V z = V::LinSpaced(5, -1, 1), phi = z.head(2), theta = z.tail(3);
  const double e = phi.dot(a * phi) / 2 + phi.dot(b * theta) - theta.dot(c * theta) / 2;
  CHECK(value(game.phi_loss(), z) == Approx(e).epsilon(1e-14));
  CHECK(value(game.theta_loss(), z) == -value(game.phi_loss(), z));
  V field(5);
  field << -(a * phi + b * theta), b.transpose() * phi - c * theta;
  CHECK((game.field(z, {.phi = 1, .theta = 1}) - field).norm() < 1e-14);

  const auto team = games::common_payoff(losses::quadratic(a), 1);
  const V w{{0.3, -0.4}};
  CHECK((team.field(w, {.phi = 1, .theta = 1}) + a * w).norm() < 1e-15);
}
