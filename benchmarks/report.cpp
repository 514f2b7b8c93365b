// drift_benchmark_report FILE.json ...: tables (FILE.md, also printed) and figures (FILE.png) of what drift_benchmark or peer.py
// measured. Every ratio is taken within a round; a cell shows "median [least, largest]" of them and the ratio of the best rounds.

#include <drift/report/report.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

using namespace drift;
using Json = nlohmann::json;

namespace {

struct Titled {
  std::string operation;
  std::string title;  ///< in tables
  std::string label;  ///< in figures
};

/// In the order of the tables.
const std::vector<Titled> titles = {{"gradient", "gradient", "g"},
                                    {"hvp", "Hessian-vector product", "Hv"},
                                    {"hvp_cached", "... gradient known", "Hv*"},
                                    {"gradient_and_hvp", "g and Hg", "Hg"},
                                    {"dal_step", "DAL step", "DAL"},
                                    {"third_order", "g, Hg, D³E[g,g,.]", "D³"},
                                    {"modified_3", "modified<3>", "f3"},
                                    {"modified_4", "modified<4>", "f4"},
                                    {"modified_5", "modified<5>", "f5"},
                                    {"map_logarithm_3", "map_logarithm<3>", "log3"},
                                    {"map_logarithm_4", "map_logarithm<4>", "log4"},
                                    {"map_logarithm_5", "map_logarithm<5>", "log5"},
                                    {"hessian", "full Hessian", "H"},
                                    {"principal_krylov_10", "principal, Krylov 10", "Krylov"},
                                    {"top_20_eigenpairs", "top 20 eigenpairs", "eig"}};

/// "g and Hg (Hg)": so that a table explains the figure.
std::string named(const std::string& title, const std::string& label) { return title + " (" + label + ")"; }

const std::vector<std::string> scalars = {"double", "float"};

/// What picks a series out of a group.
struct Key {
  std::string operation;
  std::string scalar = "double";
  int threads = 1;
  std::string by = "drift";
  double at = 0;
  std::string net = {};
};

std::string by_of(const Json& series) { return series.value("by", std::string("drift")); }

const Json* find(const Json& group, const Key& key) {
  for (const Json& one : group.at("series")) {
    if (one.at("operation") == key.operation && one.at("scalar") == key.scalar && one.at("threads") == key.threads &&
        by_of(one) == key.by && one.value("at", 0.0) == key.at &&
        (key.net.empty() || one.value("net", std::string()) == key.net))
      return &one;
  }
  return nullptr;
}

std::vector<double> seconds(const Json& series) {
  auto all = series.at("microseconds").get<std::vector<double>>();
  for (double& each : all) each *= 1e-6;
  return all;
}

double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  const std::size_t n = x.size();
  return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}
double least(const std::vector<double>& x) { return *std::min_element(x.begin(), x.end()); }
double largest(const std::vector<double>& x) { return *std::max_element(x.begin(), x.end()); }

/// a / b, round by round and of the best rounds, both times `factor`.
struct Ratio {
  std::vector<double> rounds;
  double best;

  Ratio(const Json& a, const Json& b, double factor = 1) {
    const std::vector<double> x = seconds(a), y = seconds(b);
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) rounds.push_back(factor * x[i] / y[i]);
    best = factor * least(x) / least(y);
  }

  std::string text() const {
    return fmt::format("{} [{}, {}] {}", number(median(rounds)), number(least(rounds)), number(largest(rounds)),
                       number(best));
  }
  static std::string number(double x) { return x < 10 ? fmt::format("{:.2f}", x) : fmt::format("{:.3g}", x); }
};

double flops(const Json& series) { return series.at("flops").get<double>(); }

