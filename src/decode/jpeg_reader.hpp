#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "quarry/core/result.hpp"

#include "decode/image_header.hpp"

namespace quarry::detail {

struct JpegTask {
  /// Where packed rows go, as stored.
  std::uint8_t* pixels = nullptr;
  /// `header.raster_channels()`, or 3.
  std::size_t channels = 3;
  /// Decode at 1/reduction: 1, 2, 4 or 8.
  std::size_t reduction = 1;
  /// Bytes that libjpeg may allocate (it does for progressive images).
  std::size_t max_memory = 0;
};

/// Pixels of a side at 1/reduction.
constexpr std::size_t reduced(std::size_t side, std::size_t reduction) {
  return (side + reduction - 1) / reduction;
}

/// Decodes a whole JPEG. Any damage that libjpeg notices is a failure.
Result<void> read_jpeg(std::span<const std::byte> bytes,
                       const ImageHeader& header, const JpegTask& task);

}  // namespace quarry::detail
