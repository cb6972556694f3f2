#include "decode/png_reader.hpp"

#include <memory>
#include <spng.h>
#include <string>

#include "decode/colour.hpp"

namespace quarry::detail {
namespace {

/// Comments and profiles are of no use here: libspng may keep this much.
constexpr std::size_t max_chunk = std::size_t{8} << 20;
constexpr std::size_t max_chunks = std::size_t{16} << 20;

struct Free {
  void operator()(spng_ctx* png) const noexcept { spng_ctx_free(png); }
};

Failure failure_of(int code, std::span<const std::byte> bytes) {
  const std::string said = spng_strerror(code);
  switch (code) {
    case SPNG_IO_EOF:
    case SPNG_EOF:
      return {"decode.truncated", "the PNG ends after " +
                                      std::to_string(bytes.size()) +
                                      " bytes, before its image does"};
    case SPNG_EMEM:
    case SPNG_EOVERFLOW:
    case SPNG_ECHUNK_LIMITS:
    case SPNG_EUSER_WIDTH:
    case SPNG_EUSER_HEIGHT:
      return {"decode.too_large", "the PNG exceeds a limit: " + said};
    default:
      return {"decode.corrupt", "the PNG is damaged: " + said};
  }
}

}  // namespace

Result<void> read_png(std::span<const std::byte> bytes,
                      const ImageHeader& header, const PngTask& task) {
  const std::unique_ptr<spng_ctx, Free> png(spng_ctx_new(0));
  if (!png) return failure_of(SPNG_EMEM, bytes);
  const bool alpha = header.has_alpha();
  const int format = alpha                ? SPNG_FMT_RGBA8
                     : task.channels == 1 ? SPNG_FMT_G8
                                          : SPNG_FMT_RGB8;
  const int flags = alpha ? SPNG_DECODE_TRNS : 0;
  const std::size_t count = header.width * header.height;
  const std::size_t wanted = count * (alpha ? 4 : task.channels);
  std::size_t size = 0;
  int code =
      spng_set_image_limits(png.get(), static_cast<std::uint32_t>(header.width),
                            static_cast<std::uint32_t>(header.height));
  if (code == 0) code = spng_set_chunk_limits(png.get(), max_chunk, max_chunks);
  if (code == 0)
    code = spng_set_crc_action(png.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR);
  if (code == 0)
    code = spng_set_png_buffer(png.get(), bytes.data(), bytes.size());
  if (code == 0) code = spng_decoded_image_size(png.get(), format, &size);
  if (code == 0 && size != wanted) code = SPNG_EBUFSIZ;
  if (code == 0)
    code = spng_decode_image(png.get(), task.pixels, size, format, flags);
  // What follows the image must be whole too.
  if (code == 0) code = spng_decode_chunks(png.get());
  if (code != 0) return failure_of(code, bytes);
  if (alpha) flatten(task.pixels, count, task.background);
  return {};
}

}  // namespace quarry::detail
