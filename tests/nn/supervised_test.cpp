#include <catch2/catch.hpp>

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/differentiable.hpp>
#include <drift/calculus/point.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/losses/squared_error.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/supervised.hpp>
#include <drift/regularisers/gradient_norm.hpp>

#include <cmath>
#include <complex>
#include <thread>
#include <vector>

using namespace drift;

namespace {

// A 3-4-2 network with softplus then tanh, written out example by example: the independent route.
template <class R>
struct WrittenOut {
  Matrix<R> inputs;
  Matrix<R> targets;
  bool cross_entropy;

  template <class T>
  T operator()(const Vector<T>& theta) const {
    T total(0);
    for (Index n = 0; n < inputs.rows(); ++n) {
      T z[2];
      for (Index c = 0; c < 2; ++c) z[c] = theta[24 + c];
      for (Index j = 0; j < 4; ++j) {
        T a = theta[12 + j];
        for (Index i = 0; i < 3; ++i) a += theta[3 * j + i] * T(inputs(n, i));
        const T hidden = softplus(a);
        for (Index c = 0; c < 2; ++c) z[c] += theta[16 + 4 * c + j] * hidden;
      }
      for (T& output : z) output = tanh(output);
      if (cross_entropy) {
        total += log(exp(z[0]) + exp(z[1])) - (T(targets(n, 0)) * z[0] + T(targets(n, 1)) * z[1]);
      } else {
        for (Index c = 0; c < 2; ++c) total += (z[c] - T(targets(n, c))) * (z[c] - T(targets(n, c))) / T(2);
      }
    }
    return total / T(static_cast<R>(inputs.rows()));
  }
};

template <class R>
struct Setting {
  Matrix<R> inputs;
  Matrix<R> targets;
  Vector<R> theta, u, v;
};

template <class R>
Setting<R> setting(Index examples) {
  Random random(11);
  Setting<R> s;
  s.inputs = random.normal_matrix<double>(examples, 3).cast<R>();
  s.targets.setZero(examples, 2);
  for (Index i = 0; i < examples; ++i) s.targets(i, random.below(2)) = R(1);
  s.theta = random.normal_vector<double>(26).cast<R>() * R(0.7);
  s.u = random.normal_vector<double>(26).cast<R>();
  s.v = random.normal_vector<double>(26).cast<R>();
  return s;
}

const auto net = nn::sequential(nn::dense(3, 4), nn::softplus(), nn::dense(4, 2), nn::tanh());

template <class A, class B>
double difference(const A& a, const B& b) {
  return static_cast<double>((a - b).norm() / b.norm());
}

template <class R, class Loss>
void matches_written_out(const Loss& loss, bool cross_entropy) {
  const double tolerance = 50 * static_cast<double>(epsilon<R>());
  const Setting<R> s = setting<R>(150);  // more than one block
  const auto problem = nn::supervised(net, loss, s.inputs, s.targets);
  const auto written_out = differentiable<R>(WrittenOut<R>{s.inputs, s.targets, cross_entropy}, 26);
  CHECK(std::abs(static_cast<double>(value(problem, s.theta) / value(written_out, s.theta)) - 1) < tolerance);

  auto a = expand(problem, s.theta);
  auto b = expand(written_out, s.theta);
  CHECK(difference(a.gradient(), b.gradient()) < tolerance);
  CHECK(difference(a.push(s.u), b.push(s.u)) < tolerance);
  CHECK(difference(a.push(s.v), b.push(s.v)) < tolerance);
  CHECK(difference(a.push_zero(), b.push_zero()) < tolerance);
  CHECK(difference(a.push(s.u), b.push(s.u)) < tolerance);

  SECTION("on a sparse curve, whose first coefficients vanish") {
    a.rewind(0);
    b.rewind(0);
    CHECK(a.push_zero().isZero(0));
    b.push_zero();
    for (const Vector<R>& direction : {s.u, s.v}) CHECK(difference(a.push(direction), b.push(direction)) < tolerance);
    CHECK(difference(a.push_zero(), b.push_zero()) < tolerance);
    CHECK(difference(a.push(s.v), b.push(s.v)) < tolerance);
  }
  SECTION("for a direction that moves one layer only") {
    Vector<R> one_layer = Vector<R>::Zero(26);
    one_layer[18] = R(1);
    a.rewind(0);
    b.rewind(0);
    CHECK(difference(a.push(one_layer), b.push(one_layer)) < tolerance);
    CHECK(difference(a.push(one_layer), b.push(one_layer)) < tolerance);
  }
}

}  // namespace

