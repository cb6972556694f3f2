#pragma once

#include <cstddef>

namespace quarry {

/// Pixels a side that images and rows may have at most; libjpeg's own limit.
inline constexpr std::size_t max_image_side = 65'500;

struct ImageSize {
  std::size_t height = 0;
  std::size_t width = 0;
  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

}  // namespace quarry
