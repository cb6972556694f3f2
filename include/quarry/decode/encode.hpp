#pragma once

#include <cstddef>
#include <span>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

namespace quarry {

/// A baseline JPEG (4:2:0) of pixels `[height, width, channels]` of u1, grey
/// (1) or RGB (3). `quality` is libjpeg's, 1 … 100.
///
/// Expects 1 … 65,500 pixels a side and `height · width · channels` bytes.
/// Failure: `decode.encode`, when the codec gives up (memory).
Result<Bytes> encode_jpeg(std::span<const std::byte> pixels, std::size_t height,
                          std::size_t width, std::size_t channels,
                          int quality = 90);

/// The same, without loss, as PNG of 8 bits a sample; `channels` 1 grey, 2 grey
/// and alpha, 3 RGB, 4 RGB and alpha.
Result<Bytes> encode_png(std::span<const std::byte> pixels, std::size_t height,
                         std::size_t width, std::size_t channels);

}  // namespace quarry
