#pragma once
// Sums and multiples of Problems are Problems: problem + 0.1 * regularisers::gradient_norm(problem).
//
// Everything is linear in E, so every derivative of a combination is the combination of the derivatives; it has the tier of
// its weakest part. Sums of combinations are flattened. Cost: that of the parts. Errors: unequal dimensions and non-finite
// weights throw InvalidArgument where the combination is made.
//
// A combination with a FiniteSum in it is one (core/concepts.hpp): train(fit + 0.01 * penalty, ...) sees the batch in fit and the whole of
// penalty at every step. Batches are for finite sums over the same examples. Batches of a combination do not share memory: each step
// makes the parts' workspaces anew.

#include <drift/calculus/derivatives.hpp>
#include <drift/calculus/expansion.hpp>

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace drift {

namespace calculus {

template <class P, class S>
using ExpansionOf = decltype(std::declval<const P&>().expand(std::declval<const Vector<S>&>()));

/// p.expand(theta, depth) where the problem can carry infinitesimals, p.expand(theta) for depth 0 elsewhere.
template <class P, class S>
ExpansionOf<P, S> expand_to_depth(const P& problem, const Vector<S>& theta, int depth) {
  if constexpr (NestableProblem<P, S>) {
    return problem.expand(theta, depth);
  } else {
    require(depth == 0, "depth", depth, "0 for a problem whose expand takes no depth");
    return problem.expand(theta);
  }
}

/// sum of w_i E_i, stage by stage.
template <class S, class... Ps>
class CombinationProgram {
 public:
  using Scalar = S;

  CombinationProgram(std::tuple<Ps...> problems, const std::array<Real<S>, sizeof...(Ps)>& weights, int depth)
      : problems_(std::move(problems)), weights_(weights), depth_(depth) {}

  Index dimension() const { return std::get<0>(problems_).dimension(); }

  S start(const Vector<S>& theta, Vector<S>& gradient) {
    S value(0);
    for_each_part([&](auto& expansion, const auto& problem, const Real<S>& weight, bool first) {
      if (expansion) {
        expansion->move_to(theta);
      } else {
        expansion.emplace(expand_to_depth(problem, theta, depth_));
      }
      value += S(weight) * expansion->value();
      add(gradient, weight, expansion->gradient(), first);
    });
    return value;
  }

  S start_for_products(const Vector<S>& theta) {
    S value(0);
    for_each_part([&](auto& expansion, const auto& problem, const Real<S>& weight, bool) {
      if (!expansion) {
        expansion.emplace(expand_to_depth(problem, theta, depth_));
      } else if constexpr (requires { expansion->move_to(theta, Wanted::products); }) {
        expansion->move_to(theta, Wanted::products);
      } else {
        expansion->move_to(theta);
      }
      value += S(weight) * expansion->value();
    });
    return value;
  }

  void advance(const Stage&, const Vector<S>& direction, bool is_zero, Vector<S>& gradient) {
    for_each_part([&](auto& expansion, const auto&, const Real<S>& weight, bool first) {
      add(gradient, weight, is_zero ? expansion->push_zero() : expansion->push(direction), first);
    });
  }

  void rewind(Index stage) {
    for_each_part([&](auto& expansion, const auto&, const Real<S>&, bool) { expansion->rewind(stage); });
  }

 private:
  static void add(Vector<S>& sum, const Real<S>& weight, const Vector<S>& part, bool first) {
    if (first) {
      sum = S(weight) * part;
    } else {
      sum += S(weight) * part;
    }
  }

  template <class Visit>
  void for_each_part(const Visit& visit) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (visit(std::get<i>(expansions_), std::get<i>(problems_), weights_[i], i == 0), ...);
    }(std::index_sequence_for<Ps...>());
  }

  std::tuple<Ps...> problems_;
  std::array<Real<S>, sizeof...(Ps)> weights_;
  int depth_;
  std::tuple<std::optional<ExpansionOf<Ps, S>>...> expansions_;
};

struct NoPool {};

/// A finite sum over some of its examples; of another problem the whole.
template <class P>
auto batch_of(const P& problem, const std::vector<Index>& examples) {
  if constexpr (FiniteSum<P>) {
    return problem.batch(examples);
  } else {
    return problem;
  }
}

}  // namespace calculus

/// w_1 E_1 + w_2 E_2 + ... as a Problem; made by the operators below.
template <Problem... Ps>
class Combination {
 public:
  using Scalar = ScalarOfProblem<std::tuple_element_t<0, std::tuple<Ps...>>>;
  static_assert((std::same_as<Scalar, ScalarOfProblem<Ps>> && ...),
                "problems that are added must have the same Scalar");
  template <class T>
  using ExpansionOver = calculus::ProgramExpansion<calculus::CombinationProgram<T, Ps...>>;
  using Weights = std::array<Scalar, sizeof...(Ps)>;

  Combination(std::tuple<Ps...> problems, const Weights& weights) : problems_(std::move(problems)), weights_(weights) {
    for_each([&](const auto& problem, const Scalar& weight) {
      using std::isfinite;
      require(isfinite(weight), "weight", weight, "a finite number");
      require(problem.dimension() == dimension(), "dimension of a problem that is added", problem.dimension(),
              "that of the first, " + std::to_string(dimension()));
    });
  }

  const std::tuple<Ps...>& problems() const { return problems_; }
  const Weights& weights() const { return weights_; }
  Index dimension() const { return std::get<0>(problems_).dimension(); }

