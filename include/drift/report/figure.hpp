#pragma once
// Figures of one or several panels, drawn by gnuplot from a script that holds its own data.
//
//     Figure figure("How far is each flow from the next iterate?");
//     Panel& panel = figure.panel("Iris, cross-entropy");
//     panel.x.label = "h λ";
//     panel.y = {.label = "one-step error", .logarithmic = true};
//     panel.band("IGR", x, lower_quartile, upper_quartile);
//     panel.line_points("IGR", x, median);
//     panel.reference("slope 3", x, cubes);          // a thin grey dashed curve to compare with
//     panel.vertical(2, "stability limit");
//     Drawn drawn = figure.write("out/errors");      // out/errors.gp, out/errors.png, out/errors.svg
//
// A name has the same colour, dashes and points in all panels, in the order of first use, and one entry in the legend
// that stands below the panels (nothing is covered); an empty name has no entry. A band is drawn in the colour of its
// name, below all curves. Colours are Okabe and Ito's, which colour-blind readers can tell apart.
// Source: Okabe, Ito, Color Universal Design (2008), https://jfly.uni-koeln.de/color/.
//
// Texts are UTF-8 and stand as they are: underscores, carets and percent signs mean nothing, nothing in them is
// executed. A point that is not finite, or not positive on a logarithmic axis, is left out and interrupts its curve.
// Ranges follow the data where they are not given. A panel without a point says "nothing to draw".
//
// write() makes the script in any case. gnuplot (tested with 5.4) runs without a shell; where it is not found or
// fails, Drawn has no images and a message, and images of an earlier run are removed, since they would not show these
// data.
//
// Failures: InvalidArgument for vectors of different lengths, an empty range or one that a logarithmic axis cannot
// have, a figure without panels; FileError for a script that cannot be written.

#include <drift/core/atomic_file.hpp>
#include <drift/core/errors.hpp>
#include <drift/core/types.hpp>
#include <drift/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drift::report {

/// The coordinates of points: a std::vector of numbers, {1, 2, 3}, or an Eigen vector.
class Coordinates {
 public:
  Coordinates(std::initializer_list<double> values) : values_(values) {}
  template <class T>
    requires RealNumber<T> || WholeNumber<T>
  Coordinates(const std::vector<T>& values) {  // NOLINT(google-explicit-constructor): any vector of numbers will do
    for (const T& value : values) values_.push_back(static_cast<double>(value));
  }
  template <VectorExpression X>
  Coordinates(const X& values) {  // NOLINT(google-explicit-constructor)
    const auto& vector = evaluated(values);
    for (Index i = 0; i < vector.size(); ++i) values_.push_back(static_cast<double>(vector[i]));
  }

  std::size_t size() const { return values_.size(); }
  double operator[](std::size_t i) const { return values_[i]; }

 private:
  std::vector<double> values_;
};

struct Tick {
  double at;
  std::string label;
};

/// No axis ends beyond this, so that its length is a number; on a logarithmic one none below its inverse.
inline constexpr double largest_end = 1e280;

struct Axis {
  std::string label = {};
  bool logarithmic = false;
  std::optional<double> low = {};  ///< the range's ends; what is not given follows the data
  std::optional<double> high = {};
  std::vector<Tick> ticks = {};  ///< places of your own, such as the names of regimes; empty: chosen

  void validate(std::string_view name) const {
    const std::string axis(name);
    for (const std::optional<double>& end : {low, high}) {
      if (!end) continue;
      require(std::abs(*end) <= largest_end, axis + " range", *end, "a number within -1e280 to 1e280");
      if (logarithmic) require(*end >= 1 / largest_end, axis + " range", *end, "1e-280 or above on a logarithmic axis");
    }
    if (low && high) require(*low < *high, axis + " range", shortest(*low) + " to " + shortest(*high), "not empty");
  }
};

/// One coordinate system. The drawing members return the panel, so that calls can be chained.
class Panel {
 public:
  explicit Panel(std::string title_text = {}) : title(std::move(title_text)) {}

  std::string title;
  Axis x;
  Axis y;

