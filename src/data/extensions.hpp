#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarry::detail {

/// Raises `source.option` for what is no ending of a name: an empty one, one
/// with its dot, one with a slash.
void check_extensions(const std::vector<std::string>& extensions);

/// Whether `name` has one of `extensions`, whatever its case; all have when
/// there are none.
bool has_extension(std::string_view name,
                   const std::vector<std::string>& extensions);

}  // namespace quarry::detail
