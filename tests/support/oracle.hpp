#pragma once
// The oracle values under tests/oracles: JSON files made by a 40-digit Taylor arithmetic that shares nothing with this
// library.
//
//     const auto file = oracle::load("rosenbrock");                 // tests/oracles/rosenbrock.json
//     const Vector<double> theta = oracle::vector(file["theta"]);
//     const Vector<std::complex<double>> f = oracle::complex_vector(file["principal_flow"][0]["value"]);
//     CHECK(oracle::relative_error(gradient(problem, theta), oracle::vector(file["gradient"])) < 1e-11);
//
// The numbers are printed with the digits of a double, so no comparison can show less than about 2e-16, whatever number
// type it is made in: oracle::floor<T>(factor) is a tolerance that follows epsilon down to there.

#include <drift/core/types.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace oracle {

using Json = nlohmann::json;

inline Json load(const std::string& name) {
  const std::string path = std::string(DRIFT_SOURCE_DIR "/tests/oracles/") + name + ".json";
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  return Json::parse(file);
}

/// [a, b, ...] as a vector of T; the numbers are doubles before that.
template <class T = double>
drift::Vector<T> vector(const Json& json) {
  drift::Vector<T> v(static_cast<drift::Index>(json.size()));
  for (drift::Index i = 0; i < v.size(); ++i) v[i] = T(json.at(static_cast<std::size_t>(i)).get<double>());
  return v;
}

/// [[re, im], ...]
template <class T = double>
drift::Vector<std::complex<T>> complex_vector(const Json& json) {
  drift::Vector<std::complex<T>> v(static_cast<drift::Index>(json.size()));
  for (drift::Index i = 0; i < v.size(); ++i) {
    const Json& z = json.at(static_cast<std::size_t>(i));
    v[i] = {T(z.at(0).get<double>()), T(z.at(1).get<double>())};
  }
  return v;
}

/// A list of rows.
template <class T = double>
drift::Matrix<T> matrix(const Json& json) {
  const auto rows = static_cast<drift::Index>(json.size());
  drift::Matrix<T> m(rows, rows > 0 ? static_cast<drift::Index>(json.at(0).size()) : 0);
  for (drift::Index i = 0; i < rows; ++i) m.row(i) = vector<T>(json.at(static_cast<std::size_t>(i)));
  return m;
}

/// |a - b| / |b| in the Euclidean (for matrices the Frobenius) norm; |a - b| where b is zero. NaN in either gives NaN,
/// different shapes give infinity, so that neither passes a comparison with <.
template <class A, class B>
auto relative_error(const A& a, const B& b) {
  using std::sqrt;
  using R = drift::Real<typename A::Scalar>;
  if (a.rows() != b.rows() || a.cols() != b.cols()) return std::numeric_limits<R>::infinity();
  const R scale = sqrt(b.derived().cwiseAbs2().sum());
  const R distance = sqrt((a.derived() - b.derived()).cwiseAbs2().sum());
  return scale == R(0) ? distance : R(distance / scale);
}

/// |a - b| / |b| of two real numbers.
template <class A, class B>
  requires(std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
auto relative_error(const A& a, const B& b) {
  using std::abs;
  using T = std::common_type_t<A, B>;
  const T scale = abs(static_cast<T>(b)), distance = abs(static_cast<T>(a) - static_cast<T>(b));
  return scale == T(0) ? distance : distance / scale;
}

/// factor * epsilon of T, but not below what the files' digits can show (factor * epsilon of double).
template <class T>
T floor(double factor) {
  return T(factor) * std::max(std::numeric_limits<T>::epsilon(), T(std::numeric_limits<double>::epsilon()));
}

}  // namespace oracle
