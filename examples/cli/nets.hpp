#pragma once

#include <string>
#include <vector>

#include "quarry/core/json.hpp"

namespace quarry::cli {

// What this build can do with libtorch; with and without it.

/// Raises `model.no_libtorch` in a build without libtorch, naming the command.
void expect_torch(const std::string& command);

struct Net {
  std::string name;
  std::string summary;
};
/// The nets that `train` knows; none without libtorch.
std::vector<Net> nets();

/// What `doctor` says of libtorch and devices: {"version", "devices": [{"name",
/// "usable", "why"}], …}; null without libtorch.
Json torch_facts();

}  // namespace quarry::cli
