#pragma once

#include <filesystem>
#include <string>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {

/// A hint for a path that does not exist: the entry beside it whose name is
/// nearly the same, else the deepest directory on the way that does exist.
std::string hint_for_missing(const std::filesystem::path& path);

}  // namespace quarry::detail
