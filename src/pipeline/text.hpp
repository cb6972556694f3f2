#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/pipeline/selection.hpp"

namespace quarry::detail {

/// "10,000"
std::string grouped(std::size_t count);
/// "1 sample", "10,000 samples"
std::string counted(std::size_t count, std::string_view noun);
/// "4.1", whatever the locale
std::string fixed(double value, int digits);
/// "12 × decode.corrupt, 1 × file.not_found", the most frequent first
std::string by_kind(const std::vector<BadSample>& bad);

}  // namespace quarry::detail
