#include <drift/calculus/check_derivatives.hpp>
#include <drift/games/drift_terms.hpp>
#include <drift/games/gan.hpp>
#include <drift/games/modified_losses.hpp>
#include <drift/games/regularised.hpp>
#include <drift/nn/predict.hpp>

#include <catch2/catch.hpp>

using namespace drift;

namespace {

using games::Player;

const auto discriminator = nn::sequential(nn::dense(2, 3), nn::tanh(), nn::dense(3, 1));
const auto generator = nn::sequential(nn::dense(2, 4), nn::tanh(), nn::dense(4, 2));

Matrix<double> normal_matrix(Index rows, Index columns, const std::string& name) {
  return Random(7).split(name).normal_matrix<double>(rows, columns);
}

// Sizes that leave padding in the last block of both.
const Matrix<double> X = normal_matrix(10, 2, "X");
const Matrix<double> Z = normal_matrix(12, 2, "Z");

template <class Loss>
auto game_of(const games::Adversarial<Loss>& objective, const games::GanOptions& options = {}) {
  return games::gan(discriminator, generator, objective, X, Z, options);
}

template <class G>
Vector<double> start_of(const G& game) {
  return games::initialise(game, nn::lecun_normal(2), Random(3));
}

double softplus_of(double s) { return std::log1p(std::exp(s)); }

/// The mean of f over the discriminator's outputs, by the networks' own forward passes.
template <class F>
double mean_over_outputs(const Matrix<double>& inputs, const Vector<double>& z, const F& f) {
  const Vector<double> phi = z.head(discriminator.parameters());
  const Matrix<double> outputs = nn::predict(discriminator, phi, inputs);
  double sum = 0;
  for (const double s : outputs.reshaped()) sum += f(s);
  return sum / static_cast<double>(outputs.size());
}
Matrix<double> made_by(const Vector<double>& z) {
  return nn::predict(generator, Vector<double>(z.tail(generator.parameters())), Z);
}

TEST_CASE("The losses of a GAN are means over the discriminator's outputs", "[games]") {
  const auto real = [](const Vector<double>& z, const auto& f) { return mean_over_outputs(X, z, f); };
  const auto made = [](const Vector<double>& z, const auto& f) { return mean_over_outputs(made_by(z), z, f); };
  const auto check = [](const auto& objective, const auto& discriminators, const auto& generators) {
    const auto game = game_of(objective);
    const Vector<double> z = start_of(game);
    CHECK(value(game.phi_loss(), z) == Approx(discriminators(z)).epsilon(1e-13));
    CHECK(value(game.theta_loss(), z) == Approx(generators(z)).epsilon(1e-13));
  };
  const auto cross_entropy = [&](const Vector<double>& z) {
    return real(z, [](double s) { return softplus_of(-s); }) + made(z, softplus_of);
  };
  const auto squares = [&](const Vector<double>& z) {
    return real(z, [](double s) { return (s - 1) * (s - 1) / 2; }) + made(z, [](double s) { return s * s / 2; });
  };
  const auto critic = [&](const Vector<double>& z) {
    return made(z, [](double s) { return s; }) - real(z, [](double s) { return s; });
  };
  const auto minus = [](const auto& f) { return [f](const Vector<double>& z) { return -f(z); }; };
  check(games::saturating(), cross_entropy, minus(cross_entropy));
  check(games::non_saturating(), cross_entropy,
        [&](const Vector<double>& z) { return made(z, [](double s) { return softplus_of(-s); }); });
  check(games::least_squares(), squares,
        [&](const Vector<double>& z) { return made(z, [](double s) { return (s - 1) * (s - 1) / 2; }); });
  check(games::least_squares_zero_sum(), squares, minus(squares));
  check(games::wasserstein(), critic, minus(critic));
}

TEST_CASE("A GAN's losses have every derivative", "[games]") {
  const auto check = [](const auto& game) {
    const Vector<double> z = start_of(game);
    const auto of_phi = check_derivatives(game.phi_loss(), z);
    INFO(of_phi);
    CHECK(of_phi.passed());
    const auto of_theta = check_derivatives(game.theta_loss(), z);
    INFO(of_theta);
    CHECK(of_theta.passed());
  };
  check(game_of(games::saturating()));
  check(game_of(games::non_saturating()));
  check(game_of(games::least_squares()));
}

TEST_CASE("A player's own block is that of the whole gradient and of its products", "[games]") {
  const auto game = game_of(games::non_saturating());
  const Vector<double> z = start_of(game), v = Random(5).normal_vector<double>(game.dimension());
  const Index split = game.phi_dimension();
  const auto check = [&]<Player player>(const auto& loss) {
    const auto own = loss.borrow_block(z, player);
    const Vector<double> whole = gradient(loss, z);
    CHECK((games::block<player>(own->gradient(), split) - games::block<player>(whole, split)).norm() == 0);
    const Vector<double> product = hessian_vector_product(loss, z, v);
    CHECK((games::block<player>(own->push(v), split) - games::block<player>(product, split)).norm() <
          1e-15 * product.norm());
    CHECK(games::block<games::opponent_of(player)>(own->gradient(), split).norm() == 0);
  };
  check.operator()<Player::phi>(game.phi_loss());
  check.operator()<Player::theta>(game.theta_loss());
  Vector<double> both(game.dimension());
  both << gradient(game.phi_loss(), z).head(split), gradient(game.theta_loss(), z).tail(game.theta_dimension());
  CHECK((game.own_gradients(z) - both).norm() == 0);
}

TEST_CASE("A cancelled step of a GAN subtracts the mixed second derivatives", "[games]") {
  const auto game = game_of(games::non_saturating());
  const Vector<double> z = start_of(game);
  const Index split = game.phi_dimension(), rest = game.theta_dimension();
  const double a = 0.2, b = 0.1;
  const Vector<double> g_phi = gradient(game.phi_loss(), z), g_theta = gradient(game.theta_loss(), z);
  const Matrix<double> h_phi = hessian(game.phi_loss(), z), h_theta = hessian(game.theta_loss(), z);
  const Vector<double> i_phi = h_phi.topRightCorner(split, rest) * g_theta.tail(rest);
  const Vector<double> i_theta = h_theta.bottomLeftCorner(rest, split) * g_phi.head(split);
  const auto step_with = [&](double c_phi, double c_theta) {
    Vector<double> next = z;
    next.head(split) -= a * (g_phi.head(split) - c_phi * i_phi);
    next.tail(rest) -= b * (g_theta.tail(rest) - c_theta * i_theta);
    return next;
  };
  const auto play = games::simultaneous(game, {.phi = a, .theta = b});
  CHECK((games::cancel_interaction(play)(z) - step_with(b / 2, a / 2)).norm() < 1e-15);
  CHECK((games::cancel_interaction(play, {.convention = games::Convention::own_rate})(z) - step_with(a / 2, b / 2))
            .norm() < 1e-15);
  // The opponent's block of a loss, which the terms above leave out.
  Vector<double> penalised = step_with(0, 0);
  penalised.head(split) -= a * 0.3 * h_theta.topRightCorner(split, rest) * g_theta.tail(rest);
  CHECK((games::gradient_penalty<Player::phi>(play, 0.3, Player::theta)(z) - penalised).norm() < 1e-15);
}

TEST_CASE("Cancelled GAN play takes back the drift's interaction terms, and nothing else", "[games]") {
  const auto game = game_of(games::non_saturating());
  const Vector<double> z = start_of(game);
  const Index split = game.phi_dimension();
  const auto check = [&](const auto& play) {
    const auto d = games::drift_terms(play, z);
    const auto total = play.total_rates();
    const Vector<double> added = games::cancel_interaction(play).game().own_gradients(z) - game.own_gradients(z);
    CHECK((-total.phi * added.head(split) + d.phi.interaction).norm() < 1e-13 * d.phi.interaction.norm());
    CHECK((-total.theta * added.tail(z.size() - split) + d.theta.interaction).norm() <
          1e-13 * d.theta.interaction.norm());
    CHECK(std::min(d.phi.interaction.norm(), d.theta.interaction.norm()) > 1e-6);
  };
  const games::Rates<double> rates{.phi = 0.2, .theta = 0.05};
  check(games::simultaneous(game, rates));
  check(games::alternating(game, rates, {.phi_steps = 2}));
  check(games::alternating(game, rates, {.phi_steps = 2, .theta_steps = 3, .first = Player::theta}));
}

TEST_CASE("A GAN of convolutions, leaky ReLU and pooling has every derivative", "[games]") {
  const auto critic = nn::sequential(nn::image(1, 4, 4), nn::conv2d(2, {.kernel = 3}), nn::leaky_relu(0.1),
                                     nn::max_pooling({.size = 2}), nn::flatten(), nn::dense(2, 1));
  const auto maker = nn::sequential(nn::dense(2, 16), nn::leaky_relu(0.1));
  const auto game = games::gan(critic, maker, games::least_squares(), normal_matrix(6, 16, "images"), Z);
  const Vector<double> z = start_of(game);
  const auto report = check_derivatives(game.theta_loss(), z);
  INFO(report);
  CHECK(report.passed());
  CHECK(check_derivatives(game.phi_loss(), z).passed());
}

TEST_CASE("A GAN in float is that in double to its precision", "[games]") {
  const auto game = game_of(games::saturating());
  const auto in_float = games::gan(discriminator, generator, games::saturating(), X.cast<float>(), Z.cast<float>());
  const Vector<double> z = start_of(game);
  const Vector<float> zf = z.cast<float>();
  const auto step = games::cancel_interaction(games::simultaneous(game, {.phi = 0.2, .theta = 0.1}));
  const auto step_in_float = games::cancel_interaction(games::simultaneous(in_float, {.phi = 0.2F, .theta = 0.1F}));
  CHECK((step_in_float(zf).cast<double>() - step(z)).norm() < 1e-6 * z.norm());
}

TEST_CASE("Dropout in a GAN draws by the numbers of its rows", "[games]") {
  const auto critic = nn::sequential(nn::dense(2, 8), nn::tanh(), nn::dropout(0.5, Random(9)), nn::dense(8, 1));
  const auto batch_from = [&](Index first) {
    return std::make_shared<const games::GanBatch<double>>(X, Z, first, first);
  };
  const auto game = games::gan(critic, generator, games::saturating(), batch_from(0));
  const Vector<double> z = start_of(game);
  const auto play = games::regularised(games::simultaneous(game, {.phi = 0.1, .theta = 0.1}), {});
  CHECK((games::two_batches(play)(z) - play(z)).norm() < 1e-15);  // the halves' masks are those of the whole
  const auto later = game.on(batch_from(100));
  CHECK((later.own_gradients(z) - game.own_gradients(z)).norm() > 1e-3);
  const auto fresh = games::gan(critic, generator, games::saturating(), batch_from(100));
  CHECK((later.own_gradients(z) - fresh.own_gradients(z)).norm() == 0);
  CHECK((later.on(batch_from(0)).own_gradients(z) - game.own_gradients(z)).norm() == 0);
}

TEST_CASE("The modified losses of zero-sum games are those of saturating GANs", "[games]") {
  const auto game = game_of(games::saturating());
  const Vector<double> z = start_of(game);
  const auto play = games::simultaneous(game, {.phi = 0.2, .theta = 0.1});
  const Vector<double> flow = play.game().field(z, play.total_rates()) + games::drift_terms(play, z).sum();
  const auto modified = games::zero_sum_modified_losses(play);
  CHECK((modified.field(z, play.total_rates()) - flow).norm() < 1e-14 * flow.norm());
}

TEST_CASE("A GAN on other data is the GAN made of them", "[games]") {
  const auto game = game_of(games::saturating());
  const Vector<double> z = start_of(game);
  const auto batch_of = [](Index data, Index latents) {
    return std::make_shared<const games::GanBatch<double>>(normal_matrix(data, 2, "other"),
                                                           normal_matrix(latents, 2, "latents"));
  };
  for (const auto& [data, latents] : {std::pair<Index, Index>{10, 12}, {17, 9}, {10, 12}}) {
    const auto batch = batch_of(data, latents);
    const auto moved = game.on(batch);
    const auto made = games::gan(discriminator, generator, games::saturating(), batch);
    CHECK((moved.own_gradients(z) - made.own_gradients(z)).norm() == 0);
    CHECK(value(moved.phi_loss(), z) == value(made.phi_loss(), z));
    const auto step = games::cancel_interaction(games::simultaneous(game, {.phi = 0.1, .theta = 0.1}));
    const auto again = games::cancel_interaction(games::simultaneous(made, {.phi = 0.1, .theta = 0.1}));
    CHECK((games::on(step, batch)(z) - again(z)).norm() == 0);
  }
}

TEST_CASE("Two batches give each factor of an explicit term from a half of its own", "[games]") {
  const auto game = game_of(games::saturating());
  const Vector<double> z = start_of(game);
  const Index split = game.phi_dimension(), rest = game.theta_dimension();
  const auto first = games::gan(discriminator, generator, games::saturating(), X.topRows(5), Z.topRows(6));
  const auto second = games::gan(discriminator, generator, games::saturating(), X.bottomRows(5), Z.bottomRows(6));

  const auto same = games::regularised(games::simultaneous(game, {.phi = 1, .theta = 1}),
                                       {.phi = {.self = 0.3, .interaction = -0.2, .opponent = 0.1},
                                        .theta = {.self = 0.2, .interaction = 0.4, .opponent = -0.1}});
  const auto split_batches = games::two_batches(same);
  CHECK(split_batches.game().estimator() == games::Estimator::two_batches);

  const Matrix<double> h_phi = hessian(first.phi_loss(), z), h_theta = hessian(first.theta_loss(), z);
  const Vector<double> g = second.own_gradients(z);
  Vector<double> expected = game.own_gradients(z);
  expected.head(split) += 0.3 * h_phi.topLeftCorner(split, split) * g.head(split) -
                          0.2 * h_phi.topRightCorner(split, rest) * g.tail(rest) +
                          0.1 * h_theta.topRightCorner(split, rest) * g.tail(rest);
  expected.tail(rest) += 0.2 * h_theta.bottomRightCorner(rest, rest) * g.tail(rest) +
                         0.4 * h_theta.bottomLeftCorner(rest, split) * g.head(split) -
                         0.1 * h_phi.bottomLeftCorner(rest, split) * g.head(split);
  CHECK((split_batches.game().own_gradients(z) - expected).norm() < 1e-14);
  CHECK((same.game().own_gradients(z) - expected).norm() > 1e-4);
  CHECK((split_batches.game().own_gradient<Player::theta>(z) - expected.tail(rest)).norm() < 1e-14);
}

TEST_CASE("One and two threads give the same bits of a GAN", "[games]") {
  const Matrix<double> many = normal_matrix(1024, 2, "many"), latents = normal_matrix(2048, 2, "many latents");
  const auto d = nn::sequential(nn::dense(2, 32), nn::tanh(), nn::dense(32, 32), nn::tanh(), nn::dense(32, 1));
  const auto g = nn::sequential(nn::dense(2, 32), nn::tanh(), nn::dense(32, 2));
  const auto one = games::gan(d, g, games::saturating(), many, latents);
  const auto two = games::gan(d, g, games::saturating(), many, latents, {.threads = 2});
  const Vector<double> z = games::initialise(one, nn::lecun_normal(), Random(1));
  CHECK((one.own_gradients(z) - two.own_gradients(z)).norm() == 0);
  CHECK((gradient(one.theta_loss(), z) - gradient(two.theta_loss(), z)).norm() == 0);
}

TEST_CASE("Batches of a stream depend on the seed and their number", "[games]") {
  const auto source = [](Random random) -> Matrix<double> { return random.normal_matrix<double>(3, 2); };
  const auto stream = [&](int seed) {
    return games::gan_batches(source, {.latents = 4, .latent_dimension = 2}, Random(static_cast<std::uint64_t>(seed)));
  };
  auto a = stream(1), b = stream(1), c = stream(2);
  const auto first = a.next(), second = a.next();
  CHECK((first->real().inputs[0] - b.next()->real().inputs[0]).norm() == 0);
  CHECK((second->latents().inputs[0] - b.next()->latents().inputs[0]).norm() == 0);
  CHECK((first->real().inputs[0] - second->real().inputs[0]).norm() > 0);
  CHECK((first->real().inputs[0] - c.next()->real().inputs[0]).norm() > 0);
  CHECK(a.count() == 2);
}

TEST_CASE("What does not fit in a GAN is named", "[games]") {
  const auto narrow = nn::sequential(nn::dense(2, 1));
  CHECK_THROWS_WITH(games::gan(discriminator, narrow, games::saturating(), X, Z),
                    Catch::Contains("outputs of the generator: was 1, must be 2"));
  CHECK_THROWS_WITH(games::gan(discriminator, generator, games::saturating(), X.leftCols(1), Z),
                    Catch::Contains("columns of X: was 1"));
  CHECK_THROWS_WITH(games::gan(discriminator, generator, games::saturating(), X, Z.leftCols(1)),
                    Catch::Contains("columns of the latents: was 1"));
  CHECK_THROWS_WITH(games::gan(discriminator, generator, games::saturating(), X.topRows(0), Z),
                    Catch::Contains("X: was of 0 rows"));
  const auto right = game_of(games::saturating());
  CHECK_THROWS_WITH(right.on(std::shared_ptr<const games::GanBatch<double>>()), Catch::Contains("batch: was null"));
  const auto odd = games::gan(discriminator, generator, games::saturating(), X.topRows(9), Z);
  const auto play = games::cancel_interaction(games::simultaneous(odd, {.phi = 0.1, .theta = 0.1}));
  CHECK_THROWS_WITH(games::two_batches(play), Catch::Contains("rows of X: was 9, must be an even number"));
}

}  // namespace
