#pragma once
// The sidecar: a JSON file beside a trace that says where its numbers come from.
//
//     Sidecar sidecar("how_far_does_each_flow_drift");
//     sidecar.seed(7).setting("learning_rate", 0.1).result("median error", 3e-5).file("how_far.csv");
//     sidecar.write("how_far.json", verdicts);
//
// Content, in this order: program, seed, settings, results, verdicts, files, and what it was made with: version of
// drift and of Eigen, compiler, whether it optimised, vector instructions. Nothing in it depends on the time or place
// of the run, so the same run writes the same bytes. How values are written: json.hpp (nan and infinities as strings).

#include <drift/core/atomic_file.hpp>
#include <drift/core/types.hpp>
#include <drift/core/version.hpp>
#include <drift/report/json.hpp>
#include <drift/report/verdicts.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace drift::report {

/// "g++ 12.2.0", "clang++ 19.1.4", or "unknown".
inline std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang++ {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
  return "unknown";
#endif
}

/// What made the numbers: the library, what it stands on, and how it was compiled.
inline Json made_with() {
#ifdef __OPTIMIZE__
  const bool optimised = true;
#else
  const bool optimised = false;
#endif
  Json made = Json::object();
  made.set("drift", version);
  made.set("eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION));
  made.set("compiler", compiler()).set("optimised", optimised);
  made.set("vector_instructions", Eigen::SimdInstructionSetsInUse());
  return made;
}

class Sidecar {
 public:
  explicit Sidecar(std::string program) : program_(std::move(program)) {}

  Sidecar& seed(std::uint64_t seed) {
    seed_ = seed;
    return *this;
  }
  /// What the run was told.
  Sidecar& setting(std::string name, Json value) {
    settings_.set(std::move(name), std::move(value));
    return *this;
  }
  /// What the run found, where one number or text says it.
  Sidecar& result(std::string name, Json value) {
    results_.set(std::move(name), std::move(value));
    return *this;
  }
  /// The name of a file that belongs to this run.
  Sidecar& file(const std::string& name) {
    files_.push(name);
    return *this;
  }

  Json json(const Verdicts& verdicts) const {
    Json all = Json::object();
    all.set("program", program_).set("seed", seed_).set("settings", settings_).set("results", results_);
    all.set("verdicts", verdicts.json()).set("files", files_).set("made_with", made_with());
    return all;
  }

  void write(const std::filesystem::path& path, const Verdicts& verdicts = {}) const {
    write_file(path, json(verdicts).text());
  }

 private:
  std::string program_;
  Json seed_ = Json::null();
  Json settings_ = Json::object();
  Json results_ = Json::object();
  Json files_ = Json::array();
};

}  // namespace drift::report
