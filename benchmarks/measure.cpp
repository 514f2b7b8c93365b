// drift_benchmark: what a network's derivatives and flows cost, in rounds. README.md has the method; the result is one JSON file
// with every round, of which drift_benchmark_report makes tables and a figure.
//
// All that is to be compared stands in one group. A round times every member of the group once, in random order, each for the same
// few milliseconds; so what disturbs the machine for a while disturbs all of them, and ratios are taken within a round.
//
// Exit code: 1 if an operation that must not allocate does, or the counted flops are not those of the design; 2 for misuse.

#include <support/allocations.hpp>
#include <support/case.hpp>
#include <support/description.hpp>
#include <support/timing.hpp>

#include <drift/report/report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

using namespace drift;
using namespace drift::benchmarks;

namespace {

struct Options {
  bool quick = false;
  int rounds = 15;
  double milliseconds = 15;
  std::vector<std::string> groups;  // none: all
  std::filesystem::path out;
};

/// One thing that a round times.
struct Series {
  std::string net;
  Index examples;
  std::string operation;
  std::string scalar;
  int threads;
  double at;  ///< where on a scaling's axis
  double flops;
  std::function<void()> run;
  long allocations = -1;  ///< -1: not counted
  long repetitions = 1;
  std::vector<double> seconds = {};
};

struct Memory {
  std::string scalar;
  Index activations;  ///< of all layers with weights and all examples
  Index parameters;
  std::vector<long> bytes;  ///< what order 0, 1, ... adds
};

struct Group {
  std::string name;
  std::string about;
  std::vector<Series> series = {};
  std::vector<Memory> memory = {};
};

/// Cases live as long as the operations that refer to them, so one a name is enough.
class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {}

  bool wants(const std::string& group) const {
    const auto& asked = options_.groups;
    return asked.empty() || std::find(asked.begin(), asked.end(), group) != asked.end();
  }

  void add(Group& group, const Net& net, const std::string& scalar, int threads,
           const std::vector<std::string>& operations, double at = 0) {
    if (!can_make(net, scalar)) return;
    const Case one = make_case(net, scalar, threads);
    for (const std::string& name : operations) {
      const Operation& operation = one.operation(name);
      const double flops = operation.products
                               ? static_cast<double>(operation.products()) * counted_flops(net, "hvp_cached")
                               : counted_flops(net, name);
      group.series.push_back({.net = net.name,
                              .examples = net.examples,
                              .operation = name,
                              .scalar = scalar,
                              .threads = threads,
                              .at = at,
                              .flops = flops,
                              .run = operation.run});
    }
  }

  void add_peak(Group& group, const std::string& scalar) {
    const Peak p = peak(scalar);
    group.series.push_back({.net = "",
                            .examples = 0,
                            .operation = "peak",
                            .scalar = scalar,
                            .threads = 1,
                            .at = 0,
                            .flops = p.flops,
                            .run = p.run});
  }