  Panel& line(std::string name, const Coordinates& xs, const Coordinates& ys) {
    return add(Mark::line, std::move(name), xs, ys, ys);
  }
  Panel& points(std::string name, const Coordinates& xs, const Coordinates& ys) {
    return add(Mark::points, std::move(name), xs, ys, ys);
  }
  Panel& line_points(std::string name, const Coordinates& xs, const Coordinates& ys) {
    return add(Mark::line_points, std::move(name), xs, ys, ys);
  }
  /// A curve to compare with: grey, thin, dashed; its name stands at its last point that can be seen.
  Panel& reference(std::string name, const Coordinates& xs, const Coordinates& ys) {
    return add(Mark::reference, std::move(name), xs, ys, ys);
  }
  /// The area between two curves, quartiles for example.
  Panel& band(std::string name, const Coordinates& xs, const Coordinates& low, const Coordinates& high) {
    return add(Mark::band, std::move(name), xs, low, high);
  }
  /// A straight grey line across the panel, with its label beside.
  Panel& horizontal(double at, std::string label = {}) { return add_rule(Mark::horizontal, at, std::move(label)); }
  Panel& vertical(double at, std::string label = {}) { return add_rule(Mark::vertical, at, std::move(label)); }

  enum class Mark { line, points, line_points, reference, band, horizontal, vertical };
  struct Series {
    Mark mark;
    std::string name;
    Coordinates xs;
    Coordinates low;   ///< the curve itself but for a band
    Coordinates high;  ///< the same but for a band
  };
  const std::vector<Series>& series() const { return series_; }

 private:
  Panel& add(Mark mark, std::string name, const Coordinates& xs, const Coordinates& low, const Coordinates& high) {
    const std::string expectation = "as many as x coordinates, " + std::to_string(xs.size());
    require(low.size() == xs.size(), "y coordinates of " + name, low.size(), expectation);
    require(high.size() == xs.size(), "y coordinates of " + name, high.size(), expectation);
    series_.push_back({mark, std::move(name), xs, low, high});
    return *this;
  }
  Panel& add_rule(Mark mark, double at, std::string label) {
    require(std::isfinite(at), "place of the line " + label, at, "finite");
    series_.push_back({mark, std::move(label), {at}, {at}, {at}});
    return *this;
  }

  std::vector<Series> series_;
};

/// What write() made.
struct Drawn {
  std::filesystem::path script;
  std::vector<std::filesystem::path> images;  ///< PNG and SVG, or nothing
  std::string message;                        ///< why there are no images, in one line; otherwise empty

  /// Script and images.
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> all = {script};
    all.insert(all.end(), images.begin(), images.end());
    return all;
  }
};

namespace detail {

/// A gnuplot string expression. In single quotes nothing is special but the quote itself, which is joined in ('' would
/// do for one, but gnuplot 5.4 misreads two of them). Control characters become blanks.
inline std::string gnuplot_string(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'.\"'\".'";
    } else {
      quoted += c >= 0 && c < ' ' ? ' ' : c;
    }
  }
  return quoted + "'";
}

/// The label of a tick, in which gnuplot would read % as the start of a format.
inline std::string gnuplot_tick(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled += c == '%' ? "%%" : std::string(1, c);
  return gnuplot_string(doubled);
}

/// The visible part of an axis, and its ticks where they are not left to gnuplot.
struct Scale {
  double low;
  double high;
  bool logarithmic;
  std::vector<Tick> ticks;

  bool shows(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }
  bool contains(double value) const { return shows(value) && value >= low && value <= high; }
  /// Where in the panel a value lies, 0 to 1.
  double position(double value) const {
    if (!logarithmic) return (value - low) / (high - low);
    return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
  }
};

inline std::string tick_text(double value) { return significant(value, 10); }

