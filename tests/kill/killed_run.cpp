// A run that is killed at any moment and resumed ends with the same bits as one that was never stopped.
//
//     killed_run [rounds = 10] [seed = 1]         the test: starts, kills and resumes the run below until it ends, so many times
//     killed_run run FOLDER                       the run: minibatch Adam, with a checkpoint in the folder and its result at the end
//
// The moments are uniform over the time that the whole run takes, which is mostly the writing of checkpoints. After every kill the
// checkpoint, if there is one yet, must load; at the end nothing but checkpoint and result may be in the folder.

#include <drift/core/archive.hpp>
#include <drift/core/atomic_file.hpp>
#include <drift/core/random.hpp>
#include <drift/data/minibatches.hpp>
#include <drift/descent/adam.hpp>
#include <drift/descent/checkpoint.hpp>
#include <drift/descent/history.hpp>
#include <drift/descent/train.hpp>
#include <drift/losses/softmax_cross_entropy.hpp>
#include <drift/nn/activation.hpp>
#include <drift/nn/dense.hpp>
#include <drift/nn/initialise.hpp>
#include <drift/nn/sequential.hpp>
#include <drift/nn/supervised.hpp>
#include <drift/schedules/cosine_decay.hpp>

#include "support/temporary_folder.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace drift;
using Seconds = std::chrono::duration<double>;

namespace {

// --- The run. --------------------------------------------------------------------------------------------------------------
constexpr Index iterations = 600;
constexpr Index every = 20;

auto problem() {
  const auto net = nn::sequential(nn::dense(10, 24), nn::tanh(), nn::dense(24, 3));
  const Index examples = 200;
  std::vector<int> labels;
  Random random(1);
  for (Index i = 0; i < examples; ++i) labels.push_back(static_cast<int>(random.below(3)));
  return nn::supervised(net, losses::softmax_cross_entropy(), random.split("inputs").normal_matrix(examples, 10),
                        labels);
}

template <class Fit>
auto beginning(const Fit& fit) {
  return descent::run_state(nn::initialise(fit.network(), nn::glorot_normal(), Random(2)),
                            Adam{.learning_rate = CosineDecay{.initial = 1e-2, .iterations = iterations}},
                            data::minibatches(fit.examples(), {.batch_size = 16}, Random(3)));
}

/// What the run comes to, as bytes, when nothing disturbs it and nothing is saved.
std::string undisturbed() {
  const auto fit = problem();
  descent::History history;
  const auto run = train(fit, beginning(fit), {.iterations = iterations}, history);
  return encode(run.run_state, history);
}

int run_in(const std::filesystem::path& folder) {
  const std::filesystem::path checkpoint = folder / "run.checkpoint";
  const auto fit = problem();
  auto state = beginning(fit);
  descent::History history;
  descent::resume(checkpoint, state, history);
  descent::Checkpoints keep(checkpoint, {.every = every}, history);
  const auto run = train(fit, state, {.iterations = iterations}, history, keep);
  if (run.status != Status::reached_end) throw std::runtime_error(run.failure);
  keep.save(run.run_state);
  write_file(folder / "result", encode(run.run_state, history));
  return EXIT_SUCCESS;
}

// --- The test. -------------------------------------------------------------------------------------------------------------
void demand(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

pid_t start_run_in(const std::filesystem::path& folder) {
  const pid_t child = fork();
  demand(child >= 0, "fork fails");
  if (child == 0) {
    execl("/proc/self/exe", "killed_run", "run", folder.c_str(), nullptr);
    _exit(127);
  }
  return child;
}

/// Waits for the run's end, and kills it when it takes longer than `limit`: whether that was so.
bool killed_after(Seconds limit, pid_t child) {
  const auto start = std::chrono::steady_clock::now();
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() - start >= limit) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  demand(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS, "the run fails");
  return false;
}

/// The iteration of the checkpoint, which must be a good one; 0 where there is none.
Index saved_iteration(const std::filesystem::path& folder) {
  auto state = beginning(problem());
  descent::History history;
  descent::resume(folder / "run.checkpoint", state, history);
  demand(state.iteration % every == 0 && history.rows() == state.iteration, "the checkpoint is that of another moment");
  return state.iteration;
}

void check_end(const TemporaryFolder& folder, const std::string& expected) {
  demand(content_of(folder / "result") == expected, "the result differs from that of the undisturbed run");
  demand(saved_iteration(folder.path()) == iterations, "the checkpoint is not the last one");
  demand(folder.entries() == 2, "something is left beside the checkpoint and the result");
}

/// The kills of one run, or of all.
struct Kills {
  int all = 0;
  int while_writing = 0;  ///< that left a file half-written
};

bool is_half_written(const std::filesystem::directory_entry& entry) { return entry.path().extension() == ".partial"; }

/// One run in a fresh folder, killed again and again until it ends before its time.
void round(Seconds duration, const std::string& expected, Random& random, Kills& kills) {
  const TemporaryFolder folder;
  Index reached = 0;
  while (killed_after(random.uniform() * duration, start_run_in(folder.path()))) {
    ++kills.all;
    const std::filesystem::directory_iterator entries(folder.path());
    if (std::any_of(begin(entries), end(entries), is_half_written)) ++kills.while_writing;
    const Index saved = saved_iteration(folder.path());
    demand(saved >= reached, "a checkpoint was lost");
    reached = saved;
  }
  check_end(folder, expected);
}

Seconds time_of_a_run(const std::string& expected) {
  const TemporaryFolder folder;
  const auto start = std::chrono::steady_clock::now();
  demand(!killed_after(Seconds(60), start_run_in(folder.path())), "a run takes a minute");
  const Seconds duration = std::chrono::steady_clock::now() - start;
  check_end(folder, expected);
  return duration;
}

int test(int rounds, std::uint64_t seed) {
  Random random(seed);
  const std::string expected = undisturbed();
  const Seconds duration = std::min({time_of_a_run(expected), time_of_a_run(expected), time_of_a_run(expected)});
  Kills kills;
  int killed_runs = 0;
  for (int i = 0; i < 10 * rounds && killed_runs < rounds;
       ++i) {  // one that ends before its first moment does not count
    const int before = kills.all;
    round(duration, expected, random, kills);
    if (kills.all > before) ++killed_runs;
  }
  demand(killed_runs == rounds, "hardly any run was killed");
  std::printf("%d runs of %.2f s, killed %d times, %d of them while writing: all ended with the same bits\n", rounds,
              duration.count(), kills.all, kills.while_writing);
  return EXIT_SUCCESS;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count == 3 && std::string_view(arguments[1]) == "run") return run_in(arguments[2]);
    return test(count > 1 ? std::stoi(arguments[1]) : 10, count > 2 ? std::stoull(arguments[2]) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
  }
}
