#pragma once

#include <cstddef>
#include <cstdint>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

namespace quarry {

enum class ImageFormat : std::uint8_t { jpeg, png };

/// What the headers of an encoded image say.
struct ImageInfo {
  /// As a viewer shows it: after the EXIF orientation is applied.
  std::size_t width = 0;
  std::size_t height = 0;
  /// As stored: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha or CMYK.
  std::size_t channels = 0;
  ImageFormat format = ImageFormat::jpeg;
  /// EXIF orientation 1 … 8; 1 (upright) where there is none or a bad one. From
  /// 5 on, width and height are swapped against how the image is stored.
  int orientation = 1;
  friend bool operator==(const ImageInfo&, const ImageInfo&) = default;
};

/// Reads the headers of a JPEG or PNG and decodes nothing, so an image that
/// probes well may still fail to decode.
///
/// Failures: `decode.empty`, `decode.format` (names what it looks like),
/// `decode.truncated`, `decode.corrupt`, `decode.unsupported`. Time: O(markers)
/// for a JPEG, O(chunks) for a PNG.
Result<ImageInfo> probe_image(const Bytes& bytes);

}  // namespace quarry