TEST_CASE("every coefficient of a network's gradient matches the loss written out, squared error", "[nn]") {
  matches_written_out<double>(losses::squared_error(), false);
}
TEST_CASE("every coefficient of a network's gradient matches the loss written out, cross-entropy", "[nn]") {
  matches_written_out<double>(losses::softmax_cross_entropy(), true);
}
TEST_CASE("the same in float and long double", "[nn][types]") {
  matches_written_out<float>(losses::softmax_cross_entropy(), true);
  matches_written_out<long double>(losses::softmax_cross_entropy(), true);
}

TEST_CASE("gradient and Hessian-vector product agree with differences of the plain value", "[nn]") {
  const Setting<double> s = setting<double>(7);
  const auto check = [&](const auto& problem) {
    const double h = 1e-5;
    const Vector<double> up = s.theta + h * s.u, down = s.theta - h * s.u;
    CHECK((value(problem, up) - value(problem, down)) / (2 * h) ==
          Approx(gradient(problem, s.theta).dot(s.u)).epsilon(1e-8));
    const Vector<double> differences = (gradient(problem, up) - gradient(problem, down)) / (2 * h);
    CHECK(difference(differences, hessian_vector_product(problem, s.theta, s.u)) < 1e-8);
  };
  check(nn::supervised(net, losses::squared_error(), s.inputs, s.targets));
  check(nn::supervised(net, losses::softmax_cross_entropy(), s.inputs, s.targets));
}

TEST_CASE("complex states: both losses and both activations are holomorphic", "[nn]") {
  const Setting<double> s = setting<double>(9);
  const Vector<std::complex<double>> z = s.theta.cast<std::complex<double>>() + std::complex<double>(0, 0.1) * s.u;
  const Vector<std::complex<double>> w = s.v.cast<std::complex<double>>() * std::complex<double>(1, 0.5);
  const auto check = [&](const auto& loss, bool cross_entropy) {
    auto a = expand(nn::supervised(net, loss, s.inputs, s.targets), z);
    auto b = expand(differentiable(WrittenOut<double>{s.inputs, s.targets, cross_entropy}, 26), z);
    CHECK(std::abs(a.value() - b.value()) < 1e-14 * std::abs(b.value()));
    CHECK(difference(a.gradient(), b.gradient()) < 1e-14);
    CHECK(difference(a.push(w), b.push(w)) < 1e-14);
    CHECK(difference(a.push(z), b.push(z)) < 1e-14);
  };
  check(losses::squared_error(), false);
  check(losses::softmax_cross_entropy(), true);
}

TEST_CASE("cross-entropy holds up at outputs of any size", "[nn]") {
  const auto linear = nn::sequential(nn::dense(1, 2));
  Matrix<double> x(1, 1);
  x << 1;
  const auto problem = nn::supervised(linear, losses::softmax_cross_entropy(), x, std::vector<int>{0});
  Vector<double> theta(4);
  theta << 1000, -1000, 0, 0;
  CHECK(value(problem, theta) == 0);
  CHECK(gradient(problem, theta).isZero(0));
  CHECK(value(problem, -theta) == 2000);
  CHECK(gradient(problem, -theta)[0] == -1);
}

TEST_CASE("labels stand for unit vectors and are checked", "[nn]") {
  const Setting<double> s = setting<double>(4);
  std::vector<int> labels(4);
  for (Index i = 0; i < 4; ++i) labels[static_cast<std::size_t>(i)] = s.targets(i, 1) == 1 ? 1 : 0;
  const auto by_labels = nn::supervised(net, losses::squared_error(), s.inputs, labels);
  const auto by_targets = nn::supervised(net, losses::squared_error(), s.inputs, s.targets);
  CHECK(value(by_labels, s.theta) == value(by_targets, s.theta));
  labels[2] = 2;
  CHECK_THROWS_WITH(nn::supervised(net, losses::squared_error(), s.inputs, labels),
                    "labels[2]: was 2, must be 0 to 1, an output of the network");
}