/// 1, 2 or 5 times a power of ten, so that about `count` of them fill `span`.
inline double nice_step(double span, int count) {
  const double power = std::pow(10.0, std::floor(std::log10(span / count)));
  const double rest = span / count / power;
  return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

inline std::vector<Tick> linear_ticks(double low, double high, int count) {
  std::vector<Tick> ticks;
  const double step = nice_step(high - low, count);
  const double first = std::ceil(low / step - 1e-9);
  const double last = std::floor(high / step + 1e-9);
  if (!(last - first < 100)) return ticks;  // a span that double hardly resolves: gnuplot does what it can
  for (double k = first; k <= last; ++k) ticks.push_back({k * step, k == 0 ? "0" : tick_text(k * step)});
  return ticks;
}

/// Below two decades powers of ten alone say too little: also their multiples by 2 and 5, or where those are fewer than
/// three, linear ticks.
inline std::vector<Tick> logarithmic_ticks(double low, double high, int count) {
  std::vector<Tick> ticks;
  if (std::log10(high) - std::log10(low) >= 2) return ticks;
  for (double power = std::floor(std::log10(low)); power <= std::ceil(std::log10(high)); ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      // Read from text: 2 * pow(10, -1) is not quite 0.2.
      const double at = read_number(fmt::format("{}e{}", digit, power)).value;
      if (at >= low * (1 - 1e-9) && at <= high * (1 + 1e-9)) ticks.push_back({at, tick_text(at)});
    }
  }
  return ticks.size() >= 3 ? ticks : linear_ticks(low, high, count);
}

/// The part of the axis that shows all values, with some room, but for the ends that the axis fixes.
inline Scale scale_of(const Axis& axis, const std::vector<double>& values, int tick_count) {
  Scale scale{0, 0, axis.logarithmic, axis.ticks};
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!scale.shows(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const bool empty = low > high;
  constexpr double room = 0.04;
  if (axis.logarithmic) {
    if (empty) low = axis.low.value_or(axis.high.value_or(10) / 100), high = low * 100;
    low = std::clamp(low, 1 / largest_end, largest_end);
    high = std::clamp(high, 1 / largest_end, largest_end);
    const double factor = std::max(std::pow(10.0, room * (std::log10(high) - std::log10(low))), 1.05);
    scale.low = axis.low.value_or(low / factor);
    scale.high = axis.high.value_or(high * factor);
    // An end that is fixed beyond all data takes the other along.
    if (scale.low >= scale.high && axis.high) scale.low = scale.high / 10;
    if (scale.low >= scale.high) scale.high = scale.low * 10;
  } else {
    if (empty) low = axis.low.value_or(axis.high.value_or(1) - 1), high = low + 1;
    low = std::clamp(low, -largest_end, largest_end);
    high = std::clamp(high, -largest_end, largest_end);
    // Equal values, or ones that double hardly tells apart, get a tenth of themselves around them.
    const auto around = [](double value) { return value == 0 ? 1.0 : 0.1 * std::abs(value); };
    const double least = 1e-12 * std::max(std::abs(low), std::abs(high));
    const double margin = high - low > least ? room * (high - low) : around(low);
    scale.low = axis.low.value_or(low - margin);
    scale.high = axis.high.value_or(high + margin);
    if (scale.low >= scale.high && axis.high) scale.low = scale.high - around(scale.high);
    if (scale.low >= scale.high) scale.high = scale.low + around(scale.low);
  }
  if (scale.ticks.empty()) {
    scale.ticks = axis.logarithmic ? logarithmic_ticks(scale.low, scale.high, tick_count)
                                   : linear_ticks(scale.low, scale.high, tick_count);
  }
  return scale;
}

/// How a name is drawn.
struct Style {
  std::string_view colour;
  std::string_view dashes;
  int point;
};

inline Style style_of(std::size_t slot) {
  // Okabe and Ito without yellow, which is faint on white.
  constexpr std::array<std::string_view, 7> colours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                       "#E69F00", "#56B4E9", "#000000"};
  constexpr std::array<std::string_view, 5> dashes = {"1", "(14,5)", "(4,4)", "(14,4,3,4)", "(20,4,3,4,3,4)"};
  constexpr std::array<int, 9> points = {7, 5, 9, 13, 11, 6, 4, 8, 12};
  return {colours[slot % colours.size()], dashes[slot % dashes.size()], points[slot % points.size()]};
}

/// A rectangle in pixels from the lower left corner.
struct Box {
  double left;
  double bottom;
  double right;
  double top;
};

