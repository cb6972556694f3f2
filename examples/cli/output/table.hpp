#pragma once

#include <string>
#include <vector>

namespace quarry::cli {

/// Rows of text as columns, two spaces apart, the first row being the heading;
/// each line ends with a line feed and carries no trailing spaces.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace quarry::cli
