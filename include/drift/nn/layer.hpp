#pragma once
// What a layer is: the page to read before writing one. dense.hpp is the shortest that has parameters.
//
// A layer is a small value that knows its shapes, and an Operation<S> that runs it one stage at a time (calculus/stage.hpp) on
// whole matrices of examples x features:
//
//   expression                                        meaning
//   layer.name                                        what messages call it
//   layer.required_input()                            the input Shape that it was made for, if it was made for one
//   Layer::keeps_shape                                its output always has the shape of its input
//   layer.output(input)                               the Shape out for a Shape in; throws InvalidArgument where it does not fit
//   layer.parameters(input)                           its parameter arrays, in the order of the flat vector
//   Layer::holomorphic                                it may be used at complex states: its function has a complex derivative
//   Layer::is_view                                    its output is its input, seen in another shape: it has no operation
//   Layer::looks_at_examples                          optional: its operation asks context.example(n), so that it is made anew for
//                                                     another batch; a layer made of layers has it where one of them has
//   Layer::Operation<S>(layer, input, context)        workspace for a block of examples
//     .advance(stage, x, p, y)                        coefficient m of the output y, from the input x and the parameters p
//     .pull_back(stage, y_hat, x, p, x_hat, p_hat)    coefficient m of the adjoints
//
// advance finds coefficient m of x and p, and y open at m; it sets y's and marks it where it is identically zero (never at stage 0). It may read
// lower coefficients of y, which nobody else changes. pull_back finds coefficient m of y_hat; it sets and marks x_hat's, unless
// x_hat is null, and adds to p_hat, unless that is empty. Neither allocates after its first visit of a stage.
//
// x, y, p are Series (calculus/series.hpp); x and any of p may vary or be constant, and any of them may come from other
// operations: an input may be another network's output, a weight may be a normalised one. Stage 0 is plain evaluation.
//
// A layer that is made of pieces (ReLU, max pooling) has a derivative almost everywhere: stage 0 chooses the pieces, and
// higher coefficients go through the chosen ones. It says holomorphic = false; a network that has it is then no
// HolomorphicProblem, and does not compile where states are complex.

#include <drift/calculus/series.hpp>
#include <drift/nn/shape.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drift::nn {

/// Whether layers that help training only, such as dropout, take part.
enum class Mode { training, evaluation };

/// Which examples an Operation is for. What is random for each example depends on its index in the data set, so that results
/// do not depend on how the examples are cut into blocks.
struct Context {
  Index rows = 0;
  Index first_example = 0;
  Mode mode = Mode::training;
  std::span<const Index> examples =
      {};  ///< those of a minibatch, which do not follow one another; must outlive its use

  /// The index in the data set of the example in a row. Padding repeats the last.
  Index example(Index row) const {
    if (examples.empty()) return first_example + row;
    return examples[static_cast<std::size_t>(std::min(row, static_cast<Index>(examples.size()) - 1))];
  }
};

template <class L>
inline constexpr bool looks_at_examples = requires { requires L::looks_at_examples; };

/// One parameter array of a layer. Initialisers scale weights by the fans: how many numbers each output is a sum of, and how
/// many outputs each input is part of. An array that is no weight starts at 0.
struct ParameterShape {
  std::string name;
  Index rows = 0;
  Index columns;
  bool is_weight = false;
  Index fan_in = 0;
  Index fan_out = 0;
};

/// Where coefficient m of the gradients of the parameter arrays goes: matrices to add to. An Operation that says
/// `static constexpr bool sets_gradients = true` also meets `accumulate` false, on matrices that hold nothing yet, and sets all
/// their numbers then; to others they come filled with zeros.
template <class S>
struct Gradients {
  std::span<calculus::MatrixMap<S>> arrays;
  bool accumulate = true;

  bool empty() const { return arrays.empty(); }
  calculus::MatrixMap<S>& operator[](std::size_t i) const { return arrays[i]; }
  Gradients subspan(std::size_t first, std::size_t count) const { return {arrays.subspan(first, count), accumulate}; }
};

template <class Operation>
inline constexpr bool can_set_gradients = requires { requires Operation::sets_gradients; };

template <class S>
using Parameters = std::span<const calculus::Series<S>>;

template <class L>
concept Layer = requires(const L& layer, const Shape& input) {
  { layer.name } -> std::convertible_to<std::string_view>;
  { layer.required_input() } -> std::convertible_to<std::optional<Shape>>;
  { layer.output(input) } -> std::convertible_to<Shape>;
  { layer.parameters(input) } -> std::convertible_to<std::vector<ParameterShape>>;
  { L::keeps_shape } -> std::convertible_to<bool>;
  { L::holomorphic } -> std::convertible_to<bool>;
  { L::is_view } -> std::convertible_to<bool>;
};

namespace detail {

/// Coefficient m of `to` is that of `from`.
template <class S>
void copy_coefficient(Index m, const calculus::Series<S>& from, const calculus::Series<S>& to) {
  to.mark(m, from.is_zero(m));
  if (!from.is_zero(m)) to[m] = from[m];
}

/// A bias' gradient: += or = the sums of the columns of y_hat.
template <class S>
void add_column_sums(bool is_zero, calculus::ConstMatrixMap<S> y_hat, bool accumulate,
                     calculus::MatrixMap<S> gradient) {
  if (!accumulate) gradient.setZero();
  if (!is_zero) gradient += y_hat.colwise().sum();
}

/// Coefficient m of `to` is the sum of a's and b's.
template <class S>
void add_coefficients(Index m, const calculus::Series<S>& a, const calculus::Series<S>& b,
                      const calculus::Series<S>& to) {
  if (a.is_zero(m)) {
    copy_coefficient(m, b, to);
  } else if (b.is_zero(m)) {
    copy_coefficient(m, a, to);
  } else {
    to[m] = a[m] + b[m];
    to.mark(m, false);
  }
}

}  // namespace detail

}  // namespace drift::nn