inline constexpr double font_pixels = 17;  // 13 points at 96 pixels an inch
/// About how wide a text is in the font of that height.
inline double text_width(std::string_view text, double pixels = font_pixels) {
  return 0.64 * pixels * static_cast<double>(visible_length(text));
}

/// Runs a program without a shell, with no input and its output in a file. Returns its exit code, 127 where it is not
/// found.
inline int run_program(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers;
  pointers.reserve(copies.size() + 1);
  for (std::string& copy : copies) pointers.push_back(copy.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failure = ::posix_spawnp(&child, pointers[0], &actions, nullptr, pointers.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  constexpr int not_found = 127;
  if (failure != 0) return not_found;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/// The last line that says something: where gnuplot names the error.
inline std::string last_line_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::string last;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r^") != std::string::npos) last = line;
  }
  return last;
}

}  // namespace detail

class Figure {
 public:
  explicit Figure(std::string title_text = {}) : title(std::move(title_text)) {}

  std::string title;
  int columns = 0;                  ///< of panels; 0: up to three beside each other, four as two by two
  int width = 1200;                 ///< of the PNG in pixels, 400 to 10000
  int panel_height = 0;             ///< in pixels, 150 to 5000; 0: chosen by the number of columns
  std::string gnuplot = "gnuplot";  ///< the program, a name looked up in PATH or a path

  /// Adds a panel; the reference stays valid as long as the figure does.
  Panel& panel(std::string panel_title = {}) { return panels_.emplace_back(std::move(panel_title)); }

  /// The script: alone, `gnuplot name.gp` in its folder makes name.png and name.svg there.
  std::string script(const std::string& name) const;

  /// Writes path + ".gp" and has it drawn as ".png" and ".svg". The folder must exist.
  Drawn write(const std::filesystem::path& path) const;

 private:
  using Mark = Panel::Mark;
  static bool has_style(Mark mark) {
    return mark == Mark::line || mark == Mark::points || mark == Mark::line_points || mark == Mark::band;
  }

  struct Layout {
    int columns;
    int rows;
    int panel_height;
    int legend_columns;
    int legend_rows;
    double legend_cell;  // width of one entry
    double height;
    double title_height;
  };

  struct Entry {
    std::string name;
    bool line = false;
    bool points = false;
    bool band = false;
  };

  std::vector<Entry> entries() const;
  std::size_t slot_of(const std::vector<Entry>& all, const std::string& name) const;
  Layout layout(const std::vector<Entry>& legend) const;
  void validate() const;
  std::string legend_commands(const Layout& layout, const std::vector<Entry>& all) const;
  std::string panel_commands(std::size_t index, const Layout& layout, const std::vector<Entry>& all,
                             std::string& data) const;

  std::deque<Panel> panels_;
};

inline void Figure::validate() const {
  require(!panels_.empty(), "panels", 0, "at least one");
  require(columns >= 0 && columns <= 20, "columns", columns, "0 (chosen) to 20");
  require(width >= 400 && width <= 10000, "width", width, "400 to 10000 pixels");
  require(panel_height == 0 || (panel_height >= 150 && panel_height <= 5000), "panel_height", panel_height,
          "0 (chosen) or 150 to 5000 pixels");
  for (const Panel& panel : panels_) {
    panel.x.validate("x");
    panel.y.validate("y");
  }
}

/// What has a style, by name, in order of first use.
inline std::vector<Figure::Entry> Figure::entries() const {
  std::vector<Entry> all;
  for (const Panel& panel : panels_) {
    for (const Panel::Series& series : panel.series()) {
      if (!has_style(series.mark)) continue;
      auto found = std::find_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.name == series.name; });
      if (found == all.end()) found = all.insert(all.end(), Entry{.name = series.name});
      found->line |= series.mark == Mark::line || series.mark == Mark::line_points;
      found->points |= series.mark == Mark::points || series.mark == Mark::line_points;
      found->band |= series.mark == Mark::band;
    }
  }
  return all;
}

inline std::size_t Figure::slot_of(const std::vector<Entry>& all, const std::string& name) const {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.name == name; });
  return static_cast<std::size_t>(found - all.begin());
}

