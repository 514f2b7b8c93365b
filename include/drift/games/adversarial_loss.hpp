#pragma once
// AdversarialLoss: one player's loss in a GAN, as a Problem over (phi, theta), phi the discriminator's parameters and theta the
// generator's. games/gan.hpp makes the two of a game.
//
//     E(phi, theta) = w mean_n l(D(x_n; phi), t) + w' mean_m l(D(G(z_m; theta); phi), t')      weights and targets: games/adversarial.hpp
//
// Every derivative to any order: generator and discriminator are one staged network (nn/forward.hpp), in which the discriminator's
// input is the generator's output, coefficient by coefficient. A direction that leaves one player where it is costs that
// network's products with the tangents alone.
//
// borrow_block(z, player) gives an expansion whose gradients are right in that player's block (the rest is 0) and whose value() may leave
// out the data's term: without the passes that only the other block needs.
//
// Gives: tiers 1 to 3, nestable, and 4 where both networks and the loss are holomorphic. Copies share their workspaces; on(batch)
// is the same loss on other data in the same ones. Threads as in nn/supervised.hpp.
// Cost of a gradient: one of the discriminator on the data, one of both networks in a row on the latents.

#include <drift/calculus/expansion.hpp>
#include <drift/games/adversarial.hpp>
#include <drift/games/game.hpp>
#include <drift/nn/supervised.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace drift::games {

/// Data and latents of a GAN's batch, cut into blocks.
template <class T>
class GanBatch {
 public:
  using Scalar = T;

  /// The rows' numbers, which layers that are random for each example (dropout) draw by, go from these on.
  GanBatch(const Matrix<T>& real, const Matrix<T>& latents, Index first_real = 0, Index first_latent = 0)
      : real_(cut(real, "X")),
        latents_(cut(latents, "latents")),
        first_real_(first_real),
        first_latent_(first_latent) {}

  const nn::Blocks<T>& real() const { return real_; }
  const nn::Blocks<T>& latents() const { return latents_; }
  Index first_real() const { return first_real_; }
  Index first_latent() const { return first_latent_; }

  /// Whether these data fit where those were.
  bool has_sizes_of(const GanBatch& other) const {
    return real_.examples == other.real_.examples && latents_.examples == other.latents_.examples;
  }
  bool has_numbers_of(const GanBatch& other) const {
    return first_real_ == other.first_real_ && first_latent_ == other.first_latent_;
  }

  std::pair<GanBatch, GanBatch> halves() const {
    require(real_.examples % 2 == 0, "rows of X", real_.examples, "an even number, to be halved");
    require(latents_.examples % 2 == 0, "rows of the latents", latents_.examples, "an even number, to be halved");
    const Matrix<T> x = joined(real_), z = joined(latents_);
    const Index n = x.rows() / 2, m = z.rows() / 2;
    return {GanBatch(x.topRows(n), z.topRows(m), first_real_, first_latent_),
            GanBatch(x.bottomRows(n), z.bottomRows(m), first_real_ + n, first_latent_ + m)};
  }

 private:
  static nn::Blocks<T> cut(const Matrix<T>& rows, const std::string& name) {
    require(rows.rows() > 0, name, "of 0 rows", "at least one");
    return nn::cut_into_blocks<T>(rows, Matrix<T>(rows.rows(), 0));
  }
  static Matrix<T> joined(const nn::Blocks<T>& blocks) {
    Matrix<T> rows(blocks.examples, blocks.inputs.front().cols());
    for (std::size_t i = 0; i < blocks.inputs.size(); ++i) {
      const nn::Block& block = blocks.cut.blocks[i];
      rows.middleRows(block.first, block.examples) = blocks.inputs[i].topRows(block.examples);
    }
    return rows;
  }

  nn::Blocks<T> real_;
  nn::Blocks<T> latents_;
  Index first_real_;
  Index first_latent_;
};

/// The networks and the loss of a GAN, shared by its two losses on whatever batch.
template <class D, class G, class Loss>
struct AdversarialModel {
  D discriminator;
  G generator;
  Loss loss;
  int threads;
};

/// Which blocks of a gradient are wanted.
enum class WantedBlocks { both, phi, theta };

namespace detail {

/// A discriminator on one block of examples, and the loss of what it says of them.
template <class D, class Loss, class S>
class Judge {
 public:
  Judge(const D& discriminator, const Loss& loss, const nn::Context& context, const nn::Block& block, double target)
      : network_(discriminator, context),
        loss_(loss, block.rows, discriminator.outputs()),
        targets_(loss.prepared(
            Matrix<Real<S>>(Matrix<Real<S>>::Constant(block.rows, discriminator.outputs(), Real<S>(target))))),
        examples_(block.examples),
        padding_(block.rows - block.examples) {}