TEST_CASE("data that do not fit are refused", "[nn]") {
  const Setting<double> s = setting<double>(4);
  const auto loss = losses::squared_error();
  CHECK_THROWS_WITH(nn::supervised(net, loss, Matrix<double>(0, 3), Matrix<double>(0, 2)),
                    Catch::Contains("X: was of 0 rows"));
  CHECK_THROWS_WITH(nn::supervised(net, loss, Matrix<double>::Zero(4, 5), s.targets),
                    Catch::Contains("columns of X: was 5"));
  CHECK_THROWS_WITH(nn::supervised(net, loss, s.inputs, Matrix<double>::Zero(3, 2)),
                    Catch::Contains("rows of the targets: was 3"));
  CHECK_THROWS_WITH(nn::supervised(net, loss, s.inputs, Matrix<double>::Zero(4, 1)),
                    Catch::Contains("columns of the targets: was 1"));
  const auto problem = nn::supervised(net, loss, s.inputs, s.targets);
  CHECK_THROWS_WITH(gradient(problem, Vector<double>::Zero(25)), Catch::Contains("theta: was of length 25"));
}

TEST_CASE("a loss over blocks of examples is the mean over all of them", "[nn]") {
  const Setting<double> s = setting<double>(2 * nn::Cut<double>::largest_block + 3);
  const auto part = [&](Index first, Index rows) {
    return nn::supervised(net, losses::softmax_cross_entropy(), s.inputs.middleRows(first, rows),
                          s.targets.middleRows(first, rows));
  };
  const Index n = s.inputs.rows();
  const auto whole = part(0, n);
  const auto a = part(0, 100), b = part(100, n - 100);
  const double share = 100.0 / static_cast<double>(n);
  CHECK(value(whole, s.theta) == Approx(share * value(a, s.theta) + (1 - share) * value(b, s.theta)).epsilon(1e-14));
  CHECK(difference(gradient(share * a + (1 - share) * b, s.theta), gradient(whole, s.theta)) < 1e-13);
}

TEST_CASE("a network plus its own gradient norm is exact: Hessian-vector product and third derivative", "[nn]") {
  const Setting<double> s = setting<double>(10);
  const auto with_norm = [](const auto& p) { return p + 0.1 * regularisers::gradient_norm(p); };
  const auto a = with_norm(nn::supervised(net, losses::softmax_cross_entropy(), s.inputs, s.targets));
  const auto b = with_norm(differentiable(WrittenOut<double>{s.inputs, s.targets, true}, 26));
  CHECK(value(a, s.theta) == Approx(value(b, s.theta)).epsilon(1e-14));
  CHECK(difference(gradient(a, s.theta), gradient(b, s.theta)) < 1e-13);
  CHECK(difference(hessian_vector_product(a, s.theta, s.u), hessian_vector_product(b, s.theta, s.u)) < 1e-13);
  CHECK(difference(third_derivative(a, s.theta, s.u, s.v), third_derivative(b, s.theta, s.u, s.v)) < 1e-13);
  const double h = 1e-5;
  const Vector<double> differences = (gradient(a, s.theta + h * s.u) - gradient(a, s.theta - h * s.u)) / (2 * h);
  CHECK(difference(differences, hessian_vector_product(a, s.theta, s.u)) < 1e-7);
}

TEST_CASE("one problem may be used by several threads at once", "[nn]") {
  const Setting<double> s = setting<double>(40);
  const auto problem = nn::supervised(net, losses::squared_error(), s.inputs, s.targets);
  const Vector<double> expected = hessian_vector_product(problem, s.theta, s.u);
  std::vector<Vector<double>> results(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) threads.emplace_back([&] { result = hessian_vector_product(problem, s.theta, s.u); });
  }
  for (const auto& result : results) CHECK(result == expected);
}