inline Figure::Layout Figure::layout(const std::vector<Entry>& legend) const {
  Layout layout{};
  const int count = static_cast<int>(panels_.size());
  layout.columns = columns > 0 ? std::min(columns, count) : count == 4 ? 2 : std::min(count, 3);
  layout.rows = (count + layout.columns - 1) / layout.columns;
  layout.panel_height = panel_height > 0 ? panel_height : layout.columns == 1 ? 560 : layout.columns == 2 ? 460 : 400;
  layout.title_height = title.empty() ? 0 : 42;

  double widest = 0;
  int named = 0;
  for (const Entry& entry : legend) {
    if (entry.name.empty()) continue;
    ++named;
    widest = std::max(widest, detail::text_width(entry.name));
  }
  layout.legend_cell = widest + 90;
  const int fitting = std::max(1, static_cast<int>((width - 40) / layout.legend_cell));
  layout.legend_rows = (named + fitting - 1) / fitting;
  layout.legend_columns = layout.legend_rows == 0 ? 0 : (named + layout.legend_rows - 1) / layout.legend_rows;
  layout.height = layout.title_height + layout.rows * layout.panel_height + 26 * layout.legend_rows +
                  (layout.legend_rows > 0 ? 14 : 0);
  return layout;
}

/// The legend as arrows, points and labels at places of the whole figure: the same in every version of gnuplot.
inline std::string Figure::legend_commands(const Layout& layout, const std::vector<Entry>& all) const {
  std::string out;
  const double left = (width - layout.legend_columns * layout.legend_cell) / 2 + 10;
  int place = 0;
  for (std::size_t slot = 0; slot < all.size(); ++slot) {
    const Entry& entry = all[slot];
    if (entry.name.empty()) continue;
    const detail::Style style = detail::style_of(slot);
    const double from = (left + layout.legend_cell * (place % layout.legend_columns)) / width;
    const double to = from + 52.0 / width;
    const int row_from_below = layout.legend_rows - place / layout.legend_columns;
    const double height = (26 * row_from_below - 9) / layout.height;
    if (entry.band) {
      const double half = 8 / layout.height;
      out += fmt::format(
          "set object rectangle from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} front fc rgb '{}' fs transparent "
          "solid "
          "0.2 noborder\n",
          from, height - half, to, height + half, style.colour);
    }
    if (entry.line) {
      out += fmt::format(
          "set arrow from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} nohead front lc rgb '{}' lw 2.4 dt {}\n", from,
          height, to, height, style.colour, style.dashes);
    }
    if (entry.points) {
      out += fmt::format("set label '' at screen {:.5f},{:.5f} point lc rgb '{}' pt {} ps 1.1 front\n", (from + to) / 2,
                         height, style.colour, style.point);
    }
    out += fmt::format("set label {} at screen {:.5f},{:.5f} left front noenhanced\n",
                       detail::gnuplot_string(entry.name), to + 8.0 / width, height);
    ++place;
  }
  return out;
}

