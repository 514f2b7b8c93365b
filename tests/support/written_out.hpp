#pragma once
// Networks written out number by number and example by example, as callables for differentiable(): the independent route to
// every derivative of a network. Nothing here knows of matrices, series or blocks.
//
//     const auto twin = written_out(x, y, theta.size(), [](auto& layers, const auto& input) {
//       return layers.dense(tanh_of(layers.dense(input, 4)), 2);
//     });                                                                     // (1/N) sum of |net(x) - y|^2 / 2
//     expect_same_expansion(nn::supervised(net, losses::squared_error(), x, y), twin, theta);

#include <catch2/catch.hpp>

#include <drift/calculus/differentiable.hpp>
#include <drift/calculus/point.hpp>
#include <drift/core/random.hpp>
#include <drift/nn/shape.hpp>

#include <limits>
#include <string>
#include <vector>

/// Takes its parameters from the flat vector, layer after layer, in PyTorch's order.
template <class T>
class ScalarLayers {
 public:
  explicit ScalarLayers(const drift::Vector<T>& theta) : theta_(theta) {}

  std::vector<T> dense(const std::vector<T>& x, std::size_t outputs) {
    std::vector<T> y(outputs, T(0));
    for (T& out : y)
      for (const T& in : x) out += parameter() * in;
    for (T& out : y) out += parameter();
    return y;
  }

  /// Cross-correlation; kernel rows x kernel columns, zeros beyond the edge.
  std::vector<T> conv2d(const std::vector<T>& x, const drift::nn::Shape& in, drift::Index filters, drift::Index rows,
                        drift::Index columns, drift::Index stride, drift::Index padding) {
    using drift::Index;
    const Index height = (in.height + 2 * padding - rows) / stride + 1;
    const Index width = (in.width + 2 * padding - columns) / stride + 1;
    const Index first_weight = next_, first_bias = next_ + filters * in.channels * rows * columns;
    next_ = first_bias + filters;
    std::vector<T> y;
    for (Index f = 0; f < filters; ++f) {
      for (Index i = 0; i < height; ++i) {
        for (Index j = 0; j < width; ++j) {
          T sum = theta_[first_bias + f];
          for (Index c = 0; c < in.channels; ++c) {
            for (Index k = 0; k < rows; ++k) {
              for (Index l = 0; l < columns; ++l) {
                const Index r = i * stride + k - padding, q = j * stride + l - padding;
                if (r < 0 || r >= in.height || q < 0 || q >= in.width) continue;
                sum += theta_[first_weight + ((f * in.channels + c) * rows + k) * columns + l] *
                       x[static_cast<std::size_t>((c * in.height + r) * in.width + q)];
              }
            }
          }
          y.push_back(sum);
        }
      }
    }
    return y;
  }

 private:
  const T& parameter() { return theta_[next_++]; }

  const drift::Vector<T>& theta_;
  drift::Index next_ = 0;
};

template <class T, class F>
std::vector<T> each(std::vector<T> x, const F& f) {
  for (T& value : x) value = f(value);
  return x;
}
template <class T>
std::vector<T> tanh_of(const std::vector<T>& x) {
  return each(x, [](const T& v) { return tanh(v); });
}

/// One number for each window of each channel: combine(numbers of the window).
template <class T, class Combine>
std::vector<T> pool(const std::vector<T>& x, const drift::nn::Shape& in, drift::Index size, drift::Index stride,
                    const Combine& combine) {
  using drift::Index;
  std::vector<T> y;
  for (Index c = 0; c < in.channels; ++c) {
    for (Index i = 0; i + size <= in.height; i += stride) {
      for (Index j = 0; j + size <= in.width; j += stride) {
        std::vector<T> numbers;
        for (Index k = 0; k < size; ++k)
          for (Index l = 0; l < size; ++l)
            numbers.push_back(x[static_cast<std::size_t>((c * in.height + i + k) * in.width + j + l)]);
        y.push_back(combine(numbers));
      }
    }
  }
  return y;
}

