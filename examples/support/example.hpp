#pragma once
// What every example has in common: its command line, its folder for results, its sidecar, verdicts and exit code.
//
//     int main(int argc, char** argv) {
//       drift::examples::Example example("which_flow", "Which continuous-time flow follows gradient descent?");
//       double rate = 0.25;
//       Index steps = 500;
//       example.setting("rate", rate, "learning rate of descent");
//       example.setting("steps", steps, "number of steps", {.quick = 20});
//       return example.run(argc, argv, [&] {
//         report::Trace trace({"step", "error"});
//         ...
//         example.print(table);
//         example.write(trace);                    // OUT/which_flow.csv
//         example.draw(figure);                    // OUT/which_flow.gp, .png, .svg
//         example.verdicts().identity("the principal flow meets every iterate", error < 1e-8, numbers);
//       });
//     }
//
// Options: --help, --seed N, --out DIR, --quick, --full where the example offers it, and one for each setting. A
// setting has the value that the user gave, otherwise the one for --quick or --full, otherwise the variable's own.
// run() parses, makes DIR, calls the body, writes DIR/<name>.json and prints the verdicts and where the files are. It
// returns 0; 1 when an identity, an order or an oracle value did not hold; 2 for a wrong command line or an exception.

#include <drift/core/types.hpp>
#include <drift/report/report.hpp>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace drift::examples {

/// What a setting may be; Index for every whole number.
using SettingValue = std::variant<int, Index, double, bool, std::string, std::vector<double>>;

template <class T>
concept SettingType = std::same_as<T, int> || std::same_as<T, Index> || std::same_as<T, double> ||
                      std::same_as<T, bool> || std::same_as<T, std::string> || std::same_as<T, std::vector<double>>;

/// The values that --quick and --full put in place of the default.
template <class T>
struct Alternatives {
  std::optional<T> quick = {};
  std::optional<T> full = {};
};

class Example {
 public:
  /// name: of the program and its files; question: the one line that it answers.
  Example(std::string name, std::string question);

  /// An option --name of the command line. The variable must live until run() returns; its value there is the default.
  /// A vector is given as --name 1 2 3 or --name 1,2,3; a bool as --name true.
  template <SettingType T>
  void setting(const std::string& name, T& value, const std::string& help,
               const std::type_identity_t<Alternatives<T>>& alternatives = {}) {
    Setting setting{.name = name, .help = help, .value = &value, .quick = {}, .full = {}};
    if (alternatives.quick) setting.quick = *alternatives.quick;
    if (alternatives.full) setting.full = *alternatives.full;
    settings_.push_back(std::move(setting));
  }

  /// Adds the option --full; help says what it does and how long it takes.
  void offer_full(std::string help) { full_help_ = std::move(help); }

  /// Does everything; its result is main's.
  int run(int argc, const char* const* argv, const std::function<void()>& body);

  // Inside the body:
  std::uint64_t seed() const { return seed_; }
  bool quick() const { return quick_; }
  bool full() const { return full_; }
  /// The folder for results; it exists.
  const std::filesystem::path& out() const { return out_; }
  /// The path OUT/<name>_<part><ending>, or OUT/<name><ending> without a part.
  std::filesystem::path path(const std::string& ending, const std::string& part = {}) const;

  /// Writes the trace as CSV, and lists it among the results.
  void write(const report::Trace& trace, const std::string& part = {});
  /// Writes the figure's script and draws it, or says why not.
  void draw(const report::Figure& figure, const std::string& part = {});
  /// Lists a file that the example wrote itself.
  void list(const std::filesystem::path& file) { files_.push_back(file); }
  void print(const report::Table& table) const;
  void print(const std::string& line) const;
  /// A number or text for the sidecar.
  void result(const std::string& name, report::Json value) { sidecar_.result(name, std::move(value)); }
  report::Verdicts& verdicts() { return verdicts_; }

 private:
  struct Setting {
    std::string name;
    std::string help;
    std::variant<int*, Index*, double*, bool*, std::string*, std::vector<double>*> value;
    std::optional<SettingValue> quick;
    std::optional<SettingValue> full;
  };

  /// The exit code where the run ends here: after --help or with a wrong command line.
  std::optional<int> parse(int argc, const char* const* argv);
  void prepare_folder() const;
  void finish(double seconds);

  std::string name_;
  std::string question_;
  std::string full_help_;
  std::vector<Setting> settings_;
  std::uint64_t seed_ = 0;
  bool quick_ = false;
  bool full_ = false;
  std::filesystem::path out_;
  std::vector<std::filesystem::path> files_;
  report::Sidecar sidecar_;
  report::Verdicts verdicts_;
};

/// A file of examples/data.
std::filesystem::path data_file(const std::string& name);

}  // namespace drift::examples
