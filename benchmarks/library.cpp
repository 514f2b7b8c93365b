// libdrift_benchmark.so: the benchmark program's nets and operations for another process' rounds (peer.py, through ctypes).
//
// Functions that return a pointer or a status return null or 1 where something was wrong; drift_benchmark_error() says what.

#include <support/case.hpp>
#include <support/description.hpp>

#include <drift/report/sidecar.hpp>

#include <exception>

namespace {

using drift::benchmarks::Case;

std::string error;

template <class Work, class Result>
Result guarded(const Work& work, Result failed) {
  try {
    return work();
  } catch (const std::exception& e) {
    error = e.what();
    return failed;
  }
}

}  // namespace

extern "C" {
#define DRIFT_EXPORT __attribute__((visibility("default")))

DRIFT_EXPORT const char* drift_benchmark_error() { return error.c_str(); }

/// The members date, machine and made_with of a measurement's JSON.
DRIFT_EXPORT const char* drift_benchmark_description() {
  using namespace drift;
  static std::string text;
  report::Json all = report::Json::object();
  all.set("date", benchmarks::today()).set("machine", benchmarks::describe(benchmarks::machine()));
  text = all.set("made_with", report::made_with()).text();
  return text.c_str();
}

DRIFT_EXPORT void* drift_benchmark_create(const char* net, const char* scalar, int threads) {
  return guarded(
      [&] {
        return static_cast<void*>(new Case(drift::benchmarks::make_case(drift::benchmarks::net(net), scalar, threads)));
      },
      static_cast<void*>(nullptr));
}

DRIFT_EXPORT void drift_benchmark_destroy(void* handle) { delete static_cast<Case*>(handle); }

/// sizes: examples, inputs, parameters
DRIFT_EXPORT void drift_benchmark_sizes(const void* handle, long* sizes) {
  const auto& one = *static_cast<const Case*>(handle);
  sizes[0] = one.data.inputs.rows();
  sizes[1] = one.data.inputs.cols();
  sizes[2] = one.theta.size();
}

/// inputs: examples x inputs, row by row; labels: one an example; theta, direction: one a parameter
DRIFT_EXPORT void drift_benchmark_data(const void* handle, double* inputs, int* labels, double* theta,
                                       double* direction) {
  const auto& one = *static_cast<const Case*>(handle);
  for (drift::Index i = 0; i < one.data.inputs.rows(); ++i) {
    for (drift::Index j = 0; j < one.data.inputs.cols(); ++j) *inputs++ = one.data.inputs(i, j);
    *labels++ = one.data.labels[static_cast<std::size_t>(i)];
  }
  for (drift::Index i = 0; i < one.theta.size(); ++i) {
    theta[i] = one.theta[i];
    direction[i] = one.direction[i];
  }
}

/// Seconds per run of that many runs; negative where something was wrong.
DRIFT_EXPORT double drift_benchmark_run(const void* handle, const char* operation, long repetitions) {
  return guarded(
      [&] {
        return drift::benchmarks::seconds_per_run(static_cast<const Case*>(handle)->operation(operation).run,
                                                  repetitions);
      },
      -1.0);
}

/// What the operation computes: as many numbers as parameters.
DRIFT_EXPORT int drift_benchmark_result(const void* handle, const char* operation, double* result) {
  return guarded(
      [&] {
        const auto& one = static_cast<const Case*>(handle)->operation(operation);
        drift::require(static_cast<bool>(one.result), "operation", operation, "one that has a result to compare");
        const drift::Vector<double> numbers = one.result();
        for (drift::Index i = 0; i < numbers.size(); ++i) result[i] = numbers[i];
        return 0;
      },
      1);
}
}
