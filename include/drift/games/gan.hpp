#pragma once
// gan(discriminator, generator, objective, X, Z): two networks as a two-player game.
//
//     phi, the discriminator's parameters, minimises E_D; theta, the generator's, minimises E_G     (games/adversarial.hpp)
//
//     auto discriminator = nn::sequential(nn::dense(2, 64), nn::tanh(), nn::dense(64, 1));    // outputs, not probabilities
//     auto generator = nn::sequential(nn::dense(8, 64), nn::tanh(), nn::dense(64, 2));
//     auto gan = games::gan(discriminator, generator, games::saturating(), X, Z);             // data N x 2, latents M x 8: a TwoPlayerGame
//     Vector<double> z = games::initialise(gan, nn::lecun_normal(), Random(seed));            // (phi, theta)
//     auto step = games::cancel_interaction(games::simultaneous(gan, {.phi = 0.2, .theta = 0.1}));
//     z = step(z);
//     Matrix<double> made = nn::predict(generator, games::block<games::Player::theta>(z, gan.phi_dimension()), latents);
//
// MINIBATCHES  games::gan_batches gives a new batch at every call of next(); games::on_batches(step, batches) is the step that draws one
// for each update:
//
//     auto real = [](Random random) { return data::gaussian_ring(256, random).features; };    // Random -> N x 2
//     auto batches = games::gan_batches(real, {.latents = 256, .latent_dimension = 8}, Random(seed).split("batches"));
//     auto gan = games::gan(discriminator, generator, games::saturating(), batches.next());
//     auto run = iterate(games::on_batches(step, batches), z, {.iterations = 3000});
//
// Of a finite data set: [&](Random random) { return data::select(set, rows drawn by random).features; }. on_batches holds a copy of the stream
// as it is then: the same stream given twice gives the same batches twice. Where the step has a memory (momentum, Adam, optimistic) the
// state is start(z), and parameters(state) is z again: both also of on_batches(...).
//
// One batch serves a whole update: both players, all inner steps, all stages, and the explicit terms, so that each update is one of the
// steps that the theory is about. A new batch allocates its data and a few vectors; the networks' workspaces are kept. Everything of games/ applies to a game on a fixed batch: flows, drift terms, stability (small networks).
//
// Source: Goodfellow et al., arXiv 1406.2661. Needs: tier 4 without ReLU and max pooling, otherwise 3. Layers that are random for each
// example (dropout) draw by its number in the stream: anew for every batch, which then also makes the networks' workspaces anew.
// Errors: networks that do not fit one another or the data, an empty batch: InvalidArgument.

#include <drift/games/adversarial_loss.hpp>
#include <drift/games/game.hpp>
#include <drift/games/play.hpp>
#include <drift/nn/initialise.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace drift::games {

struct GanOptions {
  int threads = 1;  ///< as in nn::SupervisedOptions
};

template <class D, class G, class Loss, class T>
using Gan = TwoPlayerGame<AdversarialLoss<D, G, Loss, T>, AdversarialLoss<D, G, Loss, T>>;

/// The game on a batch that is already there.
template <class D, class G, losses::NetworkLoss Loss, class T>
Gan<D, G, Loss, T> gan(D discriminator, G generator, const Adversarial<Loss>& objective,
                       std::shared_ptr<const GanBatch<T>> batch, const GanOptions& options = {}) {
  require(options.threads >= 1, "threads", options.threads, "1 or more");
  require(generator.outputs() == discriminator.inputs(), "outputs of the generator", generator.outputs(),
          std::to_string(discriminator.inputs()) + ", the discriminator's inputs");
  require(batch != nullptr, "batch", "null", "data and latents");
  const Index columns = batch->real().inputs.front().cols(), latents = batch->latents().inputs.front().cols();
  require(columns == discriminator.inputs(), "columns of X", columns,
          std::to_string(discriminator.inputs()) + ", the discriminator's inputs");
  require(latents == generator.inputs(), "columns of the latents", latents,
          std::to_string(generator.inputs()) + ", the generator's inputs");
  const Index phi_dimension = discriminator.parameters();
  const auto model = std::make_shared<const AdversarialModel<D, G, Loss>>(
      AdversarialModel<D, G, Loss>{std::move(discriminator), std::move(generator), objective.loss, options.threads});
  return {AdversarialLoss<D, G, Loss, T>(model, objective.discriminator, batch),
          AdversarialLoss<D, G, Loss, T>(model, objective.generator, batch), phi_dimension};
}

