#include <drift/games/runge_kutta_4.hpp>

#include "oracle_games.hpp"

#include <drift/flows/map_logarithm.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

using namespace drift;
using Float100 =
    boost::multiprecision::number<boost::multiprecision::cpp_bin_float<100>, boost::multiprecision::et_off>;

TEST_CASE("Runge-Kutta play has no drift below order 5, and there the oracle's") {
  oracle::for_each_game<Float100>([](const auto& game, const oracle::Json& file) {
    INFO(file.at("problem"));
    const Vector<Float100> z = oracle::vector<Float100>(file.at("state"));
    const Float100 h("1e-14");  // F_6 h^6 is out of reach of the comparison
    const auto step = games::runge_kutta_4(game, {.phi = h, .theta = h});
    const Vector<Float100> rest = flows::map_logarithm<5>(step)(z) - game.field(z, {.phi = h, .theta = h});
    CHECK(oracle::relative_error(Vector<Float100>(rest / (h * h * h * h * h)),
                                 oracle::vector<Float100>(file.at("rk4_F5"))) < 1e-11);
  });
}
