#include <drift/data/plane_points.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace drift;

TEST_CASE("Points stand where their class puts them, classes in turn, and noise moves them by its multiple",
          "[data][plane_points]") {
  const std::vector<std::string> names = {"a", "b", "c"};
  const auto place = [](int label, Random& random) -> data::detail::PlanePoint {
    return {static_cast<double>(label), 10 * random.uniform()};
  };
  const auto still = data::detail::plane_points<double>(7, names, 0, Random(3), place);
  const auto moved = data::detail::plane_points<double>(7, names, 0.5, Random(3), place);
  const auto further = data::detail::plane_points<double>(7, names, 1, Random(3), place);
  CHECK(still.labels == std::vector<int>{0, 1, 2, 0, 1, 2, 0});
  for (Index i = 0; i < 7; ++i) CHECK(still.features(i, 0) == still.labels[static_cast<std::size_t>(i)]);
  CHECK((moved.features - still.features).norm() > 0.1);
  CHECK((further.features - still.features - 2 * (moved.features - still.features)).norm() < 1e-14);
  CHECK(data::detail::plane_points<double>(4, names, 0.5, Random(3), place).features == moved.features.topRows(4));
  CHECK_THROWS_AS(data::detail::plane_points<double>(0, names, 0, Random(3), place), InvalidArgument);
}
