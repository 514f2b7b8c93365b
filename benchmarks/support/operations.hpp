#pragma once
// What is timed, written once for every Problem: the networks, and the ProductCounter that counts their matrix products.
//
// An Operation does one evaluation at the point theta, with workspaces that the evaluations before have made.

#include <drift/calculus/derivatives.hpp>
#include <drift/curvature/top_eigenpairs.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/step.hpp>
#include <drift/flows/map_logarithm.hpp>
#include <drift/flows/modified.hpp>
#include <drift/flows/principal.hpp>
#include <drift/schedules/drift_adjusted.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace drift::benchmarks {

struct Operation {
  std::string name;
  std::function<void()> run;
  /// What it computes, from a run of its own; nothing where no peer is asked for the same.
  std::function<Vector<double>()> result = {};
  /// How many Hessian-vector products it is made of, where that depends on the numbers; nothing where its flops can be counted.
  std::function<Index()> products = {};
};

inline constexpr double step_size = 0.125;  ///< of the flows; their cost does not depend on it
inline constexpr int largest_order = 7;     ///< of the straight line's Taylor series

/// A problem, a point, a direction and one expansion that all operations share.
template <class P>
struct Workbench {
  using T = ScalarOfProblem<P>;
  using E = decltype(std::declval<const P&>().expand(std::declval<const Vector<T>&>()));

  Workbench(P the_problem, Vector<T> the_theta, Vector<T> the_direction)
      : problem(std::move(the_problem)),
        theta(std::move(the_theta)),
        direction(std::move(the_direction)),
        e(problem.expand(theta)) {}

  P problem;
  Vector<T> theta;
  Vector<T> direction;
  E e;
  Vector<T> result;
  Matrix<T> matrix;
  Vector<std::complex<T>> complex_result;
};

template <class P>
std::shared_ptr<Workbench<P>> workbench(P problem, Vector<ScalarOfProblem<P>> theta,
                                        Vector<ScalarOfProblem<P>> direction) {
  return std::make_shared<Workbench<P>>(std::move(problem), std::move(theta), std::move(direction));
}

/// Derivatives: each is what an Expansion gives, by reference and without allocation.
template <class P>
std::vector<Operation> derivative_operations(const std::shared_ptr<Workbench<P>>& w) {
  using V = Vector<ScalarOfProblem<P>>;
  std::vector<Operation> all;
  // A push of t^k gives the k-th coefficient: the derivative is k! times that.
  const auto add = [&](std::string name, auto body, double factorial = 1) {
    all.push_back({.name = std::move(name),
                   .run = [w, body] { body(*w); },
                   .result = [w, body, factorial]() -> Vector<double> {
                     const V& coefficient = body(*w);
                     return factorial * coefficient.template cast<double>();
                   }});
  };
  using W = Workbench<P>;
  add("gradient", [](W& b) -> const V& {
    b.e.move_to(b.theta);
    return b.e.gradient();
  });
  add("hvp", [](W& b) -> const V& {
    b.e.move_to(b.theta, Wanted::products);
    return b.e.push(b.direction);
  });
  add("hvp_cached", [](W& b) -> const V& {  // every other operation leaves stage 0 at theta
    b.e.rewind(0);
    return b.e.push(b.direction);
  });
  add("gradient_and_hvp", [](W& b) -> const V& {
    b.e.move_to(b.theta);
    return b.e.push(b.e.gradient());
  });
  add("dal_step", [](W& b) -> const V& {
    b.e.move_to(b.theta);
    const auto h = DriftAdjusted{}.rate(0, b.e);
    b.result = b.theta - h * b.e.gradient();
    return b.result;
  });
  add(
      "third_order",
      [](W& b) -> const V& {
        b.e.move_to(b.theta);
        b.e.push(b.e.gradient());
        return b.e.push_zero();
      },
      2);
  double factorial = 1;
  for (int order = 1; order <= largest_order; ++order) {
    factorial *= order;
    add(
        "line_" + std::to_string(order),
        [order](W& b) -> const V& {
          b.e.move_to(b.theta, Wanted::products);
          const V* coefficient = &b.e.push(b.direction);
          for (int k = 2; k <= order; ++k) coefficient = &b.e.push_zero();
          return *coefficient;
        },
        factorial);
  }
  return all;
}

/// Flows, as a user calls them: the field is returned by value.
template <class P>
std::vector<Operation> flow_operations(const std::shared_ptr<Workbench<P>>& w) {
  using T = ScalarOfProblem<P>;
  std::vector<Operation> all;
  const auto add = [&](std::string name, auto flow) {
    all.push_back({.name = std::move(name),
                   .run = [w, flow] { w->result = flow(w->theta); },
                   .result = [w, flow]() -> Vector<double> { return flow(w->theta).template cast<double>(); }});
  };
  const T h = T(step_size);
  add("modified_3", flows::modified<3>(w->problem, h));
  add("modified_4", flows::modified<4>(w->problem, h));
  add("modified_5", flows::modified<5>(w->problem, h));
  const auto step = descent::step(w->problem, GradientDescent{.learning_rate = step_size});
  add("map_logarithm_3", flows::map_logarithm<3>(step));
  add("map_logarithm_4", flows::map_logarithm<4>(step));
  add("map_logarithm_5", flows::map_logarithm<5>(step));
  all.push_back({.name = "hessian", .run = [w] { w->matrix = hessian(w->problem, w->theta); }});
  const auto principal =
      flows::principal(w->problem, h, {.method = flows::PrincipalMethod::krylov, .krylov_dimension = 10});
  all.push_back({.name = "principal_krylov_10", .run = [w, principal] { w->complex_result = principal(w->theta); }});
  return all;
}

/// The curvature's: searches, of which the point decides how many products they take.
template <class P>
std::vector<Operation> search_operations(const std::shared_ptr<Workbench<P>>& w) {
  const auto search = [w] { return curvature::top_eigenpairs(w->problem, w->theta, 20); };
  return {{.name = "top_20_eigenpairs",
           .run = [w, search] { w->matrix = search().vectors; },
           .products = [search] { return search().products; }}};
}

/// An expansion that grows by one order at each call: what order k costs in memory. grow(0) makes it anew.
template <class P>
std::function<void(int)> growth(const std::shared_ptr<Workbench<P>>& w) {
  using E = typename Workbench<P>::E;
  return [w, e = std::make_shared<std::unique_ptr<E>>()](int order) {
    if (order == 0) {
      e->reset();
      *e = std::make_unique<E>(w->problem.expand(w->theta));
    } else {
      (*e)->push(w->direction);
    }
  };
}

}  // namespace drift::benchmarks
