#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "quarry/core/result.hpp"
#include "quarry/decode/image_size.hpp"

#include "decode/image_header.hpp"
#include "decode/raster.hpp"

namespace quarry::detail {

struct LoadOptions {
  /// 1: luma. 3: grey images may still come as one channel.
  std::size_t channels = 3;
  std::array<std::uint8_t, 3> background = {255, 255, 255};
  std::size_t max_side = max_image_side;
  std::size_t max_pixels = 178'956'970;
  std::size_t max_memory = std::size_t{1} << 30;
  /// When not 0: a JPEG may be decoded at 1/2, 1/4 or 1/8 as long as it keeps
  /// this upright size.
  std::size_t least_width = 0;
  std::size_t least_height = 0;
};

/// The failure of an image over the limits, before anything is allocated.
Result<void> check_limits(const ImageHeader& header,
                          const LoadOptions& options);

/// Decodes into `pixels`, which has room for the stored image as it is: only
/// for images without alpha and with the wanted number of channels.
Result<void> load_into(std::span<const std::byte> bytes,
                       const ImageHeader& header, const LoadOptions& options,
                       std::uint8_t* pixels);

/// Decodes and turns upright; the result lies in `scratch`.
Result<Raster> load_image(std::span<const std::byte> bytes,
                          const ImageHeader& header, const LoadOptions& options,
                          Scratch& scratch);

}  // namespace quarry::detail
