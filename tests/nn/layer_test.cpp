// A layer of one's own, as layer.hpp describes it: y_j = w_j x_j. With it a network works as with any other.
#include <catch2/catch.hpp>

#include <drift/losses/squared_error.hpp>
#include <drift/nn/supervised.hpp>

#include <support/expect_derivatives.hpp>

using namespace drift;

namespace {

template <class S>
class ScaleOperation;

struct Scale {
  static constexpr std::string_view name = "scale";
  static constexpr bool keeps_shape = true;
  static constexpr bool holomorphic = true;
  static constexpr bool is_view = false;
  template <class S>
  using Operation = ScaleOperation<S>;

  std::optional<nn::Shape> required_input() const { return std::nullopt; }
  nn::Shape output(const nn::Shape& input) const { return input; }
  std::vector<nn::ParameterShape> parameters(const nn::Shape& input) const {
    return {{.name = "factor", .rows = 1, .columns = input.size()}};
  }
};

template <class S>
class ScaleOperation {
 public:
  using Series = calculus::Series<S>;

  ScaleOperation(const Scale&, const nn::Shape&, const nn::Context&) {}

  void advance(const calculus::Stage& stage, const Series& x, nn::Parameters<S> p, const Series& y) {
    multiply(stage, x, p[0], y);
  }

  void pull_back(const calculus::Stage& stage, const Series& y_hat, const Series& x, nn::Parameters<S> p,
                 const Series* x_hat, nn::Gradients<S> p_hat) {
    if (x_hat != nullptr) multiply(stage, y_hat, p[0], *x_hat);
    if (p_hat.empty()) return;
    for (const calculus::Pair& pair : stage.pairs) {
      if (x.is_zero(pair.a) || y_hat.is_zero(pair.b)) continue;
      p_hat[0] += x.matrix(pair.a).cwiseProduct(y_hat.matrix(pair.b)).colwise().sum();
    }
  }

 private:
  static void multiply(const calculus::Stage& stage, const Series& x, const Series& factor, const Series& y) {
    auto result = y.matrix(stage.number);
    result.setZero();
    bool any = false;
    for (const calculus::Pair& pair : stage.pairs) {
      if (x.is_zero(pair.a) || factor.is_zero(pair.b)) continue;
      result += x.matrix(pair.a) * factor.matrix(pair.b).row(0).asDiagonal();
      any = true;
    }
    y.mark(stage.number, !any);
  }
};

static_assert(nn::Layer<Scale>);
static_assert(nn::Layer<nn::Dense> && nn::Layer<nn::Flatten> && nn::Layer<nn::Chain<nn::Dense>>);

}  // namespace

TEST_CASE("a user's layer has the derivatives of its function", "[nn]") {
  const auto net = nn::sequential(nn::dense(2, 3), Scale{}, nn::tanh(), nn::dense(3, 1), Scale{});
  CHECK(net.parameters() == 9 + 3 + 4 + 1);
  const Matrix<double> x = Matrix<double>::Random(5, 2), y = Matrix<double>::Random(5, 1);
  const auto problem = nn::supervised(net, losses::squared_error(), x, y);
  static_assert(HolomorphicProblem<decltype(problem)>);
  expect_derivatives(problem, Random(4).normal_vector(net.parameters()));
}
