#include <drift/descent/checkpoint.hpp>

#include <catch2/catch.hpp>

#include <drift/core/random.hpp>
#include <drift/data/minibatches.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/early_stopping.hpp>
#include <drift/descent/gradient_clipping.hpp>
#include <drift/descent/gradient_descent.hpp>
#include <drift/descent/history.hpp>
#include <drift/descent/minimise.hpp>
#include <drift/descent/momentum.hpp>
#include <drift/descent/optimiser_choice.hpp>
#include <drift/descent/train.hpp>
#include <drift/schedules/choice.hpp>
#include <drift/schedules/cosine_decay.hpp>
#include <drift/schedules/drift_adjusted.hpp>
#include <drift/schedules/rate_list.hpp>
#include <drift/schedules/step_decay.hpp>
#include <drift/schedules/warm_up.hpp>

#include "optimisers.hpp"
#include "problems.hpp"
#include "support/complaint.hpp"
#include "support/full_disk.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace drift;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

/// The mean over rows of `points` of |theta - row|^2 / 2.
struct Centre {
  using Scalar = double;
  Matrix<double> points;

  Index dimension() const { return points.cols(); }
  Index examples() const { return points.rows(); }
  double value(const Vector<double>& theta) const {
    return (points.rowwise() - theta.transpose()).squaredNorm() / 2 / static_cast<double>(points.rows());
  }
  Vector<double> gradient(const Vector<double>& theta) const { return theta - points.colwise().mean().transpose(); }
  Centre batch(const std::vector<Index>& examples) const {
    Centre some{Matrix<double>(static_cast<Index>(examples.size()), points.cols())};
    for (std::size_t i = 0; i < examples.size(); ++i) some.points.row(static_cast<Index>(i)) = points.row(examples[i]);
    return some;
  }
};

Centre centre() { return {Random(3).normal_matrix(23, 5)}; }

using Rate = ScheduleChoice<double, CosineDecay>;
using Optimiser = OptimiserChoice<GradientDescent<>, Momentum<>, GradientClipping<Adam<Rate>>>;

Optimiser clipped_adam() {
  GradientClipping<Adam<Rate>> optimiser;
  optimiser.optimiser.learning_rate.choice = CosineDecay{.initial = 0.05, .iterations = 60};
  return {optimiser};
}

auto start(Optimiser optimiser = clipped_adam()) {
  return descent::run_state(Vector<double>(Vector<double>::Zero(5)), std::move(optimiser),
                            data::minibatches(23, {.batch_size = 4}, Random(7).split("batches")));
}

auto never_stopping() { return descent::early_stopping({}, {.every = 2, .patience = 1000}); }

/// A new file: rewriting one costs a wait for the disk on some file systems.
void put(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

/// What loading says; the values are then as they were.
template <class... Values>
std::string refusal(const std::filesystem::path& path, Values... values) {
  const std::string before = encode(values...);
  std::string message = complaint([&] { descent::load_checkpoint(path, values...); });
  CHECK(encode(values...) == before);
  CHECK_THAT(message, StartsWith(path.string() + ": "));
  return message.substr(std::min(message.size(), path.string().size() + 2));
}

/// The file with these bytes from `offset` on.
template <class T>
std::string patched(std::string bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return bytes;
}

}  // namespace

TEST_CASE("a run that goes on from a checkpoint ends with the bits of one that was never stopped",
          "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.checkpoint";
  const Centre sum = centre();

  descent::History whole_history;
  auto whole_stopping = never_stopping();
  const auto whole = train(sum, start(), {.iterations = 60}, whole_history, whole_stopping);

  {
    descent::History history;
    auto stopping = never_stopping();
    descent::Checkpoints keep(path, {.every = 10}, history, stopping);
    train(sum, start(), {.iterations = 37}, history, stopping, keep);  // the process ends after step 37
  }
  // Another process, which says the same but for its optimiser: what was saved replaces it.
  descent::History history;
  auto stopping = never_stopping();
  auto state = start({GradientDescent{.learning_rate = 0.5}});
  CHECK(descent::resume(path, state, history, stopping));
  CHECK(state.iteration == 30);
  CHECK(history.rows() == 30);
  const auto run = train(sum, state, {.iterations = 60}, history, stopping);
  CHECK(run.status == Status::reached_end);
  CHECK(same_fields(run.run_state, whole.run_state));
  CHECK(same_fields(history, whole_history));
  CHECK(same_fields(stopping, whole_stopping));
  CHECK(folder.entries() == 1);
}

