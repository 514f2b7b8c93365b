#include <support/case.hpp>

#include <drift/core/random.hpp>
#include <drift/data/shipped.hpp>
#include <drift/data/standardise.hpp>

#include <algorithm>
#include <cmath>

namespace drift::benchmarks {

namespace {

// The convolutional net (convolution.hpp): 8 x 8 places, 3 x 3 x 4 numbers under a filter.
constexpr Index channels = 4, side = 10, kernel = 3, filters = 16, hidden = 128, actions = 3;
constexpr Index patch = kernel * kernel * channels, places = (side - kernel + 1) * (side - kernel + 1);

constexpr std::uint64_t seed = 1;

Index inputs_of(const Net& net) { return net.is_dense() ? net.widths.front() : channels * side * side; }
int outputs_of(const Net& net) { return static_cast<int>(net.is_dense() ? net.widths.back() : actions); }

/// Rounded to float, so that every number type and every peer works on the same numbers.
template <class M>
void round_to_float(M& numbers) {
  numbers = numbers.template cast<float>().template cast<double>().eval();
}

Data make_data(const Net& net) {
  Data data;
  if (net.name == "iris") {
    const auto iris = data::iris(DRIFT_SOURCE_DIR "/examples/data/iris.csv");
    data.inputs = data::fit_standardisation(iris.features).apply(iris.features);
    data.labels = iris.labels;
  } else {
    Random random = Random(seed).split("data");
    data.inputs = random.normal_matrix<double>(net.examples, inputs_of(net));
    if (!net.is_dense()) {  // frames of a game: one pixel in ten is set
      data.inputs = (data.inputs.array() > 1.28).template cast<double>();
    }
    const Vector<double> drawn = random.uniform_vector<double>(net.examples, 0, outputs_of(net));
    for (Index i = 0; i < net.examples; ++i) data.labels.push_back(static_cast<int>(drawn[i]));
  }
  round_to_float(data.inputs);
  return data;
}

/// Weights N(0, 2 / (fan in + fan out)) and small biases, so that no parameter is special.
Vector<double> make_theta(const Net& net, Random random) {
  std::vector<Vector<double>> parts;
  Index parameters = 0;
  for (const CountedLayer& layer : net.layers()) {
    if (layer.weights == 0) continue;
    const auto fan_out = static_cast<double>(layer.biases);
    const double fan_in = static_cast<double>(layer.weights) / fan_out;
    parts.push_back(std::sqrt(2 / (fan_in + fan_out)) * random.normal_vector<double>(layer.weights));
    parts.push_back(0.1 * random.normal_vector<double>(layer.biases));
    parameters += layer.weights + layer.biases;
  }
  Vector<double> theta(parameters);
  Index offset = 0;
  for (const Vector<double>& part : parts) {
    theta.segment(offset, part.size()) = part;
    offset += part.size();
  }
  round_to_float(theta);
  return theta;
}

std::vector<Kind>& kinds() {
  static std::vector<Kind> all;
  return all;
}

const Kind* find_kind(const Net& net, std::string_view scalar) {
  for (const Kind& kind : kinds())
    if (kind.scalar == scalar && kind.hidden_layers == net.hidden_layers()) return &kind;
  return nullptr;
}

}  // namespace

std::string Net::shape() const {
  if (!is_dense()) return "10x10x4, 16 filters 3x3, 128, 3";
  std::string text;
  for (const Index width : widths) {
    if (!text.empty()) text += '-';
    text += std::to_string(width);
  }
  return text;
}

std::vector<CountedLayer> Net::layers() const {
  std::vector<CountedLayer> all;
  const auto add = [&](Index rows, Index columns, Index times) {
    if (!all.empty()) all.push_back({});  // tanh
    all.push_back({static_cast<double>(rows * columns * times), rows * columns, columns});
  };
  if (is_dense()) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) add(widths[i], widths[i + 1], 1);
  } else {
    add(patch, filters, places);
    add(places * filters, hidden, 1);
    add(hidden, actions, 1);
  }
  return all;
}

Index Net::outputs_of_layers() const {
  if (!is_dense()) return places * filters + hidden + actions;
  Index sum = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) sum += widths[i];
  return sum;
}

const std::vector<Net>& nets() {
  static const std::vector<Net> all = {{"iris", 150, {4, 10, 10, 3}},
                                       {"digits", 1797, {64, 100, 100, 10}},
                                       {"mnist1k", 1000, {784, 100, 100, 10}},
                                       {"mnist6k", 6000, {784, 100, 100, 10}},
                                       {"conv", 32}};
  return all;
}

const Net& net(std::string_view name) {
  std::string names;
  for (const Net& each : nets()) {
    if (each.name == name) return each;
    names += (names.empty() ? "" : ", ") + each.name;
  }
  reject("net", "\"" + std::string(name) + "\"", "one of " + names);
}

const Operation& Case::operation(std::string_view name) const {
  std::string names;
  for (const Operation& each : operations) {
    if (each.name == name) return each;
    names += (names.empty() ? "" : ", ") + each.name;
  }
  reject("operation", "\"" + std::string(name) + "\"", "one of " + names);
}

bool Case::has(std::string_view name) const {
  return std::any_of(operations.begin(), operations.end(), [&](const Operation& each) { return each.name == name; });
}

bool register_kind(const Kind& kind) {
  kinds().push_back(kind);
  return true;
}

bool can_make(const Net& net, std::string_view scalar) { return find_kind(net, scalar) != nullptr; }

Case make_case(const Net& net, std::string_view scalar, int threads) {
  Case one;
  one.net = net;
  one.scalar = scalar;
  one.threads = threads;
  one.data = make_data(net);
  const Random random(seed);
  one.theta = make_theta(net, random.split("theta"));
  one.direction = random.split("direction").normal_vector<double>(one.theta.size());
  round_to_float(one.direction);
  const Kind* const kind = find_kind(net, scalar);
  require(kind != nullptr, "net and scalar", net.name + ", " + one.scalar,
          "among those that this program was built with");
  kind->fill(one);
  return one;
}

double flops(const Net& net, std::string_view operation) {
  ProductCounter counter(net.layers(), net.examples);
  const Index n = counter.dimension();
  const auto bench = workbench(counter, Vector<double>::Ones(n), Vector<double>::Ones(n));
  std::vector<Operation> all = derivative_operations(bench);
  for (Operation& flow : flow_operations(bench)) all.push_back(std::move(flow));
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Operation& each) { return each.name == operation; });
  require(found != all.end(), "operation", operation, "one of support/operations.hpp");
  counter.reset();
  found->run();
  return counter.flops();
}

}  // namespace drift::benchmarks
