#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"
#include "quarry/decode/concept.hpp"
#include "quarry/decode/image_size.hpp"

namespace quarry {

enum class ChannelOrder : std::uint8_t { rgb, bgr };

struct ImageDecoderOptions {
  /// The centre crop, which is the size of the row; 1 … 65,500 pixels.
  std::size_t height = 224;
  std::size_t width = 224;
  /// 3: colour, grey images are replicated. 1: grey, luma of colour images
  /// (0.299 R + 0.587 G + 0.114 B, rounded as Pillow does).
  std::size_t channels = 3;
  /// The shorter side after resizing, in pixels; 0 … 65,500. 0: the smallest
  /// size that covers `height` × `width`.
  std::size_t resize = 0;
  /// R, G, B that transparent pixels are laid over; white.
  std::array<std::uint8_t, 3> background = {255, 255, 255};
  ChannelOrder channel_order = ChannelOrder::rgb;
  /// Decode a JPEG at 1/2, 1/4 or 1/8 where that is still at least the resized
  /// size. Faster for large images; the pixels differ from a full decode.
  bool fast_scale = false;
  /// Larger images are the failure `decode.too_large`, before their memory is
  /// allocated: pixels a side, pixels in all, bytes while decoding one image.
  std::size_t max_side = max_image_side;
  std::size_t max_pixels = 178'956'970;
  std::size_t max_memory = std::size_t{1} << 30;

  /// Raises `decode.option` naming field, value and constraint.
  void validate() const;
};

/// Decodes JPEG and PNG into rows `{height, width, channels}` of u1: EXIF
/// orientation, RGB (or grey), resize, centre crop, as
/// `Compose([Resize(resize), CenterCrop((height, width))])` of torchvision does
/// on a Pillow image, within one level.
///
///     short side  s → resize,   long side  l → ⌊resize · l / s⌋
///     crop offset   round-half-even((resized − crop) / 2)
///
/// Resizing is bilinear and antialiased: the triangle filter is as wide as a
/// target pixel, and at least one source pixel. It works on uint8 with 22 bit
/// weights, first along rows, then along columns, rounding in between. A crop
/// larger than the resized image is padded with zeros on both sides. Alpha is
/// laid over `background` before resizing; 16 bit samples keep their high byte;
/// CMYK is converted without a colour profile; profiles and gamma are ignored.
///
/// JPEG: baseline, progressive, arithmetic; grey, YCbCr, RGB, CMYK, YCCK. PNG:
/// all colour types and depths, interlaced. Damage of any kind is a failure:
/// `decode.empty`, `decode.format`, `decode.truncated`, `decode.corrupt`,
/// `decode.unsupported`, `decode.too_large`.
///
/// Time: one decode of the whole image and a resampling of what the crop needs.
/// Memory: each decoding thread keeps up to 32 MiB for the next image.
class ImageDecoder {
 public:
  explicit ImageDecoder(const ImageDecoderOptions& options = {});

  SampleSpec spec() const;
  Result<void> decode(const Bytes& bytes, std::span<std::byte> row) const;
  /// The options that decide pixels, and the libraries that decode.
  std::string fingerprint() const;

  const ImageDecoderOptions& options() const noexcept { return options_; }

 private:
  ImageDecoderOptions options_;
};

}  // namespace quarry
