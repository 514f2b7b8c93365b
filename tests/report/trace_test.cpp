#include <drift/report/trace.hpp>

#include <catch2/catch.hpp>

#include <drift/core/status.hpp>
#include <drift/data/csv.hpp>

#include "support/temporary_folder.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using drift::InvalidArgument;
using drift::Vector;
using drift::report::Trace;
using drift::report::TraceWriter;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The records of a text, read as RFC 4180 has it: quoted fields may hold anything, a quote doubled.
std::vector<std::vector<std::string>> parse(const std::string& text) {
  std::vector<std::vector<std::string>> records(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = records.back().back();
    if (quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      records.back().emplace_back();
    } else if (!quoted && text[i] == '\n') {
      records.emplace_back(1);
    } else {
      field += text[i];
    }
  }
  records.pop_back();  // the last line is ended
  return records;
}

}  // namespace

TEST_CASE("numbers in a trace read back bit for bit by the library's own reader") {
  const TemporaryFolder folder;
  const auto path = folder / "run.csv";
  std::mt19937_64 bits(11);
  std::vector<double> written = {0.0, -0.0, 0.1, infinity, -infinity, std::numeric_limits<double>::denorm_min()};
  while (written.size() < 3000) {
    const auto x = std::bit_cast<double>(bits());
    if (!std::isnan(x)) written.push_back(x);
  }
  Trace trace({"iteration", "value"});
  for (std::size_t i = 0; i < written.size(); ++i) trace.row(i, written[i]);
  trace.row(written.size(), not_a_number);
  trace.write(path);

  const drift::data::Table table = drift::data::read_csv(path, {.allow_non_finite = true});
  REQUIRE(table.column_names == std::vector<std::string>{"iteration", "value"});
  REQUIRE(table.values.rows() == static_cast<drift::Index>(written.size() + 1));
  const std::vector<double> again = trace.column("value");
  for (std::size_t i = 0; i < written.size(); ++i) {
    const auto expected = std::bit_cast<std::uint64_t>(written[i]);
    REQUIRE(std::bit_cast<std::uint64_t>(table.values(static_cast<drift::Index>(i), 1)) == expected);
    REQUIRE(std::bit_cast<std::uint64_t>(again[i]) == expected);
  }
  CHECK(std::isnan(table.values(table.values.rows() - 1, 1)));
  CHECK(std::isnan(again.back()));
}

TEST_CASE("texts in a trace come back whatever they hold") {
  const std::vector<std::string> texts = {"plain",    "a,b", "say \"so\"", "two\nlines", "\r\n", " blank", "blank ", "",
                                          "#comment", "\"",  "λ",          "tab\tin",    "1e5"};
  Trace trace({"text, named \"oddly\"", "n"});
  for (std::size_t i = 0; i < texts.size(); ++i) trace.row(texts[i], i);
  const auto records = parse(trace.csv());
  REQUIRE(records.size() == texts.size() + 1);
  CHECK(records[0] == trace.names());
  for (std::size_t i = 0; i < texts.size(); ++i)
    CHECK(records[i + 1] == std::vector<std::string>{texts[i], std::to_string(i)});
  CHECK(trace.texts("text, named \"oddly\"") == texts);
}

TEST_CASE("plain texts and numbers stand without quotes") {
  Trace trace({"flow", "status", "error", "held"});
  trace.row("igr", drift::Status::reached_end, 1.5e-7, true);
  trace.row("third order", drift::Status::diverged, not_a_number, false);
  CHECK(trace.csv() == "flow,status,error,held\nigr,reached_end,1.5e-07,1\nthird order,diverged,nan,0\n");
}

TEST_CASE("a vector fills as many cells as it has components, whole numbers stay exact") {
  Trace trace({"seed", "x", "y", "loss"});
  const Vector<double> state{{1.5, -2}};
  trace.row(std::numeric_limits<std::uint64_t>::max(), 2 * state, 0.25F);
  CHECK(trace.csv() == "seed,x,y,loss\n18446744073709551615,3,-4,0.25\n");
}

TEST_CASE("a row of the wrong length is refused and leaves the trace as it was") {
  Trace trace({"a", "b"});
  trace.row(1, 2);
  CHECK_THROWS_WITH(trace.row(1), Contains("of 1 cells") && Contains("of 2 cells (a, b)"));
  CHECK_THROWS_AS(trace.row(1, Vector<double>::Zero(2)), InvalidArgument);
  CHECK(trace.rows() == 1);
  CHECK(trace.csv() == "a,b\n1,2\n");
}

TEST_CASE("names of columns must be there and differ, and asking for another names those there are") {
  CHECK_THROWS_AS(Trace(std::vector<std::string>{}), InvalidArgument);
  CHECK_THROWS_AS(Trace({"a", ""}), InvalidArgument);
  CHECK_THROWS_WITH(Trace({"a", "b", "a"}), Contains("a twice"));
  Trace trace({"a", "flow"});
  trace.row(1, "igr");
  CHECK_THROWS_WITH(trace.column("c"), Contains("was c") && Contains("one of a, flow"));
  CHECK_THROWS_WITH(trace.column("flow"), Contains("'igr' in row 0"));
  CHECK_THROWS_AS(trace.cell(1, 0), InvalidArgument);
  CHECK_THROWS_AS(trace.cell(0, 2), InvalidArgument);
}

TEST_CASE("a trace that cannot be written is an error that names the file") {
  const TemporaryFolder folder;
  const auto path = folder / "missing" / "run.csv";
  const Trace trace({"a"});
  CHECK_THROWS_WITH(trace.write(path), Contains(path.string()));
  CHECK_THROWS_AS(TraceWriter(path, {"a"}), drift::FileError);
}

TEST_CASE("a trace written row by row is the same file, there only once closed") {
  const TemporaryFolder folder;
  const auto path = folder / "rows.csv";
  Trace trace({"k", "x", "y"});
  TraceWriter rows(path, {"k", "x", "y"});
  for (int k = 0; k < 2000; ++k) {
    const Vector<double> state{{std::sin(k), 1.0 / k}};
    trace.row(k, state);
    rows.row(k, state);
  }
  CHECK_THROWS_AS(rows.row(1, 2), InvalidArgument);
  CHECK_FALSE(std::filesystem::exists(path));
  rows.close();
  CHECK(content_of(path) == trace.csv());
  {
    TraceWriter abandoned(folder / "never.csv", {"a"});
  }
  CHECK(folder.entries() == 1);
}
