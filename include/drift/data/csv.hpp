#pragma once
// read_csv: a table of numbers from a text file, or an error that says where the file is wrong.
//
//     data::Table table = data::read_csv("iris.csv");
//     table.values(i, j);  table.column_names;  table.class_names;
//
// One line is one row; lines of blanks, and lines that begin with the comment character, are skipped; line ends may be
// LF or CRLF; a byte order mark is skipped; blanks around a field do not count; a field may stand in double quotes (a
// quote inside is doubled). Numbers are read by std::from_chars, so the locale has no say: the decimal mark is a point.
//
// The first line may be a header, of either of two kinds:
//   names   sepal length,sepal width,species      names of the columns
//   counts  150,4,setosa,versicolor,virginica     rows, features and class names (the style of scikit-learn's files:
//                                                 a row has the features and then a label); the counts are checked
//
// Cost: one pass; memory for the numbers twice while the table is made.
// Failures: FileError "path, line 7, column 3: ...", columns counted in fields from 1, for a file that cannot be opened
// or read, one without a row, a line with another number of fields than the first, a field that is missing, no number,
// or out of double's range, nan and inf unless allowed, and a header whose counts are not met.

#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/data/input_file.hpp>

#include <charconv>
#include <cmath>
#include <deque>
#include <istream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace drift::data {

enum class CsvHeader {
  detect,  ///< counts: two whole numbers and then only names; names: no field is a number; otherwise no header
  none,
  names,
  counts,
};

struct CsvOptions {
  char separator = ',';  ///< with ' ' any run of blanks separates
  CsvHeader header = CsvHeader::detect;
  char comment = '#';             ///< first character of a line to skip; '\0' for none
  bool allow_non_finite = false;  ///< accept nan and inf as numbers

  void validate() const {
    const std::string_view in_numbers = "+-.\"\r\n";
    const auto taken = [&](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             in_numbers.find(c) != std::string_view::npos;
    };
    require(separator != '\0' && !taken(separator), "separator", separator,
            "a character that is no part of a number, no quote and no line end");
    require(!taken(comment) && comment != separator, "comment", comment,
            "a character that is no part of a number, no quote and not the separator");
  }
};

struct Table {
  Matrix<double> values;                  ///< rows x columns
  std::vector<std::string> column_names;  ///< from a header of names, otherwise empty
  std::vector<std::string> class_names;   ///< from a header of counts, otherwise empty
  std::vector<Index> line_of_row;         ///< the line of the file, from 1, that each row stood on
};

namespace detail {

/// Throws FileError "source, line, column: what"; a line or column of 0 is left out.
[[noreturn]] inline void reject_file(const std::string& source, Index line, Index column, const std::string& what) {
  std::string message = source;
  if (line > 0) message += ", line " + std::to_string(line);
  if (column > 0) message += ", column " + std::to_string(column);
  throw FileError(message + ": " + what);
}

inline std::string_view trimmed(std::string_view text) {
  const std::string_view blanks = " \t\r\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

struct ParsedNumber {
  double value;
  std::errc error;  ///< invalid_argument: not a number; result_out_of_range
};

inline ParsedNumber parse_number(std::string_view text) {
  // from_chars knows no plus sign.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc{} && stop != last) return {0, std::errc::invalid_argument};
  return {value, error};
}

inline bool is_number(std::string_view text) { return parse_number(text).error != std::errc::invalid_argument; }

/// The non-negative whole number that the text spells with digits alone, otherwise -1.
inline Index parse_count(std::string_view text) {
  Index count = 0;
  const char* const last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, count);
  const bool good = error == std::errc{} && stop == last && count >= 0 && text[0] != '-';
  return good && count < std::numeric_limits<Index>::max() ? count : -1;  // one more must be a number too
}

/// The fields of one line; in pieces, for a line may have very many.
using Fields = std::deque<std::string>;

/// Reads one CSV text line after line; holds where it is, so that every error can say so.
class CsvReader {
 public:
  CsvReader(std::istream& in, const std::string& source, const CsvOptions& options)
      : in_(in), source_(source), options_(options) {
    options_.validate();
  }

  Table read() {
    Table table;
    std::vector<double> numbers;  // row after row
    Index announced_rows = -1;
    Index columns = -1;
    Index header_line = 0;
    Fields fields;
    for (bool first = true; next_line(fields); first = false) {
      const CsvHeader header = first ? kind_of_header(fields) : CsvHeader::none;
      if (header == CsvHeader::names) {
        columns = count(fields);
        table.column_names.assign(fields.begin(), fields.end());
      } else if (header == CsvHeader::counts) {
        header_line = line_;
        announced_rows = parse_count(fields[0]);
        columns = parse_count(fields[1]) + 1;
        table.class_names.assign(fields.begin() + 2, fields.end());
      } else {
        if (columns < 0) columns = count(fields);
        if (count(fields) != columns)
          fail(0, "has " + std::to_string(count(fields)) + " fields, must have " + std::to_string(columns) +
                      (header_line > 0 ? " (the header's features and a label)" : " like the lines before"));
        for (Index column = 0; column < columns; ++column)
          numbers.push_back(number(fields[static_cast<std::size_t>(column)], column + 1));
        table.line_of_row.push_back(line_);
      }
    }
    const auto rows = static_cast<Index>(table.line_of_row.size());
    if (rows == 0) reject_file(source_, 0, 0, "is empty, must hold at least one row of numbers");
    if (announced_rows >= 0 && announced_rows != rows)
      reject_file(source_, header_line, 1,
                  "announces " + std::to_string(announced_rows) + " rows, but the file holds " + std::to_string(rows));
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    table.values = Eigen::Map<const RowMajor>(numbers.data(), rows, columns);
    return table;
  }

