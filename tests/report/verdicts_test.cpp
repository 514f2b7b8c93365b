#include <drift/report/verdicts.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <sstream>

using Catch::Matchers::Contains;
using drift::report::Verdicts;

TEST_CASE("only an identity, an order or an oracle that does not hold makes the exit code 1") {
  Verdicts verdicts;
  CHECK(verdicts.exit_code() == 0);
  verdicts.identity("a", true, "1 <= 2");
  verdicts.order("b", true, "");
  verdicts.oracle("c", true, "");
  verdicts.empirical("d", false, "3 of 5");
  CHECK(verdicts.exit_code() == 0);

  Verdicts identity = verdicts, order = verdicts, oracle = verdicts;
  identity.identity("e", false, "");
  order.order("e", false, "");
  oracle.oracle("e", false, "");
  CHECK(identity.exit_code() == 1);
  CHECK(order.exit_code() == 1);
  CHECK(oracle.exit_code() == 1);
  identity.empirical("f", true, "");
  CHECK(identity.exit_code() == 1);
}

TEST_CASE("each claim is printed as held or did not hold, with its numbers") {
  Verdicts verdicts;
  verdicts.identity("the flow meets the iterates", true, "error 1e-12 <= 1e-8");
  verdicts.empirical("order 3 wins", false, "2 of 5");
  std::ostringstream out;
  verdicts.print(out);
  CHECK(out.str() ==
        "held          the flow meets the iterates (identity)\n"
        "              error 1e-12 <= 1e-8\n"
        "did not hold  order 3 wins (empirical)\n"
        "              2 of 5\n");
}

TEST_CASE("verdicts in JSON have claim, outcome, numbers and kind") {
  Verdicts verdicts;
  verdicts.oracle("a \"b\"", false, "1 against 2");
  CHECK(verdicts.json().text() ==
        "[\n  {\n    \"claim\": \"a \\\"b\\\"\",\n    \"held\": false,\n    \"numbers\": \"1 against 2\",\n"
        "    \"kind\": \"oracle\"\n  }\n]\n");
}

TEST_CASE("a verdict needs a claim") {
  Verdicts verdicts;
  CHECK_THROWS_AS(verdicts.identity("", true, "1"), drift::InvalidArgument);
}
