#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "quarry/strategy/similarity.hpp"

namespace quarry::detail {

/// What `visit_bounds` shows of rows, side by side: `out` is `[rows, |V|]`.
inline void bounds_of_rows(const Similarity& similarity,
                           std::span<const std::size_t> rows,
                           std::size_t threads, std::span<float> out) {
  similarity.visit_bounds(
      rows, threads,
      [&](std::size_t i, std::size_t first, std::span<const float> bounds) {
        std::ranges::copy(bounds,
                          out.subspan(i * similarity.size() + first).begin());
      });
}

}  // namespace quarry::detail
