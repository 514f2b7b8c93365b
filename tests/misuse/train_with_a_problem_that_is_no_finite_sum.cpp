// train draws minibatches, so it needs a FiniteSum; a Problem alone has no examples. minimise takes it.
// expect: train_with_a_problem_that_is_no_finite_sum.cpp:25:.*error: no matching function
// expect: (satisfaction of .FiniteSum<F>. .with F = Bowl|.Bowl. does not satisfy .FiniteSum.)

#include <drift/data/minibatches.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/train.hpp>

struct Bowl {
  using Scalar = double;
  drift::Index dimension() const { return 2; }
  double value(const drift::Vector<double>& theta) const { return theta.squaredNorm() / 2; }
  drift::Vector<double> gradient(const drift::Vector<double>& theta) const { return theta; }
};

int main() {
  const drift::Vector<double> x = drift::Vector<double>::Ones(2);
  const auto start =
      drift::descent::run_state(x, drift::GradientDescent{.learning_rate = 0.1}, drift::data::full_batch(10));
  const drift::MinimiseOptions minimise_options;
  const drift::TrainOptions options;
  drift::minimise(Bowl{}, start, minimise_options);

  drift::train(Bowl{}, start, options);
}