TEST_CASE(
    "a run that early stopping ended comes to the same end when it is resumed, and one that an observer failed loses "
    "no row",
    "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.checkpoint";
  const auto problem = descent_tests::diagonal({1, 2});
  const auto begin = descent::run_state(descent_tests::vector({1, 1}), GradientDescent{.learning_rate = 0.1});
  const auto stopping = [] {  // the value falls always, but by less than this from some step on
    return descent::early_stopping({}, {.every = 5, .patience = 2, .minimum_improvement = 1e-3});
  };
  const auto end_of = [&](auto& rule, auto& history, auto state) {
    descent::resume(path, state, rule, history);
    descent::Checkpoints keep(path, {.every = 5}, rule, history);
    return minimise(problem, state, {.iterations = 1000}, keep, rule, history);
  };
  auto rule = stopping(), again = stopping();
  descent::History history, history_again;
  const auto run = end_of(rule, history, begin);
  CHECK(run.status == Status::stopped_by_observer);
  CHECK(run.iterations > 10);
  const auto resumed = end_of(again, history_again, begin);
  CHECK(resumed.status == Status::stopped_by_observer);
  CHECK(resumed.iterations == run.iterations);
  CHECK(same_fields(resumed.run_state, run.run_state));
  CHECK(history_again.table() == history.table());

  // A measure that fails once: what was saved is from before, so that no row is missing afterwards.
  bool fails = true;
  const auto measured = [&] {
    return descent::History<>({.every = 10}, {{"measure", [&](const Vector<double>& x) {
                                                 if (fails && x[0] < 0.05) throw std::runtime_error("disk full");
                                                 return x[0];
                                               }}});
  };
  std::filesystem::remove(path);
  auto first = measured(), second = measured(), whole = measured();
  const auto go = [&](auto& table) {
    auto state = begin;
    descent::resume(path, state, table);
    descent::Checkpoints keep(path, {.every = 10}, table);
    return minimise(problem, state, {.iterations = 50}, table, keep);
  };
  CHECK(go(first).status == Status::observer_failed);
  fails = false;
  CHECK(go(second).status == Status::reached_end);
  minimise(problem, begin, {.iterations = 50}, whole);
  CHECK(second.table() == whole.table());

  // A living run goes back to what was saved.
  auto state = begin;
  descent::History long_history;
  minimise(problem, begin, {.iterations = 9}, long_history);
  descent::History short_history;
  const auto at_four = minimise(problem, begin, {.iterations = 4}, short_history);
  descent::save_checkpoint(path, at_four.run_state, short_history);
  descent::load_checkpoint(path, state, long_history);
  CHECK(long_history.table() == short_history.table());
}

TEST_CASE("without a file there is nothing to resume, and loading is an error", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  auto state = start();
  CHECK_FALSE(descent::resume(folder / "none", state));
  CHECK_FALSE(descent::resume(folder / "no folder" / "none", state));
  CHECK(same_fields(state, start()));
  CHECK_THAT(refusal(folder / "none", state), StartsWith("cannot be opened"));
  CHECK_THAT(refusal(folder.path(), state), Contains("is no regular file"));
  CHECK_THROWS_AS(descent::resume(folder.path(), state), FileError);
}

TEST_CASE("Checkpoints saves after the steps that it is for, or when its time has passed", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.checkpoint";
  const auto problem = descent_tests::diagonal({1, 2});
  const auto begin = descent::run_state(descent_tests::vector({1, 1}), GradientDescent{.learning_rate = 0.1});
  const auto saved_iteration = [&] {
    auto state = begin;
    return descent::resume(path, state) ? state.iteration : -1;
  };
  SECTION("by steps") {
    std::vector<Index> saved;
    descent::Checkpoints keep(path, {.every = 3});
    minimise(problem, begin, {.iterations = 8}, keep,
             [&](const descent::Iteration<>&, const auto&) { saved.push_back(saved_iteration()); });
    CHECK(saved == std::vector<Index>{-1, -1, 3, 3, 3, 6, 6, 6});
  }
  SECTION("by time") {
    std::vector<Index> saved;
    descent::Checkpoints keep(path, {.every = 0, .seconds = 0.05});
    const auto wait_at_third = [&](const descent::Iteration<>& at) {
      if (at.iteration == 3) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    };
    minimise(problem, begin, {.iterations = 3}, wait_at_third, keep);
    CHECK(saved_iteration() == 3);
  }
  SECTION("never but when asked") {
    descent::Checkpoints keep(path, {.every = 0});
    const auto run = minimise(problem, begin, {.iterations = 5}, keep);
    CHECK(saved_iteration() == -1);
    keep.save(run.run_state);
    CHECK(saved_iteration() == 5);
  }
  SECTION("misuse") {
    CHECK_THROWS_AS(descent::Checkpoints(path, {.every = -1}), InvalidArgument);
    CHECK_THROWS_AS(descent::Checkpoints(path, {.seconds = 0}), InvalidArgument);
    CHECK_THROWS_AS(descent::Checkpoints(path, {.seconds = std::nan("")}), InvalidArgument);
  }
}

