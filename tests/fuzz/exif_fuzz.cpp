// An EXIF block, alone and in a JPEG.

#include "quarry/decode/image_info.hpp"

#include "decode/exif.hpp"
#include "fuzz.hpp"

using namespace quarry;
using namespace std::string_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const int orientation =
      detail::exif_orientation(std::as_bytes(std::span(data, size)));
  fuzz::check(orientation >= 1 && orientation <= 8, "a bad orientation");
  const std::size_t length = size + 8;
  if (length > 0xFFFF) return 0;
  std::string image = "\xff\xd8\xff\xe1"s;
  image += static_cast<char>(length >> 8);
  image += static_cast<char>(length & 0xFF);
  image += "Exif\0\0"s;
  image += fuzz::text_of(data, size);
  // A frame of 3 by 2 pixels, and where its scan would begin.
  image += "\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00\xff\xda"s;
  const ImageInfo info = probe_image(Bytes::take(std::move(image))).value();
  fuzz::check(info.orientation == orientation,
              "in a JPEG the block has another orientation");
  fuzz::check(info.width == (orientation >= 5 ? 2u : 3u), "another width");
  return 0;
}
