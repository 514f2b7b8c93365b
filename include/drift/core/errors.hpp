#pragma once
// Misuse is an exception that names the argument, what it was and what it may be.
//
//     learning_rate: was -0.1, must be a finite number above 0
//
// How a computation ended (converged, diverged, ...) is not an error but a Status (core/status.hpp).

#include <drift/core/types.hpp>

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace drift {

/// An argument, option or shape that the callee cannot work with.
class InvalidArgument : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A file that cannot be opened, read or written as asked; the message starts with its path.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws InvalidArgument "argument: was value, must be expectation".
template <class Value>
[[noreturn]] void reject(std::string_view argument, const Value& value, std::string_view expectation) {
  std::ostringstream message;
  message.precision(std::numeric_limits<double>::max_digits10 - 2);
  message << argument << ": was " << value << ", must be " << expectation;
  throw InvalidArgument(message.str());
}

template <class Value>
void require(bool condition, std::string_view argument, const Value& value, std::string_view expectation) {
  if (!condition) reject(argument, value, expectation);
}

/// Throws unless the vector has the length that `of_what` asks for.
template <class Derived>
void require_size(const Eigen::DenseBase<Derived>& vector, Index expected, std::string_view argument,
                  std::string_view of_what = "the problem's dimension") {
  if (vector.size() == expected) return;
  std::ostringstream expectation;
  expectation << "a vector of length " << expected << " (" << of_what << ")";
  std::ostringstream was;
  was << "of length " << vector.size();
  reject(argument, was.str(), expectation.str());
}

/// Throws unless value > 0 and finite (NaN included in what is refused).
template <class T>
void require_positive(const T& value, std::string_view argument) {
  using std::isfinite;
  require(isfinite(value) && value > T(0), argument, value, "a finite number above 0");
}

/// Throws unless value >= 0 and finite.
template <class T>
void require_not_negative(const T& value, std::string_view argument) {
  using std::isfinite;
  require(isfinite(value) && value >= T(0), argument, value, "a finite number, 0 or above");
}

}  // namespace drift