/// The game on data X, N x the discriminator's inputs, and latents Z, M x the generator's inputs.
template <class D, class G, losses::NetworkLoss Loss, class X, class Z>
Gan<D, G, Loss, typename X::Scalar> gan(D discriminator, G generator, const Adversarial<Loss>& objective,
                                        const Eigen::MatrixBase<X>& real, const Eigen::MatrixBase<Z>& latents,
                                        const GanOptions& options = {}) {
  using T = typename X::Scalar;
  return gan(std::move(discriminator), std::move(generator), objective,
             std::make_shared<const GanBatch<T>>(Matrix<T>(real), Matrix<T>(latents)), options);
}

/// (phi, theta), each network's parameters drawn by the initialiser.
template <class D, class G, class Loss, class T, class Initialiser>
Vector<T> initialise(const Gan<D, G, Loss, T>& gan, const Initialiser& initialiser, Random random) {
  const auto& model = gan.phi_loss().model();
  Vector<T> z(gan.dimension());
  z << nn::initialise<T>(model.discriminator, initialiser, random.split("discriminator")),
      nn::initialise<T>(model.generator, initialiser, random.split("generator"));
  return z;
}

struct GanBatchesOptions {
  Index latents = 256;     ///< rows of a batch's latents, 1 or above
  Index latent_dimension;  ///< the generator's inputs, 1 or above

  void validate() const {
    require(latents >= 1, "latents", latents, "1 or above");
    require(latent_dimension >= 1, "latent_dimension", latent_dimension, "1 or above");
  }
};

/// A stream of batches: data from a callable Random -> N x inputs, latents standard normal. Batch t depends on the seed and t alone.
template <class Source>
class GanBatches {
 public:
  using Scalar = typename std::decay_t<std::invoke_result_t<const Source&, Random>>::Scalar;

  GanBatches(Source source, const GanBatchesOptions& options, Random random)
      : source_(std::move(source)), options_(options), random_(random) {
    options_.validate();
  }

  std::shared_ptr<const GanBatch<Scalar>> next() {
    const Random of_batch = random_.split(count_);
    const Matrix<Scalar> real = source_(of_batch.split("data"));
    const auto latents =
        of_batch.split("latents").template normal_matrix<Scalar>(options_.latents, options_.latent_dimension);
    const auto number = static_cast<Index>(count_++);
    return std::make_shared<const GanBatch<Scalar>>(real, latents, number * real.rows(), number * options_.latents);
  }

  /// Batches drawn so far.
  std::uint64_t count() const { return count_; }

 private:
  Source source_;
  GanBatchesOptions options_;
  Random random_;
  std::uint64_t count_ = 0;
};

template <class Source>
  requires std::invocable<const Source&, Random>
GanBatches<Source> gan_batches(Source source, const GanBatchesOptions& options, Random random) {
  return {std::move(source), options, random};
}

/// A scheme that draws a batch for every update: an Update for iterate (integrate/iterate.hpp), not a function of its state.
template <class Scheme, class Batches>
class OnBatches {
 public:
  OnBatches(Scheme scheme, Batches batches) : scheme_(std::move(scheme)), batches_(std::move(batches)) {}

  /// The scheme on the batch of the last update.
  const Scheme& scheme() const { return scheme_; }
  Index dimension() const { return scheme_.dimension(); }

  /// The state before the first update, and z of a state; of a scheme without memory z itself.
  template <class S>
  Vector<S> start(const Vector<S>& z) const {
    if constexpr (requires { scheme_.start(z); }) {
      return scheme_.start(z);
    } else {
      return z;
    }
  }
  template <class S>
  Vector<S> parameters(const Vector<S>& state) const {
    if constexpr (requires { scheme_.parameters(state); }) {
      return scheme_.parameters(state);
    } else {
      return state;
    }
  }

  template <class S>
  void advance(Vector<S>& z) {
    scheme_ = on(scheme_, batches_.next());
    scheme_.advance(z);
  }

  template <class S>
  Vector<S> operator()(const Vector<S>& z) {
    Vector<S> next = z;
    advance(next);
    return next;
  }

 private:
  Scheme scheme_;
  Batches batches_;
};

template <class Scheme, class Batches>
OnBatches<Scheme, Batches> on_batches(Scheme scheme, Batches batches) {
  return {std::move(scheme), std::move(batches)};
}

}  // namespace drift::games
