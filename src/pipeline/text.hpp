#pragma once

#include <string>
#include <vector>

#include "quarry/pipeline/selection.hpp"

namespace quarry::detail {

/// "12 × decode.corrupt, 1 × file.not_found", the most frequent first
std::string by_kind(const std::vector<BadSample>& bad);

}  // namespace quarry::detail
