#pragma once
// The few statistics that examples report. NaN where there is nothing to take them of, or where NaN is among the values: what is not known
// is not passed over. Infinite values count as the largest.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace drift::examples {

inline double median(std::vector<double> values) {
  const bool unknown = std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  if (values.empty() || unknown) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The larger; NaN where either is, which std::max passes over: so that a check of the worst fails.
inline double worst_of(double a, double b) { return std::isnan(a) || a > b ? a : b; }

/// "0.9 to 1.1", by the format of one number.
inline std::string range_of(const std::vector<double>& values, const std::string& format = "{:.3g}") {
  if (values.empty()) return "-";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return fmt::format(fmt::runtime(format + " to " + format), *low, *high);
}

inline double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The correlation of x and y; NaN where one of the two does not vary.
inline double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const double x_mean = mean(x), y_mean = mean(y);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - x_mean) * (y[i] - y_mean);
    xx += (x[i] - x_mean) * (x[i] - x_mean);
    yy += (y[i] - y_mean) * (y[i] - y_mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace drift::examples
