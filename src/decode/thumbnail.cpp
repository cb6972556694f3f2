#include "quarry/decode/thumbnail.hpp"

#include <algorithm>
#include <new>
#include <vector>

#include "quarry/decode/encode.hpp"

#include "decode/image_header.hpp"
#include "decode/load_image.hpp"
#include "decode/raster.hpp"
#include "decode/resample.hpp"

namespace quarry {
namespace {

/// The shorter side when the longer one shrinks to `longer`, rounded.
std::size_t shrink(std::size_t side, std::size_t from, std::size_t to) {
  return std::max<std::size_t>(1, (2 * side * to + from) / (2 * from));
}

Result<Bytes> make(std::span<const std::byte> bytes,
                   const ThumbnailOptions& options) {
  const auto header = detail::read_header(bytes);
  if (!header) return header.error();
  const std::size_t width = header->upright_width();
  const std::size_t height = header->upright_height();
  const std::size_t longer = std::max(width, height);
  const std::size_t side = std::min(longer, options.max_side);

  detail::Axis x{.source = width, .resized = shrink(width, longer, side)};
  detail::Axis y{.source = height, .resized = shrink(height, longer, side)};
  const detail::LoadOptions load{.least_width = x.resized,
                                 .least_height = y.resized};
  if (auto within = check_limits(*header, load); !within)
    return std::move(within).error();
  detail::Scratch scratch;
  const auto image = load_image(bytes, *header, load, scratch);
  if (!image) return image.error();

  x.source = image->width;
  y.source = image->height;
  x.count = x.resized;
  y.count = y.resized;
  std::vector<std::uint8_t> pixels(x.count * y.count * image->channels);
  resample(*image, x, y, scratch.rows, pixels.data(),
           x.count * image->channels);
  return encode_jpeg(std::as_bytes(std::span(pixels)),
                     {.height = y.count, .width = x.count},
                     {.channels = image->channels, .quality = options.quality});
}

}  // namespace

Result<Bytes> make_thumbnail(const Bytes& bytes,
                             const ThumbnailOptions& options) {
  QUARRY_EXPECTS(options.max_side >= 1 && options.max_side <= max_image_side,
                 "make_thumbnail: max_side is 1 ... 65,500");
  try {
    return make(bytes.span(), options);
  } catch (const std::bad_alloc&) {
    return Failure{"decode.too_large",
                   "there is not enough memory for a thumbnail"};
  }
}

}  // namespace quarry
