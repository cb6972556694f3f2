#include "quarry/decode/image_decoder.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "decode/colour.hpp"
#include "decode/image_header.hpp"
#include "decode/load_image.hpp"
#include "decode/placement.hpp"
#include "decode/raster.hpp"
#include "decode/resample.hpp"

namespace quarry {
namespace {

void expect_side(const char* field, std::size_t value, std::size_t least) {
  if (value >= least && value <= max_image_side) return;
  raise("decode.option", std::string("ImageDecoderOptions::") + field + " is " +
                             std::to_string(value) + ", which is not in " +
                             std::to_string(least) + " ... " +
                             std::to_string(max_image_side));
}

void expect_positive(const char* field, std::size_t value) {
  if (value > 0) return;
  raise("decode.option", std::string("ImageDecoderOptions::") + field +
                             " is 0, which is not positive");
}

detail::Scratch& scratch_of_this_thread() {
  thread_local detail::Scratch scratch;
  return scratch;
}

/// Replicates a grey row and swaps channels, in place.
void finish_row(std::uint8_t* row, std::size_t count, std::size_t decoded,
                const ImageDecoderOptions& options) {
  if (options.channels == 1) return;
  if (decoded == 1) {
    detail::replicate(row, count);
  } else if (options.channel_order == ChannelOrder::bgr) {
    detail::swap_red_and_blue(row, count);
  }
}

Result<void> decode_row(std::span<const std::byte> bytes,
                        const ImageDecoderOptions& options, std::uint8_t* row,
                        detail::Scratch& scratch) {
  const auto read = detail::read_header(bytes);
  if (!read) return read.error();
  const detail::ImageHeader& header = *read;
  const std::size_t width = header.upright_width();
  const std::size_t height = header.upright_height();
  const ImageSize size{options.height, options.width};
  const detail::Placement place =
      detail::place(width, height, options.resize, size.width, size.height);

  detail::LoadOptions load{.channels = options.channels,
                           .background = options.background,
                           .max_side = options.max_side,
                           .max_pixels = options.max_pixels,
                           .max_memory = options.max_memory};
  if (options.fast_scale) {
    load.least_width = place.x.resized;
    load.least_height = place.y.resized;
  }
  if (auto within = check_limits(header, load); !within) return within;

  const std::size_t pixels = size.width * size.height;
  const bool as_it_is = width == size.width && height == size.height &&
                        place.x.resized == width && place.y.resized == height &&
                        header.orientation == 1 && !header.has_alpha() &&
                        header.raster_channels() <= options.channels;
  if (as_it_is) {
    auto done = load_into(bytes, header, load, row);
    if (done) finish_row(row, pixels, header.raster_channels(), options);
    return done;
  }

  auto loaded = load_image(bytes, header, load, scratch);
  if (!loaded) return std::move(loaded).error();
  const detail::Raster& image = *loaded;
  detail::Axis x = place.x;
  detail::Axis y = place.y;
  x.source = image.width;  // less than the header's after a fast decode
  y.source = image.height;
  const std::size_t stride = size.width * image.channels;
  if (x.count < size.width || y.count < size.height)
    std::fill_n(row, pixels * image.channels, std::uint8_t{0});
  resample(image, x, y, scratch.rows,
           row + y.pad * stride + x.pad * image.channels, stride);
  finish_row(row, pixels, image.channels, options);
  return {};
}

}  // namespace

void ImageDecoderOptions::validate() const {
  expect_side("height", height, 1);
  expect_side("width", width, 1);
  expect_side("resize", resize, 0);
  if (channels != 1 && channels != 3) {
    raise("decode.option", "ImageDecoderOptions::channels is " +
                               std::to_string(channels) +
                               ", which is neither 1 nor 3");
  }
  expect_positive("max_side", max_side);
  expect_positive("max_pixels", max_pixels);
  expect_positive("max_memory", max_memory);
}

ImageDecoder::ImageDecoder(const ImageDecoderOptions& options)
    : options_(options) {
  options_.validate();
}

SampleSpec ImageDecoder::spec() const {
  return {{options_.height, options_.width, options_.channels}, DType::u1};
}

Result<void> ImageDecoder::decode(const Bytes& bytes,
                                  std::span<std::byte> row) const {
  QUARRY_EXPECTS(row.size() == spec().bytes(),
                 "ImageDecoder::decode: the row has another size than spec()");
  detail::Scratch& scratch = scratch_of_this_thread();
  Result<void> result;
  try {
    result = decode_row(bytes.span(), options_,
                        reinterpret_cast<std::uint8_t*>(row.data()), scratch);
  } catch (const std::bad_alloc&) {
    result = Failure{"decode.too_large",
                     "there is not enough memory to decode the image"};
  }
  scratch.trim();
  return result;
}

}  // namespace quarry