  void run(Group& group) {
    prepare(group);
    std::vector<std::size_t> order(group.series.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::mt19937 random(1);
    report::Progress progress(group.name, options_.rounds);
    for (int round = 0; round < options_.rounds; ++round) {
      std::shuffle(order.begin(), order.end(), random);
      for (const std::size_t i : order) {
        Series& one = group.series[i];
        const OnCores on(one.threads);
        one.seconds.push_back(seconds_per_run(one.run, one.repetitions));
      }
      progress.advance();
    }
  }

  Memory memory(const Net& net, const std::string& scalar, int orders) const {
    const Case one = make_case(net, scalar, 1);
    Memory result{.scalar = scalar,
                  .activations = net.examples * net.outputs_of_layers(),
                  .parameters = one.theta.size(),
                  .bytes = {}};
    one.grow(0);  // what is made once for all expansions
    for (int order = 0; order <= orders; ++order) {
      const long before = allocations().bytes;
      one.grow(order);
      result.bytes.push_back(allocations().bytes - before);
    }
    return result;
  }

 private:
  /// First uses, counts and calibration, before the first round.
  void prepare(Group& group) const {
    for (Series& one : group.series) {
      const OnCores on(one.threads);
      one.repetitions = repetitions_for(one.run, options_.milliseconds / 1000);
      if (!counts_allocations()) continue;
      const long before = allocations().number;
      one.run();
      one.allocations = allocations().number - before;
    }
  }

  double counted_flops(const Net& net, const std::string& operation) {
    const std::string key = net.shape() + " " + std::to_string(net.examples) + " " + operation;
    const auto [at, is_new] = flops_.try_emplace(key, 0.0);
    if (is_new) at->second = flops(net, operation);
    return at->second;
  }

  Options options_;
  std::map<std::string, double> flops_;
};

std::vector<std::string> operations_of(const Net& net, bool quick) {
  std::vector<std::string> all = {"gradient", "hvp",         "hvp_cached", "gradient_and_hvp",
                                  "dal_step", "third_order", "modified_3"};
  const auto add = [&](std::initializer_list<const char*> more) { all.insert(all.end(), more.begin(), more.end()); };
  if (quick) return all;
  const bool is_small = net.name == "iris" || net.name == "digits";
  if (is_small) add({"modified_4", "modified_5"});
  add({"map_logarithm_3"});
  if (is_small) add({"map_logarithm_4", "map_logarithm_5"});
  if (net.name == "iris") add({"hessian"});
  add({"principal_krylov_10"});
  if (net.name == "digits") add({"top_20_eigenpairs"});
  return all;
}

const std::vector<std::string> on_two_threads = {"gradient", "hvp_cached", "gradient_and_hvp", "third_order"};
const std::vector<std::string> scaled = {"gradient", "gradient_and_hvp", "third_order"};

/// One net, every operation, both number types, one thread and two.
Group of_net(Bench& bench, const Net& net, bool quick) {
  Group group{.name = net.name, .about = net.shape() + ", N = " + std::to_string(net.examples)};
  for (const std::string scalar : {"double", "float"}) {
    if (!can_make(net, scalar)) continue;
    bench.add_peak(group, scalar);
    bench.add(group, net, scalar, 1, operations_of(net, quick));
    bench.add(group, net, scalar, 2, on_two_threads);
    group.memory.push_back(bench.memory(net, scalar, 4));
  }
  return group;
}

Group of_examples(Bench& bench) {
  Group group{.name = "examples", .about = "digits-shaped, double, by the number of examples"};
  bench.add_peak(group, "double");
  for (const Index n : {16, 32, 64, 128, 256, 512, 1024, 2048, 4096}) {
    const Net net{"", n, {64, 100, 100, 10}};
    bench.add(group, net, "double", 1, scaled, static_cast<double>(n));
    bench.add(group, net, "double", 2, {"gradient"}, static_cast<double>(n));
  }
  return group;
}

Group of_width(Bench& bench) {
  Group group{.name = "width", .about = "w-w-w-10, N = 512, double, by the width w"};
  bench.add_peak(group, "double");
  for (const Index w : {4, 8, 16, 32, 64, 128, 256, 512})
    bench.add(group, {"", 512, {w, w, w, 10}}, "double", 1, scaled, static_cast<double>(w));
  return group;
}

Group of_depth(Bench& bench) {
  Group group{.name = "depth", .about = "hidden layers of width 64, N = 512, double, by their number"};
  bench.add_peak(group, "double");
  for (const std::size_t depth : {1U, 2U, 4U, 8U}) {
    std::vector<Index> widths(depth + 1, 64);
    widths.push_back(10);
    bench.add(group, {"", 512, widths}, "double", 1, scaled, static_cast<double>(depth));
  }
  return group;
}

Group of_order(Bench& bench) {
  Group group{.name = "order",
              .about = "Taylor coefficients of the gradient along a straight line, double, by the order"};
  bench.add_peak(group, "double");
  for (const char* name : {"iris", "digits"}) {
    bench.add(group, net(name), "double", 1, {"gradient"}, 0);
    for (int k = 1; k <= largest_order; ++k) bench.add(group, net(name), "double", 1, {"line_" + std::to_string(k)}, k);
  }
  return group;
}

/// As many digits as the measurement has.
double rounded(double x) { return std::strtod(report::significant(x, 4).c_str(), nullptr); }

report::Json json_of(const Group& group) {
  report::Json all = report::Json::object();
  all.set("name", group.name).set("about", group.about);
  report::Json list = report::Json::array();
  for (const Series& one : group.series) {
    report::Json entry = report::Json::object();
    entry.set("operation", one.operation).set("scalar", one.scalar).set("threads", one.threads);
    if (!one.net.empty() && one.net != group.name) entry.set("net", one.net);
    if (one.examples > 0) entry.set("examples", one.examples);
    if (one.at != 0) entry.set("at", one.at);
    entry.set("flops", one.flops);
    if (one.allocations >= 0) entry.set("allocations", one.allocations);
    std::vector<double> microseconds;
    for (const double s : one.seconds) microseconds.push_back(rounded(1e6 * s));
    list.push(entry.set("repetitions", one.repetitions).set("microseconds", microseconds));
  }
  all.set("series", list);
  report::Json memory = report::Json::array();
  for (const Memory& m : group.memory) {
    memory.push(report::Json::object()
                    .set("scalar", m.scalar)
                    .set("activations", m.activations)
                    .set("parameters", m.parameters)
                    .set("bytes", m.bytes));
  }
  return all.set("memory", memory);
}

/// A series on one line: the fifth level of the text and below.
std::string compact(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t next = text[i] == '\n' ? text.find_first_not_of(' ', i + 1) : i;
    const bool is_deep =
        text[i] == '\n' && next != std::string::npos && (next - i > 10 || (next - i == 9 && text[next] == '}'));
    out += is_deep ? ' ' : text[i];
    if (is_deep) i = next - 1;
  }
  return out;
}

