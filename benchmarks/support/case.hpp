#pragma once
// A Case: a network with its data, a number type and a number of threads, and every Operation on it. The one source of nets and
// operations for the benchmark program and for the library that peer.py calls.
//
//     Case iris = make_case(net("iris"), "double", 1);
//     iris.operation("gradient").run();

#include <support/operations.hpp>
#include <support/product_counter.hpp>

namespace drift::benchmarks {

/// What a net is, and on how many examples. All are tanh networks under softmax cross-entropy.
struct Net {
  std::string name;
  Index examples;
  std::vector<Index> widths = {};  ///< of a dense net, inputs first; none: the convolutional one

  bool is_dense() const { return !widths.empty(); }
  std::size_t hidden_layers() const { return is_dense() ? widths.size() - 2 : 0; }
  std::string shape() const;
  std::vector<CountedLayer> layers() const;
  /// How many numbers the layers with weights give for one example.
  Index outputs_of_layers() const;
};

/// iris, digits, mnist1k, mnist6k, conv.
const std::vector<Net>& nets();
/// The one of that name; throws InvalidArgument listing the names there are.
const Net& net(std::string_view name);

struct Data {
  Matrix<double> inputs;  ///< examples x inputs, exact as float
  std::vector<int> labels;
};

struct Case {
  Net net;
  std::string scalar;
  int threads = 1;
  Data data;
  Vector<double> theta;      ///< the point, exact as float
  Vector<double> direction;  ///< of the Hessian-vector products, exact as float
  std::vector<Operation> operations;
  std::function<void(int)> grow;  ///< benchmarks::growth

  const Operation& operation(std::string_view name) const;
  bool has(std::string_view name) const;
};

/// scalar: "double" or "float". Throws InvalidArgument for what is not built.
Case make_case(const Net& net, std::string_view scalar, int threads);
bool can_make(const Net& net, std::string_view scalar);

/// A kind of case that a unit makes: networks of that many hidden layers, or (0) the convolutional one.
struct Kind {
  std::string scalar;
  std::size_t hidden_layers;
  void (*fill)(Case&);
};
/// To be called while a unit's variables are initialised; its result is theirs.
bool register_kind(const Kind& kind);

/// Matrix-product flops of one run of an operation, counted by running it on a ProductCounter.
double flops(const Net& net, std::string_view operation);

}  // namespace drift::benchmarks
