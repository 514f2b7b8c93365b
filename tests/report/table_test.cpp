#include <drift/report/table.hpp>

#include <catch2/catch.hpp>

#include <drift/core/status.hpp>

#include <limits>
#include <vector>

using drift::report::Table;

TEST_CASE("numbers stand to the right, texts to the left, with few digits") {
  Table table({"flow", "median error", "n"});
  table.row("igr", 1.234567e-7, 12);
  table.row("third order", std::numeric_limits<double>::quiet_NaN(), 5);
  table.row("map logarithm", "", 100);
  CHECK(table.text() ==
        "flow           median error    n\n"
        "-------------  ------------  ---\n"
        "igr                1.235e-7   12\n"
        "third order             nan    5\n"
        "map logarithm                100\n");
}

TEST_CASE("characters are counted, not bytes, and a vector fills several cells") {
  Table table({"h λ", "x", "y"}, 2);
  table.row("½", drift::Vector<double>{{1.0 / 3, 2.0}});
  table.row(drift::Status::diverged, 1.0, true);
  CHECK(table.text() ==
        "h λ          x  y\n"
        "--------  ----  ---\n"
        "½         0.33  2\n"
        "diverged     1  yes\n");
}

TEST_CASE("a table refuses rows and digits that do not fit") {
  Table table({"a", "b"});
  CHECK_THROWS_AS(table.row(1), drift::InvalidArgument);
  CHECK_THROWS_AS(table.row(1, 2, 3), drift::InvalidArgument);
  CHECK(table.rows() == 0);
  CHECK_THROWS_AS(Table({"a"}, 0), drift::InvalidArgument);
  CHECK_THROWS_AS(Table(std::vector<std::string>{}), drift::InvalidArgument);
}
