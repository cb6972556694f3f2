#pragma once

#include <cstddef>

namespace quarry::detail {

/// One axis of "resize, then crop the centre".
struct Axis {
  std::size_t source = 0;   ///< pixels of the image
  std::size_t resized = 0;  ///< pixels after resizing
  std::size_t first = 0;    ///< where the crop begins in the resized image
  std::size_t count = 0;    ///< resized pixels in the crop
  std::size_t pad = 0;      ///< zeros in the row before them
};

struct Placement {
  Axis x;
  Axis y;
};

/// Resizing the shorter side to `resize` (0: so that `width` × `height` is just
/// covered) and cropping the centre, as torchvision's Resize and CenterCrop.
Placement place(std::size_t source_width, std::size_t source_height,
                std::size_t resize, std::size_t width, std::size_t height);

}  // namespace quarry::detail
