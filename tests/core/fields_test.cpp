#include <drift/core/fields.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace {

struct Pair {
  int first = 1;
  double second = 2;
  int scratch = 3;  // not part of the value

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("first", self.first);
    visit("second", self.second);
  }
};
struct Without {
  int first;
};
static_assert(drift::HasFields<Pair>);
static_assert(drift::HasFields<const Pair>);
static_assert(!drift::HasFields<Without>);
static_assert(!drift::HasFields<double>);

}  // namespace

TEST_CASE("Fields are visited by name, in order, and can be changed where the value can", "[fields]") {
  std::vector<std::string> names;
  const Pair constant;
  drift::visit_fields(constant, [&](std::string_view name, auto& field) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(field)>>);
    names.emplace_back(name);
  });
  CHECK(names == std::vector<std::string>{"first", "second"});
  Pair pair;
  drift::visit_fields(pair, [](std::string_view, auto& field) { field *= 10; });
  CHECK(pair.first == 10);
  CHECK(pair.second == 20);
  CHECK(pair.scratch == 3);
}