  nn::StagedNetwork<D, S>& network() { return network_; }
  /// The block's share of the loss.
  const S& value() const { return value_; }

  /// Forward, and the loss's adjoint.
  void advance(const calculus::Stage& stage, const nn::ParameterSeries<S>& parameters, const Real<S>& scale) {
    network_.advance(stage, parameters);
    const calculus::Series<S>& adjoint = network_.output_adjoint();
    if (stage.number == 0) {
      value_ = loss_.start(network_.output(), targets_, examples_, scale, adjoint);
    } else {
      loss_.advance(stage, network_.output(), scale, adjoint);
    }
    if (padding_ > 0 && !adjoint.is_zero(stage.number)) adjoint.matrix(stage.number).bottomRows(padding_).setZero();
  }

 private:
  nn::StagedNetwork<D, S> network_;
  typename Loss::template Operation<S> loss_;
  Matrix<Real<S>> targets_;
  Index examples_;
  Index padding_;
  S value_ = S(0);
};

/// Stage 0 of networks' inputs: the data, or a complex copy of them.
template <class S>
class ConstantInputs {
 public:
  explicit ConstantInputs(std::size_t blocks) : complex_(is_complex<S> ? blocks : 0) {}

  void bind(std::size_t i, const Matrix<Real<S>>& data, calculus::Series<S>& input) {
    if constexpr (is_complex<S>) {
      complex_[i] = data.template cast<S>();
      input.bind_constant(0, complex_[i].data());
    } else {
      input.bind_constant(0, data.data());
    }
  }

 private:
  std::vector<Matrix<S>> complex_;
};

}  // namespace detail

/// The program of a player's loss at states of scalar S (calculus/expansion.hpp).
template <class D, class G, class Loss, class S>
class AdversarialProgram {
 public:
  using Scalar = S;
  using Model = AdversarialModel<D, G, Loss>;
  using Batch = std::shared_ptr<const GanBatch<Real<S>>>;

  /// What an expansion is moved to.
  struct Selection {
    Batch batch;
    WantedBlocks wanted;
  };

  AdversarialProgram(std::shared_ptr<const Model> model, const AdversarialRole& role, Selection selection)
      : model_(std::move(model)), role_(role) {
    make(std::move(selection));
  }

  void select(const Selection& selection) {
    constexpr bool draws_by_number = nn::looks_at_examples<D> || nn::looks_at_examples<G>;
    if (!selection.batch->has_sizes_of(*batch_) || (draws_by_number && !selection.batch->has_numbers_of(*batch_))) {
      make(selection);
      return;
    }
    wanted_ = selection.wanted;
    if (selection.batch == batch_) return;
    batch_ = selection.batch;
    bind_data();
  }

  Index dimension() const { return model_->discriminator.parameters() + model_->generator.parameters(); }

  S start(const Vector<S>& z, Vector<S>& gradient) {
    run(calculus::first_stage, z, false, gradient);
    S value(0);
    for (const Judge& judge : of_generated_) value += judge.value();
    if (!uses_real()) return value;
    for (const Judge& judge : of_real_) value += judge.value();
    return value;
  }

  void advance(const calculus::Stage& stage, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    run(stage, direction, is_zero, gradient);
  }

 private:
  using Judge = detail::Judge<D, Loss, S>;

  /// What is random in the discriminator is so for each of its inputs: generated ones have numbers above those of all data.
  static constexpr Index after_all_data = Index{1} << 40;

  /// All that depends on the sizes of a batch.
  void make(Selection selection) {
    batch_ = std::move(selection.batch);
    wanted_ = selection.wanted;
    const nn::Blocks<Real<S>>&real = batch_->real(), &latents = batch_->latents();
    const Model& model = *model_;
    const Index phi_dimension = model.discriminator.parameters();
    phi_.emplace(model.discriminator);
    theta_.emplace(model.generator, phi_dimension);
    generators_.clear();
    of_generated_.clear();
    of_real_.clear();
    for (const nn::Block& block : latents.cut.blocks) {
      nn::Context context = latents.context(block);
      context.first_example += batch_->first_latent();
      generators_.emplace_back(model.generator, context, phi_dimension);
      context.first_example += after_all_data;
      of_generated_.emplace_back(model.discriminator, model.loss, context, block, role_.generated_target);
    }
    for (const nn::Block& block : real.cut.blocks) {
      nn::Context context = real.context(block);
      context.first_example += batch_->first_real();
      of_real_.emplace_back(model.discriminator, model.loss, context, block, role_.real_target);
    }
    cuts_ = std::make_unique<std::pair<nn::Cut<Real<S>>, nn::Cut<Real<S>>>>(latents.cut, real.cut);
    generated_sums_.emplace(cuts_->first, dimension(), latents.examples, model.threads);
    real_sums_.emplace(cuts_->second, phi_dimension, real.examples, model.threads);
    latent_inputs_ = detail::ConstantInputs<S>(generators_.size());
    real_inputs_ = detail::ConstantInputs<S>(of_real_.size());
    bind_data();
  }