TEMPLATE_TEST_CASE("every thread count gives the same bits, at every stage", "[nn][threads]", float, double) {
  using S = TestType;
  const auto wide = nn::sequential(nn::dense(20, 30), nn::tanh(), nn::dense(30, 30), nn::softplus(), nn::dense(30, 5));
  Random random(17);
  const Index examples = 1203;  // 8 parts or fewer, the last block padded
  const Matrix<S> x = random.normal_matrix<double>(examples, 20).template cast<S>();
  std::vector<int> labels;
  for (Index i = 0; i < examples; ++i) labels.push_back(static_cast<int>(i % 5));
  const Vector<S> theta = nn::initialise<S>(wide, nn::glorot_normal(), Random(3));
  const Vector<S> v = random.normal_vector<double>(theta.size()).template cast<S>();
  const auto evaluate = [&](int threads) {
    const auto problem = nn::supervised(wide, losses::softmax_cross_entropy(), x, labels, {.threads = threads});
    auto e = problem.expand(theta);
    std::vector<Vector<S>> results{Vector<S>::Constant(1, e.value()), e.gradient(), e.push(v), e.push_zero(),
                                   e.push(v)};
    e.move_to(v, Wanted::products);
    results.push_back(Vector<S>::Constant(1, e.value()));
    results.push_back(e.push(theta));
    return results;
  };
  const auto one = evaluate(1);
  for (const int threads : {2, 3, 4, 64}) CHECK(evaluate(threads) == one);
  CHECK_THROWS_WITH(nn::supervised(wide, losses::softmax_cross_entropy(), x, labels, {.threads = 0}),
                    "threads: was 0, must be 1 or more");
}

TEST_CASE("an expansion moved to a point for products has no gradient, and the same products", "[nn]") {
  const Setting<double> s = setting<double>(30);
  const auto problem = nn::supervised(net, losses::softmax_cross_entropy(), s.inputs, s.targets);
  auto e = problem.expand(s.theta);
  const double value = e.value();
  const Vector<double> gradient = e.gradient(), product = e.push(s.v), second = e.push(s.u);
  e.move_to(s.u);
  e.move_to(s.theta, Wanted::products);
  CHECK(e.value() == value);
  CHECK_THROWS_WITH(e.gradient(),
                    Catch::Contains("gradient(): was asked of an expansion moved to its point for products"));
  CHECK(e.push(s.v) == product);
  CHECK(e.push(s.u) == second);
  e.move_to(s.theta);
  CHECK(e.gradient() == gradient);
  CHECK(hessian_vector_product(problem, s.theta, s.v) == product);
}

TEST_CASE("a batch is the mean over its examples, each as often as it stands there", "[supervised][batch]") {
  const auto s = setting<double>(150);
  const auto fit = nn::supervised(net, losses::softmax_cross_entropy({.label_smoothing = 0.1}), s.inputs, s.targets);
  const std::vector<Index> examples = {149, 3, 3, 70};
  Matrix<double> inputs(4, 3), targets(4, 2);
  for (Index i = 0; i < 4; ++i) {
    inputs.row(i) = s.inputs.row(examples[static_cast<std::size_t>(i)]);
    targets.row(i) = s.targets.row(examples[static_cast<std::size_t>(i)]);
  }
  const auto alone = nn::supervised(net, losses::softmax_cross_entropy({.label_smoothing = 0.1}), inputs, targets);
  const auto batch = fit.batch(examples);
  CHECK(batch.examples() == 4);
  CHECK(value(batch, s.theta) == value(alone, s.theta));
  CHECK(gradient(batch, s.theta) == gradient(alone, s.theta));
  CHECK(hessian_vector_product(batch, s.theta, s.u) == hessian_vector_product(alone, s.theta, s.u));
  // The whole is the mean of its batches.
  std::vector<Index> first, second;
  for (Index i = 0; i < 150; ++i) (i % 3 == 0 ? first : second).push_back(i);
  CHECK(value(fit, s.theta) ==
        Approx(value(fit.batch(first), s.theta) / 3 + 2 * value(fit.batch(second), s.theta) / 3).epsilon(1e-14));
  CHECK(value(batch.batch({1, 2}), s.theta) == value(fit.batch({3, 3}), s.theta));
}