  /// Of the finite sums in it.
  Index examples() const
    requires(FiniteSum<Ps> || ...)
  {
    Index count = -1;
    for_each([&]<class P>(const P& problem, const Scalar&) {
      if constexpr (FiniteSum<P>) {
        const Index own = problem.examples();
        require(count < 0 || own == count, "examples of a finite sum that is added", own,
                "those of the first, " + std::to_string(count));
        count = own;
      }
    });
    return count;
  }

  /// The finite sums over these examples, the other parts as they are.
  auto batch(const std::vector<Index>& examples_of_batch) const
    requires(FiniteSum<Ps> || ...)
  {
    examples();  // refuses sums over different examples
    return std::apply(
        [&](const Ps&... problems) {
          return Combination<decltype(calculus::batch_of(problems, examples_of_batch))...>(
              {calculus::batch_of(problems, examples_of_batch)...}, weights_);
        },
        problems_);
  }

  template <StateOver<Scalar> X>
  ScalarOf<X> value(const X& theta) const {
    ScalarOf<X> sum(0);
    for_each([&](const auto& p, const Scalar& weight) { sum += ScalarOf<X>(weight) * drift::value(p, theta); });
    return sum;
  }

  template <StateOver<Scalar> X>
  Vector<ScalarOf<X>> gradient(const X& theta) const {
    Vector<ScalarOf<X>> sum = Vector<ScalarOf<X>>::Zero(dimension());
    for_each([&](const auto& p, const Scalar& weight) { sum += ScalarOf<X>(weight) * drift::gradient(p, theta); });
    return sum;
  }

  Vector<Scalar> hessian_vector_product(const Vector<Scalar>& theta, const Vector<Scalar>& v) const
    requires(SecondOrderProblem<Ps> && ...)
  {
    Vector<Scalar> sum = Vector<Scalar>::Zero(dimension());
    for_each([&](const auto& p, const Scalar& weight) { sum += weight * drift::hessian_vector_product(p, theta, v); });
    return sum;
  }

  template <StateOver<Scalar> X>
    requires(HasExpand<Ps, ScalarOf<X>> && ...)
  ExpansionOver<ScalarOf<X>> expand(const X& theta) const {
    return make(theta, 0);
  }

  template <StateOver<Scalar> X>
    requires(NestableProblem<Ps, ScalarOf<X>> && ...)
  ExpansionOver<ScalarOf<X>> expand(const X& theta, int depth) const {
    return make(theta, depth);
  }

  template <StateOver<Scalar> X>
    requires(HasExpand<Ps, ScalarOf<X>> && ...)
  auto borrow(const X& theta, Wanted wanted = Wanted::gradient) const {
    return pool_.borrow(*this, theta, wanted);
  }

 private:
  template <class X>
  ExpansionOver<ScalarOf<X>> make(const X& theta, int depth) const {
    return {calculus::CombinationProgram<ScalarOf<X>, Ps...>(problems_, weights_, depth), theta, depth};
  }

  template <class Visit>
  void for_each(const Visit& visit) const {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (visit(std::get<i>(problems_), weights_[i]), ...);
    }(std::index_sequence_for<Ps...>());
  }

  std::tuple<Ps...> problems_;
  Weights weights_;
  using ComplexState = std::conditional_t<(HasExpand<Ps, Complex<Scalar>> && ...), Complex<Scalar>, Scalar>;
  std::conditional_t<(HasExpand<Ps> && ...),
                     calculus::ExpansionPool<ExpansionOver<Scalar>, ExpansionOver<ComplexState>>, calculus::NoPool>
      pool_;
};

namespace calculus {

template <class P>
Combination<P> as_combination(const P& problem) {
  return {std::tuple<P>(problem), {ScalarOfProblem<P>(1)}};
}
template <class... Ps>
const Combination<Ps...>& as_combination(const Combination<Ps...>& problem) {
  return problem;
}

template <class S, class... As, class... Bs>
Combination<As..., Bs...> concatenate(const Combination<As...>& a, const Combination<Bs...>& b, const S& b_factor) {
  typename Combination<As..., Bs...>::Weights weights;
  std::copy(a.weights().begin(), a.weights().end(), weights.begin());
  std::transform(b.weights().begin(), b.weights().end(), weights.begin() + sizeof...(As),
                 [&](const S& w) { return b_factor * w; });
  return {std::tuple_cat(a.problems(), b.problems()), weights};
}

template <class S, class... Ps>
Combination<Ps...> multiply(Combination<Ps...> problem, const S& factor) {
  auto weights = problem.weights();
  for (S& weight : weights) weight *= factor;
  return {problem.problems(), weights};
}

}  // namespace calculus

template <Problem A, Problem B>
auto operator+(const A& a, const B& b) {
  return calculus::concatenate(calculus::as_combination(a), calculus::as_combination(b), ScalarOfProblem<A>(1));
}

template <Problem A, Problem B>
auto operator-(const A& a, const B& b) {
  return calculus::concatenate(calculus::as_combination(a), calculus::as_combination(b), ScalarOfProblem<A>(-1));
}

template <Problem P>
auto operator*(const std::type_identity_t<ScalarOfProblem<P>>& factor, const P& problem) {
  return calculus::multiply(calculus::as_combination(problem), factor);
}

template <Problem P>
auto operator*(const P& problem, const std::type_identity_t<ScalarOfProblem<P>>& factor) {
  return factor * problem;
}

}  // namespace drift
