#include <drift/report/json.hpp>

#include <catch2/catch.hpp>

#include <drift/core/status.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using drift::InvalidArgument;
using drift::report::Json;

namespace {

/// Without the line end.
std::string text(const Json& value) {
  std::string all = value.text();
  REQUIRE(all.back() == '\n');
  all.pop_back();
  return all;
}

}  // namespace

TEST_CASE("JSON numbers are the shortest that read back, whole numbers exact") {
  CHECK(text(0.1) == "0.1");
  CHECK(text(-1.5e-300) == "-1.5e-300");
  CHECK(text(1e22) == "1e+22");
  CHECK(text(3) == "3");
  CHECK(text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("what JSON has no number for is a string") {
  CHECK(text(std::numeric_limits<double>::quiet_NaN()) == "\"nan\"");
  CHECK(text(std::numeric_limits<double>::infinity()) == "\"inf\"");
  CHECK(text(-std::numeric_limits<double>::infinity()) == "\"-inf\"");
}

TEST_CASE("JSON text escapes what must be escaped and nothing else") {
  CHECK(text("plain / λ €  😀") == "\"plain / λ €  😀\"");
  CHECK(text("a \"b\" \\ c") == R"("a \"b\" \\ c")");
  CHECK(text("\n\r\t\b\x01\x1f") == R"("\n\r\t\u0008\u0001\u001f")");
  CHECK(text(std::string("a\0b", 3)) == R"("a\u0000b")");
  CHECK(text(std::string("\x7f")) == "\"\x7f\"");
}

TEST_CASE("bytes that are no UTF-8 become the replacement character") {
  CHECK(text(std::string("a\xff") + "b") == R"("a\ufffdb")");
  CHECK(text(std::string("\xc3")) == R"("\ufffd")");                                // ends too early
  CHECK(text(std::string("\xc0\xaf")) == R"("\ufffd\ufffd")");                      // overlong
  CHECK(text(std::string("\xe0\x80\xaf")) == R"("\ufffd\ufffd\ufffd")");            // overlong
  CHECK(text(std::string("\xed\xa0\x80")) == R"("\ufffd\ufffd\ufffd")");            // a surrogate
  CHECK(text(std::string("\xf4\x90\x80\x80")) == R"("\ufffd\ufffd\ufffd\ufffd")");  // above U+10FFFF
}

TEST_CASE("truth values, names, arrays and empty values") {
  CHECK(text(true) == "true");
  CHECK(text(Json::null()) == "null");
  CHECK(text(drift::Status::converged) == "\"converged\"");
  CHECK(text(std::vector<double>{0.1, 2}) == "[0.1, 2]");
  CHECK(text(drift::Vector<double>(2 * drift::Vector<double>::Ones(2))) == "[2, 2]");
  CHECK(text(std::vector<std::string>{"a", "b"}) == R"(["a", "b"])");
  CHECK(text(Json::object()) == "{}");
  CHECK(text(Json::array()) == "[]");
}

TEST_CASE("members keep their order, and one that is set again its place") {
  Json run = Json::object();
  run.set("z", 1).set("a \"b\"", Json::array().push(Json::object().set("x", true))).set("m", "end");
  run.set("z", 2);
  CHECK(run.text() ==
        "{\n"
        "  \"z\": 2,\n"
        "  \"a \\\"b\\\"\": [\n"
        "    {\n"
        "      \"x\": true\n"
        "    }\n"
        "  ],\n"
        "  \"m\": \"end\"\n"
        "}\n");
}

TEST_CASE("members belong to objects and elements to arrays") {
  CHECK_THROWS_AS(Json(1).set("a", 1), InvalidArgument);
  CHECK_THROWS_AS(Json::array().set("a", 1), InvalidArgument);
  CHECK_THROWS_AS(Json::object().push(1), InvalidArgument);
}
