#pragma once

#include <cstddef>
#include <string>

#include "quarry/core/error.hpp"

namespace quarry {

/// A sample that is out of the run, and why.
struct BadSample {
  std::size_t index = 0;
  std::string id;
  Failure failure;
};

}  // namespace quarry
