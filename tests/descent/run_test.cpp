#include <drift/descent/run.hpp>

#include <catch2/catch.hpp>

#include <drift/descent/gradient_descent.hpp>

#include <stdexcept>

using namespace drift;

namespace {

using State = descent::RunState<double, GradientDescent<double>>;

struct OfIteration {
  void operator()(const descent::Iteration<>&) const {}
};
struct OfBoth {
  Next operator()(const descent::Iteration<>&, const State&) const { return Next::proceed; }
};
struct OfFloats {
  void operator()(const descent::Iteration<float>&) const {}
};
static_assert(MinimiseObserver<OfIteration, double, GradientDescent<double>>);
static_assert(MinimiseObserver<OfBoth, double, GradientDescent<double>>);
static_assert(!MinimiseObserver<OfFloats, double, GradientDescent<double>>);

}  // namespace

TEST_CASE("All observers are told of a step, with what it led to and, where they ask, the run's state",
          "[descent][run]") {
  State state = descent::run_state(Vector<double>::Constant(2, 3.0), GradientDescent{.learning_rate = 0.5});
  state.iteration = 7;
  state.rate = 0.5;
  const descent::detail::Height<double> height{2.5, 1.25};
  descent::Iteration<> seen;
  int told = 0;
  auto looks = [&](const descent::Iteration<>& at) {
    ++told;
    CHECK(at.iteration == 7);
    CHECK(at.state == state.parameters);
    CHECK(at.value == 2.5);
    CHECK(at.gradient_norm == 1.25);
    CHECK(at.rate == 0.5);
  };
  auto saves = [&](const descent::Iteration<>&, const State& given) {
    ++told;
    CHECK(&given == &state);
    throw std::runtime_error("full");
  };
  auto stops = [&](const descent::Iteration<>&) {
    ++told;
    return Next::stop;
  };
  Answers answers = descent::detail::tell_all(seen, state, height, saves, looks);
  CHECK(told == 2);
  CHECK_FALSE(answers.stop);
  CHECK(answers.ended() == Status::observer_failed);
  CHECK(answers.failure == "full");

  told = 0;  // the state is not saved where the run has ended for another reason
  answers = descent::detail::tell_all(seen, state, height, saves, stops, looks);
  CHECK(told == 2);
  CHECK(answers.ended() == Status::stopped_by_observer);
  CHECK_FALSE(descent::detail::tell_all(seen, state, height).ended());
}
