#pragma once

#include <algorithm>
#include <vector>

#include "quarry/decode/image_decoder.hpp"
#include "quarry/decode/image_info.hpp"
#include "quarry/decode/thumbnail.hpp"

#include "fuzz.hpp"

namespace quarry::fuzz {

/// Larger images are refused: what is looked for shows in small ones, fast.
inline ImageDecoderOptions small(ImageDecoderOptions options) {
  options.max_side = 512;
  options.max_pixels = 128 * 128;
  options.max_memory = std::size_t{8} << 20;
  return options;
}

/// Decodes into a row with guards on both sides; the row, or nothing.
inline std::optional<std::vector<std::byte>> decode_guarded(
    const ImageDecoder& decoder, const Bytes& image, std::byte before) {
  constexpr std::size_t guard = 64;
  constexpr std::byte mark{0xA7};
  const std::size_t size = decoder.spec().bytes();
  std::vector<std::byte> room(size + 2 * guard, mark);
  const auto row = std::span(room).subspan(guard, size);
  std::fill(row.begin(), row.end(), before);
  const auto done = attempt([&] { return decoder.decode(image, row); });
  const auto guards = {std::span(room).first(guard),
                       std::span(room).last(guard)};
  for (const auto& side : guards) {
    check(std::count(side.begin(), side.end(), mark) == guard,
          "a byte outside of the row was written");
  }
  if (!done) return std::nullopt;
  return std::vector(row.begin(), row.end());
}

/// Decodes twice, over different rows: the result depends on neither.
inline bool check_decoder(const ImageDecoderOptions& options,
                          const Bytes& image) {
  const ImageDecoder decoder(small(options));
  const auto row = decode_guarded(decoder, image, std::byte{0x00});
  check(decode_guarded(decoder, image, std::byte{0xFF}) == row,
        "equal bytes give different rows");
  return row.has_value();
}

inline void check_info(const ImageInfo& info) {
  check(info.width > 0 && info.height > 0, "an image without pixels");
  check(info.orientation >= 1 && info.orientation <= 8, "a bad orientation");
}

/// All ways to decode an image.
inline void check_image(const Bytes& image) {
  const auto info = attempt([&] { return probe_image(image); });
  if (info) check_info(*info);
  const bool decoded = check_decoder({.height = 16, .width = 16}, image);
  check(!decoded || info, "an image decodes that has no headers");
  const bool grey =
      check_decoder({.height = 9, .width = 20, .channels = 1}, image);
  check(decoded == grey, "an image decodes in one colour alone");
  check_decoder({.height = 7,
                 .width = 5,
                 .resize = 11,
                 .channel_order = ChannelOrder::bgr,
                 .fast_scale = true},
                image);
  if (!decoded) return;
  check(info->width <= 512 && info->height <= 512 &&
            info->width * info->height <= 128 * 128,
        "an image over the limits decodes");
  // As it is: not resampled.
  check(check_decoder({.height = info->height, .width = info->width}, image),
        "an image does not decode at its own size");
  const auto thumbnail =
      attempt([&] { return make_thumbnail(image, {.max_side = 12}); });
  check(thumbnail.has_value(), "there is no thumbnail of what decodes");
  const ImageInfo small_one = probe_image(*thumbnail).value();
  check(std::max(small_one.width, small_one.height) <= 12,
        "a thumbnail is too large");
}

}  // namespace quarry::fuzz