  void bind_data() {
    for (std::size_t i = 0; i < generators_.size(); ++i)
      latent_inputs_.bind(i, batch_->latents().inputs[i], generators_[i].input());
    for (std::size_t i = 0; i < of_real_.size(); ++i)
      real_inputs_.bind(i, batch_->real().inputs[i], of_real_[i].network().input());
  }

  /// The data's term does not see theta.
  bool uses_real() const { return role_.real_weight != 0 && wanted_ != WantedBlocks::theta; }

  static Real<S> scale(double weight, Index examples) { return Real<S>(weight) / Real<S>(examples); }

  void run(const calculus::Stage& stage, const Vector<S>& z, bool is_zero, Vector<S>& gradient) {
    phi_->bind(stage.number, z, is_zero);
    theta_->bind(stage.number, z, is_zero);
    generated_sums_->run(
        gradient, [&](std::size_t i, Vector<S>& sum, bool accumulate) { run_generated(stage, i, sum, accumulate); });
    if (!uses_real()) return;
    real_sums_->run(real_gradient_, [&](std::size_t i, Vector<S>& sum, bool accumulate) {
      if (stage.number > 0) of_real_[i].network().input().open_zero(stage.number);
      of_real_[i].advance(stage, *phi_, scale(role_.real_weight, batch_->real().examples));
      of_real_[i].network().pull_back(stage, *phi_, sum, nullptr, accumulate);
    });
    gradient.head(real_gradient_.size()) += real_gradient_;
  }

  void run_generated(const calculus::Stage& stage, std::size_t i, Vector<S>& sum, bool accumulate) {
    const Index m = stage.number, phi_dimension = model_->discriminator.parameters();
    nn::StagedNetwork<G, S>& generator = generators_[i];
    nn::StagedNetwork<D, S>& discriminator = of_generated_[i].network();
    if (m > 0) generator.input().open_zero(m);
    generator.advance(stage, *theta_);
    const calculus::Series<S>& made = generator.output();
    discriminator.input().bind(m, made[m].data(), made.is_zero(m));
    of_generated_[i].advance(stage, *phi_, scale(role_.generated_weight, batch_->latents().examples));
    switch (wanted_) {
      case WantedBlocks::phi:
        if (!accumulate) sum.tail(sum.size() - phi_dimension).setZero();
        discriminator.pull_back(stage, *phi_, sum, nullptr, accumulate);
        return;
      case WantedBlocks::theta:
        if (!accumulate) sum.head(phi_dimension).setZero();
        discriminator.pull_back_to_input(stage, *phi_, generator.output_adjoint());
        break;
      case WantedBlocks::both:
        discriminator.pull_back(stage, *phi_, sum, &generator.output_adjoint(), accumulate);
        break;
    }
    generator.pull_back(stage, *theta_, sum, nullptr, accumulate);
  }

  std::shared_ptr<const Model> model_;
  AdversarialRole role_;
  Batch batch_;
  WantedBlocks wanted_ = WantedBlocks::both;
  std::optional<nn::ParameterSeries<S>> phi_, theta_;
  std::vector<nn::StagedNetwork<G, S>> generators_;  // one for each block of latents
  std::vector<Judge> of_generated_;
  std::vector<Judge> of_real_;                                           // one for each block of data
  std::unique_ptr<std::pair<nn::Cut<Real<S>>, nn::Cut<Real<S>>>> cuts_;  // of latents and data; the sums refer to them
  std::optional<nn::ExampleSums<S>> generated_sums_, real_sums_;
  Vector<S> real_gradient_;
  detail::ConstantInputs<S> latent_inputs_{0}, real_inputs_{0};
};

