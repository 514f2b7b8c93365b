#include <drift/report/figure.hpp>

#include <catch2/catch.hpp>

#include "support/temporary_folder.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using Catch::Matchers::Contains;
using drift::InvalidArgument;
using drift::report::Drawn;
using drift::report::Figure;
using drift::report::Panel;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool has_gnuplot() {
  static const bool found = std::system("gnuplot --version > /dev/null 2>&1") == 0;
  return found;
}

bool is_png(const std::string& bytes) {
  return bytes.size() > 1000 && bytes.substr(0, 8) == std::string_view("\x89PNG\r\n\x1a\n", 8);
}

/// The figure is drawn, without a word from gnuplot, or (where there is none) its script is there.
void check_drawn(const Figure& figure, const TemporaryFolder& folder) {
  const Drawn drawn = figure.write(folder / "figure");
  CHECK(drawn.script == folder / "figure.gp");
  CHECK(content_of(drawn.script) == figure.script("figure"));
  if (!has_gnuplot()) {
    CHECK(drawn.images.empty());
    CHECK_THAT(drawn.message, Contains("was not found"));
    return;
  }
  CHECK(drawn.message == "");
  REQUIRE(drawn.images.size() == 2);
  CHECK(is_png(content_of(folder / "figure.png")));
  const std::string svg = content_of(folder / "figure.svg");
  CHECK_THAT(svg, Contains("<svg") && Contains("</svg>"));
  CHECK(folder.entries() == 3);
}

/// What gnuplot prints when it runs the script as a user would, in its folder.
std::string said_by_hand(const Figure& figure, const TemporaryFolder& folder) {
  drift::write_file(folder / "hand.gp", figure.script("hand"));
  const std::string command = "cd '" + folder.path().string() + "' && gnuplot hand.gp > said.txt 2>&1";
  CHECK(std::system(command.c_str()) == 0);
  return content_of(folder / "said.txt");
}

Figure everything() {
  Figure figure("Everything at once");
  const std::vector<double> x = {0.1, 0.5, 1, 2};
  const std::vector<double> y = {1e-6, 1e-4, 1e-3, 1e-1};
  for (const char* title : {"first", "second", "third", "fourth", "fifth"}) {
    Panel& panel = figure.panel(title);
    panel.x = {.label = "h λ", .logarithmic = true};
    panel.y = {.label = "error", .logarithmic = true, .low = 1e-8};
    panel.band("IGR", x, {1e-7, 1e-5, 1e-4, 1e-2}, {1e-5, 1e-3, 1e-2, 1});
    panel.line_points("IGR", x, y).line("third", x, {1e-7, not_a_number, 1e-4, 1e-2}).points("", x, y);
    panel.reference("slope 3", {0.1, 1}, {1e-6, 1e-3}).horizontal(1e-5, "rounding").vertical(2, "limit");
  }
  return figure;
}

}  // namespace

TEST_CASE("a figure with every kind of mark is drawn as PNG and SVG") {
  const TemporaryFolder folder;
  check_drawn(everything(), folder);
}

TEST_CASE("the script alone draws the figure in its own folder and has nothing to complain of") {
  if (!has_gnuplot()) {
    WARN("gnuplot is not installed");
    SUCCEED();
    return;
  }
  const TemporaryFolder folder;
  CHECK(said_by_hand(everything(), folder).empty());
  CHECK(is_png(content_of(folder / "hand.png")));
  CHECK_THAT(content_of(folder / "hand.svg"), Contains("</svg>"));
}

TEST_CASE("texts stand as they are: nothing in them is executed or interpreted") {
  const TemporaryFolder folder;
  const std::string trap = (folder / "trap").string();
  const std::string odd = "`touch " + trap + "` $(touch " + trap + ") 'it''s' \"x\" \\ 100 % %s a_b^c @GPVAL {/Bold x}";
  Figure figure(odd);
  Panel& panel = figure.panel(odd + "\n! touch " + trap);
  panel.x = {.label = odd, .ticks = {{0, odd}, {1, "50 %"}}};
  panel.y = {.label = odd};
  panel.line(odd, {0, 1}, {0, 1}).band(odd, {0, 1}, {0, 1}, {1, 2}).reference(odd, {0, 1}, {1, 0});
  panel.horizontal(0.5, odd).vertical(0.5, odd);
  check_drawn(figure, folder);
  CHECK_FALSE(std::filesystem::exists(folder / "trap"));
  if (has_gnuplot()) {
    const std::string svg = content_of(folder / "figure.svg");
    CHECK_THAT(svg, Contains("100 % %s a_b^c @GPVAL {/Bold x}"));
    CHECK_THAT(svg, Contains("50 %"));
  }
}

