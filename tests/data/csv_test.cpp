#include <drift/data/csv.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <locale>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using drift::FileError;
using drift::Matrix;
using drift::data::CsvHeader;
using drift::data::CsvOptions;
using drift::data::Table;

namespace {

Table read(const std::string& text, const CsvOptions& options = {}) {
  std::istringstream in(text);
  return drift::data::read_csv(in, "text", options);
}

/// What the FileError says that reading this text throws; any other outcome fails the test.
std::string complaint(const std::string& text, const CsvOptions& options = {}) {
  try {
    read(text, options);
  } catch (const FileError& error) {
    return error.what();
  }
  FAIL("no FileError for: " << text);
  return {};
}

Matrix<double> numbers(std::initializer_list<std::initializer_list<double>> rows) { return Matrix<double>(rows); }

/// A path of its own under the system's directory for temporary files, removed at the end.
class TemporaryPath {
 public:
  TemporaryPath() {
    std::random_device device;
    path_ = std::filesystem::temp_directory_path() /
            ("drift_csv_test_" + std::to_string(device()) + "_" + std::to_string(device()));
  }
  ~TemporaryPath() { std::filesystem::remove_all(path_); }
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("A table of numbers is read row by row, however its lines end") {
  const Matrix<double> expected = numbers({{1, 2.5}, {-3, 4e-2}});
  for (const char* text : {"1,2.5\n-3,4e-2\n", "1,2.5\n-3,4e-2", "1,2.5\r\n-3,4e-2\r\n", "1,2.5\r\n-3,4e-2\r\n\r\n",
                           "1,2.5\n\n-3,4e-2\n\n  \n",
                           "\xEF\xBB\xBF"
                           "1,2.5\n-3,4e-2\n"}) {
    CAPTURE(text);
    CHECK(read(text).values == expected);
  }
}

TEST_CASE("Blanks around fields and a plus sign do not count") {
  CHECK(read(" 1 ,\t+2.5 \n\t-3, 4\r\n").values == numbers({{1, 2.5}, {-3, 4}}));
}

TEST_CASE("Numbers are read to the nearest double") {
  const Table table = read("0.1,1e-308,1.7976931348623157e308,4.9406564584124654e-324,123456789012345678,.5,5.\n");
  CHECK(table.values == numbers({{0.1, 1e-308, std::numeric_limits<double>::max(),
                                  std::numeric_limits<double>::denorm_min(), 123456789012345678.0, 0.5, 5}}));
}

TEST_CASE("The locale has no say in what a number is") {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const Matrix<double> values = read("1.5;2.25\n", {.separator = ';'}).values;
  std::locale::global(before);
  CHECK(values == numbers({{1.5, 2.25}}));
}

TEST_CASE("Comments are skipped and still count as lines") {
  const Table table = read("# made by hand\n1,2\n  # more, to come\n3,4\n");
  CHECK(table.values == numbers({{1, 2}, {3, 4}}));
  CHECK(table.line_of_row == std::vector<drift::Index>{2, 4});
  CHECK(read("% x\n1\n", {.comment = '%'}).values == numbers({{1}}));
  CHECK_THAT(complaint("1\n# x\n", {.comment = '\0'}), Equals("text, line 2, column 1: '# x' is not a number"));
}

TEST_CASE("A header of names is recognised, with or without quotes") {
  const Table table = read("length,\"width, in cm\",\"the \"\"third\"\"\" ,\n1,2,3,4\n");
  CHECK(table.column_names == std::vector<std::string>{"length", "width, in cm", "the \"third\"", ""});
  CHECK(table.class_names.empty());
  CHECK(table.values == numbers({{1, 2, 3, 4}}));
  CHECK(table.line_of_row == std::vector<drift::Index>{2});
}

TEST_CASE("A header of counts is recognised, gives the class names and is checked") {
  const Table table = read("2,1,yes,no\n0.5,0\n0.25,1\n");
  CHECK(table.class_names == std::vector<std::string>{"yes", "no"});
  CHECK(table.column_names.empty());
  CHECK(table.values == numbers({{0.5, 0}, {0.25, 1}}));
  CHECK_THAT(complaint("3,1,yes,no\n0.5,0\n0.25,1\n"),
             Equals("text, line 1, column 1: announces 3 rows, but the file holds 2"));
  CHECK_THAT(complaint("2,2,yes,no\n0.5,0\n0.25,1\n"),
             Equals("text, line 2: has 2 fields, must have 3 (the header's features and a label)"));
}

TEST_CASE("A first line of numbers is data, unless the options call it a header") {
  CHECK(read("2,1\n3,4\n").values == numbers({{2, 1}, {3, 4}}));
  CHECK(read("1,1\n3,4\n", {.header = CsvHeader::counts}).values == numbers({{3, 4}}));
  const Table years = read("1936,1988\n3,4\n", {.header = CsvHeader::names});
  CHECK(years.column_names == std::vector<std::string>{"1936", "1988"});
  CHECK(years.values == numbers({{3, 4}}));
  CHECK_THAT(complaint("a,b\n1,2\n", {.header = CsvHeader::none}),
             Equals("text, line 1, column 1: 'a' is not a number"));
  CHECK_THAT(complaint("a,b\n1,2\n", {.header = CsvHeader::counts}), Contains("text, line 1: must be a header"));
  CHECK_THAT(complaint("1,-2\n1,2\n", {.header = CsvHeader::counts}), Contains("text, line 1: must be a header"));
}

TEST_CASE("Other separators are an option; runs of blanks separate as one") {
  CHECK(read("1;2\n", {.separator = ';'}).values == numbers({{1, 2}}));
  CHECK(read("1\t 2\t3\r\n", {.separator = '\t'}).values == numbers({{1, 2, 3}}));
  CHECK(read("  1   2 \t3  \r\n\"4\" 5 6\n", {.separator = ' '}).values == numbers({{1, 2, 3}, {4, 5, 6}}));
  CHECK_THAT(complaint("1\t\t3\n", {.separator = '\t'}), Equals("text, line 1, column 2: a number is missing"));
}

TEST_CASE("A ragged line is an error with its line") {
  CHECK_THAT(complaint("1,2\n3,4,5\n"), Equals("text, line 2: has 3 fields, must have 2 like the lines before"));
  CHECK_THAT(complaint("a,b\n\n#\n1\n"), Equals("text, line 4: has 1 fields, must have 2 like the lines before"));
  CHECK_THAT(complaint("1,2\n3,4,\n"), Contains("text, line 2: has 3 fields"));
}

TEST_CASE("What is no number is an error with line and column") {
  CHECK_THAT(complaint("1,2\n3,abc\n"), Equals("text, line 2, column 2: 'abc' is not a number"));
  for (const char* field : {"1.5x", "1 2", "--1", "+-1", "++1", "+", "-", ".", "e5", "0x10", "1e", "1,5", "\"\"\"\""}) {
    CAPTURE(field);
    const std::string quoted = std::string(field) == "1,5" ? "\"1,5\"" : field;
    CHECK_THAT(complaint("1,2\n" + quoted + ",2\n"), Contains("text, line 2, column 1: ") && Contains("not a number"));
  }
  CHECK_THAT(complaint("1,2\n,2\n"), Equals("text, line 2, column 1: a number is missing"));
  CHECK_THAT(complaint("1,2\n1,1e999\n"), Equals("text, line 2, column 2: '1e999' is outside the range of a double"));
  CHECK_THAT(complaint("1,2\n1,1e-999\n"), Contains("outside the range of a double"));
}

TEST_CASE("nan and inf are refused unless asked for") {
  for (const char* field : {"nan", "NaN", "inf", "-inf", "infinity"}) {
    CAPTURE(field);
    CHECK_THAT(complaint(std::string("1\n") + field + "\n"),
               Equals("text, line 2, column 1: '" + std::string(field) +
                      "' is not a finite number (allow_non_finite accepts it)"));
    CHECK_FALSE(std::isfinite(read(std::string("1\n") + field + "\n", {.allow_non_finite = true}).values(1, 0)));
  }
  CHECK(std::isnan(read("nan\n", {.allow_non_finite = true}).values(0, 0)));
  CHECK(read("-inf\n", {.allow_non_finite = true}).values(0, 0) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("Broken quotes are errors") {
  CHECK_THAT(complaint("1,\"2\n"), Equals("text, line 1, column 2: a quote is opened and not closed"));
  CHECK_THAT(complaint("\"1\"x,2\n"), Equals("text, line 1, column 1: text follows the closing quote of '1'"));
  CHECK_THAT(complaint("\"1\"x 2\n", {.separator = ' '}), Contains("line 1, column 1: text follows"));
}

TEST_CASE("A message stays short and printable whatever the file holds") {
  const std::string message = complaint("1\n" + std::string(1000, '\1') + "\n");
  CHECK_THAT(message, Equals("text, line 2, column 1: '" + std::string(40, '?') + "...' is not a number"));
  CHECK_THAT(complaint(std::string("1\n2\0\n", 5)), Equals("text, line 2, column 1: '2?' is not a number"));
}

TEST_CASE("A text without a row is an error") {
  for (const char* text : {"", "\n\n", "# nothing\n", "a,b\n", "0,2,a,b\n", "\xEF\xBB\xBF"}) {
    CAPTURE(text);
    CHECK_THAT(complaint(text), Equals("text: is empty, must hold at least one row of numbers"));
  }
}

TEST_CASE("Options that could not be told from the data are refused") {
  for (const char separator : {'\0', '1', 'e', '.', '-', '"', '\n'})
    CHECK_THROWS_AS(read("1\n", {.separator = separator}), drift::InvalidArgument);
  CHECK_THROWS_WITH(read("1\n", {.separator = '#'}), Contains("comment: was #, must be"));
  CHECK_THROWS_WITH(read("1\n", {.comment = '-'}), Contains("comment: was -, must be"));
}

TEST_CASE("Counts in a header are believed only against the rows and fields that are there") {
  const CsvOptions counts{.header = CsvHeader::counts};
  CHECK_THAT(complaint("9223372036854775806,1,a\n1,2\n", counts),
             Equals("text, line 1, column 1: announces 9223372036854775806 rows, but the file holds 1"));
  CHECK_THAT(complaint("1,9223372036854775806,a\n1,2\n", counts),
             Equals("text, line 2: has 2 fields, must have 9223372036854775807 (the header's features and a label)"));
  CHECK_THAT(complaint("1,9223372036854775807,a\n1,2\n", counts),  // and one more is no number
             Equals("text, line 1: must be a header that begins with the number of rows and of features"));
}

TEST_CASE("A file compressed by gzip is refused and the decoder is named") {
  const TemporaryPath file;
  {
    std::ofstream out(file.path(), std::ios::binary);
    out << "\x1f\x8b\x08";
  }
  CHECK_THROWS_WITH(
      drift::data::read_csv(file.path()),
      Equals(file.path().string() + ", offset 0: is compressed by gzip; read it through data::gunzip(path) "
                                    "of <drift/data/gunzip.hpp>, which needs zlib"));
}

TEST_CASE("A file is read by its path, and errors begin with the path") {
  const TemporaryPath file;
  {
    std::ofstream out(file.path(), std::ios::binary);
    out << "x,y\r\n1,2\r\n3,oops\r\n";
  }
  CHECK_THROWS_WITH(drift::data::read_csv(file.path()),
                    Equals(file.path().string() + ", line 3, column 2: 'oops' is not a number"));
  {
    std::ofstream out(file.path(), std::ios::binary);
    out << "x,y\r\n1,2\r\n3,4\r\n";
  }
  CHECK(drift::data::read_csv(file.path()).values == numbers({{1, 2}, {3, 4}}));
}

TEST_CASE("A file that is not there, or is a directory, is a FileError") {
  const TemporaryPath place;
  CHECK_THROWS_WITH(drift::data::read_csv(place.path()),
                    Equals(place.path().string() + ": cannot be opened: No such file or directory"));
  CHECK_THROWS_AS(drift::data::read_csv(place.path()), FileError);
  std::filesystem::create_directory(place.path());
  CHECK_THROWS_AS(drift::data::read_csv(place.path()), FileError);
  CHECK_THROWS_WITH(drift::data::read_csv(place.path()), Contains("cannot be"));
}
