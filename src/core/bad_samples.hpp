#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "quarry/core/bad_sample.hpp"

namespace quarry::detail {

/// "12 × decode.corrupt, 1 × file.not_found", the most frequent first
std::string by_kind(const std::vector<BadSample>& bad);

/// The ids of the first three: "a.jpg, b.jpg, c.jpg".
std::string first_names(const std::vector<BadSample>& bad);

/// Bad samples that `max_bad` of `size` allows; 0.29 of 100 is 29.
std::size_t allowed_bad(double max_bad, std::size_t size);

}  // namespace quarry::detail
