#include <support/example.hpp>

#include <drift/core/errors.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <concepts>
#include <exception>
#include <iostream>
#include <system_error>
#include <type_traits>
#include <utility>

namespace drift::examples {

namespace {

const std::filesystem::path checkout = DRIFT_SOURCE_DIR;

}  // namespace

std::filesystem::path data_file(const std::string& name) { return checkout / "examples" / "data" / name; }

Example::Example(std::string name, std::string question)
    : name_(std::move(name)),
      question_(std::move(question)),
      out_(checkout / "build" / "output" / name_),
      sidecar_(name_) {}

std::filesystem::path Example::path(const std::string& ending, const std::string& part) const {
  return out_ / (name_ + (part.empty() ? "" : "_" + part) + ending);
}

std::optional<int> Example::parse(int argc, const char* const* argv) {
  CLI::App app(question_, name_);
  app.set_help_flag("-h,--help", "Say what the options are, and end");
  app.add_option("--seed", seed_, "Seed of all random numbers")->capture_default_str();
  std::string folder = out_.string();
  app.add_option("--out", folder, "Folder for the results, made if missing")->capture_default_str()->type_name("DIR");
  CLI::Option* const quick = app.add_flag("--quick", quick_, "A small run that checks the identities, in seconds");
  if (!full_help_.empty()) app.add_flag("--full", full_, full_help_)->excludes(quick);

  std::vector<CLI::Option*> options;
  for (const Setting& setting : settings_) {
    options.push_back(std::visit(
        [&](auto* value) {
          CLI::Option* const option = app.add_option("--" + setting.name, *value, setting.help);
          if constexpr (std::same_as<decltype(value), std::vector<double>*>) option->delimiter(',');
          return option->capture_default_str();
        },
        setting.value));
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == 0;
    app.exit(error, std::cout, std::cerr);
    return asked_for_help ? 0 : 2;
  }
  out_ = folder;

  for (std::size_t i = 0; i < settings_.size(); ++i) {
    const std::optional<SettingValue>& instead = quick_ ? settings_[i].quick : full_ ? settings_[i].full : std::nullopt;
    if (options[i]->count() > 0 || !instead) continue;
    std::visit([&](auto* value) { *value = std::get<std::remove_pointer_t<decltype(value)>>(*instead); },
               settings_[i].value);
  }
  return std::nullopt;
}

void Example::prepare_folder() const {
  std::error_code error;
  std::filesystem::create_directories(out_, error);
  if (error) throw FileError(out_.string() + ": cannot be made as the folder for the results: " + error.message());
  // A run that fails must not leave new traces beside the sidecar of an earlier one.
  std::filesystem::remove(path(".json"), error);
}

void Example::write(const report::Trace& trace, const std::string& part) {
  trace.write(path(".csv", part));
  list(path(".csv", part));
}

void Example::draw(const report::Figure& figure, const std::string& part) {
  const report::Drawn drawn = figure.write(path("", part));
  for (const std::filesystem::path& file : drawn.files()) list(file);
  if (!drawn.message.empty()) print(drawn.message);
}

void Example::print(const report::Table& table) const { std::cout << table.text() << std::flush; }

void Example::print(const std::string& line) const { std::cout << line << std::endl; }

void Example::finish(double seconds) {
  sidecar_.seed(seed_).setting("quick", quick_);
  if (!full_help_.empty()) sidecar_.setting("full", full_);
  for (const Setting& setting : settings_)
    std::visit([&](const auto* value) { sidecar_.setting(setting.name, *value); }, setting.value);
  for (const std::filesystem::path& file : files_) sidecar_.file(file.filename().string());
  sidecar_.write(path(".json"), verdicts_);
  list(path(".json"));

  std::cout << '\n';
  verdicts_.print(std::cout);
  std::string names;
  for (const std::filesystem::path& file : files_) names += (names.empty() ? "" : ", ") + file.filename().string();
  std::cout << fmt::format("\nAfter {:.1f} s, in {}:\n  {}\n", seconds, std::filesystem::absolute(out_).string(), names)
            << std::flush;
}

int Example::run(int argc, const char* const* argv, const std::function<void()>& body) {
  try {
    const auto start = std::chrono::steady_clock::now();
    if (const std::optional<int> code = parse(argc, argv)) return *code;
    prepare_folder();
    std::cout << question_ << "\n" << std::endl;
    body();
    finish(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return verdicts_.exit_code();
  } catch (const std::exception& error) {
    std::cerr << name_ << ": " << error.what() << std::endl;
    return 2;
  }
}

}  // namespace drift::examples
