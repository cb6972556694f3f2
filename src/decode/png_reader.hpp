#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "quarry/core/result.hpp"

#include "decode/image_header.hpp"

namespace quarry::detail {

struct PngTask {
  /// Where packed rows go, as stored. With alpha there must be room for 4
  /// bytes a pixel, of which 3 are left.
  std::uint8_t* pixels = nullptr;
  /// `header.raster_channels()`, or 3.
  std::size_t channels = 3;
  std::array<std::uint8_t, 3> background = {255, 255, 255};
};

/// Decodes a whole PNG, its checksums and its end included.
Result<void> read_png(std::span<const std::byte> bytes,
                      const ImageHeader& header, const PngTask& task);

}  // namespace quarry::detail