/// A Markdown table whose columns are aligned, for reading as it stands.
class MarkdownTable {
 public:
  explicit MarkdownTable(std::vector<std::string> header) : rows_({std::move(header)}) {}
  void row(std::vector<std::string> cells) {
    // A row whose numbers are all missing says nothing.
    if (std::any_of(cells.begin() + 1, cells.end(), [](const std::string& cell) { return !cell.empty(); }))
      rows_.push_back(std::move(cells));
  }
  std::string text() const {
    if (rows_.size() == 1) return {};
    std::vector<std::size_t> widths(rows_[0].size());
    for (const auto& cells : rows_)
      for (std::size_t j = 0; j < cells.size(); ++j)
        widths[j] = std::max(widths[j], report::detail::visible_length(cells[j]));
    std::string out;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      out += line(rows_[i], widths);
      if (i > 0) continue;
      for (const std::size_t width : widths) out.append("|").append(width + 2, '-');
      out += "|\n";
    }
    return out;
  }

 private:
  static std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string out;
    for (std::size_t j = 0; j < cells.size(); ++j)
      out.append("| ").append(cells[j]).append(widths[j] - report::detail::visible_length(cells[j]) + 1, ' ');
    return out + "|\n";
  }

  std::vector<std::vector<std::string>> rows_;
};