TEST_CASE("a disk that fills up ends the run with a Status and leaves the checkpoint before", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.checkpoint";
  const Centre sum = centre();
  descent::History history;
  descent::Checkpoints keep(path, {.every = 5}, history);
  auto state = start();
  {
    const FullDisk full(2500);
    const auto run = train(sum, state, {.iterations = 1000}, history, keep);
    CHECK(run.status == Status::observer_failed);
    CHECK_THAT(run.failure, StartsWith(path.string() + ": ") && Contains("File too large"));
    CHECK(run.iterations % 5 == 0);
    descent::load_checkpoint(path, state, history = descent::History());
    CHECK(state.iteration == run.iterations - 5);
  }
  CHECK(history.rows() == state.iteration);
  CHECK(folder.entries() == 1);
  CHECK_THAT(complaint([&] { descent::save_checkpoint(folder / "missing" / "x", state); }), Contains("no folder"));
}

TEST_CASE("any damaged byte is noticed, and any cut, and any byte too many", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "small", damaged = folder / "damaged";
  const auto state = descent::run_state(descent_tests::vector({1, 2, 3}), Momentum{.learning_rate = 0.1});
  descent::save_checkpoint(path, state);
  const std::string bytes = content_of(path);
  auto into = descent::run_state(descent_tests::vector({4, 5, 6}), Momentum{.learning_rate = 0.2});
  const std::string before = encode(into);
  const auto refused = [&](const std::string& content) {
    put(damaged, content);
    return !complaint([&] { descent::load_checkpoint(damaged, into); }).empty() && encode(into) == before;
  };

  std::size_t noticed = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255})
      noticed += refused(patched(bytes, i, static_cast<char>(bytes[i] ^ change))) ? 1 : 0;
  CHECK(noticed == 9 * bytes.size());

  std::size_t cuts = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) cuts += refused(bytes.substr(0, size)) ? 1 : 0;
  CHECK(cuts == bytes.size());
  CHECK(refused(bytes + '\0'));

  descent::load_checkpoint(path, into);
  CHECK(same_fields(into, state));
}

TEST_CASE("a file is refused with the reason", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  const auto state = descent::run_state(descent_tests::vector({1, 2, 3}), Momentum{.learning_rate = 0.1});
  descent::save_checkpoint(path, state);
  const std::string bytes = content_of(path);
  const std::size_t header = 40, content = bytes.size() - header;
  const auto reason = [&](const std::string& changed) {
    put(path, changed);
    return refusal(path, state);
  };

  CHECK_THAT(reason("iteration,value\n1,2\n"), Equals("is no checkpoint: it does not begin with \"drift checkpoint\""));
  CHECK_THAT(reason("drift check"), Equals("is cut off: expected 40 bytes of its header, found 11"));
  CHECK_THAT(reason(""), Equals("is cut off: expected 40 bytes of its header, found 0"));
  CHECK_THAT(reason(bytes.substr(0, header + 7)),
             Equals("is cut off: expected " + std::to_string(content) + " bytes of content, found 7"));
  CHECK_THAT(reason(patched(bytes, 24, ~std::uint64_t{0})),
             StartsWith("is cut off: expected 18446744073709551615 bytes"));
  CHECK_THAT(reason(bytes + "12345"), Equals("is 5 bytes too long"));
  CHECK_THAT(reason(patched(bytes, 20, std::uint32_t{2})),
             Equals("was written by a newer drift: it is of version 2, this one reads 1"));
  CHECK_THAT(reason(patched(bytes, 16, std::uint32_t{0x04030201})), Equals("was written in the other byte order"));
  CHECK_THAT(reason(patched(bytes, header, 'x')), Equals("is damaged: its checksum is not that of its content"));

  put(path, bytes);
  const auto other_size = descent::run_state(descent_tests::vector({1, 2}), Momentum{.learning_rate = 0.1});
  const auto other_optimiser = descent::run_state(descent_tests::vector({1, 2, 3}), Adam{});
  CHECK_THAT(refusal(path, other_size), Equals("parameters: holds 3 numbers, this run has 2"));
  CHECK_THAT(refusal(path, other_optimiser), Equals("field optimiser.first_decay expected, found optimiser.momentum"));
  CHECK_THAT(refusal(path, state, descent::History()), Equals("holds 1 value, this run has 2"));
  CHECK_THAT(refusal(path, Random(1)), StartsWith("the value: holds a value with fields, this run has a Random"));
}

