#include <drift/games/game.hpp>

#include <drift/games/play.hpp>
#include <drift/games/regularised.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/supervised.hpp>

#include <catch2/catch.hpp>

using namespace drift;
using games::Player;

namespace {

// Two players share a network: phi has its first layer, theta its second, each with targets of its own.
const auto net = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 1));
const Index split = 9;
const Matrix<double> X = Random(1).normal_matrix<double>(12, 2), wanted_by_phi = Random(2).normal_matrix<double>(12, 1),
                     wanted_by_theta = Random(3).normal_matrix<double>(12, 1);
const Vector<double> z = Random(4).normal_vector<double>(net.parameters());

auto game_on_rows(const std::vector<Index>& rows) {
  const auto loss = losses::squared_error();
  return two_player_game(nn::supervised(net, loss, X(rows, Eigen::all), wanted_by_phi(rows, Eigen::all)),
                         nn::supervised(net, loss, X(rows, Eigen::all), wanted_by_theta(rows, Eigen::all)), split);
}
std::vector<Index> rows_between(Index first, Index end) {
  std::vector<Index> rows;
  for (Index i = first; i < end; ++i) rows.push_back(i);
  return rows;
}
const auto whole = game_on_rows(rows_between(0, 12));

}  // namespace

TEST_CASE("a game of finite sums on a batch is the game of the batch's losses") {
  const std::vector<Index> batch = {3, 1, 4, 1, 5};
  const auto some = whole.on(batch), same = game_on_rows(batch);
  CHECK((some.own_gradients(z) - same.own_gradients(z)).norm() < 1e-15);
  const auto cancelled = games::cancel_interaction(games::simultaneous(whole, {.phi = 0.1, .theta = 0.3}));
  const auto of_same = games::cancel_interaction(games::simultaneous(same, {.phi = 0.1, .theta = 0.3}));
  CHECK((games::on(cancelled, batch)(z) - of_same(z)).norm() < 1e-15);
  const std::vector<Index> even = {0, 11, 7, 3};
  CHECK((games::on(games::two_batches(cancelled), even).game().estimator() == games::Estimator::two_batches));
}

TEST_CASE("halves of a game of finite sums are the games of its first and last examples") {
  const auto [first, second] = whole.halves();
  CHECK((first.own_gradients(z) - game_on_rows(rows_between(0, 6)).own_gradients(z)).norm() < 1e-15);
  CHECK((second.own_gradients(z) - game_on_rows(rows_between(6, 12)).own_gradients(z)).norm() < 1e-15);
  const auto odd = whole.on(rows_between(0, 7));
  CHECK_THROWS_WITH(odd.halves(), "examples: was 7, must be an even number, to be halved");
}

TEST_CASE("own gradients in place are those by value, in both blocks") {
  Vector<double> out, block_out;
  whole.own_gradients(z, out);
  CHECK(out == whole.own_gradients(z));
  whole.own_gradient<Player::theta>(z, block_out);
  CHECK(block_out == gradient(whole.theta_loss(), z).tail(4));
  whole.own_gradient<Player::phi>(z, block_out);
  CHECK(block_out == gradient(whole.phi_loss(), z).head(9));
}

TEST_CASE("gradients are not written over the point where they are taken") {
  Vector<double> point = z;
  CHECK_THROWS_WITH(whole.own_gradients(point, point), Catch::Contains("g: was z itself"));
}
