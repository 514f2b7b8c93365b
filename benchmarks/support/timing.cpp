#include <support/timing.hpp>

#include <drift/calculus/simd.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include <sched.h>
#include <sys/utsname.h>

namespace drift::benchmarks {

double seconds_per_run(const std::function<void()>& run, long repetitions) {
  run();  // what ran before has filled the caches, and workers have gone to sleep: neither is this operation's doing
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < repetitions; ++i) run();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return taken.count() / static_cast<double>(repetitions);
}

long repetitions_for(const std::function<void()>& run, double seconds) {
  run();
  long repetitions = 1;
  double taken = seconds_per_run(run, repetitions);
  while (taken * static_cast<double>(repetitions) < seconds / 10) {  // too short to be told from the clock's own time
    repetitions *= 4;
    taken = seconds_per_run(run, repetitions);
  }
  return std::max(1L, std::lround(seconds / taken));
}

OnCores::OnCores(int threads) {
  cpu_set_t allowed;
  if (threads > 1 || ::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
  before_.resize(sizeof(allowed));
  std::memcpy(before_.data(), &allowed, sizeof(allowed));
  int last = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &allowed)) last = core;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  ::sched_setaffinity(0, sizeof(one), &one);
}

OnCores::~OnCores() {
  if (before_.empty()) return;
  cpu_set_t allowed;
  std::memcpy(&allowed, before_.data(), sizeof(allowed));
  ::sched_setaffinity(0, sizeof(allowed), &allowed);
}

namespace {

// Two units with a latency of four or five need ten chains; twelve, a and b fit into sixteen registers.
constexpr int chains = 12;
constexpr long steps = 20000;

// clang halves the vectors of processors that once slowed down for long ones, unless it is told not to.
#if defined(__clang__) && defined(__AVX512F__)
#define DRIFT_BENCHMARK_WHOLE_VECTORS [[clang::min_vector_width(512)]]
#else
#define DRIFT_BENCHMARK_WHOLE_VECTORS
#endif

template <class T>
DRIFT_BENCHMARK_WHOLE_VECTORS [[gnu::noinline]] T multiply_add_chains(T a, T b) {
  using V = calculus::Simd<T>;
  const V factor = V{} + a, shift = V{} + b;
  std::array<V, chains> x;
  for (int i = 0; i < chains; ++i) x[static_cast<std::size_t>(i)] = V{} + static_cast<T>(i);  // no two are the same
  for (long k = 0; k < steps; ++k) {
#pragma GCC unroll 12
    for (std::size_t i = 0; i < chains; ++i) x[i] = x[i] * factor + shift;
  }
  V sum{};
  for (const V& each : x) sum += each;
  return sum[0];
}

volatile double sink;  // so that the chains have a use

template <class T>
Peak peak_of() {
  return {.flops = 2.0 * chains * steps * static_cast<double>(calculus::simd_width<T>),
          .run = [] { sink = static_cast<double>(multiply_add_chains<T>(T(0.5), T(1))); }};
}

std::string line_of(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return line.substr(std::min(line.size(), line.find(':') + 2));
  }
  return {};
}

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

Peak peak(const std::string& scalar) { return scalar == "float" ? peak_of<float>() : peak_of<double>(); }

Machine machine() {
  Machine m;
  m.processor = line_of("/proc/cpuinfo", "model name");
  std::istringstream flags(line_of("/proc/cpuinfo", "flags"));
  for (std::string flag; flags >> flag;) {
    if (flag == "fma" || flag == "avx2" || flag == "avx512f" || flag == "avx512dq" || flag == "hypervisor")
      m.vector_extensions += (m.vector_extensions.empty() ? "" : " ") + flag;
  }
  for (int i = 0; i < 4; ++i) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string size = first_line(folder + "size");
    if (size.empty()) continue;
    m.caches += (m.caches.empty() ? "" : ", ") + std::string("L") + first_line(folder + "level") + " " +
                first_line(folder + "type") + " " + size;
  }
  m.cores = std::thread::hardware_concurrency();
  utsname system{};
  if (::uname(&system) == 0) m.kernel = std::string(system.sysname) + " " + system.release;
  double load = 0;
  if (::getloadavg(&load, 1) == 1) m.load = load;
  return m;
}

}  // namespace drift::benchmarks