TEST_CASE("several values are loaded all or none", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  descent::save_checkpoint(path, 2.5, Random(1, 2, 3), descent_tests::vector({1, 2, 3}));
  CHECK_THAT(refusal(path, 0.0, Random(0), descent_tests::vector({0, 0})),
             Equals("value 3: the value: holds 3 numbers, this run has 2"));
  double number = 0;
  Random random(0);
  Vector<double> vector;
  descent::load_checkpoint(path, number, random, vector);
  CHECK(number == 2.5);
  CHECK(random == Random(1, 2, 3));
  CHECK(vector == descent_tests::vector({1, 2, 3}));
}

TEST_CASE("every optimiser and every schedule can be saved, with what it remembers", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  const Vector<double> theta = descent_tests::vector({1, -2});
  const auto check = [&](const auto& optimiser) {
    const auto fresh = descent::run_state(theta, optimiser);
    auto saved = fresh, loaded = fresh;
    const auto problem = descent_tests::diagonal({1, 2});
    for (int i = 0; i < 3; ++i) REQUIRE_FALSE(descent::advance(saved, problem).ended);
    descent::save_checkpoint(path, saved);
    descent::load_checkpoint(path, loaded);
    CHECK(same_fields(loaded, saved));
    CHECK_FALSE(same_fields(loaded, fresh));
    descent::advance(saved, problem);
    descent::advance(loaded, problem);
    CHECK(same_fields(loaded, saved));
  };
  descent_tests::for_every_optimiser(check);

  using AnyRate = ScheduleChoice<DriftAdjusted, StepDecay, WarmUp<CosineDecay>, RateList, double>;
  for (const AnyRate& rate : {AnyRate{DriftAdjusted{.power = 0.5}}, AnyRate{StepDecay{.initial = 0.1, .every = 2}},
                              AnyRate{WarmUp<CosineDecay>{{.initial = 0.1, .iterations = 9}, 2}},
                              AnyRate{RateList{{0.1, 0.2}}}, AnyRate{0.1}})
    check(GradientDescent<AnyRate>{rate});
}

TEST_CASE("settings that differ from those loaded are named", "[descent][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  const auto with_rate = [](double rate) {
    return descent::run_state(descent_tests::vector({1, 2}),
                              GradientClipping{.optimiser = Adam{.learning_rate = rate}});
  };
  descent::save_checkpoint(path, with_rate(0.1));
  auto state = with_rate(0.2);
  const auto asked = state.optimiser;
  descent::load_checkpoint(path, state);
  CHECK(first_difference(asked, state.optimiser) == "optimiser.learning_rate");
  state.optimiser = asked;
  CHECK(same_fields(state, with_rate(0.2)));
}

TEST_CASE("the checksum depends on every bit and on the length", "[descent][checkpoint]") {
  const std::string bytes = "a text of some length, not a multiple of eight";
  const std::uint64_t whole = descent::detail::checksum(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit)
      CHECK(descent::detail::checksum(patched(bytes, i, static_cast<char>(bytes[i] ^ (1 << bit)))) != whole);
  std::vector<std::uint64_t> of_zeros;
  for (std::size_t size = 0; size < 40; ++size) of_zeros.push_back(descent::detail::checksum(std::string(size, '\0')));
  std::sort(of_zeros.begin(), of_zeros.end());
  CHECK(std::adjacent_find(of_zeros.begin(), of_zeros.end()) == of_zeros.end());
}