inline std::string Figure::panel_commands(std::size_t index, const Layout& layout, const std::vector<Entry>& all,
                                          std::string& data) const {
  const Panel& panel = panels_[index];
  std::vector<double> xs;
  std::vector<double> ys;
  for (const Panel::Series& series : panel.series()) {
    for (std::size_t i = 0; i < series.xs.size(); ++i) {
      if (series.mark != Mark::horizontal) xs.push_back(series.xs[i]);
      if (series.mark == Mark::vertical) continue;
      ys.push_back(series.low[i]);
      ys.push_back(series.high[i]);
    }
  }
  const double cell_width = static_cast<double>(width) / layout.columns;
  const int x_ticks = std::clamp(static_cast<int>(cell_width / 85), 3, 10);
  const int y_ticks = std::clamp(layout.panel_height / 55, 3, 10);
  const detail::Scale x = detail::scale_of(panel.x, xs, x_ticks);
  const detail::Scale y = detail::scale_of(panel.y, ys, y_ticks);

  double label_width = y.ticks.empty() ? 52 : 0;
  for (const Tick& tick : y.ticks) label_width = std::max(label_width, detail::text_width(tick.label));
  const int column = static_cast<int>(index) % layout.columns;
  const int row = static_cast<int>(index) / layout.columns;
  const double top = layout.height - layout.title_height - row * layout.panel_height;
  const detail::Box box{.left = column * cell_width + 18 + label_width + (panel.y.label.empty() ? 4 : 30),
                        .bottom = top - layout.panel_height + 36 + (panel.x.label.empty() ? 0 : 24),
                        .right = (column + 1) * cell_width - 22,
                        .top = top - (panel.title.empty() ? 14 : 46)};
  std::string out =
      fmt::format("set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\n", box.left / width, box.right / width);
  out += fmt::format("set bmargin at screen {:.5f}\nset tmargin at screen {:.5f}\n", box.bottom / layout.height,
                     box.top / layout.height);
  out += "set title " + detail::gnuplot_string(panel.title) + " noenhanced offset 0,-0.3\n";

  const auto axis_commands = [&](char name, const Axis& axis, const detail::Scale& scale, double label_at) {
    out += fmt::format("{}set logscale {}\n", scale.logarithmic ? "" : "un", name);
    out += fmt::format("set {}range [{}:{}]\n", name, shortest(scale.low), shortest(scale.high));
    // The y label's place is measured from the ticks' estimated width, so that it never meets them.
    if (name == 'x') out += "set xlabel " + detail::gnuplot_string(axis.label) + " noenhanced offset 0,0.4\n";
    if (name == 'y' && !axis.label.empty()) {
      out +=
          fmt::format("set label {} at screen {:.5f},{:.5f} center rotate by 90 front noenhanced\n",
                      detail::gnuplot_string(axis.label), label_at / width, (box.top + box.bottom) / 2 / layout.height);
    }
    if (scale.ticks.empty()) {
      out += fmt::format("set {}tics autofreq enhanced\nset format {} '{}'\nset m{}tics default\n", name, name,
                         scale.logarithmic ? "10^{%T}" : "%g", name);
      return;
    }
    out += fmt::format("set {}tics noenhanced (", name);
    for (std::size_t i = 0; i < scale.ticks.size(); ++i) {
      out += i > 0 ? ", " : "";
      out += detail::gnuplot_tick(scale.ticks[i].label) + " " + shortest(scale.ticks[i].at);
    }
    out += ")\n";
  };
  axis_commands('x', panel.x, x, 0);
  axis_commands('y', panel.y, y, column * cell_width + 18);

  // Bands first, so that they cover nothing.
  std::vector<const Panel::Series*> order;
  for (const bool bands : {true, false})
    for (const Panel::Series& series : panel.series())
      if ((series.mark == Mark::band) == bands) order.push_back(&series);

  // Labels of straight lines go to the end where fewer points are, counted in a box of the panel.
  const auto points_in = [&](double left, double right, double bottom, double upper) {
    std::size_t count = 0;
    for (const Panel::Series& series : panel.series()) {
      for (std::size_t i = 0; has_style(series.mark) && i < series.xs.size(); ++i) {
        if (!x.contains(series.xs[i]) || !y.contains(series.low[i])) continue;
        const double across = x.position(series.xs[i]);
        const double up = y.position(series.low[i]);
        count += across >= left && across <= right && up >= bottom && up <= upper ? 1 : 0;
      }
    }
    return count;
  };

  constexpr std::string_view rule_style = "nohead back lc rgb '#555555' lw 1.4 dt (8,6)";
  constexpr std::string_view label_style = "front noenhanced tc rgb '#444444' font small boxed";
  std::string plots;
  std::size_t drawn = 0;
  for (const Panel::Series* series : order) {
    if (series->mark == Mark::horizontal) {
      const double at = series->low[0];
      if (!y.contains(at)) continue;
      const std::string place = shortest(at);
      const double up = y.position(at);
      const bool right = points_in(0.6, 1, up - 0.03, up + 0.1) <= points_in(0, 0.4, up - 0.03, up + 0.1);
      out += fmt::format("set arrow from graph 0, first {} to graph 1, first {} {}\n", place, place, rule_style);
      out += fmt::format("set label {} at graph {}, first {} {} offset 0,{} {}\n", detail::gnuplot_string(series->name),
                         right ? "0.985" : "0.015", place, right ? "right" : "left", up > 0.93 ? "-0.6" : "0.55",
                         label_style);
      continue;
    }
    if (series->mark == Mark::vertical) {
      const double at = series->xs[0];
      if (!x.contains(at)) continue;
      const std::string place = shortest(at);
      const double across = x.position(at);
      const bool above =
          points_in(across - 0.07, across + 0.02, 0.6, 1) <= points_in(across - 0.07, across + 0.02, 0, 0.4);
      out += fmt::format("set arrow from first {}, graph 0 to first {}, graph 1 {}\n", place, place, rule_style);
      out += fmt::format("set label {} at first {}, graph {} {} rotate by 90 offset {},0 {}\n",
                         detail::gnuplot_string(series->name), place, above ? "0.98" : "0.02", above ? "right" : "left",
                         across < 0.07 ? "0.9" : "-0.8", label_style);
      continue;
    }

    // The data: a blank line interrupts a curve where a point cannot be shown; two would end it.
    std::string block;
    std::size_t shown = 0;
    bool interrupted = false;
    std::optional<std::size_t> last_seen;
    for (std::size_t i = 0; i < series->xs.size(); ++i) {
      if (!x.shows(series->xs[i]) || !y.shows(series->low[i]) || !y.shows(series->high[i])) {
        interrupted = shown > 0;
        continue;
      }
      if (interrupted) block += '\n';
      interrupted = false;
      ++shown;
      block += shortest(series->xs[i]) + ' ' + shortest(series->low[i]);
      if (series->mark == Mark::band) block += ' ' + shortest(series->high[i]);
      block += '\n';
      if (x.contains(series->xs[i]) && y.contains(series->low[i])) last_seen = i;
    }
    if (shown == 0) continue;
    const std::string name = fmt::format("$panel_{}_{}", index + 1, ++drawn);
    data += fmt::format("{} << END_OF_DATA\n{}END_OF_DATA\n", name, block);
    plots += plots.empty() ? "plot " : ", \\\n     ";
    const detail::Style style =
        has_style(series->mark) ? detail::style_of(slot_of(all, series->name)) : detail::Style{"#555555", "(5,5)", 7};
    // At most about forty points on a curve, so that its dashes can be seen.
    const std::size_t every = std::max<std::size_t>(1, (shown + 39) / 40);
    switch (series->mark) {
      case Mark::band:
        plots += fmt::format("{} using 1:2:3 with filledcurves fc rgb '{}' fs transparent solid 0.2 noborder", name,
                             style.colour);
        break;
      case Mark::points:
        plots += fmt::format("{} using 1:2 with points lc rgb '{}' pt {} ps 0.9", name, style.colour, style.point);
        break;
      case Mark::line_points:
        plots += fmt::format("{} using 1:2 with linespoints lc rgb '{}' lw 2.4 dt {} pt {} ps 1.1 pi {}", name,
                             style.colour, style.dashes, style.point, every);
        break;
      case Mark::reference:
        plots += fmt::format("{} using 1:2 with lines lc rgb '{}' lw 1.6 dt {}", name, style.colour, style.dashes);
        if (last_seen) {
          const double across = x.position(series->xs[*last_seen]);
          out += fmt::format(
              "set label {} at first {}, first {} {} offset {},{} {}\n", detail::gnuplot_string(series->name),
              shortest(series->xs[*last_seen]), shortest(series->low[*last_seen]), across > 0.8 ? "right" : "left",
              across > 0.8 ? "-0.5" : "0.5", y.position(series->low[*last_seen]) < 0.08 ? "0.6" : "-0.9", label_style);
        }
        break;
      default:
        plots += fmt::format("{} using 1:2 with lines lc rgb '{}' lw 2.4 dt {}", name, style.colour, style.dashes);
    }
    plots += " notitle";
  }
  if (plots.empty()) {
    out += "set label 'nothing to draw' at graph 0.5,0.5 center front tc rgb '#444444'\n";
    plots = fmt::format("plot {} notitle", shortest(2 * y.high - y.low));  // a line that is out of sight
  }
  out += plots + '\n';
  out += "unset arrow\nunset label\nunset object\n";
  return out;
}

