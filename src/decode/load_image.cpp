#include "decode/load_image.hpp"

#include <algorithm>
#include <string>

#include "decode/colour.hpp"
#include "decode/jpeg_reader.hpp"
#include "decode/orient.hpp"
#include "decode/png_reader.hpp"

namespace quarry::detail {
namespace {

/// The largest of 8, 4, 2, 1 that leaves both sides long enough.
std::size_t choose_reduction(const ImageHeader& header,
                             const LoadOptions& options) {
  if (header.format != ImageFormat::jpeg || options.least_width == 0) return 1;
  std::size_t reduction = 8;
  while (reduction > 1 &&
         (reduced(header.upright_width(), reduction) < options.least_width ||
          reduced(header.upright_height(), reduction) < options.least_height)) {
    reduction /= 2;
  }
  return reduction;
}

/// Bytes a decoded pixel takes while it is decoded.
std::size_t pixel_bytes(const ImageHeader& header) {
  return header.has_alpha() ? 4 : header.raster_channels();
}

std::string size_of(const ImageHeader& header) {
  return std::to_string(header.upright_width()) + " x " +
         std::to_string(header.upright_height()) + " pixels";
}

/// What our own buffers take: the image, and once more to turn it.
std::size_t memory_of(const ImageHeader& header, std::size_t reduction) {
  return reduced(header.width, reduction) * reduced(header.height, reduction) *
         pixel_bytes(header) * (header.orientation == 1 ? 1 : 2);
}

Result<void> read(std::span<const std::byte> bytes, const ImageHeader& header,
                  const LoadOptions& options, std::size_t reduction,
                  std::uint8_t* pixels) {
  if (header.format == ImageFormat::png) {
    return read_png(bytes, header,
                    {.pixels = pixels,
                     .channels = header.raster_channels(),
                     .background = options.background});
  }
  return read_jpeg(
      bytes, header,
      {.pixels = pixels,
       .channels = header.raster_channels(),
       .reduction = reduction,
       .max_memory = options.max_memory - memory_of(header, reduction)});
}

}  // namespace

Result<void> check_limits(const ImageHeader& header,
                          const LoadOptions& options) {
  const std::size_t longer = std::max(header.width, header.height);
  if (longer > options.max_side) {
    return Failure{"decode.too_large", "the image has " + size_of(header) +
                                           "; max_side is " +
                                           std::to_string(options.max_side)};
  }
  if (header.width > options.max_pixels / header.height) {
    return Failure{"decode.too_large", "the image has " + size_of(header) +
                                           "; max_pixels is " +
                                           std::to_string(options.max_pixels)};
  }
  const std::size_t memory =
      memory_of(header, choose_reduction(header, options));
  if (memory >= options.max_memory) {
    return Failure{"decode.too_large",
                   "the image has " + size_of(header) + " and takes " +
                       std::to_string(memory) + " bytes; max_memory is " +
                       std::to_string(options.max_memory)};
  }
  return {};
}

Result<void> load_into(std::span<const std::byte> bytes,
                       const ImageHeader& header, const LoadOptions& options,
                       std::uint8_t* pixels) {
  return read(bytes, header, options, 1, pixels);
}

Result<Raster> load_image(std::span<const std::byte> bytes,
                          const ImageHeader& header, const LoadOptions& options,
                          Scratch& scratch) {
  const std::size_t reduction = choose_reduction(header, options);
  Raster raster;
  raster.width = reduced(header.width, reduction);
  raster.height = reduced(header.height, reduction);
  raster.channels = header.raster_channels();
  const std::size_t count = raster.width * raster.height;
  raster.pixels = scratch.image.fit(count * pixel_bytes(header));
  if (auto done = read(bytes, header, options, reduction, raster.pixels); !done)
    return std::move(done).error();
  if (options.channels == 1 && raster.channels == 3) {
    to_luma(raster.pixels, count);
    raster.channels = 1;
  }
  if (header.orientation == 1) return raster;
  return orient(raster, header.orientation, scratch.turned.fit(raster.bytes()));
}

}  // namespace quarry::detail