 private:
  static Index count(const Fields& fields) { return static_cast<Index>(fields.size()); }

  [[noreturn]] void fail(Index column, const std::string& what) const { reject_file(source_, line_, column, what); }

  /// The fields of the next line that is neither blank nor a comment; false at the end of the text.
  bool next_line(Fields& fields) {
    std::string text;
    while (std::getline(in_, text)) {
      ++line_;
      std::string_view line = text;
      if (line_ == 1 && line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);
      const std::string_view content = trimmed(line);
      if (content.empty() || (options_.comment != '\0' && content[0] == options_.comment)) continue;
      fields.clear();
      split(line, fields);
      return true;
    }
    if (in_.bad()) reject_file(source_, 0, 0, "cannot be read");
    return false;
  }

  void split(std::string_view line, Fields& fields) const {
    const bool by_blanks = options_.separator == ' ';
    std::string_view rest = by_blanks ? trimmed(line) : line;
    for (bool more = true; more;) {
      const std::size_t start = rest.find_first_not_of(options_.separator == '\t' ? " \r" : " \t\r");
      if (start != std::string_view::npos && rest[start] == '"') {
        fields.push_back(unquote(rest, start, count(fields) + 1));
      } else {
        const std::size_t stop = by_blanks ? rest.find_first_of(" \t") : rest.find(options_.separator);
        fields.emplace_back(trimmed(rest.substr(0, stop)));
        rest = stop == std::string_view::npos ? std::string_view{} : rest.substr(stop);
      }
      more = !rest.empty();
      if (more) rest.remove_prefix(1);
      if (by_blanks) rest = trimmed(rest);
    }
  }

  /// The field whose opening quote is at rest[quote]; leaves `rest` at the separator or empty.
  std::string unquote(std::string_view& rest, std::size_t quote, Index column) const {
    std::string field;
    for (std::size_t i = quote + 1; i < rest.size(); ++i) {
      if (rest[i] != '"') {
        field += rest[i];
      } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
        field += rest[i++];
      } else {
        rest.remove_prefix(i + 1);
        const std::size_t next = options_.separator == ' ' ? rest.find_first_of(" \t") : rest.find(options_.separator);
        if (!trimmed(rest.substr(0, next)).empty())
          fail(column, "text follows the closing quote of " + printable(field));
        rest = next == std::string_view::npos ? std::string_view{} : rest.substr(next);
        return field;
      }
    }
    fail(column, "a quote is opened and not closed");
  }

  CsvHeader kind_of_header(const Fields& fields) const {
    const bool counted = fields.size() >= 2 && parse_count(fields[0]) >= 0 && parse_count(fields[1]) >= 0;
    if (options_.header == CsvHeader::counts && !counted)
      fail(0, "must be a header that begins with the number of rows and of features");
    if (options_.header != CsvHeader::detect) return options_.header;
    std::size_t numeric = 0;
    for (const std::string& field : fields) numeric += is_number(field) ? 1 : 0;
    if (numeric == 0) return CsvHeader::names;
    return counted && numeric == 2 && fields.size() > 2 ? CsvHeader::counts : CsvHeader::none;
  }

  double number(const std::string& field, Index column) const {
    if (field.empty()) fail(column, "a number is missing");
    const auto [value, error] = parse_number(field);
    if (error == std::errc::result_out_of_range) fail(column, printable(field) + " is outside the range of a double");
    if (error != std::errc{}) fail(column, printable(field) + " is not a number");
    if (!std::isfinite(value) && !options_.allow_non_finite)
      fail(column, printable(field) + " is not a finite number (allow_non_finite accepts it)");
    return value;
  }

  std::istream& in_;
  const std::string& source_;
  const CsvOptions options_;
  Index line_ = 0;
};

}  // namespace detail

/// Reads the rest of a text; `source` is what errors call it.
inline Table read_csv(std::istream& in, const std::string& source, const CsvOptions& options = {}) {
  return detail::CsvReader(in, source, options).read();
}

inline Table read_csv(InputFile file, const CsvOptions& options = {}) {
  return detail::CsvReader(file, file.name(), options).read();
}

}  // namespace drift::data