inline std::string Figure::script(const std::string& name) const {
  validate();
  const std::vector<Entry> all = entries();
  const Layout place = layout(all);

  std::string data;
  std::string drawing;
  for (std::size_t i = 0; i < panels_.size(); ++i) {
    if (i == 0) {  // the legend and the title belong to the whole figure; the first panel draws them
      drawing += legend_commands(place, all);
      if (!title.empty()) {
        drawing += fmt::format("set label {} at screen 0.5,{:.5f} center front noenhanced font large\n",
                               detail::gnuplot_string(title), 1 - 24 / place.height);
      }
    }
    drawing += panel_commands(i, place, all, data);
  }

  std::string out =
      "#!/usr/bin/env gnuplot\n# Made by drift. The data are below; `gnuplot FILE` draws them as PNG and SVG.\n\n";
  out += "reset\nset encoding utf8\n";
  // ./ because a name that begins with | would be a command.
  out += "if (!exists('stem')) stem = " + detail::gnuplot_string("./" + name) + "\n\n" + data + '\n';
  const std::string setup =
      "set border 3 lc rgb '#555555'\nset tics nomirror out\nset grid lt 1 lc rgb '#D8D8D8' lw 0.8\nset xtics offset "
      "0,0.3\nset style textbox opaque noborder fc rgb '#60FFFFFF' margins 0.3,0.2\nunset key\n"
      "set multiplot\n";
  const int height = static_cast<int>(std::ceil(place.height));
  out += fmt::format(
      "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) set terminal pngcairo enhanced size {0},{1} font 'Sans,13' background "
      "rgb 'white'; "
      "else set terminal png enhanced truecolor size {0},{1}\n",
      width, height);
  out += "set output stem.'.png'\nsmall = ',11'\nlarge = ',16'\n" + setup + drawing + "unset multiplot\nset output\n\n";
  out += fmt::format("set terminal svg enhanced size {},{} dynamic font 'sans-serif,17' background rgb 'white'\n",
                     width, height);
  out += "set output stem.'.svg'\nsmall = ',15'\nlarge = ',21'\n" + setup + drawing + "unset multiplot\nset output\n";
  return out;
}