TEST_CASE("a file name with quotes, blanks and a leading bar is a file name") {
  const TemporaryFolder folder;
  const std::string name = "|touch trap; it's `touch trap` $x";
  Figure figure;
  figure.panel().line("a", {0, 1}, {0, 1});
  const Drawn drawn = figure.write(folder / name);
  CHECK(drawn.images.size() == (has_gnuplot() ? 2U : 0U));
  for (const auto& file : drawn.files()) CHECK(std::filesystem::file_size(file) > 0);
  CHECK(folder.entries() == static_cast<std::ptrdiff_t>(drawn.files().size()));
  if (has_gnuplot()) {
    const TemporaryFolder by_hand;
    drift::write_file(by_hand / "a.gp", figure.script(name));
    CHECK(std::system(("cd '" + by_hand.path().string() + "' && gnuplot a.gp").c_str()) == 0);
    CHECK(is_png(content_of(by_hand / (name + ".png"))));
    CHECK(by_hand.entries() == 3);
  }
  CHECK_THROWS_AS(figure.write(folder / "a\nb"), InvalidArgument);
  CHECK_THROWS_AS(figure.write(folder.path().string() + "/"), InvalidArgument);
}

TEST_CASE("values that no axis can show are left out and interrupt the curve") {
  Figure figure;
  Panel& panel = figure.panel();
  panel.y.logarithmic = true;
  panel.line("a", {1, 2, 3, 4, 5, 6, 7}, {10, not_a_number, 0, -1, infinity, 20, 30});
  CHECK_THAT(figure.script("x"), Contains("<< END_OF_DATA\n1 10\n\n6 20\n7 30\nEND_OF_DATA\n"));
}

TEST_CASE("panels without points, with one, with equal, huge, tiny or diverging values are drawn") {
  const std::vector<std::vector<double>> cases = {
      {},          {not_a_number, infinity}, {3},         {2, 2, 2},       {0, 0},           {-1e308, 1e308},
      {1e-320, 1}, {1, 1 + 1e-16},           {1e-300, 1}, {-5, -5 - 1e-9}, {1e300, 1, 1e-5}, {infinity, 1, 2}};
  for (const bool logarithmic : {false, true}) {
    const TemporaryFolder folder;
    Figure figure("Odd data");
    figure.columns = 4;
    for (const std::vector<double>& ys : cases) {
      Panel& panel = figure.panel("case");
      panel.x.logarithmic = panel.y.logarithmic = logarithmic;
      std::vector<double> xs;
      for (std::size_t i = 0; i < ys.size(); ++i) xs.push_back(static_cast<double>(i + 1));
      panel.line_points("a", xs, ys).band("b", xs, ys, ys);
    }
    check_drawn(figure, folder);
    if (has_gnuplot()) CHECK(said_by_hand(figure, folder).empty());
  }
}

TEST_CASE("the range of an axis holds all values, and the ends that are fixed stay") {
  using drift::report::detail::Scale;
  using drift::report::detail::scale_of;
  for (const bool logarithmic : {false, true}) {
    const Scale scale = scale_of({.logarithmic = logarithmic}, {0.3, 7, 2}, 5);
    CHECK(scale.low < 0.3);
    CHECK(scale.high > 7);
    CHECK(scale.ticks.size() >= 3);
    for (const auto& tick : scale.ticks) CHECK(scale.contains(tick.at));
    const Scale fixed = scale_of({.logarithmic = logarithmic, .low = 0.1, .high = 5}, {0.3, 7, 2}, 5);
    CHECK(fixed.low == 0.1);
    CHECK(fixed.high == 5);
    const Scale above = scale_of({.logarithmic = logarithmic, .low = 100}, {0.3, 7}, 5);
    CHECK(above.low == 100);
    CHECK(above.high > 100);
    const Scale below = scale_of({.logarithmic = logarithmic, .high = 0.01}, {0.3, 7}, 5);
    CHECK(below.high == 0.01);
    CHECK(below.low < 0.01);
  }
}

