// games/optimised_play.hpp on the games that it is there for.

#include <drift/descent/adam.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/games/gan.hpp>
#include <drift/games/optimised_play.hpp>
#include <drift/games/regularised.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace drift;
using V = Vector<double>;

namespace {

Matrix<double> normal_matrix(Index rows, Index columns, const std::string& name) {
  return Random(7).split(name).normal_matrix<double>(rows, columns);
}

auto tiny_gan() {
  return games::gan(nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 1)), nn::sequential(nn::dense(1, 2)),
                    games::non_saturating(), normal_matrix(6, 2, "X"), normal_matrix(8, 1, "Z"));
}

const auto gan = tiny_gan();
const V z = games::initialise(gan, nn::lecun_normal(), Random(3));

}  // namespace

TEST_CASE("a GAN with Adam per player starts with steps of h in every parameter", "[games][optimised_play]") {
  const auto play = games::alternating(gan, Adam{.learning_rate = 1e-3, .epsilon = 1e-14},
                                       Adam{.learning_rate = 2e-3, .first_decay = 0.5, .epsilon = 1e-14});
  const V next = play.parameters(play(play.start(z)));
  const Index n = gan.phi_dimension();
  V met = z;  // the generator meets the discriminator's new parameters
  met.head(n) = next.head(n);
  CHECK((next.head(n) - z.head(n) + 1e-3 * gan.own_gradients(z).head(n).cwiseSign()).norm() < 1e-12);
  const V moved = next - met;
  CHECK((moved + 2e-3 * gan.own_gradients(met).cwiseSign()).tail(z.size() - n).norm() < 1e-12);
}

TEST_CASE("optimised play of a GAN keeps its memories on other data", "[games][optimised_play]") {
  const auto other = std::make_shared<const games::GanBatch<double>>(normal_matrix(5, 2, "other"),
                                                                     normal_matrix(4, 1, "other latents"));
  const auto play = games::simultaneous(gan, Adam{}, Momentum{.learning_rate = 0.1});
  const auto made = games::simultaneous(gan.on(other), Adam{}, Momentum{.learning_rate = 0.1});
  const V state = play(play.start(z));
  CHECK(games::on(play, other)(state) == made(state));
  CHECK(games::on(play, other)(state) != play(state));

  const games::GameCoefficients<double> c{.phi = {.interaction = -0.2}, .theta = {.self = 0.1}};
  const auto regularised = games::regularised(play, c);
  CHECK(games::on(regularised, other)(state) == games::regularised(made, c)(state));
  CHECK(regularised(state) != play(state));
}

TEST_CASE("drift-adjusted rates of a GAN are those of each player's own block", "[games][optimised_play]") {
  const GradientDescent adjusted{.learning_rate = DriftAdjusted{}};
  const V next = games::simultaneous(gan, adjusted, adjusted)(z);
  const Index n = gan.phi_dimension(), m = gan.theta_dimension();
  const Matrix<double> h_phi = hessian(gan.phi_loss(), z).topLeftCorner(n, n);
  const Matrix<double> h_theta = hessian(gan.theta_loss(), z).bottomRightCorner(m, m);
  const V g = gan.own_gradients(z);
  const V of_phi = g.head(n), of_theta = g.tail(m);
  V expected = z;
  expected.head(n) -= 2 * of_phi.norm() / (h_phi * of_phi).norm() * of_phi;
  expected.tail(m) -= 2 * of_theta.norm() / (h_theta * of_theta).norm() * of_theta;
  CHECK((next - expected).norm() < 1e-12 * expected.norm());
}