inline Drawn Figure::write(const std::filesystem::path& path) const {
  const auto with = [](std::filesystem::path base, std::string_view ending) { return base += ending; };
  const std::string name = path.filename().string();
  require(!name.empty() && std::none_of(name.begin(), name.end(), [](char c) { return c >= 0 && c < ' '; }), "path",
          path.string(), "the path of a file, without an ending");
  Drawn drawn{.script = with(path, ".gp"), .images = {}, .message = {}};
  write_file(drawn.script, script(name));

  // Drawn beside and renamed, so that no image is ever half there.
  const std::filesystem::path stem = std::filesystem::absolute(drift::detail::hidden_beside(path, this, ".drawing"));
  const std::filesystem::path log = with(stem, ".log");
  const int code = detail::run_program({gnuplot, "-d", "-e", "stem = " + detail::gnuplot_string(stem.string()),
                                        std::filesystem::absolute(drawn.script).string()},
                                       log);
  const std::string complaint = detail::last_line_of(log);
  std::error_code ignored;
  std::filesystem::remove(log, ignored);

  for (const std::string_view ending : {".png", ".svg"}) {
    std::error_code error;
    const std::filesystem::path made = with(stem, ending);
    const bool good = code == 0 && std::filesystem::file_size(made, error) > 0 && !error;
    if (good) std::filesystem::rename(made, with(path, ending), error);
    if (good && !error) {
      drawn.images.push_back(with(path, ending));
      continue;
    }
    std::filesystem::remove(made, ignored);
    std::filesystem::remove(with(path, ending), ignored);  // an older one would not show these data
  }
  if (drawn.images.size() == 2) return drawn;
  const std::string by_hand = "`gnuplot " + drawn.script.filename().string() + "` in " +
                              drift::detail::folder_of(drawn.script).string() + " draws the figure";
  drawn.message = code == 127 ? gnuplot + " was not found; where it is, " + by_hand
                              : gnuplot + " failed" + (complaint.empty() ? "" : ": " + complaint) + "; " + by_hand;
  return drawn;
}

}  // namespace drift::report
