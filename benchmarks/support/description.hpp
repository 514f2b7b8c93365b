#pragma once
// Where and when a measurement was made, for its JSON file.

#include <support/timing.hpp>

#include <drift/report/json.hpp>

#include <ctime>
#include <string>

namespace drift::benchmarks {

/// The date in Greenwich, as 2025-12-31.
inline std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::string text(16, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts));
  return text;
}

inline report::Json describe(const Machine& m) {
  return report::Json::object()
      .set("processor", m.processor)
      .set("cores", m.cores)
      .set("caches", m.caches)
      .set("flags", m.vector_extensions)
      .set("kernel", m.kernel);
}

}  // namespace drift::benchmarks
