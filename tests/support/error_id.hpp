#pragma once

#include <string>

#include "quarry/core/error.hpp"

namespace quarry::test {

/// The id of the `Error` that `action` throws, or "" when it throws none. Any
/// other exception passes.
template <class Action>
std::string error_id(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.id());
  }
  return "";
}

/// The message of the `Error` that `action` throws, or "" when it throws none.
template <class Action>
std::string error_message(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

}  // namespace quarry::test