/// What must hold whatever the machine does; the complaints.
std::vector<std::string> faults(const std::vector<Group>& groups) {
  std::vector<std::string> all;
  for (const Group& group : groups) {
    for (const Series& one : group.series) {
      const bool by_reference = one.operation == "gradient" || one.operation == "gradient_and_hvp" ||
                                one.operation.starts_with("hvp") || one.operation == "third_order" ||
                                one.operation.starts_with("line_");
      if (!by_reference || one.allocations <= 0) continue;
      all.push_back(fmt::format("{} {} in {}, {} threads: {} allocations in steady state", one.net, one.operation,
                                one.scalar, one.threads, one.allocations));
    }
  }
  // Flops in gradients, found by hand: the design's table.
  const std::map<std::string, std::vector<double>> floors = {{"hvp", {2.47, 2.34, 1.70, 2.48}},
                                                             {"hvp_cached", {1.83, 1.72, 1.17, 1.84}},
                                                             {"gradient_and_hvp", {2.83, 2.72, 2.17, 2.84}},
                                                             {"third_order", {4.85, 4.54, 2.99, 4.89}},
                                                             {"modified_3", {5.49, 5.16, 3.52, 5.53}},
                                                             {"map_logarithm_3", {3, 3, 3, 3}}};
  const std::vector<std::string> columns = {"iris", "digits", "mnist1k", "conv"};
  for (const auto& [operation, expected] : floors) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const double ratio = flops(net(columns[i]), operation) / flops(net(columns[i]), "gradient");
      if (!(std::abs(ratio - expected[i]) < 0.006))
        all.push_back(fmt::format("{} {}: {:.3f} times a gradient's flops are counted, not {}", columns[i], operation,
                                  ratio, expected[i]));
    }
  }
  return all;
}

constexpr const char* help = R"(drift_benchmark: times a network's derivatives and flows, writes every round as JSON

  --quick              few rounds of a few operations, to see that all works: some seconds
  --rounds N           rounds of each group (default 15; quick: 3)
  --milliseconds T     time of each measurement (default 15; quick: 1)
  --groups a,b         only these: iris, digits, mnist1k, mnist6k, conv, examples, width, depth, order
  --out FILE           where to write (default: benchmark.json)
  --help               this
)";

Options options_of(int argc, char** argv) {
  Options options;
  options.out = "benchmark.json";
  const auto quick = std::find(argv, argv + argc, std::string("--quick")) != argv + argc;
  if (quick) options = {.quick = true, .rounds = 3, .milliseconds = 1, .groups = {"iris"}, .out = options.out};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--quick") continue;
    if (name == "--help" || name == "-h") {
      std::cout << help;
      std::exit(0);
    }
    require(i + 1 < argc, name, "without a value", "an option of --help");
    const std::string value = argv[++i];
    if (name == "--rounds") {
      options.rounds = std::atoi(value.c_str());
    } else if (name == "--milliseconds") {
      options.milliseconds = std::atof(value.c_str());
    } else if (name == "--groups") {
      options.groups.clear();
      for (std::size_t at = 0; at <= value.size();) {
        const std::size_t end = std::min(value.find(',', at), value.size());
        options.groups.push_back(value.substr(at, end - at));
        at = end + 1;
      }
    } else if (name == "--out") {
      options.out = value;
    } else {
      reject("option", name, "one of --help");
    }
  }
  require(options.rounds >= 1, "rounds", options.rounds, "1 or more");
  require_positive(options.milliseconds, "milliseconds");
  return options;
}

int run(const Options& options) {
  const Machine before = machine();
  Bench bench(options);
  std::vector<Group> groups;
  const auto add = [&](const std::string& name, const auto& make) {
    if (!bench.wants(name)) return;
    groups.push_back(make());
    bench.run(groups.back());
    for (Series& one : groups.back().series) one.run = nullptr;  // frees the case
  };
  for (const Net& net : nets()) {
    if (can_make(net, "double")) add(net.name, [&] { return of_net(bench, net, options.quick); });
  }
  add("examples", [&] { return of_examples(bench); });
  add("width", [&] { return of_width(bench); });
  add("depth", [&] { return of_depth(bench); });
  add("order", [&] { return of_order(bench); });
  require(!groups.empty(), "groups", "none that there is", "of those in --help");

  report::Json list = report::Json::array();
  for (const Group& group : groups) list.push(json_of(group));
  report::Json all = report::Json::object();
  all.set("program", "drift_benchmark").set("date", today()).set("machine", describe(before));
  all.set("load", std::vector<double>{before.load, machine().load});
  all.set("rounds", options.rounds).set("milliseconds", options.milliseconds);
  all.set("made_with", report::made_with()).set("groups", list);
  if (options.out.has_parent_path()) std::filesystem::create_directories(options.out.parent_path());
  write_file(options.out, compact(all.text()));

  std::cout << options.out.string() << std::endl;
  const std::vector<std::string> complaints = faults(groups);
  for (const std::string& complaint : complaints) std::cerr << complaint << '\n';
  return complaints.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(options_of(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "drift_benchmark: " << error.what() << std::endl;
    return 2;
  }
}