template <class D, class G, class Loss, class T>
class AdversarialLoss {
 public:
  using Scalar = T;
  using Model = AdversarialModel<D, G, Loss>;
  using Batch = std::shared_ptr<const GanBatch<T>>;
  template <class S>
  using ExpansionOver = calculus::ProgramExpansion<AdversarialProgram<D, G, Loss, S>>;
  /// Complex states are for networks and losses that are holomorphic.
  template <class S>
  static constexpr bool allows = !is_complex<S> || (D::holomorphic && G::holomorphic && Loss::holomorphic);

  AdversarialLoss(std::shared_ptr<const Model> model, const AdversarialRole& role, Batch batch)
      : AdversarialLoss(std::move(model), role, std::move(batch), {}) {}

  Index dimension() const { return model_->discriminator.parameters() + model_->generator.parameters(); }
  const Model& model() const { return *model_; }
  const Batch& batch() const { return batch_; }

  template <StateOver<T> X>
    requires allows<ScalarOf<X>>
  ScalarOf<X> value(const X& z) const {
    return borrow(z)->value();
  }

  template <StateOver<T> X>
    requires allows<ScalarOf<X>>
  Vector<ScalarOf<X>> gradient(const X& z) const {
    return borrow(z)->gradient();
  }

  template <StateOver<T> X>
    requires allows<ScalarOf<X>>
  ExpansionOver<ScalarOf<X>> expand(const X& z, int depth = 0) const {
    return expansion<ScalarOf<X>>(z, WantedBlocks::both, depth);
  }

  template <StateOver<T> X>
    requires allows<ScalarOf<X>>
  auto borrow(const X& z, Wanted /*wanted*/ = Wanted::gradient) const {
    return borrow_blocks(z, WantedBlocks::both);
  }

  /// For the gradients in a player's own block.
  template <StateOver<T> X>
    requires allows<ScalarOf<X>>
  auto borrow_block(const X& z, Player player) const {
    return borrow_blocks(z, player == Player::phi ? WantedBlocks::phi : WantedBlocks::theta);
  }

  /// The same loss on other data, in the same workspaces.
  AdversarialLoss on(const Batch& batch) const {
    require(batch != nullptr, "batch", "null", "data and latents");
    const nn::Blocks<T>&now = batch_->real(), &next = batch->real();
    require(next.inputs.front().cols() == now.inputs.front().cols(), "columns of X", next.inputs.front().cols(),
            "the discriminator's inputs");
    require(batch->latents().inputs.front().cols() == batch_->latents().inputs.front().cols(), "columns of the latents",
            batch->latents().inputs.front().cols(), "the generator's inputs");
    return {model_, role_, batch, pools_};
  }

  /// On the first and on the second half of the data and latents.
  std::pair<AdversarialLoss, AdversarialLoss> halves() const {
    auto [first, second] = batch_->halves();
    return {AdversarialLoss(model_, role_, std::make_shared<const GanBatch<T>>(std::move(first)), pools_.of_halves()),
            AdversarialLoss(model_, role_, std::make_shared<const GanBatch<T>>(std::move(second)), pools_.of_halves())};
  }

 private:
  using ComplexState = std::conditional_t<allows<Complex<T>>, Complex<T>, T>;

  /// Idle expansions; those of halves apart, since another size would make their memory anew.
  struct Shelves {
    Pool<ExpansionOver<T>> real;
    Pool<ExpansionOver<ComplexState>> complex;
  };
  struct Pools {
    Shelves here;
    Shelves below;

    Pools of_halves() const { return {below, {}}; }
  };

  AdversarialLoss(std::shared_ptr<const Model> model, const AdversarialRole& role, Batch batch, Pools pools)
      : model_(std::move(model)), role_(role), batch_(std::move(batch)), pools_(std::move(pools)) {}

  template <class S, class X>
  ExpansionOver<S> expansion(const X& z, WantedBlocks wanted, int depth) const {
    return {AdversarialProgram<D, G, Loss, S>(model_, role_, {batch_, wanted}), z, depth};
  }

  template <class X>
  auto borrow_blocks(const X& z, WantedBlocks wanted) const {
    using S = ScalarOf<X>;
    const auto make = [&] { return expansion<S>(z, wanted, 0); };
    const auto reuse = [&](auto& e) {
      e.move_to(z, typename AdversarialProgram<D, G, Loss, S>::Selection{batch_, wanted});
    };
    if constexpr (is_complex<S>) {
      return pools_.here.complex.borrow(make, reuse);
    } else {
      return pools_.here.real.borrow(make, reuse);
    }
  }

  std::shared_ptr<const Model> model_;
  AdversarialRole role_;
  Batch batch_;
  Pools pools_;
};

}  // namespace drift::games
