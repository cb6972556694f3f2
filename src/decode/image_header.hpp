#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "quarry/core/result.hpp"
#include "quarry/decode/image_info.hpp"

namespace quarry::detail {

/// What is known of an image before it is decoded.
struct ImageHeader {
  ImageFormat format = ImageFormat::jpeg;
  std::size_t width = 0;  ///< as stored
  std::size_t height = 0;
  std::size_t channels = 0;  ///< as in `ImageInfo`
  std::size_t depth = 8;     ///< bits a sample
  int orientation = 1;

  bool has_alpha() const noexcept {
    return format == ImageFormat::png && channels % 2 == 0;
  }
  /// Channels it is decoded to: 1 where that is the image, else 3.
  std::size_t raster_channels() const noexcept {
    return channels == 1 && depth <= 8 ? 1 : 3;
  }
  bool transposed() const noexcept { return orientation >= 5; }
  std::size_t upright_width() const noexcept {
    return transposed() ? height : width;
  }
  std::size_t upright_height() const noexcept {
    return transposed() ? width : height;
  }
};

/// Finds format, size and orientation without decoding anything.
Result<ImageHeader> read_header(std::span<const std::byte> bytes);

/// What bytes that are no image we know look like: "a GIF image", "text".
std::string looks_like(std::span<const std::byte> bytes);

}  // namespace quarry::detail
