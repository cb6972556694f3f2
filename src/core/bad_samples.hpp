#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "quarry/core/bad_sample.hpp"

namespace quarry::detail {

/// "12 × decode.corrupt, 1 × file.not_found", the most frequent first
std::string by_kind(const std::vector<BadSample>& bad);

/// What is wrong when there are more than the `allowed` of `size` samples: "12
/// bad samples of 100 samples, 10 allowed (12 × decode.corrupt); the first:
/// a.jpg, b.jpg, c.jpg".
std::string too_many_bad(const std::vector<BadSample>& bad, std::size_t size,
                         std::size_t allowed);

/// Bad samples that `max_bad` of `size` allows; 0.29 of 100 is 29.
std::size_t allowed_bad(double max_bad, std::size_t size);

}  // namespace quarry::detail
