#pragma once

#include <drift/core/errors.hpp>

#include <string>

/// What the FileError says that this action throws; empty when it throws none.
template <class Action>
std::string complaint(const Action& action) {
  try {
    action();
  } catch (const drift::FileError& error) {
    return error.what();
  }
  return {};
}
