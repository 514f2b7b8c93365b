#include <drift/core/errors.hpp>

#include <catch2/catch.hpp>

using namespace drift;

TEST_CASE("an error names the argument, what it was and what it may be", "[errors]") {
  CHECK_THROWS_WITH(reject("learning_rate", -0.1, "above 0"), "learning_rate: was -0.1, must be above 0");
  CHECK_THROWS_WITH(require(false, "n", 3, "4"), "n: was 3, must be 4");
  CHECK_NOTHROW(require(true, "n", 3, "4"));
  CHECK_THROWS_AS(reject("a", 1, "b"), std::invalid_argument);
  CHECK_THROWS_WITH(reject("h", 1e-9, "x"), "h: was 1e-09, must be x");
}

TEST_CASE("positive and non-negative numbers exclude NaN and infinity", "[errors]") {
  const double nan_value = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(require_positive(1e-300, "h"));
  for (double bad : {0.0, -1.0, nan_value, infinity, -infinity})
    CHECK_THROWS_AS(require_positive(bad, "h"), InvalidArgument);
  CHECK_NOTHROW(require_not_negative(0.0, "h"));
  for (double bad : {-1e-300, nan_value, infinity}) CHECK_THROWS_AS(require_not_negative(bad, "h"), InvalidArgument);
  CHECK_THROWS_WITH(require_positive(nan_value, "h"), "h: was nan, must be a finite number above 0");
  CHECK_NOTHROW(require_positive(1.0F, "h"));
  CHECK_THROWS_AS(require_positive(-1.0L, "h"), InvalidArgument);
}

TEST_CASE("a size error has both lengths and says whose they are", "[errors]") {
  const Vector<double> x = Vector<double>::Zero(3);
  CHECK_NOTHROW(require_size(x, 3, "theta"));
  CHECK_NOTHROW(require_size(x + x, 3, "theta"));
  CHECK_THROWS_WITH(require_size(x, 2, "theta"),
                    "theta: was of length 3, must be a vector of length 2 (the problem's dimension)");
  CHECK_THROWS_WITH(require_size(x, 2, "v", "that of x"),
                    "v: was of length 3, must be a vector of length 2 (that of x)");
}

TEST_CASE("file errors are runtime errors, apart from misuse", "[errors]") {
  CHECK_THROWS_AS(throw FileError("a.csv: x"), std::runtime_error);
  STATIC_REQUIRE_FALSE(std::is_base_of_v<InvalidArgument, FileError>);
}
