#pragma once
// Table: a short table for people, aligned, with few digits. What has to be exact goes to a Trace.
//
//     Table table({"flow", "median error", "slope"});
//     table.row("igr", 1.234567e-7, 2.98);
//     std::cout << table.text();
//
//     flow  median error  slope
//     ----  ------------  -----
//     igr       1.235e-7   2.98
//
// Columns that hold only numbers (and empty cells) stand to the right, the others to the left. `digits` significant
// digits, 1 to 17.
// Failures: InvalidArgument for a row that is not as long as the header.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/report/text.hpp>
#include <drift/report/trace.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace drift::report {

class Table {
 public:
  explicit Table(std::vector<std::string> header, int digits = 4)
      : header_(std::move(header)), digits_(digits), is_right_(header_.size(), true) {
    require(!header_.empty(), "header", "empty", "the name of at least one column");
    require(digits >= 1 && digits <= 17, "digits", digits, "1 to 17");
  }

  template <CellOrVector... Values>
  void row(const Values&... values) {
    std::vector<std::string> cells;
    std::vector<bool> numeric;
    (append(cells, numeric, values), ...);
    detail::require_row(cells.size(), header_);
    for (std::size_t j = 0; j < cells.size(); ++j)
      if (!numeric[j] && !cells[j].empty()) is_right_[j] = false;
    rows_.push_back(std::move(cells));
  }

  std::size_t rows() const { return rows_.size(); }

  /// The lines of the table, each ended.
  std::string text() const {
    std::vector<std::size_t> widths;
    for (std::size_t j = 0; j < header_.size(); ++j) {
      std::size_t width = detail::visible_length(header_[j]);
      for (const auto& row : rows_) width = std::max(width, detail::visible_length(row[j]));
      widths.push_back(width);
    }
    std::vector<std::string> rule;
    rule.reserve(widths.size());
    for (const std::size_t width : widths) rule.emplace_back(width, '-');
    std::string out = line(header_, widths) + line(rule, widths);
    for (const auto& row : rows_) out += line(row, widths);
    return out;
  }

 private:
  template <CellOrVector T>
  void append(std::vector<std::string>& cells, std::vector<bool>& numeric, const T& value) const {
    if constexpr (VectorExpression<T>) {
      const auto& vector = evaluated(value);
      for (Index i = 0; i < vector.size(); ++i) append(cells, numeric, vector[i]);
    } else if constexpr (RealNumber<T> || WholeNumber<T>) {
      cells.push_back(significant(value, digits_));
      numeric.push_back(true);
    } else {
      if constexpr (std::same_as<T, bool>) {
        cells.emplace_back(value ? "yes" : "no");
      } else {
        cells.push_back(text_of(value));
      }
      numeric.push_back(false);
    }
  }

  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
    std::string out;
    for (std::size_t j = 0; j < cells.size(); ++j) {
      const std::string blanks(widths[j] - detail::visible_length(cells[j]), ' ');
      if (j > 0) out += "  ";
      out += is_right_[j] ? blanks + cells[j] : cells[j] + blanks;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + '\n';
  }

  std::vector<std::string> header_;
  int digits_;
  std::vector<bool> is_right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace drift::report