/// |z - y|^2 / 2 of one example.
struct SquaredErrorOfExample {
  template <class T>
  T operator()(const std::vector<T>& z, const std::vector<T>& y) const {
    T sum(0);
    for (std::size_t c = 0; c < z.size(); ++c) sum += (z[c] - y[c]) * (z[c] - y[c]) / T(2);
    return sum;
  }
};

/// (1/N) sum of loss(net(layers, x_n), y_n) as a callable for every number type.
template <class R, class Net, class Loss>
struct WrittenOut {
  drift::Matrix<R> inputs;
  drift::Matrix<R> targets;
  Net net;
  Loss loss;

  template <class T>
  T operator()(const drift::Vector<T>& theta) const {
    T total(0);
    for (drift::Index n = 0; n < inputs.rows(); ++n) {
      std::vector<T> x, y;
      for (drift::Index i = 0; i < inputs.cols(); ++i) x.push_back(T(inputs(n, i)));
      for (drift::Index i = 0; i < targets.cols(); ++i) y.push_back(T(targets(n, i)));
      ScalarLayers<T> layers(theta);
      total += loss(net(layers, x), y);
    }
    return total / T(static_cast<R>(inputs.rows()));
  }
};

template <class R, class Net, class Loss = SquaredErrorOfExample>
auto written_out(const drift::Matrix<R>& inputs, const drift::Matrix<R>& targets, drift::Index parameters, Net net,
                 Loss loss = {}) {
  return drift::differentiable<R>(WrittenOut<R, Net, Loss>{inputs, targets, net, loss}, parameters);
}

/// Every coefficient along a few curves from theta: a full one and a sparse one. Differences relative to b's coefficient.
template <class A, class B, class S>
void expect_same_expansion(const A& problem, const B& twin, const drift::Vector<S>& theta, double tolerance = 1e-13) {
  using drift::Vector;
  auto a = drift::expand(problem, theta);
  auto b = drift::expand(twin, theta);
  const auto near = [&](const std::string& what, const auto& x, const auto& y) {
    const double scale = static_cast<double>(y.norm());
    const double difference = static_cast<double>((x - y).norm()) / (scale > 0 ? scale : 1);
    INFO(what << ": relative difference / tolerance");
    CHECK(difference / tolerance <= 1);
  };
  drift::Random random(17);
  const auto direction = [&] {
    Vector<S> v(theta.size());
    for (drift::Index i = 0; i < v.size(); ++i) {
      v[i] = S(static_cast<drift::Real<S>>(random.normal()));
      if constexpr (drift::is_complex<S>) v[i] += S(0, static_cast<drift::Real<S>>(random.normal()));
    }
    return v;
  };
  const Vector<S> u = direction(), v = direction();
  {
    INFO("value");
    using std::abs;
    CHECK(static_cast<double>(abs(S(a.value() - b.value()))) <= tolerance * (1 + static_cast<double>(abs(b.value()))));
  }
  near("gradient", a.gradient(), b.gradient());
  near("stage 1", a.push(u), b.push(u));
  near("stage 2", a.push(v), b.push(v));
  near("stage 3", a.push_zero(), b.push_zero());
  near("stage 4", a.push(u), b.push(u));
  a.rewind(0);
  b.rewind(0);
  a.push_zero();
  b.push_zero();
  near("sparse, stage 2", a.push(u), b.push(u));
  near("sparse, stage 3", a.push_zero(), b.push_zero());
  near("sparse, stage 4", a.push(v), b.push(v));
  // A straight line: a polynomial of the input stops varying where what is made of it does not.
  a.rewind(0);
  b.rewind(0);
  near("line, stage 1", a.push(u), b.push(u));
  for (int k = 2; k <= 6; ++k) near("line, stage " + std::to_string(k), a.push_zero(), b.push_zero());
  // With an infinitesimal beside t.
  auto c = problem.expand(theta, 1);
  auto d = twin.expand(theta, 1);
  near("stage e", c.push(u), d.push(u));
  near("stage t", c.push(v), d.push(v));
  near("stage t e", c.push_zero(), d.push_zero());
  near("stage t^2", c.push_zero(), d.push_zero());
  near("stage t^2 e", c.push(u), d.push(u));
}