TEST_CASE("an expansion aimed at one batch after another has the bits of each batch's own", "[supervised][batch]") {
  const auto s = setting<double>(700);
  const auto check = [&](const auto& problem, const auto& theta) {
    auto e = problem.expand_batch(theta, {0, 1, 2});
    Random random(8);
    for (const Index size : {3, 3, 40, 600, 600, 1, 3}) {  // 600: several blocks
      const std::vector<Index> all = random.permutation(700);
      const std::vector<Index> batch(all.begin(), all.begin() + size);
      e.move_to(theta, batch);
      auto own = problem.batch(batch).expand(theta);
      CHECK(e.value() == own.value());
      CHECK(e.gradient() == own.gradient());
      CHECK(e.push(e.gradient()) == own.push(own.gradient()));
      e.move_to(2 * theta);  // the same batch elsewhere
      own.move_to(2 * theta);
      CHECK(e.gradient() == own.gradient());
    }
  };
  const auto fit = nn::supervised(net, losses::squared_error(), s.inputs, s.targets);
  check(fit, s.theta);
  check(fit, Vector<std::complex<double>>(s.theta.cast<std::complex<double>>() * std::complex<double>(1, 0.1)));
  // Layers so wide that they keep transposed copies of their input.
  const auto wide = nn::sequential(nn::dense(64, 32), nn::tanh(), nn::dense(32, 2));
  check(nn::supervised(wide, losses::squared_error(), Random(1).normal_matrix(700, 64), s.targets),
        nn::initialise(wide, nn::glorot_normal(), Random(2)));
}

TEST_CASE("batches of what is not there are refused", "[supervised][batch]") {
  const auto s = setting<double>(10);
  const auto fit = nn::supervised(net, losses::squared_error(), s.inputs, s.targets);
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(fit.batch({0, 10}), Contains("batch: was 10") && Contains("0 to 9"));
  CHECK_THROWS_WITH(fit.batch({-1}), Contains("batch: was -1"));
  CHECK_THROWS_WITH(fit.batch({}), Contains("batch: was empty"));
  auto e = fit.expand_batch(s.theta, {0, 1});
  CHECK_THROWS_AS(e.move_to(s.theta, std::vector<Index>{0, 10}), InvalidArgument);
  CHECK_THROWS_AS(e.push(s.u), InvalidArgument);  // it is at no point now
  e.move_to(s.theta, std::vector<Index>{4});
  CHECK(e.value() == value(fit.batch({4}), s.theta));
}

TEST_CASE("the value alone has the bits of the expansion's, on any number of threads", "[supervised]") {
  const auto s = setting<double>(700);
  const auto fit = nn::supervised(net, losses::softmax_cross_entropy(), s.inputs, s.targets);
  CHECK(value(fit, s.theta) == fit.expand(s.theta).value());
  const Vector<std::complex<double>> z = s.theta.cast<std::complex<double>>() * std::complex<double>(1, 0.1);
  CHECK(value(fit, z) == fit.expand(z).value());
  const auto wide = nn::sequential(nn::dense(64, 32), nn::tanh(), nn::dropout(0.3, Random(7)), nn::dense(32, 2));
  const Matrix<double> inputs = Random(1).normal_matrix(700, 64);
  const Vector<double> theta = nn::initialise(wide, nn::glorot_normal(), Random(2));
  const auto one = nn::supervised(wide, losses::squared_error(), inputs, s.targets);
  const auto two = nn::supervised(wide, losses::squared_error(), inputs, s.targets, {.threads = 2});
  CHECK(value(one, theta) == one.expand(theta).value());
  CHECK(value(two, theta) == value(one, theta));
  CHECK_THROWS_AS(one.value(Vector<double>(3)), InvalidArgument);
}

TEST_CASE("with dropout an example has its own mask in every batch, so that the whole is still their mean",
          "[supervised][batch]") {
  const auto s = setting<double>(60);
  const auto random =
      nn::sequential(nn::dense(3, 4), nn::tanh(), nn::residual(nn::dropout(0.5, Random(7))), nn::dense(4, 2));
  static_assert(decltype(random)::looks_at_examples);
  static_assert(!decltype(net)::looks_at_examples);
  const auto fit = nn::supervised(random, losses::softmax_cross_entropy(), s.inputs, s.targets);
  const Vector<double> theta = s.theta;
  double mean = 0;
  std::vector<Index> reversed;
  for (Index i = 0; i < 60; ++i) {
    mean += value(fit.batch({i}), theta) / 60;
    reversed.push_back(59 - i);
  }
  CHECK(mean == Approx(value(fit, theta)).epsilon(1e-13));
  CHECK(value(fit.batch(reversed), theta) == Approx(value(fit, theta)).epsilon(1e-13));
  CHECK(value(fit.batch(reversed).batch({4}), theta) == value(fit.batch({55}), theta));
  auto e = fit.expand_batch(theta, {1, 2, 3});
  e.move_to(theta, std::vector<Index>{7, 50, 7});
  CHECK(e.value() == value(fit.batch({7, 50, 7}), theta));
}
