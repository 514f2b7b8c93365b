#include <drift/calculus/order_of_accuracy.hpp>

#include <catch2/catch.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/eigen.hpp>

#include <limits>
#include <sstream>

using namespace drift;

TEST_CASE("a pure power has its exponent as slope", "[order_of_accuracy]") {
  for (double p : {0.5, 1.0, 3.0, 7.0}) {
    const auto order = order_of_accuracy([p](double h) { return 2.5 * std::pow(h, p); }, {0.1, 0.05, 0.02});
    CHECK(order.slope == Approx(p).epsilon(1e-12));
    REQUIRE(order.slopes.size() == 2);
    CHECK(order.slopes[0] == Approx(p).epsilon(1e-12));
    CHECK(order.slopes[1] == Approx(p).epsilon(1e-12));
    CHECK(order.resolved());
    CHECK(order.fitted() == 3);
    CHECK(order.hs == std::vector<double>{0.1, 0.05, 0.02});
    CHECK(order.errors[0] == 2.5 * std::pow(0.1, p));
  }
}

TEST_CASE("the slope is the least-squares fit of the logarithms", "[order_of_accuracy]") {
  // log-log points (0, 0), (1, 1), (2, 3): slope 1.5, pairwise 1 and 2.
  const double e = std::exp(1.0);
  const auto order = order_of_accuracy([e](double h) { return h < 2 ? 1.0 : h < 4 ? e : e * e * e; }, {1.0, e, e * e});
  CHECK(order.slope == Approx(1.5));
  CHECK(order.slopes[0] == Approx(1));
  CHECK(order.slopes[1] == Approx(2));
}

TEST_CASE("errors at the rounding floor are left out and named", "[order_of_accuracy]") {
  const auto error = [](double h) { return std::pow(h, 4) < 1e-12 ? 3e-16 : std::pow(h, 4); };
  const auto order = order_of_accuracy(error, {1e-1, 1e-2, 1e-3, 1e-4});
  CHECK(order.slope == Approx(4));
  CHECK(order.fitted() == 3);
  CHECK(order.uses[3] == Use::at_floor);
  CHECK(std::isnan(order.slopes[2]));
  SECTION("the floor is an option") {
    const auto cut = order_of_accuracy(error, {1e-1, 1e-2, 1e-3, 1e-4}, {.floor = 1e-9});
    CHECK(cut.fitted() == 2);
    CHECK(order_of_accuracy(error, {1e-1, 1e-2, 1e-3, 1e-4}, {.floor = 0}).fitted() == 4);
  }
}

TEST_CASE("a zero error is at the floor and an infinite one is not finite", "[order_of_accuracy]") {
  const auto order = order_of_accuracy(
      [](double h) { return h > 0.5    ? std::numeric_limits<double>::infinity()
                            : h < 0.01 ? 0.0
                                       : h * h; },
      {1.0, 0.1, 0.05, 0.001}, {.floor = 0});
  CHECK(order.uses == std::vector<Use>{Use::non_finite, Use::fitted, Use::fitted, Use::at_floor});
  CHECK(order.slope == Approx(2));
}

TEST_CASE("too few usable errors give no slope, which the text says", "[order_of_accuracy]") {
  const auto order = order_of_accuracy([](double) { return std::numeric_limits<double>::quiet_NaN(); }, {0.1, 0.01});
  CHECK_FALSE(order.resolved());
  CHECK(std::isnan(order.slope));
  std::ostringstream text;
  text << order;
  CHECK_THAT(text.str(), Catch::Matchers::Contains("no slope: only 0 of 2") && Catch::Matchers::Contains("not finite"));
  const auto exact = order_of_accuracy([](double) { return 0; }, {0.1, 0.01});
  CHECK_FALSE(exact.resolved());
  CHECK(exact.uses[0] == Use::at_floor);
}

TEST_CASE("the text is a table with the slope at its end", "[order_of_accuracy]") {
  std::ostringstream text;
  text.precision(3);
  text << order_of_accuracy([](double h) { return h * h; }, {0.5, 0.25}) << 1.0 / 3;
  CHECK_THAT(text.str(), Catch::Matchers::Contains("slope 2.000 by least squares through 2 of 2"));
  CHECK_THAT(text.str(), Catch::Matchers::EndsWith("0.333"));  // the stream's own format is as it was
}

TEST_CASE("float, long double and fifty digits work", "[order_of_accuracy][types]") {
  using Fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;
  CHECK(order_of_accuracy([](float h) { return h * h; }, {0.1F, 0.05F}).slope == Approx(2).epsilon(1e-5));
  CHECK(order_of_accuracy([](long double h) { return h * h; }, {0.1L, 0.05L}).slope == Approx(2));
  const auto order = order_of_accuracy([](const Fifty& h) { return Fifty(h * h * h * h * h * h * h); },
                                       {Fifty(1) / 1024, Fifty(1) / 4096});
  CHECK(abs(order.slope - 7) < Fifty(1e-40));
  CHECK(order.errors[1] < Fifty(1e-24));  // far below double's rounding, and used
  const auto mixed = order_of_accuracy([](double h) { return Fifty(h) * h; }, {0.5, 0.25});
  CHECK(abs(mixed.slope - 2) < Fifty(1e-40));
}

TEST_CASE("misuse of order_of_accuracy is refused by name", "[order_of_accuracy][errors]") {
  using Catch::Matchers::Contains;
  const auto square = [](double h) { return h * h; };
  CHECK_THROWS_WITH(order_of_accuracy(square, {0.1}), Contains("hs") && Contains("two step lengths"));
  CHECK_THROWS_WITH(order_of_accuracy(square, {0.1, 0.1}), Contains("two different"));
  CHECK_THROWS_WITH(order_of_accuracy(square, {0.1, -0.1}), Contains("h: was -0.1"));
  CHECK_THROWS_WITH(order_of_accuracy(square, {0.1, 0.0}), Contains("h: was 0"));
  CHECK_THROWS_WITH(order_of_accuracy([](double h) { return -h; }, {0.1, 0.2}), Contains("error(h): was -0.1"));
}