/// The Markdown page, section by section; a section without rows is left out.
class Page {
 public:
  void paragraph(const std::string& text) { text_ += text + "\n\n"; }
  void section(const std::string& title, const std::string& about, const MarkdownTable& table) {
    if (const std::string rows = table.text(); !rows.empty())
      text_ += "## " + title + "\n\n" + (about.empty() ? "" : about + "\n\n") + rows + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

const std::set<std::string> scalings = {"examples", "width", "depth", "order"};

std::vector<const Json*> net_groups(const Json& file) {
  std::vector<const Json*> groups;
  for (const Json& group : file.at("groups"))
    if (scalings.count(group.at("name").get<std::string>()) == 0) groups.push_back(&group);
  return groups;
}

const Json* group_of(const Json& file, const std::string& name) {
  for (const Json& group : file.at("groups"))
    if (group.at("name") == name) return &group;
  return nullptr;
}

std::vector<std::string> header_of(std::vector<std::string> header, const std::vector<const Json*>& groups) {
  for (const Json* group : groups) header.push_back(group->at("name"));
  return header;
}

void describe(Page& page, const Json& file) {
  const Json& machine = file.at("machine");
  page.paragraph(
      fmt::format("# {}, {}", machine.at("processor").get<std::string>(), file.at("date").get<std::string>()));
  std::string with;
  for (const auto& [name, value] : file.at("made_with").items())
    with += (with.empty() ? "" : ", ") + name + " " + (value.is_string() ? value.get<std::string>() : value.dump());
  page.paragraph(fmt::format(
      "Generated from the JSON file beside this one; [README.md](../README.md) says what the numbers are.\n"
      "{} cores; {}; {}; {}. Load at start and end: {}. {} rounds.\n{}.\n"
      "A cell is: median over rounds [least, largest] ratio of best rounds.",
      machine.at("cores").dump(), machine.at("caches").get<std::string>(), machine.at("flags").get<std::string>(),
      machine.at("kernel").get<std::string>(), file.at("load").dump(), file.at("rounds").dump(), with));
}

// --- drift alone -----------------------------------------------------------------------------------------------------------

void costs(Page& page, const Json& file) {
  const auto groups = net_groups(file);
  for (const std::string& scalar : scalars) {
    MarkdownTable time(header_of({"in gradients"}, groups));
    MarkdownTable relative(header_of({"time / flops"}, groups));
    for (const auto& [operation, title, label] : titles) {
      if (operation == "gradient") continue;
      std::vector<std::string> times = {named(title, label)}, relatives = {named(title, label)};
      for (const Json* group : groups) {
        const Json* const one = find(*group, {.operation = operation, .scalar = scalar});
        const Json* const gradient = find(*group, {.operation = "gradient", .scalar = scalar});
        const bool there = one != nullptr && gradient != nullptr;
        times.push_back(there ? Ratio(*one, *gradient).text() : "");
        relatives.push_back(there ? Ratio(*one, *gradient, flops(*gradient) / flops(*one)).text() +
                                        fmt::format(" ({:.2f})", flops(*one) / flops(*gradient))
                                  : "");
      }
      time.row(times);
      relative.row(relatives);
    }
    page.section("Cost, " + scalar + ", one thread", "Time of each operation over the time of a gradient.", time);
    page.section("Cost over flops, " + scalar + ", one thread",
                 "(time ratio) / (ratio of matrix-product flops); the latter in brackets.", relative);
  }
}

/// (flops of a) / (time of a), over the peak's.
Ratio share(const Json& peak, const Json& one) { return {peak, one, flops(one) / flops(peak)}; }

void searches(Page& page, const Json& file) {
  MarkdownTable table({"top 20 eigenpairs", "number", "products", "time over theirs"});
  for (const Json* group : net_groups(file)) {
    for (const std::string& scalar : scalars) {
      const Json* const one = find(*group, {.operation = "top_20_eigenpairs", .scalar = scalar});
      const Json* const product = find(*group, {.operation = "hvp_cached", .scalar = scalar});
      if (one == nullptr || product == nullptr) continue;
      const double products = flops(*one) / flops(*product);
      table.row(
          {group->at("name"), scalar, fmt::format("{:.0f}", products), Ratio(*one, *product, 1 / products).text()});
    }
  }
  page.section("Searches", "Time over that of as many Hessian-vector products, gradient known.", table);
}

void gradients(Page& page, const Json& file) {
  MarkdownTable table(
      {"gradient", "number", "best time, µs", "a example, ns", "GFLOP/s", "peak, GFLOP/s", "share of the peak"});
  for (const Json* group : net_groups(file)) {
    for (const std::string& scalar : scalars) {
      const Json* const one = find(*group, {.operation = "gradient", .scalar = scalar});
      const Json* const peak = find(*group, {.operation = "peak", .scalar = scalar});
      if (one == nullptr || peak == nullptr) continue;
      const double best = least(seconds(*one));
      table.row({group->at("name"), scalar, fmt::format("{:.4g}", 1e6 * best),
                 fmt::format("{:.3g}", 1e9 * best / one->at("examples").get<double>()),
                 fmt::format("{:.1f}", 1e-9 * flops(*one) / best),
                 fmt::format("{:.1f}", 1e-9 * flops(*peak) / least(seconds(*peak))), share(*peak, *one).text()});
    }
  }
  page.section("The gradient and the core's peak",
               "Matrix-product flops over time, against independent multiply-adds measured in the same rounds.", table);
}

void threads_and_float(Page& page, const Json& file) {
  MarkdownTable table({"speed-up", "net", "2 threads, double", "2 threads, float", "float over double"});
  for (const auto& [operation, title, label] : titles) {
    for (const Json* group : net_groups(file)) {
      const auto ratio = [&](const Key& slow, const Key& fast) {
        const Json* const a = find(*group, slow);
        const Json* const b = find(*group, fast);
        return a != nullptr && b != nullptr ? Ratio(*a, *b).text() : std::string();
      };
      const auto key = [&, name = operation](const std::string& scalar, int threads) {
        return Key{.operation = name, .scalar = scalar, .threads = threads};
      };
      const std::string two = ratio(key("double", 1), key("double", 2)),
                        two_float = ratio(key("float", 1), key("float", 2));
      const std::string narrow = ratio(key("double", 1), key("float", 1));
      if (!(two + two_float + narrow).empty()) table.row({title, group->at("name"), two, two_float, narrow});
    }
  }
  page.section("Two threads, and float", "How many times faster.", table);
}

void memory(Page& page, const Json& file) {
  MarkdownTable table({"kB", "number", "order 0", "1", "2", "3", "4", "one of each", "order 4 / that"});
  MarkdownTable counts({"operation", "net", "allocations a run"});
  for (const Json* group : net_groups(file)) {
    for (const Json& one : group->at("memory")) {
      std::vector<std::string> cells = {group->at("name"), one.at("scalar")};
      const auto bytes = one.at("bytes").get<std::vector<double>>();
      for (const double b : bytes) cells.push_back(fmt::format("{:.0f}", b / 1000));
      const double each = (one.at("scalar") == "double" ? 8 : 4) *
                          (one.at("activations").get<double>() + one.at("parameters").get<double>());
      cells.push_back(fmt::format("{:.0f}", each / 1000));
      cells.push_back(fmt::format("{:.2f}", bytes.back() / each));
      table.row(cells);
    }
    for (const auto& [operation, title, label] : titles) {
      const Json* const one = find(*group, {.operation = operation});
      if (one != nullptr && one->contains("allocations"))
        counts.row({title, group->at("name"), one->at("allocations").dump()});
    }
  }
  page.section("Memory",
               "What an expansion allocates for each further order (order 0: when it is made), and what one number for "
               "each activation of\n"
               "each example and for each parameter would take.",
               table);
  page.section("Allocations in steady state, double, one thread",
               "Flows, fields and Hessians are returned by value; derivatives by reference.", counts);
}

std::vector<double> places(const Json& group) {
  std::set<double> all;
  for (const Json& one : group.at("series"))
    if (one.contains("at")) all.insert(one.at("at").get<double>());
  return {all.begin(), all.end()};
}

void scaling(Page& page, const Json& file) {
  for (const char* name : {"examples", "width", "depth"}) {
    const Json* const group = group_of(file, name);
    if (group == nullptr) continue;
    MarkdownTable table({name, "gradient, ns an example", "share of the peak", "g and Hg / gradient",
                         "g, Hg, D³E[g,g,.] / gradient", "two threads, gradient"});
    const Json* const peak = find(*group, {.operation = "peak"});
    for (const double at : places(*group)) {
      const auto series = [&](const std::string& operation, int threads = 1) {
        return find(*group, {.operation = operation, .threads = threads, .at = at});
      };
      const Json* const gradient = series("gradient");
      const Json* const second = series("gradient_and_hvp");
      const Json* const third = series("third_order");
      const Json* const two = series("gradient", 2);
      if (peak == nullptr || gradient == nullptr || second == nullptr || third == nullptr) continue;
      table.row({fmt::format("{}", at),
                 fmt::format("{:.3g}", 1e9 * least(seconds(*gradient)) / gradient->at("examples").get<double>()),
                 share(*peak, *gradient).text(), Ratio(*second, *gradient).text(), Ratio(*third, *gradient).text(),
                 two != nullptr ? Ratio(*gradient, *two).text() : ""});
    }
    page.section(fmt::format("Scaling: {}", name), group->at("about"), table);
  }
  const Json* const group = group_of(file, "order");
  if (group == nullptr) return;
  MarkdownTable table({"order", "iris, in gradients", "flops", "digits, in gradients", "flops "});
  for (const double at : places(*group)) {
    if (at == 0) continue;
    std::vector<std::string> cells = {fmt::format("{}", at)};
    for (const char* net : {"iris", "digits"}) {
      const Json* const one = find(*group, {.operation = fmt::format("line_{}", at), .at = at, .net = net});
      const Json* const gradient = find(*group, {.operation = "gradient", .net = net});
      const bool there = one != nullptr && gradient != nullptr;
      cells.push_back(there ? Ratio(*one, *gradient).text() : "");
      cells.push_back(there ? fmt::format("{:.2f}", flops(*one) / flops(*gradient)) : "");
    }
    table.row(cells);
  }
  page.section("Scaling: order", group->at("about"), table);
}

/// Raw rounds side by side: series i of `count` stands a little to the left or right of x.
Vector<double> beside(double x, std::size_t i, std::size_t count, std::size_t rounds) {
  const double step = 0.7 / static_cast<double>(std::max<std::size_t>(count, 2));
  return Vector<double>::Constant(static_cast<Index>(rounds),
                                  x + step * (static_cast<double>(i) - static_cast<double>(count - 1) / 2));
}

report::Figure figure_of_drift(const Json& file) {
  report::Figure figure("Time over flops, both in gradients: every round (double, one thread)");
  const auto groups = net_groups(file);
  report::Panel& panel = figure.panel();
  panel.y.label = "(time ratio) / (flop ratio)";
  for (std::size_t i = 0; i < groups.size(); ++i) {
    double x = 0;
    for (const auto& [operation, title, label] : titles) {
      if (operation == "gradient") continue;
      x += 1;
      if (i == 0) panel.x.ticks.push_back({x, label});
      const Json* const one = find(*groups[i], {.operation = operation});
      const Json* const gradient = find(*groups[i], {.operation = "gradient"});
      if (one == nullptr || gradient == nullptr) continue;
      const Ratio ratio(*one, *gradient, flops(*gradient) / flops(*one));
      panel.points(groups[i]->at("name"), beside(x, i, groups.size(), ratio.rounds.size()), ratio.rounds);
    }
  }
  panel.horizontal(1, "as fast as the gradient's products");
  return figure;
}

/// Median and range over the rounds, in the colour of the name.
void draw(report::Panel& panel, const std::string& name, const std::map<double, Ratio>& ratios) {
  std::vector<double> x, low, middle, high;
  for (const auto& [at, ratio] : ratios) {
    x.push_back(at);
    low.push_back(least(ratio.rounds));
    middle.push_back(median(ratio.rounds));
    high.push_back(largest(ratio.rounds));
  }
  if (!x.empty()) panel.band(name, x, low, high).line_points(name, x, middle);
}

report::Figure figure_of_scaling(const Json& file) {
  report::Figure figure("Scaling: median and range over the rounds (double, one thread)");
  for (const char* name : {"examples", "width"}) {
    const Json* const group = group_of(file, name);
    const Json* const peak = group == nullptr ? nullptr : find(*group, {.operation = "peak"});
    if (peak == nullptr) continue;
    report::Panel& panel = figure.panel();
    panel.x = {.label = name, .logarithmic = true};
    panel.y = {.label = "share of the core's peak", .low = 0};
    for (const auto& [operation, title, label] : titles) {
      std::map<double, Ratio> shares;
      for (const double at : places(*group))
        if (const Json* const one = find(*group, {.operation = operation, .at = at}))
          shares.emplace(at, share(*peak, *one));
      draw(panel, title, shares);
    }
  }
  if (const Json* const group = group_of(file, "order")) {
    report::Panel& panel = figure.panel();
    panel.x.label = "order on a straight line";
    panel.y = {.label = "time, in gradients", .low = 0};
    for (const char* net : {"iris", "digits"}) {
      const Json* const gradient = find(*group, {.operation = "gradient", .net = net});
      std::map<double, Ratio> times;
      std::vector<double> x, floor;
      for (const double at : places(*group)) {
        const Json* const one = find(*group, {.operation = fmt::format("line_{}", at), .at = at, .net = net});
        if (one == nullptr || gradient == nullptr) continue;
        times.emplace(at, Ratio(*one, *gradient));
        x.push_back(at);
        floor.push_back(flops(*one) / flops(*gradient));
      }
      draw(panel, net, times);
      if (net == std::string("digits")) panel.reference("flops, digits", x, floor);
    }
  }
  return figure;
}

// --- drift and its peers -----------------------------------------------------------------------------------------------------

std::vector<std::string> peers_of(const Json& file) {
  std::vector<std::string> names;
  for (const Json& group : file.at("groups")) {
    for (const Json& one : group.at("series")) {
      const std::string by = by_of(one);
      if (by != "drift" && std::find(names.begin(), names.end(), by) == names.end()) names.push_back(by);
    }
  }
  return names;
}

void against_peers(Page& page, const Json& file) {
  const auto groups = net_groups(file);
  const int threads = file.at("threads").get<int>();
  for (const std::string& peer : peers_of(file)) {
    for (const std::string& scalar : scalars) {
      MarkdownTable table(header_of({"peer's time / drift's"}, groups));
      for (const auto& [operation, title, label] : titles) {
        std::vector<std::string> cells = {named(title, label)};
        for (const Json* group : groups) {
          const Json* const theirs =
              find(*group, {.operation = operation, .scalar = scalar, .threads = threads, .by = peer});
          const Json* const ours = find(*group, {.operation = operation, .scalar = scalar, .threads = threads});
          cells.push_back(theirs != nullptr && ours != nullptr ? Ratio(*theirs, *ours).text() : "");
        }
        table.row(cells);
      }
      page.section(fmt::format("{}, {}, {} thread{}", peer, scalar, threads, threads == 1 ? "" : "s"), "", table);
    }
  }
  MarkdownTable agreement(header_of({"largest relative difference"}, groups));
  for (const std::string& peer : peers_of(file)) {
    for (const std::string& scalar : scalars) {
      std::vector<std::string> cells = {peer + ", " + scalar};
      for (const Json* group : groups) {
        double difference = -1;
        for (const Json& one : group->at("series"))
          if (by_of(one) == peer && one.at("scalar") == scalar)
            difference = std::max(difference, one.at("difference").get<double>());
        cells.push_back(difference < 0 ? "" : fmt::format("{:.1e}", difference));
      }
      agreement.row(cells);
    }
  }
  page.section("That they compute the same",
               "Largest difference of a component over the largest component, over all operations.", agreement);
}

report::Figure figure_of_peers(const Json& file) {
  const int threads = file.at("threads").get<int>();
  report::Figure figure(
      fmt::format("How many times faster than a peer: every round ({} thread{})", threads, threads == 1 ? "" : "s"));
  const auto groups = net_groups(file);
  for (const std::string& peer : peers_of(file)) {
    report::Panel& panel = figure.panel(peer);
    panel.y = {.label = "peer's time / drift's", .logarithmic = true};
    double x = 0;
    for (const auto& [operation, title, label] : titles) {
      bool any = false;
      for (std::size_t i = 0; i < groups.size(); ++i) {
        for (const std::string& scalar : scalars) {
          const Json* const theirs =
              find(*groups[i], {.operation = operation, .scalar = scalar, .threads = threads, .by = peer});
          const Json* const ours = find(*groups[i], {.operation = operation, .scalar = scalar, .threads = threads});
          if (theirs == nullptr || ours == nullptr) continue;
          if (!any) panel.x.ticks.push_back({++x, label});
          any = true;
          const Ratio ratio(*theirs, *ours);
          const std::size_t slot = 2 * i + (scalar == "float" ? 1 : 0);
          panel.points(groups[i]->at("name").get<std::string>() + ", " + scalar,
                       beside(x, slot, 2 * groups.size(), ratio.rounds.size()), ratio.rounds);
        }
      }
    }
    panel.horizontal(1);
  }
  return figure;
}

void report_on(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw FileError(path.string() + ": cannot be read");
  const Json file = Json::parse(in);
  const bool has_peers = file.at("program") != "drift_benchmark";
  Page page;
  describe(page, file);
  if (has_peers) {
    against_peers(page, file);
  } else {
    costs(page, file);
    searches(page, file);
    gradients(page, file);
    threads_and_float(page, file);
    memory(page, file);
    scaling(page, file);
  }
  std::filesystem::path stem = path;
  stem.replace_extension();
  std::string complaints;
  const auto draw_as = [&](const report::Figure& figure, const std::string& ending) {
    std::filesystem::path images = stem;
    images += ending;
    const report::Drawn drawn = figure.write(images);
    for (const std::filesystem::path& each : drawn.files()) {  // the JSON has the data, so that the PNG is enough
      if (each.extension() == ".png") {
        page.paragraph(fmt::format("![{}]({})", figure.title, each.filename().string()));
      } else if (!drawn.images.empty()) {
        std::filesystem::remove(each);
      }
    }
    if (!drawn.message.empty()) complaints += drawn.message + '\n';
  };
  draw_as(has_peers ? figure_of_peers(file) : figure_of_drift(file), "");
  if (!has_peers && group_of(file, "order") != nullptr) draw_as(figure_of_scaling(file), "-scaling");
  std::filesystem::path markdown = stem;
  markdown += ".md";
  write_file(markdown, page.text());
  std::cout << page.text() << markdown.string() << '\n';
  std::cout << complaints;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || std::string(argv[1]) == "--help") {
    std::cout
        << "drift_benchmark_report FILE.json ...: tables FILE.md and figures FILE.png, FILE-scaling.png of each\n";
    return argc < 2 ? 2 : 0;
  }
  try {
    for (int i = 1; i < argc; ++i) report_on(argv[i]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "drift_benchmark_report: " << error.what() << std::endl;
    return 2;
  }
}
