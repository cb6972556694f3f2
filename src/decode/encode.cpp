#include "quarry/decode/encode.hpp"

#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <spng.h>
#include <string>

#include "decode/libjpeg.hpp"

namespace quarry {
namespace {

struct Release {
  void operator()(void* memory) const noexcept { std::free(memory); }
  void operator()(spng_ctx* png) const noexcept { spng_ctx_free(png); }
};

/// One encode; as in jpeg_reader.cpp, libjpeg leaves by longjmp and all state
/// is here.
struct Job {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];

  const std::uint8_t* pixels;
  ImageSize image;
  JpegOptions options;
  unsigned char* encoded;
  unsigned long size;
};

[[noreturn]] void leave(j_common_ptr jpeg) {
  Job& job = *static_cast<Job*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, job.message);
  std::longjmp(job.escape, 1);
}

void ignore(j_common_ptr, int) {}

void write(Job& job) {
  jpeg_compress_struct& jpeg = job.jpeg;
  jpeg_create_compress(&jpeg);
  jpeg.client_data = &job;
  jpeg_mem_dest(&jpeg, &job.encoded, &job.size);
  jpeg.image_width = static_cast<JDIMENSION>(job.image.width);
  jpeg.image_height = static_cast<JDIMENSION>(job.image.height);
  jpeg.input_components = static_cast<int>(job.options.channels);
  jpeg.in_color_space = job.options.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, job.options.quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  const std::size_t stride = job.image.width * job.options.channels;
  while (jpeg.next_scanline < jpeg.image_height) {
    // libjpeg does not write to what it reads, but its type does not say so.
    auto* row = const_cast<JSAMPROW>(job.pixels + jpeg.next_scanline * stride);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
}

bool guarded(Job& job, void (*step)(Job&)) {
  if (setjmp(job.escape) != 0) return false;
  step(job);
  return true;
}

void expect_pixels(std::span<const std::byte> pixels, ImageSize size,
                   std::size_t channels) {
  QUARRY_EXPECTS(size.height > 0 && size.width > 0 &&
                     size.height <= max_image_side &&
                     size.width <= max_image_side,
                 "an image to encode has 1 ... 65,500 pixels a side");
  QUARRY_EXPECTS(pixels.size() == size.height * size.width * channels,
                 "an image to encode has height * width * channels bytes");
}

}  // namespace

Result<Bytes> encode_jpeg(std::span<const std::byte> pixels, ImageSize size,
                          const JpegOptions& options) {
  expect_pixels(pixels, size, options.channels);
  QUARRY_EXPECTS(options.channels == 1 || options.channels == 3,
                 "a JPEG is grey or RGB");
  QUARRY_EXPECTS(options.quality >= 1 && options.quality <= 100,
                 "quality is 1 ... 100");
  Job job{};
  job.pixels = reinterpret_cast<const std::uint8_t*>(pixels.data());
  job.image = size;
  job.options = options;
  job.jpeg.err = jpeg_std_error(&job.errors);
  job.jpeg.client_data = &job;
  job.errors.error_exit = leave;
  job.errors.emit_message = ignore;
  const bool done = guarded(job, write);
  jpeg_destroy_compress(&job.jpeg);
  const std::unique_ptr<unsigned char, Release> encoded(job.encoded);
  if (!done)
    return Failure{"decode.encode",
                   std::string("libjpeg gave up: ") + job.message};
  return Bytes::copy(std::as_bytes(std::span(job.encoded, job.size)));
}

Result<Bytes> encode_png(std::span<const std::byte> pixels, ImageSize size,
                         const PngOptions& options) {
  expect_pixels(pixels, size, options.channels);
  QUARRY_EXPECTS(options.channels >= 1 && options.channels <= 4,
                 "a PNG has 1 ... 4 channels");
  constexpr std::uint8_t colour_types[] = {
      SPNG_COLOR_TYPE_GRAYSCALE, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA,
      SPNG_COLOR_TYPE_TRUECOLOR, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(size.width);
  header.height = static_cast<std::uint32_t>(size.height);
  header.bit_depth = 8;
  header.color_type = colour_types[options.channels - 1];

  const std::unique_ptr<spng_ctx, Release> png(spng_ctx_new(SPNG_CTX_ENCODER));
  std::size_t length = 0;
  int code = png ? 0 : SPNG_EMEM;
  if (code == 0) code = spng_set_option(png.get(), SPNG_ENCODE_TO_BUFFER, 1);
  if (code == 0) code = spng_set_ihdr(png.get(), &header);
  if (code == 0)
    code = spng_encode_image(png.get(), pixels.data(), pixels.size(),
                             SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  const std::unique_ptr<void, Release> encoded(
      code == 0 ? spng_get_png_buffer(png.get(), &length, &code) : nullptr);
  if (code != 0)
    return Failure{"decode.encode",
                   std::string("libspng gave up: ") + spng_strerror(code)};
  return Bytes::copy(
      std::span(static_cast<const std::byte*>(encoded.get()), length));
}

}  // namespace quarry
