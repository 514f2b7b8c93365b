#pragma once
// Traces: tables of what a run went through, as CSV files that read back bit for bit.
//
//     Trace trace({"iteration", "flow", "error"});
//     trace.row(0, "igr", 1.5e-7);
//     trace.write("run.csv");
//     trace.column("error");                          // the numbers again, for a figure
//
//     TraceWriter rows("long_run.csv", {"iteration", "theta_0", "theta_1"});   // keeps nothing in memory
//     rows.row(k, theta);                             // a vector fills as many cells as it has components
//     rows.close();                                   // the file appears now
//
// Format: RFC 4180 but for line ends, which are LF. One line of names, then one line a row. Numbers are the shortest
// text that reads back as the same bits; nan, inf and -inf are spelt so; bool is 1 or 0; a Status is its name. Text
// stands in quotes where it has to (separator, quote, line end, blanks at an end, a leading #, nothing at all), a quote
// inside doubled. A row is given in the order of the columns; a complex number is two cells, given as such.
//
// Failures: InvalidArgument for a row of the wrong length, a name that is empty or there twice; FileError from the file
// (core/atomic_file.hpp), which appears whole or not at all.

#include <drift/core/atomic_file.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/report/text.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drift::report {

namespace detail {

inline std::string csv_field(std::string_view text) {
  const bool needs_quotes = text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos ||
                            text.front() == '#' || text.front() == ' ' || text.front() == '\t' || text.back() == ' ' ||
                            text.back() == '\t';
  if (!needs_quotes) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

/// Appends cells [first, first + count) as one line.
inline void append_csv_line(std::string& text, const std::vector<std::string>& cells, std::size_t first,
                            std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) {
    if (j > 0) text += ',';
    text += csv_field(cells[first + j]);
  }
  text += '\n';
}

inline void require_names(const std::vector<std::string>& names) {
  require(!names.empty(), "names", "empty", "the name of at least one column");
  for (std::size_t j = 0; j < names.size(); ++j) {
    require(!names[j].empty(), "names", "empty at column " + std::to_string(j), "a text");
    const bool again = std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(j), names[j]) !=
                       names.begin() + static_cast<std::ptrdiff_t>(j);
    require(!again, "names", names[j] + " twice", "different for each column");
  }
}

inline void require_row(std::size_t cells, const std::vector<std::string>& names) {
  if (cells == names.size()) return;
  std::string columns;
  for (const std::string& name : names) columns += (columns.empty() ? "" : ", ") + name;
  reject("row", "of " + std::to_string(cells) + " cells",
         "of " + std::to_string(names.size()) + " cells (" + columns + ")");
}

}  // namespace detail

/// A table in memory. Copies are values.
class Trace {
 public:
  explicit Trace(std::vector<std::string> names) : names_(std::move(names)) { detail::require_names(names_); }

  /// Adds a row; a row that is refused leaves the trace as it was.
  template <CellOrVector... Values>
  void row(const Values&... values) {
    std::vector<std::string> cells;
    cells.reserve(names_.size());
    (detail::append_cells(cells, values), ...);
    detail::require_row(cells.size(), names_);
    for (std::string& cell : cells) cells_.push_back(std::move(cell));
  }

  std::size_t rows() const { return cells_.size() / names_.size(); }
  const std::vector<std::string>& names() const { return names_; }

  /// The text of one cell, rows and columns from 0.
  const std::string& cell(std::size_t row, std::size_t column) const {
    require(row < rows(), "row", row, "below the number of rows, " + std::to_string(rows()));
    require(column < names_.size(), "column", column, "below the number of columns, " + std::to_string(names_.size()));
    return cells_[row * names_.size() + column];
  }

  /// A column as numbers.
  std::vector<double> column(std::string_view name) const {
    const std::size_t j = position(name);
    std::vector<double> values;
    values.reserve(rows());
    for (std::size_t i = 0; i < rows(); ++i) {
      const auto [value, ok] = detail::read_number(cell(i, j));
      if (!ok)
        reject("column " + std::string(name), "'" + cell(i, j) + "' in row " + std::to_string(i),
               "a column of numbers");
      values.push_back(value);
    }
    return values;
  }

  /// A column as text.
  std::vector<std::string> texts(std::string_view name) const {
    const std::size_t j = position(name);
    std::vector<std::string> values;
    values.reserve(rows());
    for (std::size_t i = 0; i < rows(); ++i) values.push_back(cell(i, j));
    return values;
  }

  /// The file's content.
  std::string csv() const {
    std::string text;
    detail::append_csv_line(text, names_, 0, names_.size());
    for (std::size_t i = 0; i < rows(); ++i) detail::append_csv_line(text, cells_, i * names_.size(), names_.size());
    return text;
  }

  void write(const std::filesystem::path& path) const { write_file(path, csv()); }

 private:
  std::size_t position(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    std::string all;
    for (const std::string& each : names_) all += (all.empty() ? "" : ", ") + each;
    reject("column", name, "one of " + all);
  }

  std::vector<std::string> names_;
  std::vector<std::string> cells_;  // row after row
};

/// The trace of a table in memory, such as descent::History's: rows x columns.
inline Trace trace_of(const std::vector<std::string>& names, const Matrix<double>& table) {
  require(table.cols() == static_cast<Index>(names.size()), "columns of the table", table.cols(),
          std::to_string(names.size()) + ", one for each name");
  Trace trace(names);
  for (Index i = 0; i < table.rows(); ++i) trace.row(Vector<double>(table.row(i)));
  return trace;
}

/// A trace that goes to its file row by row. Destroyed without close(), it leaves no file.
class TraceWriter {
 public:
  TraceWriter(const std::filesystem::path& path, std::vector<std::string> names)
      : names_((detail::require_names(names), std::move(names))), file_(path) {
    write_line(names_);
  }

  template <CellOrVector... Values>
  void row(const Values&... values) {
    std::vector<std::string> cells;
    cells.reserve(names_.size());
    (detail::append_cells(cells, values), ...);
    detail::require_row(cells.size(), names_);
    write_line(cells);
  }

  void close() { file_.commit(); }

 private:
  void write_line(const std::vector<std::string>& cells) {
    std::string line;
    detail::append_csv_line(line, cells, 0, cells.size());
    file_.write(line);
  }

  std::vector<std::string> names_;
  AtomicFile file_;
};

}  // namespace drift::report
