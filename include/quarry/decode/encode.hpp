#pragma once

#include <cstddef>
#include <span>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"
#include "quarry/decode/image_size.hpp"

namespace quarry {

struct JpegOptions {
  std::size_t channels = 3;  ///< 1 grey, 3 RGB
  int quality = 90;          ///< libjpeg's; 1 … 100
};

/// A baseline JPEG (4:2:0) of pixels `[height, width, channels]` of u1.
///
/// Expects 1 … `max_image_side` pixels a side and `height · width · channels`
/// bytes. Failure: `decode.encode`, when the codec gives up (memory).
Result<Bytes> encode_jpeg(std::span<const std::byte> pixels, ImageSize size,
                          const JpegOptions& options = {});

struct PngOptions {
  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
  std::size_t channels = 3;
};

/// The same, without loss, as PNG of 8 bits a sample.
Result<Bytes> encode_png(std::span<const std::byte> pixels, ImageSize size,
                         const PngOptions& options = {});

}  // namespace quarry
