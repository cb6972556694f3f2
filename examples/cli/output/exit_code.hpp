#pragma once

#include <string_view>

#include "quarry/core/error.hpp"

namespace quarry::cli {

/// How the program ends, for scripts.
enum ExitCode : int {
  done = 0,
  other_error = 1,
  usage_error = 2,
  data_error = 3,
  too_many_bad = 4,
  model_error = 5,
  cancelled = 6,
};

/// The exit code of an error by its id: the longest prefix in one table.
ExitCode exit_code_of(std::string_view error_id);

/// Says what is wrong on stderr: one line, whatever the message quotes, and the
/// hint. The exit code that goes with it.
ExitCode complain(const Failure& failure);

}  // namespace quarry::cli
