// PNG images, headers and pixels. Checksums are put right: what is behind them
// is to be reached.

#include <zlib.h>

#include "fuzz.hpp"
#include "image_fuzz.hpp"

namespace {

using namespace quarry;

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";

std::size_t big(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void correct_checksums(std::string& image) {
  std::size_t at = signature.size();
  while (image.size() - at >= 12) {
    const std::size_t length = big(std::string_view(image).substr(at, 4));
    if (length > image.size() - at - 12) return;
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(image.data() + at + 4),
              static_cast<uInt>(length + 4));
    for (std::size_t i = 0; i < 4; ++i) {
      image[at + 8 + length + i] =
          static_cast<char>(sum >> (24 - 8 * i) & 0xff);
    }
    at += 12 + length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string image(fuzz::text_of(data, size));
  if (!image.starts_with(signature)) image.insert(0, signature);
  correct_checksums(image);
  fuzz::check_image(Bytes::take(std::move(image)));
  return 0;
}