TEST_CASE("ticks are short numbers at the places that they name") {
  using drift::report::detail::read_number;
  for (const auto& [low, high] : {std::pair{0.0, 1.0}, {-0.35, 0.3}, {1e5, 1e5 + 3}, {1e-9, 4e-9}, {-7e12, 2e13}}) {
    const auto ticks = drift::report::detail::linear_ticks(low, high, 6);
    CHECK(ticks.size() >= 3);
    CHECK(ticks.size() <= 8);
    for (const auto& tick : ticks) {
      CHECK(tick.label.size() <= 8);
      CHECK(std::abs(read_number(tick.label).value - tick.at) <= 1e-9 * (high - low));
    }
  }
}

TEST_CASE("a name has one style in all panels, and different names different ones") {
  Figure figure;
  figure.panel().line("a", {0, 1}, {0, 1}).line("b", {0, 1}, {0, 1});
  figure.panel().line("b", {0, 1}, {0, 1});
  const std::string script = figure.script("x");
  const auto colour_of = [&](const std::string& data) {
    const std::size_t plot = script.find(data + " using");
    REQUIRE(plot != std::string::npos);
    const std::size_t at = script.find('#', plot);
    return script.substr(at, 7);
  };
  CHECK(colour_of("$panel_2_1") == colour_of("$panel_1_2"));
  CHECK(colour_of("$panel_1_1") != colour_of("$panel_1_2"));
}

TEST_CASE("without gnuplot the script is written, a line says so, and no image of earlier data stays") {
  const TemporaryFolder folder;
  drift::write_file(folder / "figure.png", "an older figure");
  Figure figure;
  figure.panel().line("a", {0, 1}, {0, 1});
  figure.gnuplot = "no-such-program-as-this";
  const Drawn drawn = figure.write(folder / "figure");
  CHECK(content_of(drawn.script) == figure.script("figure"));
  CHECK(drawn.images.empty());
  CHECK_THAT(drawn.message, Contains("no-such-program-as-this was not found") && Contains("`gnuplot figure.gp`"));
  CHECK(drawn.message.find('\n') == std::string::npos);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a gnuplot that fails is reported and leaves the script alone") {
  const TemporaryFolder folder;
  Figure figure;
  figure.panel().line("a", {0, 1}, {0, 1});
  figure.gnuplot = "false";
  const Drawn drawn = figure.write(folder / "figure");
  CHECK(drawn.images.empty());
  CHECK_THAT(drawn.message, Contains("false failed"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("what cannot be drawn is refused with its name") {
  Panel panel;
  CHECK_THROWS_WITH(panel.line("igr", {1, 2}, {1}), Contains("igr") && Contains("was 1") && Contains("2"));
  CHECK_THROWS_AS(panel.band("igr", {1, 2}, {1, 2}, {1}), InvalidArgument);
  CHECK_THROWS_AS(panel.vertical(not_a_number), InvalidArgument);
  CHECK_THROWS_AS(Figure().script("x"), InvalidArgument);

  const auto refused = [](const drift::report::Axis& axis) {
    Figure figure;
    figure.panel().x = axis;
    CHECK_THROWS_AS(figure.script("x"), InvalidArgument);
  };
  refused({.low = 2, .high = 1});
  refused({.low = not_a_number});
  refused({.logarithmic = true, .low = 0});
  Figure small;
  small.panel();
  small.width = 10;
  CHECK_THROWS_WITH(small.script("x"), Contains("width: was 10"));

  const TemporaryFolder folder;
  Figure figure;
  figure.panel().line("a", {0, 1}, {0, 1});
  CHECK_THROWS_WITH(figure.write(folder / "missing" / "figure"), Contains("figure.gp: "));
}
