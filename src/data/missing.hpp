#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {

/// A hint for a path that does not exist: the entry beside it whose name is
/// nearly the same, else the deepest directory on the way that does exist.
std::string hint_for_missing(const std::filesystem::path& path);

/// What `path` is. Raises `source.not_found` with that hint, and
/// `source.unreadable` with the system's reason when it does not say.
std::filesystem::file_status status_of(const std::filesystem::path& path);

/// What to do about a URI whose scheme is not read.
std::string hint_for_scheme(std::string_view scheme);

}  // namespace quarry::detail
